//! Samba as OpenLDAP's tools, and Samba's own, see it.

use std::process::{Command, Output};

use gatepost_testkit::servers::Samba;

mod accounts;
mod lifetime;
mod services;

/// Runs a tool of OpenLDAP that trusts the controller's authority.
fn run(samba: &Samba, tool: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(tool);
    command
        .env("LDAPTLS_CACERT", samba.ca_file())
        .arg("-x")
        .args(arguments);
    command.output().expect("ldap-utils has to be installed")
}

/// Searches as the service account, whatever `how` says of the connection; returns all values of all entries.
fn search(samba: &Samba, how: &[&str], filter: &str) -> Output {
    let (dn, password) = (samba.service_dn(), samba.service_password());
    let who = ["-D", &dn, "-w", &password, "-LLL", "-o", "ldif_wrap=no"];
    let what = ["-b", samba.base(), filter, "*"];
    run(samba, "ldapsearch", &[how, &who, &what].concat())
}

/// What a bind comes to: nothing, or the code of Active Directory (`data`).
fn bind(samba: &Samba, who: &str, password: &str) -> Result<(), String> {
    let url = samba.ldaps_url();
    let login = ["-H", &url, "-D", who, "-w", password];
    let output = run(
        samba,
        "ldapsearch",
        &[&login[..], &["-s", "base", "-b", samba.base(), "dn"]].concat(),
    );
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let code = said
        .split_once(", data ")
        .and_then(|(_, code)| code.split(',').next());
    Err(code.map(str::to_owned).unwrap_or(said))
}

/// The same, by the name with the domain before it.
fn log_in(samba: &Samba, name: &str, password: &str) -> Result<(), String> {
    bind(samba, &format!("CORP\\{name}"), password)
}

fn code(code: &str) -> Result<(), String> {
    Err(code.to_owned())
}
