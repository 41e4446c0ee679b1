//! NTLM, passed through to a domain controller.

use gatepost_netlogon::{Account, Answer, Controller, Identity, Logon, NtStatus, Report};
use gatepost_sasl::ntlm::{NtHash, Ntlm, SessionKey};
use gatepost_wire::Secret;

use super::config::{Config, Netlogon};
use crate::ldap::bind::Bound;
use crate::ldap::{ConfigError, ServerReport, ServerUrl};
use crate::{Denial, Entry, Unavailable};

/// Who asks the domain controllers.
pub(super) struct PassThrough {
    netlogon: gatepost_netlogon::Netlogon,
    port: Option<u16>,
}

impl PassThrough {
    pub(super) fn new(config: &Config, account: &Netlogon) -> Result<Self, ConfigError> {
        let port = account.port;
        // The domain's own name leads to its controllers too. It stands here until they are known.
        let any = Controller {
            host: config.dns_domain.clone(),
            port,
        };
        let netlogon = gatepost_netlogon::Netlogon::new(gatepost_netlogon::Config {
            controllers: vec![any],
            domain: config.netbios_domain.clone(),
            account: Account {
                computer: account.computer.clone(),
                password: account.password.clone(),
            },
            connections: account.connections,
            connect_time: config.connect_time,
            call_time: config.operation_time,
        });
        match netlogon {
            Ok(netlogon) => Ok(Self { netlogon, port }),
            Err(error) => Err(ConfigError(format!("NTLM: {error}"))),
        }
    }

    /// Asks these servers from now on.
    pub(super) fn lead_to(&self, urls: &[ServerUrl]) {
        let controllers = urls.iter().map(|url| Controller {
            host: url
                .address()
                .map_or_else(|| url.host().to_owned(), |address| address.ip().to_string()),
            port: self.port,
        });
        self.netlogon.replace_controllers(controllers.collect());
    }

    /// Whether the response is right, and the entry's. The names go to the domain controller as the client sent them:
    /// they are part of what the response proves.
    pub(super) async fn judge(&self, entry: &Entry, claim: &Ntlm) -> Result<Bound, Unavailable> {
        if is_of_no_password(claim) {
            return Ok(Bound::No(Denial::BadCredentials));
        }
        let logon = Logon {
            user: claim.user(),
            domain: claim.domain(),
            workstation: claim.workstation(),
            challenge: claim.server_challenge(),
            nt_response: claim.nt_response(),
            // A domain controller that finds the NT response wrong looks at this one, in which no MIC and no channel is
            // vouched for.
            lm_response: &[],
        };
        match self.netlogon.logon(&logon).await {
            Ok(Answer::Granted(identity)) => Ok(granted(entry, claim, &identity)),
            Ok(Answer::Denied(status)) => Ok(Bound::No(denial(status))),
            Err(why) => Err(Unavailable(format!("NTLM: {why}"))),
        }
    }

    /// Asks every server by itself. Secure channels are opened anew, from which the one in use recovers.
    pub(super) async fn probe(&self) -> Vec<ServerReport> {
        let reports = self.netlogon.probe().await;
        reports.iter().map(report).collect()
    }
}

fn report(report: &Report) -> ServerReport {
    let failed = report.findings.iter().find_map(|finding| {
        let why = finding.result.as_ref().err()?;
        Some(format!("{}: {why}", finding.step))
    });
    ServerReport {
        url: format!("netlogon {}", report.controller),
        outcome: match failed {
            Some(why) => Err(why),
            None => Ok("the computer account has a secure channel, and logons are judged".to_owned()),
        },
        warnings: Vec::new(),
    }
}

/// Whether the response is that of an empty password, which lets nobody in although some accounts have none.
fn is_of_no_password(claim: &Ntlm) -> bool {
    NtHash::of_password(&Secret::from("")).is_ok_and(|hash| claim.prove(&hash).is_some())
}

/// The domain controller found the response right. Whose it is must be who was found, and the messages must have come
/// through unchanged.
fn granted(entry: &Entry, claim: &Ntlm, identity: &Identity) -> Bound {
    if identity.sid.to_string() != entry.id.0 {
        return Bound::No(Denial::Disagreement);
    }
    match claim.finish(&SessionKey::from(identity.session_key)) {
        Ok(()) => Bound::Yes,
        Err(_) => Bound::No(Denial::BadCredentials),
    }
}

/// All but the first and the locked are said only after the right proof. What is in no table could be said after a
/// wrong one.
fn denial(status: NtStatus) -> Denial {
    match status {
        NtStatus::INVALID_LOGON_HOURS | NtStatus::INVALID_WORKSTATION => Denial::NotPermitted,
        NtStatus::PASSWORD_EXPIRED | NtStatus::PASSWORD_MUST_CHANGE => Denial::PasswordExpired,
        NtStatus::ACCOUNT_DISABLED | NtStatus::ACCOUNT_EXPIRED => Denial::Disabled,
        NtStatus::ACCOUNT_LOCKED_OUT => Denial::Locked,
        // Protected Users, and selective authentication: nobody says whether the proof was looked at.
        NtStatus::ACCOUNT_RESTRICTION | NtStatus::AUTHENTICATION_FIREWALL_FAILED => Denial::NotSupported,
        _ => Denial::BadCredentials,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_of_the_table() {
        for (status, expected) in [
            (0xc000_0064, Denial::BadCredentials),
            (0xc000_006a, Denial::BadCredentials),
            (0xc000_006d, Denial::BadCredentials),
            (0xc000_006e, Denial::NotSupported),
            (0xc000_006f, Denial::NotPermitted),
            (0xc000_0070, Denial::NotPermitted),
            (0xc000_0071, Denial::PasswordExpired),
            (0xc000_0072, Denial::Disabled),
            (0xc000_00df, Denial::BadCredentials),
            (0xc000_0193, Denial::Disabled),
            (0xc000_0199, Denial::BadCredentials),
            (0xc000_0224, Denial::PasswordExpired),
            (0xc000_0234, Denial::Locked),
            (0xc000_0413, Denial::NotSupported),
            (0xc000_1234, Denial::BadCredentials),
            (0, Denial::BadCredentials),
        ] {
            assert_eq!(denial(NtStatus(status)), expected, "{status:#x}");
        }
    }
}
