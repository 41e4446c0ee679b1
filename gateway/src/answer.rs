//! What a refused login hears, and when.
//!
//! Before the password proved right, unknown, wrong, disabled and locked are the same words at the same moment.
//! After it proved right, the client hears what an administrator or the user can act on (RFC 5530). An outage, or a
//! mail server that refuses *our* login, is never called a wrong password.

use std::borrow::Cow;
use std::time::Duration;

use gatepost_directory::Denial;
use gatepost_imap::server::{Counts, Refusal, RefusalCode};
use gatepost_smtp::{Reply, server as smtp};
use tokio::time::Instant;
use tracing::Level;

/// Why a login was refused.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The directory denied the claim.
    Denied(Denial),
    /// The directory has said before that the password is wrong.
    KnownWrong,
    /// The directory is not asked, lest it lock the account.
    Guarded,
    /// Too many logins wait for the directory; this is when to come back.
    DirectoryCrowded(Duration),
    /// The same of the mail server.
    UpstreamCrowded(Duration),
    /// The directory could not be asked.
    DirectoryDown,
    /// The account has no mail server, or none that it may have.
    NoRoute,
    /// The mail server could not be reached or did not let us in for the moment.
    UpstreamDown,
    /// The mail server refused the very credentials that the directory had approved.
    UpstreamDeclined,
    /// The mail server refused the gateway's own account, or has no such mailbox.
    MasterDeclined,
    /// The client asks to act as somebody else (RFC 4616 authorization identity).
    ForeignIdentity,
    /// The account has as many sessions as it may, and none of them is idle.
    TooManySessions,
}

impl Refused {
    /// The wire's words.
    pub(crate) fn refusal(&self) -> Refusal {
        let (code, text, counts) = match self {
            Self::Denied(Denial::Disabled) => (
                RefusalCode::ContactAdmin,
                "this account is disabled",
                Counts::AsFailure,
            ),
            Self::Denied(Denial::PasswordExpired) => (
                RefusalCode::Expired,
                "the password has expired",
                Counts::AsFailure,
            ),
            Self::Denied(Denial::NotPermitted) => (
                RefusalCode::AuthorizationFailed,
                "this account may not use this service",
                Counts::AsFailure,
            ),
            Self::Denied(_) | Self::KnownWrong => (
                RefusalCode::AuthenticationFailed,
                "authentication failed",
                Counts::AsFailure,
            ),
            // What a client that has the right password retries quietly.
            Self::Guarded => (
                RefusalCode::Unavailable,
                "too many failed logins, try again later",
                Counts::Not,
            ),
            Self::DirectoryCrowded(again) | Self::UpstreamCrowded(again) => {
                return Refusal {
                    code: RefusalCode::Unavailable,
                    text: Cow::Owned(format!(
                        "too many logins at once, try again in about {} s",
                        again.as_secs()
                    )),
                    counts: Counts::Not,
                };
            }
            Self::DirectoryDown => (
                RefusalCode::Unavailable,
                "the user directory is unavailable, try again later",
                Counts::Not,
            ),
            Self::NoRoute => (
                RefusalCode::ContactAdmin,
                "no mail server is configured for this account",
                Counts::Not,
            ),
            Self::UpstreamDown | Self::MasterDeclined => (
                RefusalCode::Unavailable,
                "the mail server is unavailable, try again later",
                Counts::Not,
            ),
            Self::UpstreamDeclined => (
                RefusalCode::ContactAdmin,
                "the mail server does not accept this account",
                Counts::Not,
            ),
            Self::ForeignIdentity => (
                RefusalCode::AuthorizationFailed,
                "acting as another user is not supported",
                Counts::Not,
            ),
            Self::TooManySessions => (
                RefusalCode::Limit,
                "too many sessions of this account, try again later",
                Counts::Not,
            ),
        };
        Refusal {
            code,
            text: Cow::Borrowed(text),
            counts,
        }
    }

    /// The same in SMTP's words (RFC 4954 section 6): 454 for what no other password
    /// would mend, 535 for everything else.
    pub(crate) fn smtp_refusal(&self) -> smtp::Refusal {
        let imap = self.refusal();
        let (code, enhanced) = match self {
            Self::Denied(_) | Self::KnownWrong | Self::ForeignIdentity => (535, "5.7.8"),
            // A client that hears a 5xx asks its user for another password, which would not help.
            Self::Guarded
            | Self::DirectoryCrowded(_)
            | Self::UpstreamCrowded(_)
            | Self::DirectoryDown
            | Self::UpstreamDown
            | Self::MasterDeclined
            | Self::NoRoute
            | Self::UpstreamDeclined
            | Self::TooManySessions => (454, "4.7.0"),
        };
        smtp::Refusal {
            reply: Reply::new(code, enhanced, imap.text),
            counts: match imap.counts {
                Counts::AsFailure => smtp::Counts::AsFailure,
                Counts::Not => smtp::Counts::Not,
            },
        }
    }

