//! What a directory says of an account by now, and what that means for its sessions.

use gatepost_directory::{Denial, Standing, Unavailable};

use crate::gateway::SHUTTING_DOWN;

/// Why we end a session that would have gone on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The gateway stops, and its grace is over.
    Stop,
    /// The account is gone or may not use mail any more; why is for the log alone.
    NotAllowed(&'static str),
    /// The account's password has expired.
    PasswordExpired,
    /// The session logged in with a password that is not the account's any more.
    PasswordChanged,
    /// The account has as many sessions as it may, and of all of them this one was idle for longest.
    MakesRoom,
}

impl Ending {
    /// What the client is told.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Stop => SHUTTING_DOWN,
            Self::NotAllowed(_) => "this account is no longer allowed",
            Self::PasswordExpired => "the password has expired",
            Self::PasswordChanged => "the password has changed, log in again",
            Self::MakesRoom => "too many sessions of this account, the one idle for longest ends",
        }
    }

    /// What the log says.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::NotAllowed(why) => why,
            Self::Stop | Self::PasswordExpired | Self::PasswordChanged | Self::MakesRoom => self.words(),
        }
    }
}

/// What came of looking at an account again.
#[derive(Debug)]
pub(super) enum Finding {
    /// Nobody has that id, or more than one entry has: whichever it is, nobody could log in as it.
    Gone(&'static str),
    /// The entry is there.
    There {
        /// The version that its secret has by now, where the directory knows one.
        version: Option<String>,
        /// Whether it may use mail.
        standing: Standing,
    },
    /// The directory could not be asked.
    Unknown(Unavailable),
}

impl Finding {
    /// What it means for a session that logged in when the secret had the version `then`; `None`: it goes on.
    pub(super) fn ends(&self, then: Option<&str>) -> Option<Ending> {
        match self {
            Self::Gone(why) => Some(Ending::NotAllowed(why)),
            Self::Unknown(_) => None,
            Self::There { version, standing } => denied(standing).or_else(|| {
                let changed = has_changed(then, version.as_deref());
                changed.then_some(Ending::PasswordChanged)
            }),
        }
    }

    /// Why the directory could not be asked, if that was so.
    pub(super) fn outage(&self) -> Option<&Unavailable> {
        match self {
            Self::Unknown(why)
            | Self::There {
                standing: Standing::Unavailable(why),
                ..
            } => Some(why),
            Self::Gone(_) | Self::There { .. } => None,
        }
    }
}

fn denied(standing: &Standing) -> Option<Ending> {
    match standing {
        // Whoever guesses passwords can bring that about: it must not cut off who has the right one.
        Standing::Denied(Denial::Locked) => None,
        Standing::Denied(Denial::PasswordExpired) => Some(Ending::PasswordExpired),
        Standing::Denied(denial) => Some(Ending::NotAllowed(denial.as_str())),
        Standing::Usable | Standing::Unavailable(_) => None,
    }
}

/// A version that appears is that of a first change: OpenLDAP's pwdChangedTime is not there before. One that is not told
/// any more says nothing.
fn has_changed(then: Option<&str>, now: Option<&str>) -> bool {
    now.is_some() && now != then
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there(version: Option<&str>, standing: Standing) -> Finding {
        Finding::There {
            version: version.map(str::to_owned),
            standing,
        }
    }

    #[test]
    fn who_is_gone_or_denied_is_logged_out_and_who_is_locked_is_not() {
        let gone = Finding::Gone("more than one entry").ends(Some("1")).unwrap();
        assert_eq!(gone, Ending::NotAllowed("more than one entry"));
        assert_eq!(gone.words(), "this account is no longer allowed");
        let of = |denial| there(Some("1"), Standing::Denied(denial)).ends(Some("1"));
        assert_eq!(of(Denial::Disabled), Some(Ending::NotAllowed("disabled")));
        assert_eq!(
            of(Denial::NotPermitted),
            Some(Ending::NotAllowed("not-permitted"))
        );
        assert_eq!(of(Denial::PasswordExpired), Some(Ending::PasswordExpired));
        assert_eq!(of(Denial::Locked), None);
    }

    #[test]
    fn a_locked_account_whose_password_has_changed_is_logged_out() {
        let locked = there(Some("2"), Standing::Denied(Denial::Locked));
        assert_eq!(locked.ends(Some("1")), Some(Ending::PasswordChanged));
    }

    #[test]
    fn another_version_is_another_password_unless_it_is_not_told() {
        for (then, now, ends) in [
            (Some("1"), Some("1"), false),
            (Some("1"), Some("2"), true),
            (None, Some("1"), true),
            (Some("1"), None, false),
            (None, None, false),
        ] {
            let expected = ends.then_some(Ending::PasswordChanged);
            assert_eq!(
                there(now, Standing::Usable).ends(then),
                expected,
                "{then:?} {now:?}"
            );
        }
    }

    #[test]
    fn an_outage_ends_nothing_but_does_not_hide_a_change() {
        let why = || Unavailable("down".to_owned());
        let down = Finding::Unknown(why());
        assert_eq!((down.ends(None), down.outage()), (None, Some(&why())));
        let half = there(Some("1"), Standing::Unavailable(why()));
        assert_eq!((half.ends(Some("1")), half.outage()), (None, Some(&why())));
        assert_eq!(half.ends(Some("0")), Some(Ending::PasswordChanged));
    }
}
