//! Every reason for which somebody or something is refused.

use crate::answer::Refused;
use crate::seats::PushedOut;

/// Why. One more is one more line here and in [`Reason::ALL`]; `docs/operations.md` says what each means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(usize)]
pub(crate) enum Reason {
    /// There are as many connections as there may be in all.
    Connections,
    /// The same on one listener.
    Listener,
    /// From one IPv4 address or one IPv6 /64.
    Address,
    /// From one IPv4 /24 or one IPv6 /56.
    Network,
    /// That are not logged in, in all.
    BeforeLogin,
    /// That are not logged in, from one address.
    BeforeLoginAddress,
    /// It was not logged in, and made room for a client from a less crowded network.
    PushedOut,
    /// Accepting paused: the process or the system had no descriptors or no memory for a socket.
    Descriptors,
    /// A new connection was broken before anything came of it.
    Socket,
    /// No PROXY protocol header came, or a malformed one.
    ProxyHeader,
    /// TLS was not agreed on.
    TlsHandshake,
    /// Not logged in within the time limit.
    LoginTime,
    /// The protocol was broken before login.
    Protocol,
    /// A line, literal or command was over a limit before login.
    WireLimit,
    /// Too many failed logins on one connection.
    Failures,
    /// The directory denied the claim.
    Denied,
    /// The password was known to be wrong.
    KnownWrong,
    /// The guard did not let the directory be asked.
    Guarded,
    /// The client asked to act as somebody else.
    ForeignIdentity,
    /// The directory could not be asked.
    DirectoryUnavailable,
    /// Too many questions waited for the directory.
    DirectoryQueue,
    /// Too many passwords waited to be hashed.
    PasswordQueue,
    /// The account has no mail server.
    NoRoute,
    /// The mail server could not be reached.
    UpstreamUnavailable,
    /// Too many logins waited for the mail server.
    UpstreamQueue,
    /// The mail server refused our login.
    UpstreamRefused,
    /// The account has as many sessions as it may, and none of them was idle.
    Sessions,
    /// An idle session made room for a newer one of its account.
    LetGo,
    /// A session ended for its account's sake.
    Rechecked,
    /// The sender was not the account's.
    Sender,
    /// The account has sent enough for an hour.
    Quota,
    /// The spool had no room for a message's copy.
    Spool,
}

impl Reason {
    /// All of them, in their order.
    pub(crate) const ALL: [Self; 32] = [
        Self::Connections,
        Self::Listener,
        Self::Address,
        Self::Network,
        Self::BeforeLogin,
        Self::BeforeLoginAddress,
        Self::PushedOut,
        Self::Descriptors,
        Self::Socket,
        Self::ProxyHeader,
        Self::TlsHandshake,
        Self::LoginTime,
        Self::Protocol,
        Self::WireLimit,
        Self::Failures,
        Self::Denied,
        Self::KnownWrong,
        Self::Guarded,
        Self::ForeignIdentity,
        Self::DirectoryUnavailable,
        Self::DirectoryQueue,
        Self::PasswordQueue,
        Self::NoRoute,
        Self::UpstreamUnavailable,
        Self::UpstreamQueue,
        Self::UpstreamRefused,
        Self::Sessions,
        Self::LetGo,
        Self::Rechecked,
        Self::Sender,
        Self::Quota,
        Self::Spool,
    ];