    /// How urgently an administrator has to look: at somebody refused not at all, at something broken when there is
    /// time, at a directory that does not know who somebody is at once.
    pub(crate) fn level(&self) -> Level {
        match self {
            Self::Denied(Denial::Disagreement) => Level::ERROR,
            Self::Denied(_) | Self::KnownWrong | Self::Guarded | Self::ForeignIdentity => Level::INFO,
            Self::DirectoryCrowded(_)
            | Self::UpstreamCrowded(_)
            | Self::DirectoryDown
            | Self::NoRoute
            | Self::UpstreamDown
            | Self::UpstreamDeclined
            | Self::MasterDeclined
            | Self::TooManySessions => Level::WARN,
        }
    }

    /// A short word for logs.
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Denied(denial) => denial.as_str(),
            Self::KnownWrong => "known-wrong",
            Self::Guarded => "guarded",
            Self::DirectoryCrowded(_) | Self::UpstreamCrowded(_) => "crowded",
            Self::DirectoryDown => "directory-down",
            Self::NoRoute => "no-route",
            Self::UpstreamDown => "upstream-down",
            Self::UpstreamDeclined | Self::MasterDeclined => "upstream-refused",
            Self::ForeignIdentity => "foreign-identity",
            Self::TooManySessions => "too-many-sessions",
        }
    }
}

/// The moment of a refusal: the next point of a grid that is counted from the attempt's arrival, so that how long
/// the directory took is not told.
pub(crate) fn moment(arrived: Instant, now: Instant, grid: Duration) -> Instant {
    if grid.is_zero() {
        return now;
    }
    let elapsed = now.duration_since(arrived).as_nanos();
    let steps = elapsed.div_ceil(grid.as_nanos()).max(1);
    arrived + grid.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn before_the_proof_was_right_every_denial_has_the_same_words() {
        let wrong = Refused::Denied(Denial::BadCredentials).refusal();
        for denial in [Denial::Locked, Denial::NotSupported] {
            assert!(!denial.proof_was_right());
            assert_eq!(Refused::Denied(denial).refusal(), wrong);
            let smtp = Refused::Denied(denial).smtp_refusal();
            assert_eq!(smtp, Refused::Denied(Denial::BadCredentials).smtp_refusal());
        }
    }

    #[test]
    fn what_the_guard_knows_to_be_wrong_is_wrong_and_what_it_holds_back_is_not() {
        let wrong = Refused::Denied(Denial::BadCredentials);
        assert_eq!(Refused::KnownWrong.refusal(), wrong.refusal());
        assert_eq!(Refused::KnownWrong.smtp_refusal(), wrong.smtp_refusal());
        let (imap, smtp) = (Refused::Guarded.refusal(), Refused::Guarded.smtp_refusal());
        assert_eq!((imap.code, imap.counts), (RefusalCode::Unavailable, Counts::Not));
        assert_eq!(smtp.reply.code().get(), 454);
        assert_eq!(Refused::Guarded.level(), Level::INFO);
        assert_eq!(Refused::KnownWrong.level(), Level::INFO);
        assert_eq!(Refused::Denied(Denial::Disagreement).level(), Level::ERROR);
    }

    #[test]
    fn an_outage_is_never_called_a_wrong_password() {
        for outage in [
            Refused::DirectoryCrowded(Duration::from_secs(20)),
            Refused::UpstreamCrowded(Duration::from_secs(20)),
            Refused::DirectoryDown,
            Refused::UpstreamDown,
            Refused::UpstreamDeclined,
            Refused::MasterDeclined,
            Refused::NoRoute,
            Refused::TooManySessions,
        ] {
            let refusal = outage.refusal();
            assert_ne!(refusal.code, RefusalCode::AuthenticationFailed, "{outage:?}");
            assert_eq!(refusal.counts, Counts::Not, "{outage:?}");
            let refusal = outage.smtp_refusal();
            assert_ne!(refusal.reply.code().get(), 535, "{outage:?}");
            assert_eq!(refusal.counts, smtp::Counts::Not, "{outage:?}");
        }
    }

    #[test]
    fn who_is_sent_away_hears_when_to_come_back() {
        let crowded = Refused::UpstreamCrowded(Duration::from_secs(20));
        let hint = "too many logins at once, try again in about 20 s";
        assert_eq!(crowded.refusal().code, RefusalCode::Unavailable);
        assert_eq!(crowded.refusal().text, hint);
        let reply = crowded.smtp_refusal().reply;
        assert_eq!(reply, Reply::new(454, "4.7.0", hint));
    }

    #[test]
    fn refusals_come_on_the_grid_whatever_the_directory_took() {
        let (arrived, grid) = (Instant::now(), Duration::from_millis(500));
        let after = |millis| moment(arrived, arrived + Duration::from_millis(millis), grid) - arrived;
        assert_eq!(after(0), grid);
        assert_eq!(after(3), grid);
        assert_eq!(after(500), grid);
        assert_eq!(after(501), grid * 2);
        assert_eq!(after(60_000), grid * 120);
    }

    #[test]
    fn no_grid_is_no_delay() {
        let now = Instant::now();
        assert_eq!(moment(now, now, Duration::ZERO), now);
    }
}
