//! What a client asks for.
//!
//! ```
//! use gatepost_smtp::Command;
//! use gatepost_smtp::command;
//!
//! let Command::Mail { from, parameters } = command::parse(b"MAIL FROM:<alice@example.com> SIZE=1000").unwrap() else {
//!     panic!()
//! };
//! assert_eq!(from.to_string(), "<alice@example.com>");
//! assert_eq!(parameters.size(), Ok(Some(1000)));
//! ```
//!
//! What a command is made of has types that hold nothing that could be read as something else, so that no command can
//! be smuggled into another:
//!
//! ```
//! use bytes::BytesMut;
//! use gatepost_smtp::Command;
//! use gatepost_smtp::command::ClientName;
//!
//! let mut out = BytesMut::new();
//! Command::Ehlo(ClientName::new("client.example").unwrap()).encode(&mut out);
//! assert_eq!(out, "EHLO client.example\r\n");
//! assert!(ClientName::new("client.example\r\nQUIT").is_err());
//! ```
//!
//! [`parse`] is strict; [`parse_with`] forgives what [`Options`] say, such as [`Options::CLIENTS`] for what real mail
//! programs send, and tells what that was. Commands of which nothing is known here, such as ETRN and TURN, are kept as
//! [`Other`]. The README of the crate has a table of what is covered, with the tests.
//!
//! Looser than the RFCs are three things: whether a label beyond ASCII is a U-label is not looked at, an IPv6 address
//! may have `::` for one group, and parameters are not told apart by the command that they belong to.

mod arguments;
mod attributes;
mod auth;
mod client_name;
mod encode;
mod known;
mod other;
mod text;
mod verb;

pub use self::attributes::Attributes;
pub use self::auth::{Initial, Mechanism};
pub use self::client_name::ClientName;
pub use self::known::{Attribute, InvalidAttribute, Known, Protocol, Source};
pub use self::other::Other;
pub use self::text::{Query, Text};
use self::verb::Verb;
use crate::parse::{Allowance, Cursor, Forgiven, Options, ParseError, Parsed};
use crate::{ForwardPath, Parameters, ReversePath};

