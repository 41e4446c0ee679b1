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

    /// The same and another one behind them, if that can carry the user: not every name is one for NTLM.
    pub(crate) fn or(mut self, mechanism: Mechanism, user: &str, password: &Secret) -> Self {
        self.0.extend(of_password(mechanism, user, password));
        self
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

#[cfg(test)]
mod tests {
    use super::*;

    fn names(user: &str) -> String {
        let password = Secret::from("wonderland");
        let mechanisms = Mechanisms::of_password(&[Mechanism::Plain, Mechanism::Login], user, &password);
        let mechanisms = mechanisms.unwrap().or(Mechanism::Ntlm, user, &password);
        mechanisms.names().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_name_that_is_none_for_ntlm_is_one_for_the_others() {
        assert_eq!(names("alice"), "PLAIN LOGIN NTLM");
        assert_eq!(names("CORP\\alice"), "PLAIN LOGIN NTLM");
        assert_eq!(names("alice\\"), "PLAIN LOGIN");
    }

    #[test]
    fn what_no_mechanism_can_answer_breaks_off() {
        let password = Secret::from("wonderland");
        let mechanisms = [Mechanism::Login, Mechanism::Ntlm];
        let mut mechanisms = Mechanisms::of_password(&mechanisms, "alice", &password).unwrap();
        assert!(mechanisms.answer("PLAIN", None).is_err());
        assert_eq!(mechanisms.answer("LOGIN", None).unwrap(), None);
        assert!(mechanisms.answer("NTLM", Some(b"NTLMSSP\0\x02")).is_err());
    }
}
