//! nginx's mail module.

use super::{CONNECTIONS, Plan, Proxy, Site, WORKERS};
use crate::process::{Process, program};

const MODULE: &str = "/usr/lib/nginx/modules/ngx_mail_module.so";

pub(super) fn start(site: &Site) -> anyhow::Result<Proxy> {
    let plan = Plan::new()?;
    let file = plan.write("nginx.conf", config(&plan, site))?;
    let mut command = program("nginx");
    command.arg("-p").arg(plan.folder.path()).arg("-c").arg(file);
    // Until it has read its configuration, errors go here.
    command.arg("-e").arg(plan.file("log"));
    let process = Process::start(command, plan.file("log"), &plan.listeners())?;
    let submission = Some(plan.submission);
    Ok(plan.running(process, submission))
}

/// nginx 1.22. It logs each login at `info`. It can neither connect upstream with TLS nor keep connections to `auth_http`. The MTA
/// hears AUTH, as it does from Gatepost.
fn config(plan: &Plan, site: &Site) -> String {
    let folder = plan.folder.path().display();
    let (chain, key) = (site.identity.chain_file(), site.identity.key_file());
    let (chain, key) = (chain.display(), key.display());
    let (auth, imaps, smtps, submission) = (site.upstream.auth, plan.imaps, plan.smtps, plan.submission);
    format!(
        "load_module {MODULE};\ndaemon off;\nworker_processes {WORKERS};\nworker_rlimit_nofile {CONNECTIONS};\n\
         pid {folder}/pid;\nerror_log {folder}/log info;\n\
         events {{ worker_connections {CONNECTIONS}; }}\n\
         mail {{\n  server_name localhost;\n  auth_http {auth}/;\n\
         \x20 ssl_certificate {chain};\n  ssl_certificate_key {key};\n  ssl_protocols TLSv1.3;\n\
         \x20 imap_auth plain login;\n  smtp_auth plain login;\n  proxy_smtp_auth on;\n  xclient off;\n\
         \x20 imap_capabilities IMAP4rev1 IDLE LITERAL+ SASL-IR;\n  smtp_capabilities 8BITMIME \"SIZE 104857600\";\n\
         \x20 server {{ listen {imaps} ssl; protocol imap; }}\n\
         \x20 server {{ listen {smtps} ssl; protocol smtp; }}\n\
         \x20 server {{ listen {submission}; protocol smtp; starttls on; }}\n}}\n"
    )
}