/// One command.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command<'a> {
    /// Who the client is, and what can the server do? (RFC 5321 section 4.1.1.1)
    Ehlo(ClientName<'a>),
    /// Who the client is, without extensions.
    Helo(ClientName<'a>),
    /// As EHLO, for delivery by LMTP (RFC 2033 section 4.1).
    Lhlo(ClientName<'a>),
    /// TLS from here on (RFC 3207).
    StartTls,
    /// A SASL exchange (RFC 4954).
    Auth {
        /// The mechanism.
        mechanism: Mechanism<'a>,
        /// The initial response. Absent is not empty.
        initial: Option<Initial<'a>>,
    },
    /// The start of a transaction (RFC 5321 section 4.1.1.2). A path beyond ASCII needs [`crate::Parameter::SMTPUTF8`].
    Mail {
        /// Who hears of failures.
        from: ReversePath<'a>,
        /// `SIZE=`, `BODY=` and so on.
        parameters: Parameters<'a>,
    },
    /// One more recipient (section 4.1.1.3).
    Rcpt {
        /// The recipient.
        to: ForwardPath<'a>,
        /// `NOTIFY=` and so on.
        parameters: Parameters<'a>,
    },
    /// The message (section 4.1.1.4).
    Data,
    /// A chunk of the message, which follows the line (RFC 3030 section 2).
    Bdat {
        /// Its octets.
        size: u64,
        /// Whether it is the last.
        last: Last,
    },
    /// Forget the transaction (RFC 5321 section 4.1.1.5).
    Rset,
    /// Nothing (section 4.1.1.9). What stands behind it has no meaning.
    Noop(Option<Text<'a>>),
    /// What commands are there, or what does one do? (section 4.1.1.8)
    Help(Option<Text<'a>>),
    /// Is there such a mailbox? (section 4.1.1.6)
    Vrfy(Query<'a>),
    /// Who is on this list? (section 4.1.1.7)
    Expn(Query<'a>),
    /// The end (section 4.1.1.10).
    Quit,
    /// Who the client of a trusted proxy is (Postfix's `XCLIENT_README`).
    Xclient(Attributes<'a>),
    /// The same for the log (Postfix's `XFORWARD_README`).
    Xforward(Attributes<'a>),
    /// Everything else: ETRN, TURN, BURL and what is not known.
    Other(Other<'a>),
}

/// Whether a chunk of BDAT is the last of its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Last {
    /// More follow.
    No,
    /// `LAST`
    Yes,
}

/// Reads a line without its CRLF, as [`gatepost_wire::take_line`] delivers it, by the grammar of the RFCs.
///
/// The parameters of a command have to be ones, but of their values only those of SIZE and BODY are looked at: see
/// [`Parameters`].
///
/// # Errors
/// [`ParseError`] with the offset and what was expected there.
pub fn parse(line: &[u8]) -> Result<Command<'_>, ParseError> {
    let mut nothing = Forgiven::NONE;
    read(line, &Options::STRICT, &mut nothing)
}

/// As [`parse`], but as strictly and under such limits as `options` say.
///
/// # Errors
/// [`ParseError`] with the offset and what was expected there.
pub fn parse_with<'a>(line: &'a [u8], options: &Options) -> Result<Parsed<Command<'a>>, ParseError> {
    let mut forgiven = Forgiven::NONE;
    let value = read(line, options, &mut forgiven)?;
    Ok(Parsed { value, forgiven })
}

#[inline]
fn read<'a>(line: &'a [u8], options: &Options, forgiven: &mut Forgiven) -> Result<Command<'a>, ParseError> {
    let line = match line {
        [.., last] if last.is_ascii_whitespace() => without_trailing_spaces(line, options, forgiven)?,
        line => line,
    };
    let Some((verb, arguments)) = Verb::split(line) else {
        return Other::read(line).map(Command::Other);
    };
    if arguments.is_empty() {
        return verb
            .alone()
            .ok_or_else(|| ParseError::syntax(line.len(), "a space"));
    }
    let start = line.len() - arguments.len();
    let arguments = ParseError::utf8(arguments).map_err(|error| error.behind(start))?;
    let mut cursor = Cursor::new(arguments, line.len(), options, forgiven);
    verb.command(&mut cursor)
}

#[cold]
fn without_trailing_spaces<'a>(
    line: &'a [u8],
    options: &Options,
    forgiven: &mut Forgiven,
) -> Result<&'a [u8], ParseError> {
    let line = line.trim_ascii_end();
    let mut cursor = Cursor::new("", line.len(), options, forgiven);
    if cursor.forgives(Allowance::TrailingSpaces) {
        Ok(line)
    } else {
        Err(cursor.error("the end of the line"))
    }
}

impl Command<'_> {
    /// The command without a borrow.
    pub fn into_owned(self) -> Command<'static> {
        match self {
            Self::Ehlo(name) => Command::Ehlo(name.into_owned()),
            Self::Helo(name) => Command::Helo(name.into_owned()),
            Self::Lhlo(name) => Command::Lhlo(name.into_owned()),
            Self::StartTls => Command::StartTls,
            Self::Auth { mechanism, initial } => Command::Auth {
                mechanism: mechanism.into_owned(),
                initial: initial.map(Initial::into_owned),
            },
            Self::Mail { from, parameters } => Command::Mail {
                from: from.into_owned(),
                parameters: parameters.into_owned(),
            },
            Self::Rcpt { to, parameters } => Command::Rcpt {
                to: to.into_owned(),
                parameters: parameters.into_owned(),
            },
            Self::Data => Command::Data,
            Self::Bdat { size, last } => Command::Bdat { size, last },
            Self::Rset => Command::Rset,
            Self::Noop(text) => Command::Noop(text.map(Text::into_owned)),
            Self::Help(text) => Command::Help(text.map(Text::into_owned)),
            Self::Vrfy(query) => Command::Vrfy(query.into_owned()),
            Self::Expn(query) => Command::Expn(query.into_owned()),
            Self::Quit => Command::Quit,
            Self::Xclient(attributes) => Command::Xclient(attributes.into_owned()),
            Self::Xforward(attributes) => Command::Xforward(attributes.into_owned()),
            Self::Other(other) => Command::Other(other.into_owned()),
        }
    }
}

#[cfg(test)]
mod tests;
