//! One line of the answer to EHLO, by its meaning.

use std::fmt::{self, Write as _};

/// What one keyword of EHLO's answer says. [`super::Extensions::typed`] gives them.
///
/// ```
/// use gatepost_smtp::extensions::Extension;
///
/// assert_eq!(Extension::parse("size", "1000"), Extension::Size(Some(1000)));
/// let Extension::Limits(limits) = Extension::parse("LIMITS", "MAILMAX=5 RCPTMAX=100") else { panic!() };
/// assert_eq!((limits.rcpt_max(), limits.rcpt_domain_max()), (Some(100), None));
/// assert_eq!(Extension::parse("X-NEW", "a b").to_string(), "X-NEW a b");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Extension<'a> {
    /// `SIZE [octets]` (RFC 1870 section 4): the largest message; 0 and nothing are no limit.
    Size(Option<u64>),
    /// `AUTH mechanism..` (RFC 4954 section 3).
    Auth(Words<'a>),
    /// `STARTTLS` (RFC 3207 section 2).
    StartTls,
    /// `PIPELINING` (RFC 2920 section 2).
    Pipelining,
    /// `8BITMIME` (RFC 6152 section 2).
    EightBitMime,
    /// `BINARYMIME` (RFC 3030 section 3).
    BinaryMime,
    /// `CHUNKING` (RFC 3030 section 2).
    Chunking,
    /// `DSN` (RFC 3461 section 4).
    Dsn,
    /// `ENHANCEDSTATUSCODES` (RFC 2034 section 3).
    EnhancedStatusCodes,
    /// `SMTPUTF8` (RFC 6531 section 3.1).
    SmtpUtf8,
    /// `REQUIRETLS` (RFC 8689 section 2).
    RequireTls,
    /// `LIMITS name=value..` (RFC 9422 section 3).
    Limits(SessionLimits<'a>),
    /// `XCLIENT attribute..`: what Postfix may be told of a client.
    Xclient(Words<'a>),
    /// `XFORWARD attribute..`: what Postfix may be told of a message.
    Xforward(Words<'a>),
    /// `DELIVERBY [seconds]` (RFC 2852 section 3): the shortest time.
    DeliverBy(Option<u32>),
    /// `MT-PRIORITY [profile]` (RFC 6710 section 2).
    MtPriority(Option<&'a str>),
    /// `FUTURERELEASE seconds date-time` (RFC 4865 section 3): how long a message may be held.
    FutureRelease {
        /// At most so many seconds.
        interval: u32,
        /// At most until then, as RFC 3339 writes it. It is not judged.
        until: &'a str,
    },
    /// `BURL [scheme..]` (RFC 4468 section 3).
    Burl(Words<'a>),
    /// `NO-SOLICITING [keywords]` (RFC 3865 section 2).
    NoSoliciting(&'a str),
    /// `ETRN` (RFC 1985 section 3).
    Etrn,
    /// `ATRN` (RFC 2645 section 4).
    Atrn,
    /// `VRFY`, a command of RFC 5321.
    Vrfy,
    /// `EXPN`, a command of RFC 5321.
    Expn,
    /// `HELP`, a command of RFC 5321.
    Help,
    /// Another keyword, or parameters that the keyword does not have.
    Other {
        /// The keyword.
        keyword: &'a str,
        /// What stands behind it.
        parameters: &'a str,
    },
}

/// The keywords that have no parameters.
const BARE: [(&str, Extension<'_>); 14] = [
    ("STARTTLS", Extension::StartTls),
    ("PIPELINING", Extension::Pipelining),
    ("8BITMIME", Extension::EightBitMime),
    ("BINARYMIME", Extension::BinaryMime),
    ("CHUNKING", Extension::Chunking),
    ("DSN", Extension::Dsn),
    ("ENHANCEDSTATUSCODES", Extension::EnhancedStatusCodes),
    ("SMTPUTF8", Extension::SmtpUtf8),
    ("REQUIRETLS", Extension::RequireTls),
    ("ETRN", Extension::Etrn),
    ("ATRN", Extension::Atrn),
    ("VRFY", Extension::Vrfy),
    ("EXPN", Extension::Expn),
    ("HELP", Extension::Help),
];

impl<'a> Extension<'a> {
    /// What `keyword` says with `parameters`, in upper or lower case.
    pub fn parse(keyword: &'a str, parameters: &'a str) -> Self {
        let other = Self::Other { keyword, parameters };
        let known = |name: &str| keyword.eq_ignore_ascii_case(name);
        if let Some((_, extension)) = BARE.into_iter().find(|(name, _)| known(name)) {
            return if parameters.is_empty() { extension } else { other };
        }
        let words = Words(parameters);
        match keyword.to_ascii_uppercase().as_str() {
            "SIZE" => optional(parameters, 20).map(Self::Size),
            "AUTH" => Some(Self::Auth(words)),
            "LIMITS" => Some(Self::Limits(SessionLimits(parameters))),
            "XCLIENT" => Some(Self::Xclient(words)),
            "XFORWARD" => Some(Self::Xforward(words)),
            "DELIVERBY" => optional(parameters, 9)
                .map(|seconds| Self::DeliverBy(seconds.and_then(|seconds| seconds.try_into().ok()))),
            "MT-PRIORITY" => optional_word(parameters).map(Self::MtPriority),
            "FUTURERELEASE" => future_release(parameters),
            "BURL" => Some(Self::Burl(words)),
            "NO-SOLICITING" => Some(Self::NoSoliciting(parameters)),
            _ => None,
        }
        .unwrap_or(other)
    }

    /// The keyword.
    pub fn keyword(&self) -> &'a str {
        match *self {
            Self::Size(_) => "SIZE",
            Self::Auth(_) => "AUTH",
            Self::Limits(_) => "LIMITS",
            Self::Xclient(_) => "XCLIENT",
            Self::Xforward(_) => "XFORWARD",
            Self::DeliverBy(_) => "DELIVERBY",
            Self::MtPriority(_) => "MT-PRIORITY",
            Self::FutureRelease { .. } => "FUTURERELEASE",
            Self::Burl(_) => "BURL",
            Self::NoSoliciting(_) => "NO-SOLICITING",
            Self::Other { keyword, .. } => keyword,
            bare => BARE
                .into_iter()
                .find(|(_, extension)| *extension == bare)
                .map_or("", |(name, _)| name),
        }
    }
}

/// The line as a server writes it. Controls become spaces.
impl fmt::Display for Extension<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_line(self.keyword(), f)?;
        match *self {
            Self::Size(Some(number)) => write!(f, " {number}"),
            Self::DeliverBy(Some(number)) => write!(f, " {number}"),
            Self::FutureRelease { interval, until } => {
                write!(f, " {interval} ")?;
                write_line(until, f)
            }
            Self::Auth(Words(text))
            | Self::Limits(SessionLimits(text))
            | Self::Xclient(Words(text))
            | Self::Xforward(Words(text))
            | Self::Burl(Words(text))
            | Self::NoSoliciting(text)
            | Self::MtPriority(Some(text))
            | Self::Other { parameters: text, .. }
                if !text.is_empty() =>
            {
                f.write_str(" ")?;
                write_line(text, f)
            }
            _ => Ok(()),
        }
    }
}

fn write_line(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    text.chars()
        .try_for_each(|letter| f.write_char(if letter.is_ascii_control() { ' ' } else { letter }))
}

/// Nothing, or a number of at most so many digits; the largest there is, if it is larger.
fn optional(parameters: &str, digits: usize) -> Option<Option<u64>> {
    match parameters {
        "" => Some(None),
        text => number(text, digits).map(Some),
    }
}

fn number(text: &str, digits: usize) -> Option<u64> {
    let is_number = (1..=digits).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

fn optional_word(parameters: &str) -> Option<Option<&str>> {
    match parameters {
        "" => Some(None),
        text if text.contains(' ') => None,
        text => Some(Some(text)),
    }
}

fn future_release(parameters: &str) -> Option<Extension<'_>> {
    let (interval, until) = parameters.split_once(' ')?;
    let interval = number(interval, 9)?.try_into().ok()?;
    let until = optional_word(until)??;
    Some(Extension::FutureRelease { interval, until })
}

/// Words with spaces between them.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    /// The words in their order.
    pub fn iter(self) -> impl Iterator<Item = &'a str> {
        self.0.split_ascii_whitespace()
    }

    /// Whether `word` is among them, in upper or lower case.
    pub fn contains(self, word: &str) -> bool {
        self.iter().any(|known| known.eq_ignore_ascii_case(word))
    }
}

impl fmt::Debug for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// What a client may do in one session (RFC 9422). A limit that is not named is not known.
///
/// ```abnf
/// limits-ehlo-line  = "LIMITS" *( SP limit-name-value )
/// limit-name-value  = limit-name "=" limit-value
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SessionLimits<'a>(&'a str);

impl<'a> SessionLimits<'a> {
    /// How many transactions, MAIL commands that is (section 4.1).
    pub fn mail_max(self) -> Option<u32> {
        self.number("MAILMAX")
    }

    /// How many recipients in a transaction (section 4.2).
    pub fn rcpt_max(self) -> Option<u32> {
        self.number("RCPTMAX")
    }

    /// How many domains among the recipients of a transaction (section 4.3).
    pub fn rcpt_domain_max(self) -> Option<u32> {
        self.number("RCPTDOMAINMAX")
    }

    /// The value of another limit.
    pub fn get(self, name: &str) -> Option<&'a str> {
        self.iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// All limits and their values in order; a word without a value is left out.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        Words(self.0).iter().filter_map(|word| word.split_once('='))
    }

    /// A value of one to six digits that is not nought.
    fn number(self, name: &str) -> Option<u32> {
        let value = self.get(name).filter(|value| !value.starts_with('0'))?;
        number(value, 6)?.try_into().ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(line: &str) -> Extension<'_> {
        let (keyword, parameters) = line.split_once(' ').unwrap_or((line, ""));
        Extension::parse(keyword, parameters)
    }

    #[test]
    fn lines_of_the_rfcs() {
        for (line, expected) in [
            ("SIZE 1000000", Extension::Size(Some(1_000_000))),
            ("SIZE", Extension::Size(None)),
            ("SIZE 0", Extension::Size(Some(0))),
            (
                "AUTH CRAM-MD5 DIGEST-MD5",
                Extension::Auth(Words("CRAM-MD5 DIGEST-MD5")),
            ),
            ("DELIVERBY 240", Extension::DeliverBy(Some(240))),
            ("DELIVERBY", Extension::DeliverBy(None)),
            (
                "MT-PRIORITY STANAG4406",
                Extension::MtPriority(Some("STANAG4406")),
            ),
            ("MT-PRIORITY", Extension::MtPriority(None)),
            (
                "FUTURERELEASE 604800 2006-11-05T00:00:00Z",
                Extension::FutureRelease {
                    interval: 604_800,
                    until: "2006-11-05T00:00:00Z",
                },
            ),
            ("BURL imap", Extension::Burl(Words("imap"))),
            (
                "NO-SOLICITING net.example:ADV",
                Extension::NoSoliciting("net.example:ADV"),
            ),
            (
                "XCLIENT NAME ADDR PROTO HELO",
                Extension::Xclient(Words("NAME ADDR PROTO HELO")),
            ),
            (
                "XFORWARD NAME ADDR PROTO HELO",
                Extension::Xforward(Words("NAME ADDR PROTO HELO")),
            ),
        ] {
            assert_eq!(read(line), expected);
            assert_eq!(expected.to_string(), line);
        }
        for (name, expected) in BARE {
            assert_eq!((read(name), expected.keyword()), (expected, name));
            assert_eq!(Extension::parse(&name.to_ascii_lowercase(), ""), expected);
            assert_eq!(expected.to_string(), name);
        }
    }

    /// RFC 9422 section 4.
    #[test]
    fn limits() {
        let Extension::Limits(limits) = read("LIMITS RCPTMAX=20 MAILMAX=5 X-NEW=a RCPTDOMAINMAX=0 ODD")
        else {
            panic!()
        };
        assert_eq!(limits.mail_max(), Some(5));
        assert_eq!(limits.rcpt_max(), Some(20));
        assert_eq!(limits.rcpt_domain_max(), None);
        assert_eq!(limits.get("x-new"), Some("a"));
        assert_eq!(limits.iter().count(), 4);
        assert_eq!(SessionLimits("MAILMAX=1000000").mail_max(), None);
        assert_eq!(SessionLimits("mailmax=999999").mail_max(), Some(999_999));
    }

    #[test]
    fn what_the_grammar_does_not_know_is_kept() {
        for line in [
            "SIZE x",
            "SIZE 1 2",
            "SIZE 999999999999999999999",
            "STARTTLS now",
            "8BITMIME x",
            "DELIVERBY 1234567890",
            "DELIVERBY 5,x",
            "MT-PRIORITY a b",
            "FUTURERELEASE 5",
            "FUTURERELEASE x 2006-11-05T00:00:00Z",
            "X-EXPS GSSAPI NTLM",
            "x-lower",
        ] {
            let extension = read(line);
            assert!(matches!(extension, Extension::Other { .. }), "{extension:?}");
            assert_eq!(extension.to_string(), line);
        }
        assert_eq!(read("SIZE 99999999999999999999"), Extension::Size(Some(u64::MAX)));
    }

    #[test]
    fn words() {
        let words = Words("PLAIN  LOGIN");
        assert!(words.contains("login") && !words.contains("LOG"));
        assert_eq!(format!("{words:?}"), "[\"PLAIN\", \"LOGIN\"]");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_the_same(
            keyword in "[A-Za-z0-9][A-Za-z0-9-]{0,12}|(?i:size|auth|limits|deliverby|mt-priority|futurerelease|burl|dsn)",
            parameters in "([0-9]{1,21}|[!-~]{1,9})?( [!-~]{1,9}){0,2}",
        ) {
            let extension = Extension::parse(&keyword, &parameters);
            let line = extension.to_string();
            let (keyword, parameters) = line.split_once(' ').unwrap_or((&line, ""));
            prop_assert_eq!(Extension::parse(keyword, parameters), extension);
        }
    }
}
