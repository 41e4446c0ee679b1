//! `gatepost check`: says in plain words what is wrong with a configuration, and with what it names.
#![allow(clippy::print_stdout, reason = "the findings are the program's output")]

use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::bail;
use clap::Args;
use gatepost_directory::ad::ActiveDirectory;
use gatepost_directory::file::FileDirectory;
use gatepost_directory::ldap::{LdapDirectory, ServerReport};

use crate::config::{Config, DirectoryKind};
use crate::mta::{self, Mta};
use crate::tls::Certificate;
use crate::upstream::Upstream;
use crate::{gateway, process};

/// What `gatepost check` is told.
#[derive(Args)]
pub struct Options {
    /// The configuration file.
    #[arg(long, short, default_value = "/etc/gatepost/gatepost.toml")]
    config: PathBuf,
    /// Also open certificates, ask directories and connect to mail servers.
    #[arg(long)]
    connect: bool,
}

/// Validates the file; with `--connect` also everything that it names.
///
/// # Errors
/// The first thing that is wrong with the file, or how many things are wrong with what it names.
pub async fn run(options: &Options) -> anyhow::Result<()> {
    let config = Config::load(&options.config)?;
    println!("ok: {} is valid", options.config.display());
    let mut report = Report::default();
    for warning in config.limits.warnings() {
        report.warning("limits", &warning);
    }
    if !options.connect {
        return Ok(());
    }
    if let Some(shortage) = process::shortage(&config) {
        report.warning("open files", &shortage);
    }
    check_certificates(&config, &mut report);
    check_directories(&config, &mut report).await;
    check_upstreams(&config, &mut report).await;
    check_mtas(&config, &mut report).await;
    match report.wrong {
        0 => Ok(()),
        1 => bail!("1 thing is wrong"),
        count => bail!("{count} things are wrong"),
    }
}

/// Prints findings and counts what is wrong.
#[derive(Default)]
struct Report {
    wrong: usize,
}

impl Report {
    fn ok(&self, what: &str, finding: &str) {
        println!("ok: {what}: {finding}");
    }

    fn warning(&self, what: &str, finding: &str) {
        println!("warning: {what}: {finding}");
    }

    fn wrong(&mut self, what: &str, finding: &str) {
        println!("WRONG: {what}: {finding}");
        self.wrong += 1;
    }
}

fn check_certificates(config: &Config, report: &mut Report) {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    for (name, files) in &config.certificates {
        let what = format!("certificate `{name}`");
        match Certificate::load(files) {
            Err(error) => report.wrong(&what, &format!("{error:#}")),
            Ok(certificate) => {
                let findings = certificate.findings(now);
                for warning in findings.warnings() {
                    report.warning(&what, &warning);
                }
                match findings.expires_in {
                    None => report.wrong(&what, "has expired"),
                    Some(left) => report.ok(&what, &format!("valid for {} days", left.as_secs() / 86_400)),
                }
            }
        }
    }
}

async fn check_directories(config: &Config, report: &mut Report) {
    for (name, directory) in &config.directories {
        let what = format!("directory `{name}`");
        match &directory.kind {
            DirectoryKind::File(file) => match FileDirectory::load(&file.path) {
                Ok(users) => report.ok(&what, &format!("{} users", users.len())),
                Err(error) => report.wrong(&what, &format!("{error:#}")),
            },
            DirectoryKind::Ldap(ldap) => match LdapDirectory::new((**ldap).clone()) {
                Ok(directory) => check_servers(&what, directory.probe().await, report),
                Err(error) => report.wrong(&what, &error.to_string()),
            },
            DirectoryKind::ActiveDirectory(domain) => match ActiveDirectory::new((**domain).clone()) {
                Ok(directory) => check_servers(&what, directory.probe().await, report),
                Err(error) => report.wrong(&what, &error.to_string()),
            },
        }
    }
    // What the listeners of a directory offer must be what it can judge.
    if let Err(error) = gateway::open_services(config) {
        report.wrong("listeners", &format!("{error:#}"));
    }
}

fn check_servers(what: &str, servers: Vec<ServerReport>, report: &mut Report) {
    for server in servers {
        for warning in &server.warnings {
            report.warning(what, &format!("{}: {warning}", server.url));
        }
        match server.outcome {
            Ok(finding) => report.ok(what, &format!("{}: {finding}", server.url)),
            Err(error) => report.wrong(what, &format!("{}: {error}", server.url)),
        }
    }
}

async fn check_mtas(config: &Config, report: &mut Report) {
    for (name, mta) in &config.mtas {
        let mta = match Mta::open(mta.clone(), &config.limits, config.name.clone()) {
            Ok(mta) => mta,
            Err(error) => {
                report.wrong(&format!("MTA `{name}`"), &format!("{error:#}"));
                continue;
            }
        };
        for host in &mta.config.hosts {
            let what = format!("MTA `{name}`: {}:{}", host.host, host.port);
            match mta.probe_host(host).await {
                Ok(extensions) => report.ok(&what, &format!("offers {}", mta::list(&extensions))),
                Err(error) => report.wrong(&what, &format!("{error:#}")),
            }
        }
    }
}

async fn check_upstreams(config: &Config, report: &mut Report) {
    for (name, upstream) in &config.upstreams {
        let what = format!("upstream `{name}`");
        let probed = match Upstream::open(upstream.clone(), config.limits.clone()) {
            Ok(upstream) => upstream.probe().await,
            Err(error) => Err(error),
        };
        match probed {
            Ok(capabilities) => report.ok(
                &what,
                &format!("{}:{} offers {capabilities}", upstream.host, upstream.port),
            ),
            Err(error) => report.wrong(&what, &format!("{}:{}: {error:#}", upstream.host, upstream.port)),
        }
    }
}
