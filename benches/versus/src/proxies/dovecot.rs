//! Dovecot's login processes as proxies, in their mode for many users: each serves many connections.

use std::fmt::Write as _;

use super::{CONNECTIONS, Plan, Proxy, Site, WORKERS};
use crate::load::{PASSWORD, accounts};
use crate::process::{Process, program};

pub(super) fn start(site: &Site) -> anyhow::Result<Proxy> {
    let plan = Plan::new()?;
    for (service, address) in [("imap", site.upstream.imap), ("submission", site.upstream.smtp)] {
        let (host, port) = (address.ip(), address.port());
        let mut users = String::new();
        for user in super::gatepost::KINDS.into_iter().flat_map(accounts) {
            let _ = writeln!(
                users,
                "{user}:{{PLAIN}}{PASSWORD}::::::proxy=y host={host} port={port}"
            );
        }
        plan.write(&format!("users.{service}"), users)?;
    }
    // Its own users read below it.
    std::fs::set_permissions(
        plan.folder.path(),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )?;
    let file = plan.write("dovecot.conf", config(&plan, site))?;
    let mut command = program("dovecot");
    command.arg("-F").arg("-c").arg(file);
    let process = Process::start(command, plan.file("log"), &plan.listeners())?;
    let submission = Some(plan.submission);
    Ok(plan.running(process, submission))
}

fn config(plan: &Plan, site: &Site) -> String {
    let folder = plan.folder.path().display();
    let (chain, key) = (site.identity.chain_file(), site.identity.key_file());
    let (chain, key) = (chain.display(), key.display());
    let listener = |name: &str, address: std::net::SocketAddr, ssl: &str| {
        let (host, port) = (address.ip(), address.port());
        format!("  inet_listener {name} {{\n    address = {host}\n    port = {port}\n    ssl = {ssl}\n  }}\n")
    };
    let off = |name: &str| format!("  inet_listener {name} {{\n    port = 0\n  }}\n");
    let shared = format!(
        "  service_count = 0\n  process_min_avail = {WORKERS}\n  process_limit = {WORKERS}\n\
         \x20 client_limit = {CONNECTIONS}\n  vsz_limit = 0\n"
    );
    let imap = off("imap") + &listener("imaps", plan.imaps, "yes");
    let submission =
        listener("submission", plan.submission, "no") + &listener("submissions", plan.smtps, "yes");
    format!(
        "base_dir = {folder}/run\nstate_dir = {folder}/state\nlog_path = {folder}/log\n\
         protocols = imap submission\nlisten = {listen}\n\
         ssl = required\nssl_cert = <{chain}\nssl_key = <{key}\nssl_min_protocol = TLSv1.3\n\
         auth_mechanisms = plain login\nauth_failure_delay = 0\nhostname = localhost\n\
         submission_relay_host = 127.0.0.1\n\
         passdb {{\n  driver = passwd-file\n  args = {folder}/users.%s\n}}\n\
         userdb {{\n  driver = static\n  args = uid=nobody gid=nogroup home={folder}\n}}\n\
         service imap-login {{\n{imap}{shared}}}\nservice submission-login {{\n{submission}{shared}}}\n\
         service auth {{\n  client_limit = {CONNECTIONS}\n}}\n\
         service anvil {{\n  client_limit = {CONNECTIONS}\n  unix_listener anvil-auth-penalty {{\n    mode = 0\n  }}\n}}\n",
        listen = plan.imaps.ip(),
    )
}
