//! `gatepost auth test`: a login with both sides of the exchange in this process.

use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use gatepost_directory::{Account, Claim, Directory, Resolution, Verdict};
use gatepost_sasl::Mechanism;
use gatepost_sasl::ntlm::Bindings;
use gatepost_sasl::server::{self, Exchange, Settings};
use gatepost_wire::Secret;

use super::onward::Onward;
use super::{File, say};
use crate::credentials::Mechanisms;
use crate::exchange;
use crate::gateway::{self, Service};
use crate::passwd;

/// What `gatepost auth test` is told.
#[derive(Args)]
pub(super) struct Options {
    /// The name, as a client would send it.
    user: String,
    /// PLAIN, LOGIN, CRAM-MD5 or NTLM; without it, the first that the listener offers.
    #[arg(long, short)]
    mechanism: Option<Mechanism>,
    /// One of the listener's addresses, as in the configuration; without it, the first listener that offers the
    /// mechanism.
    #[arg(long, short)]
    listener: Option<String>,
    #[command(flatten)]
    file: File,
}

/// Asks for the password, and makes the login.
///
/// # Errors
/// Why it would fail.
pub(super) async fn run(options: &Options) -> anyhow::Result<()> {
    let config = options.file.load()?;
    let opened = gateway::open_services(&config)?;
    let (service, mechanism) = choose(&opened.services, options)?;
    let password = passwd::once()?;
    say("listener", &service.config().to_string());
    let claim = exchange(service, mechanism, &options.user, &password)?;
    let account = judge(service, &claim).await?;
    let onward = Onward::of(&config, service.config().protocol, &account);
    let onward = onward.map_err(|why| anyhow!("let in, but the account has no server to go on to: {why}"))?;
    onward
        .goes_on_from(claim.kind())
        .map_err(|why| anyhow!("let in, but {why}"))?;
    say("goes on to", &onward.words);
    Ok(())
}

/// The listener, and a mechanism that it offers.
fn choose<'s>(services: &'s [Arc<Service>], options: &Options) -> anyhow::Result<(&'s Service, Mechanism)> {
    let meant = |service: &&Arc<Service>| match (&options.listener, options.mechanism) {
        (Some(listener), _) => {
            let mut addresses = service.config().addresses.iter();
            addresses.any(|address| address.to_string() == *listener)
        }
        (None, Some(mechanism)) => service.config().mechanisms.contains(&mechanism),
        (None, None) => true,
    };
    let service = services.iter().find(meant);
    let service = service.with_context(|| match (&options.listener, options.mechanism) {
        (Some(listener), _) => format!("no listener on {listener}; there are: {}", list(services)),
        (None, Some(mechanism)) => format!("no listener offers {mechanism}; there are: {}", list(services)),
        (None, None) => "there is no listener".to_owned(),
    })?;
    let offered = &service.config().mechanisms;
    match options.mechanism {
        Some(mechanism) if offered.contains(&mechanism) => Ok((service, mechanism)),
        Some(mechanism) => bail!("it does not offer {mechanism}: {}", list([service])),
        None => offered
            .first()
            .map(|first| (&**service, *first))
            .context("the listener offers no mechanism"),
    }
}

/// Listeners and what they offer.
fn list<'s>(services: impl IntoIterator<Item = &'s Arc<Service>>) -> String {
    let listeners = services.into_iter().map(|service| {
        let names = service.config().mechanisms.iter();
        let names: Vec<&str> = names.map(|mechanism| mechanism.name()).collect();
        format!("{} ({})", service.config(), names.join(", "))
    });
    listeners.collect::<Vec<_>>().join("; ")
}

/// Both sides, message by message, until the server's has a claim. Only lengths are shown.
fn exchange(service: &Service, mechanism: Mechanism, user: &str, password: &Secret) -> anyhow::Result<Claim> {
    let mut client = Mechanisms::of_password(&[mechanism], user, password)?;
    let name = mechanism.name();
    let initial = client.answer(name, None)?;
    say("mechanism", name);
    if let Some(initial) = &initial {
        say("client", &format!("{} octets", initial.len()));
    }
    let initial = initial.as_ref().map(Secret::expose);
    // There is no TLS here that the client could see.
    let settings = Settings {
        bindings: Bindings::Ignored,
        ..service.terms().settings()
    };
    let mut reached = server::start(mechanism, initial, &settings, exchange::fresh()?)?;
    loop {
        let challenge = match reached {
            Exchange::Verify(claim) => {
                say("claim", &format!("{} by {}", claim.name(), claim.kind().name()));
                return Ok(claim);
            }
            Exchange::Challenge(challenge) => challenge,
        };
        say("gateway", &format!("{} octets", challenge.octets().len()));
        let response = client.answer(name, Some(challenge.octets()))?;
        let response = response.context("the mechanism has no response")?;
        say("client", &format!("{} octets", response.len()));
        reached = challenge.respond(response.expose())?;
    }
}

/// The directory's two answers.
async fn judge(service: &Service, claim: &Claim) -> anyhow::Result<Account> {
    let directory: &dyn Directory = &*service.directory;
    say("directory", &format!("`{}`", service.directory_name()));
    let entry = match directory.resolve(claim.name()).await {
        Resolution::Found(entry) => entry,
        Resolution::Unknown { why } => bail!("the user is unknown: {why}"),
        Resolution::Unavailable(why) => bail!("the directory is unavailable: {why}"),
    };
    say("found", &format!("{} (id {})", entry.handle, entry.id));
    match directory.verify(&entry, claim).await {
        Verdict::Granted(account) => {
            say("verdict", &format!("granted: {}", account.name));
            Ok(account)
        }
        Verdict::Denied(denial) => bail!("denied: {}", denial.as_str()),
        Verdict::Unavailable(why) => bail!("the directory is unavailable: {why}"),
    }
}