    /// Its word in `gatepost status`, which stays.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::Listener => "listener",
            Self::Address => "address",
            Self::Network => "network",
            Self::BeforeLogin => "before-login",
            Self::BeforeLoginAddress => "before-login-address",
            Self::PushedOut => "pushed-out",
            Self::Descriptors => "descriptors",
            Self::Socket => "socket",
            Self::ProxyHeader => "proxy-header",
            Self::TlsHandshake => "tls-handshake",
            Self::LoginTime => "login-time",
            Self::Protocol => "protocol",
            Self::WireLimit => "wire-limit",
            Self::Failures => "failures",
            Self::Denied => "denied",
            Self::KnownWrong => "known-wrong",
            Self::Guarded => "guarded",
            Self::ForeignIdentity => "foreign-identity",
            Self::DirectoryUnavailable => "directory-unavailable",
            Self::DirectoryQueue => "directory-queue",
            Self::PasswordQueue => "password-queue",
            Self::NoRoute => "no-route",
            Self::UpstreamUnavailable => "upstream-unavailable",
            Self::UpstreamQueue => "upstream-queue",
            Self::UpstreamRefused => "upstream-refused",
            Self::Sessions => "sessions",
            Self::LetGo => "let-go",
            Self::Rechecked => "rechecked",
            Self::Sender => "sender",
            Self::Quota => "quota",
            Self::Spool => "spool",
        }
    }

    /// In words for the log, where a connection is refused.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Connections => "too many connections",
            Self::Listener => "too many connections of this listener",
            Self::Address => "too many connections from this address",
            Self::Network => "too many connections from this network",
            Self::BeforeLogin => "too many connections that are not logged in",
            Self::BeforeLoginAddress => "too many connections from this address that are not logged in",
            other => other.as_str(),
        }
    }

    /// Of a connection that ended before login with an error; `None`: nobody refused anything.
    pub(crate) fn of_error(error: &anyhow::Error) -> Option<Self> {
        if error.is::<PushedOut>() {
            return Some(Self::PushedOut);
        }
        if let Some(error) = error.downcast_ref::<gatepost_imap::Error>() {
            return Some(match error {
                gatepost_imap::Error::Limit(limit) => (*limit).into(),
                _ => Self::Protocol,
            });
        }
        if let Some(error) = error.downcast_ref::<gatepost_smtp::Error>() {
            return Some(match error {
                gatepost_smtp::Error::Limit(limit) => (*limit).into(),
                _ => Self::Protocol,
            });
        }
        let error = error.downcast_ref::<std::io::Error>()?;
        // What a session leaves no room for.
        (error.kind() == std::io::ErrorKind::OutOfMemory).then_some(Self::WireLimit)
    }
}

impl From<gatepost_imap::Limit> for Reason {
    fn from(limit: gatepost_imap::Limit) -> Self {
        match limit {
            gatepost_imap::Limit::Failures => Self::Failures,
            _ => Self::WireLimit,
        }
    }
}

impl From<gatepost_smtp::Limit> for Reason {
    fn from(limit: gatepost_smtp::Limit) -> Self {
        match limit {
            gatepost_smtp::Limit::Failures => Self::Failures,
            _ => Self::WireLimit,
        }
    }
}

impl From<&Refused> for Reason {
    fn from(refused: &Refused) -> Self {
        match refused {
            Refused::Denied(_) => Self::Denied,
            Refused::KnownWrong => Self::KnownWrong,
            Refused::Guarded => Self::Guarded,
            Refused::DirectoryCrowded(_) => Self::DirectoryQueue,
            Refused::UpstreamCrowded(_) => Self::UpstreamQueue,
            Refused::DirectoryDown => Self::DirectoryUnavailable,
            Refused::NoRoute => Self::NoRoute,
            Refused::UpstreamDown => Self::UpstreamUnavailable,
            Refused::UpstreamDeclined | Refused::MasterDeclined => Self::UpstreamRefused,
            Refused::ForeignIdentity => Self::ForeignIdentity,
            Refused::TooManySessions => Self::Sessions,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn all_are_in_their_order_and_have_words_of_their_own() {
        for (index, reason) in Reason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, index, "{reason:?}");
        }
        let words: HashSet<_> = Reason::ALL.into_iter().map(Reason::as_str).collect();
        assert_eq!(words.len(), Reason::ALL.len());
        assert_eq!(Reason::Spool as usize + 1, Reason::ALL.len(), "the last one");
    }

    #[test]
    fn errors_before_login_have_reasons() {
        let of = |error: anyhow::Error| Reason::of_error(&error);
        let limit = |limit| gatepost_imap::Error::Limit(limit).into();
        assert_eq!(of(limit(gatepost_imap::Limit::Literal)), Some(Reason::WireLimit));
        assert_eq!(of(limit(gatepost_imap::Limit::Failures)), Some(Reason::Failures));
        let smtp = gatepost_smtp::Error::Limit(gatepost_smtp::Limit::Commands);
        assert_eq!(of(smtp.into()), Some(Reason::WireLimit));
        let io = |kind: std::io::ErrorKind| std::io::Error::from(kind).into();
        assert_eq!(of(io(std::io::ErrorKind::OutOfMemory)), Some(Reason::WireLimit));
        assert_eq!(of(io(std::io::ErrorKind::UnexpectedEof)), None);
    }
}
