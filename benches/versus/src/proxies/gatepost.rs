//! Gatepost, with a mail server for each way to serve: which one is a matter of who logs in.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use super::{CONNECTIONS, Plan, Proxy, Site, WORKERS};
use crate::load::PASSWORD;
use crate::process::Process;

/// What its configuration is to be, beside the usual.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    pub(crate) directory: Directory,
    /// Whether copies of what is sent are filed.
    pub(crate) sent_copies: bool,
}

/// Who judges passwords.
#[derive(Debug, Clone, Default)]
pub(crate) enum Directory {
    /// A file with passwords as they are: the others have nothing slower.
    #[default]
    Plain,
    /// A file with this hash for everybody.
    #[expect(dead_code, reason = "soon")]
    Hashed(String),
    /// An OpenLDAP, by its `[directories.NAME]`.
    #[expect(dead_code, reason = "soon")]
    Ldap(String),
}

/// Users, and the mail servers that are theirs.
pub(crate) const INSPECTING: &str = "inspecting";
pub(crate) const TRANSPARENT: &str = "transparent";
pub(crate) const TLS: &str = "tls";
pub(super) const USERS: [&str; 3] = [INSPECTING, TRANSPARENT, TLS];

pub(super) fn start(site: &Site, options: &Options) -> anyhow::Result<Proxy> {
    let plan = Plan::new()?;
    plan.write("master", "master")?;
    plan.write("service", "service")?;
    plan.write("users.toml", users(options))?;
    let file = plan.write("gatepost.toml", config(&plan, site, options))?;
    let mut command = Command::new(&site.gatepost);
    command.arg("run").arg("--config").arg(file);
    command.env("TOKIO_WORKER_THREADS", WORKERS.to_string());
    let process = Process::start(command, plan.file("log"), &plan.listeners())?;
    let submission = Some(plan.submission);
    Ok(plan.running(process, submission))
}

fn users(options: &Options) -> String {
    let secret = match &options.directory {
        Directory::Hashed(hash) => hash.clone(),
        _ => format!("{{PLAIN}}{PASSWORD}"),
    };
    let user = |name| {
        format!(
            "[[user]]\nname = {name:?}\nsecret = {secret:?}\naddresses = [\"{name}@example.org\"]\n\
             mail_host = {name:?}\n"
        )
    };
    USERS.map(user).concat()
}

fn config(plan: &Plan, site: &Site, options: &Options) -> String {
    let chain: PathBuf = site.identity.chain_file();
    let (key, ca) = (site.identity.key_file(), site.identity.ca_file());
    let (imap, imaps, mta) = (site.upstream.imap, site.upstream.imaps, site.upstream.smtp);
    let directory = match &options.directory {
        Directory::Ldap(directory) => directory.clone(),
        _ => "kind = \"file\"\npath = \"users.toml\"\n".to_owned(),
    };
    let copies = if options.sent_copies { "always" } else { "off" };
    let master = "login = { method = \"master\", user = \"master\", password_file = \"master\" }";
    let mut text = format!(
        "[limits]\nconnections = {CONNECTIONS}\nconnections_per_address = {CONNECTIONS}\n\
         [certificates.main]\nchain = {chain:?}\nkey = {key:?}\n\
         [directories.users]\n{directory}\
         [upstreams.{INSPECTING}]\naddress = \"{imap}\"\ntls = \"none\"\n{master}\n\
         [upstreams.{TRANSPARENT}]\naddress = \"{imap}\"\ntls = \"none\"\nrelay = \"transparent\"\n{master}\n\
         [upstreams.{TLS}]\naddress = \"{imaps}\"\ntls = \"implicit\"\nca_file = {ca:?}\nserver_name = \"localhost\"\n{master}\n\
         [mtas.main]\naddresses = [\"{mta}\"]\ntls = \"none\"\n{master}\n\
         [routing]\nattribute = \"mailHost\"\ndefault = \"{INSPECTING}\"\n\
         [submission]\nmta = \"main\"\nmessages_per_hour = 0\nrecipients_per_hour = 0\ngreet_pause = \"0s\"\n\
         [sent_copy]\nmode = \"{copies}\"\nspool = \"spool\"\n"
    );
    for (protocol, tls, address) in [
        ("imap", "implicit", plan.imaps),
        ("smtp", "implicit", plan.smtps),
        ("smtp", "starttls", plan.submission),
    ] {
        let _ = write!(
            text,
            "[[listeners]]\nprotocol = \"{protocol}\"\naddresses = [\"{address}\"]\ntls = \"{tls}\"\n\
             certificates = [\"main\"]\ndirectory = \"users\"\n"
        );
    }
    text
}
