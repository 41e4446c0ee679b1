//! The client's side of exchanges: what logs in with a password, wherever it does.

use std::time::SystemTime;

use anyhow::{Context as _, anyhow, bail};
use gatepost_sasl::Mechanism;
use gatepost_sasl::client::{CramMd5, Fresh, Login, Ntlm, Plain};
use gatepost_wire::Secret;
use sasl::client::Mechanism as Client;

/// Mechanisms that are ready to log in, in the order of preference.
#[derive(Default)]
pub(crate) struct Mechanisms(Vec<Box<dyn Client + Send>>);

impl Mechanisms {
    /// The mechanisms of these names, all with the same user and password.
    ///
    /// # Errors
    /// If one of them cannot carry the user or the password.
    pub(crate) fn of_password(
        mechanisms: &[Mechanism],
        user: &str,
        password: &Secret,
    ) -> anyhow::Result<Self> {
        let mut ready = Self::default();
        for mechanism in mechanisms {
            ready.0.push(of_password(*mechanism, user, password)?);
        }
        Ok(ready)
    }

    /// PLAIN that acts for somebody else.
    pub(crate) fn plain(plain: Plain) -> Self {
        Self(vec![Box::new(plain)])
    }

    /// The names, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|mechanism| mechanism.name().to_owned())
    }

    /// The next message of a mechanism: its first, if it has one, where there is no challenge yet, else its response.
    ///
    /// # Errors
    /// If there is no such mechanism, or it cannot answer the challenge. The exchange has to be broken off.
    pub(crate) fn answer(&mut self, name: &str, challenge: Option<&[u8]>) -> anyhow::Result<Option<Secret>> {
        let mut mechanisms = self.0.iter_mut();
        let mechanism = mechanisms
            .find(|mechanism| mechanism.name().eq_ignore_ascii_case(name))
            .context("no such mechanism")?;
        match challenge {
            None => Ok(Some(Secret::new(mechanism.initial())).filter(|initial| !initial.is_empty())),
            Some(challenge) => {
                let response = mechanism.response(challenge);
                let response = response.map_err(|error| anyhow!("{name}: {error:?}"))?;
                Ok(Some(Secret::new(response)))
            }
        }
    }
}

fn of_password(
    mechanism: Mechanism,
    user: &str,
    password: &Secret,
) -> anyhow::Result<Box<dyn Client + Send>> {
    Ok(match mechanism {
        Mechanism::Plain => Box::new(Plain::new(None, user, password)?),
        Mechanism::Login => Box::new(Login::new(user, password)?),
        Mechanism::CramMd5 => Box::new(CramMd5::new(user, password)?),
        Mechanism::Ntlm => Box::new(Ntlm::new(user, password, fresh()?)?),
        other => bail!("{other} is not spoken here"),
    })
}

/// Random octets and the time, for a challenge of our own.
fn fresh() -> anyhow::Result<Fresh> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| anyhow!("no random numbers: {error}"))?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Ok(Fresh {
        random,
        since_epoch: now.unwrap_or_default(),
    })
}
