//! Gatepost, with a mail server for each way to serve: which one is a matter of who logs in.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context as _;
use gatepost_directory::file::secret;
use gatepost_testkit::servers::{Person, Slapd, SlapdBuilder};
use gatepost_wire::Secret;

use super::{CONNECTIONS, Plan, Proxy, Site, WORKERS};
use crate::load::{PASSWORD, accounts};
use crate::process::Process;

/// What its configuration is to be, beside the usual.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Options {
    pub(crate) directory: Directory,
    /// Whether copies of what is sent are filed.
    pub(crate) sent_copies: bool,
    pub(crate) build: Build,
}

/// Who judges passwords.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Directory {
    /// A file with passwords as they are: the others have nothing slower.
    #[default]
    Plain,
    /// A file with slow hashes, as slow as `gatepost passwd` makes them.
    Argon2id,
    /// An OpenLDAP.
    Ldap,
}

/// Which program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Build {
    /// The one that is measured.
    #[default]
    Measured,
    /// The one that it is compared with.
    Baseline,
}

/// Kinds of accounts, and the mail servers that are theirs.
pub(crate) const INSPECTING: &str = "inspecting";
pub(crate) const TRANSPARENT: &str = "transparent";
pub(crate) const TLS: &str = "tls";
pub(super) const KINDS: [&str; 3] = [INSPECTING, TRANSPARENT, TLS];

pub(super) fn start(site: &Site, options: Options) -> anyhow::Result<Proxy> {
    let plan = Plan::new()?;
    let slapd = match options.directory {
        Directory::Ldap => Some(slapd()?),
        Directory::Plain | Directory::Argon2id => None,
    };
    plan.write("master", "master")?;
    let directory = match &slapd {
        Some(slapd) => ldap_directory(&plan, slapd)?,
        None => file_directory(&plan, options.directory)?,
    };
    let file = plan.write("gatepost.toml", config(&plan, site, &directory, options))?;
    let program = match options.build {
        Build::Measured => &site.gatepost,
        Build::Baseline => site.baseline.as_ref().context("no baseline was given")?,
    };
    let mut command = Command::new(program);
    command.arg("run").arg("--config").arg(file);
    let process = Process::start(command, plan.file("log"), &plan.listeners())?;
    let submission = Some(plan.submission);
    let mut proxy = plan.running(process, submission);
    proxy.slapd = slapd;
    Ok(proxy)
}

fn file_directory(plan: &Plan, directory: Directory) -> anyhow::Result<String> {
    let kind = match directory {
        Directory::Argon2id => secret::Kind::Argon2id,
        Directory::Plain | Directory::Ldap => secret::Kind::Plain,
    };
    let secret = secret::make(kind, &Secret::from(PASSWORD), &[7; 16])?;
    let mut users = String::new();
    for kind in KINDS {
        for name in accounts(kind) {
            let _ = write!(
                users,
                "[[user]]\nname = {name:?}\nsecret = {secret:?}\naddresses = [\"{name}@example.org\"]\n\
                 mail_host = {kind:?}\n"
            );
        }
    }
    plan.write("users.toml", users)?;
    Ok("kind = \"file\"\npath = \"users.toml\"\n".to_owned())
}

fn slapd() -> anyhow::Result<Slapd> {
    let person = |name: String| {
        let address = format!("{name}@example.org");
        Person::new(&name)
            .password(PASSWORD)
            .mail(&address)
            .mail_host(INSPECTING)
    };
    let people = accounts(INSPECTING).map(person);
    Ok(people.fold(Slapd::builder(), SlapdBuilder::person).start()?)
}

fn ldap_directory(plan: &Plan, slapd: &Slapd) -> anyhow::Result<String> {
    plan.write("service", slapd.service_password())?;
    let (url, ca, base, service) = (
        slapd.ldaps_url(),
        slapd.ca_file(),
        slapd.base(),
        slapd.service_dn(),
    );
    Ok(format!(
        "kind = \"ldap\"\nurls = [{url:?}]\nca_file = {ca:?}\nbase = {base:?}\nbind_dn = {service:?}\n\
         bind_password_file = \"service\"\nattributes = [\"mailHost\"]\n"
    ))
}

fn config(plan: &Plan, site: &Site, directory: &str, options: Options) -> String {
    let chain: PathBuf = site.identity.chain_file();
    let (key, ca) = (site.identity.key_file(), site.identity.ca_file());
    let (imap, imaps, mta) = (site.upstream.imap, site.upstream.imaps, site.upstream.smtp);
    let copies = if options.sent_copies { "always" } else { "off" };
    let master = "login = { method = \"master\", user = \"master\", password_file = \"master\" }";
    let mut text = format!(
        "[server]\nworkers = {WORKERS}\n\
         [limits]\nconnections = {CONNECTIONS}\nconnections_per_address = {CONNECTIONS}\nsessions_per_user = 0\n\
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
