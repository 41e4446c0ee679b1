//! HAProxy, which knows nothing of mail: TLS and copying alone, the floor.

use super::{CONNECTIONS, Plan, Proxy, Site, WORKERS, pem};
use crate::process::{Process, program};

pub(super) fn start(site: &Site) -> anyhow::Result<Proxy> {
    let plan = Plan::new()?;
    plan.write("site.pem", pem(&site.identity)?)?;
    let file = plan.write("haproxy.cfg", config(&plan, site))?;
    let mut command = program("haproxy");
    command.arg("-db").arg("-f").arg(file);
    let process = Process::start(command, plan.file("log"), &[plan.imaps, plan.smtps])?;
    Ok(plan.running(process, None))
}

/// A line is logged for each connection.
fn config(plan: &Plan, site: &Site) -> String {
    let pem = plan.file("site.pem");
    let pem = pem.display();
    let proxy = |name: &str, from, to| {
        format!("listen {name}\n  bind {from} ssl crt {pem} ssl-min-ver TLSv1.3\n  server upstream {to}\n")
    };
    let imap = proxy("imaps", plan.imaps, site.upstream.imap);
    let smtp = proxy("smtps", plan.smtps, site.upstream.smtp);
    let sessions = CONNECTIONS / 2 - 100;
    format!(
        "global\n  nbthread {WORKERS}\n  maxconn {sessions}\n  log stdout format raw local0 info\n\
         defaults\n  mode tcp\n  log global\n  option tcplog\n  timeout connect 10s\n  timeout client 1h\n  timeout server 1h\n\
         {imap}{smtp}"
    )
}
