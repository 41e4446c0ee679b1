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
//! # What is covered
//!
//! The tests are in `tests/rfcs.rs`, with the examples of the RFCs, but for those that are named with their file. All
//! values are written and read again in `tests/roundtrip.rs`; what is forgiven is in `tests/leniency.rs`.
//!
//! | RFC | what | as | tests |
//! |---|---|---|---|
//! | 5321 | EHLO, HELO with a domain or an address literal | [`ClientName`] | `rfc_5321_sections_3_and_4`; `client_name.rs` |
//! | 5321 | MAIL, RCPT, DATA, RSET, QUIT | [`Command`] | `rfc_5321_appendix_d` |
//! | 5321 | NOOP, HELP, VRFY, EXPN with their text | [`Text`], [`Query`] | `rfc_5321_sections_3_and_4` |
//! | 5321 | paths, quoted strings, address literals, source routes (ignored) | [`crate::address`] | `the_forms_of_a_mailbox`, `paths` in `address/mod.rs` |
//! | 5321 | sizes of local part, domain and path | [`crate::parse::Options`] | `errors_say_which_kind_they_are_of` in `command/tests.rs` |
//! | 5321, 6409 | parameters, unknown ones too | [`Parameters`] | `parameter/tests.rs` |
//! | 1870 | SIZE | [`Parameters::size`] | `rfc_1870_size` |
//! | 1985 | ETRN, TURN and all others | [`Other`] | `rfc_1985_etrn_and_others_by_name` |
//! | 2033 | LHLO | [`Command::Lhlo`] | `rfc_2033_lhlo` |
//! | 2852 | BY | [`crate::parameter::DeliverBy`] | `rfc_2852_deliver_by` |
//! | 2920 | nothing: commands stand in any number in one read | | `tests/frames.rs` |
//! | 3030 | BDAT, BODY=BINARYMIME | [`Command::Bdat`], [`crate::parameter::Body`] | `rfc_3030_chunking_and_binarymime` |
//! | 3207 | STARTTLS | [`Command::StartTls`] | `rfc_3207_starttls` |
//! | 3461 | RET, ENVID, NOTIFY, ORCPT, xtext | [`crate::parameter`], [`crate::xtext`] | `rfc_3461_section_10`; `xtext.rs` |
//! | 4141 | CONPERM; CONNEG by name | [`Parameters::conperm`] | `rfc_4141_conperm` |
//! | 4865 | HOLDFOR, HOLDUNTIL | [`crate::parameter::Hold`] | `rfc_4865_future_release` |
//! | 4954 | AUTH with initial response | [`Mechanism`], [`Initial`] | `rfc_4954_section_4` |
//! | 4954 | AUTH= of MAIL | [`crate::parameter::Submitter`] | `rfc_4954_section_5` |
//! | 6152 | BODY=8BITMIME | [`crate::parameter::Body`] | `rfc_6152_8bitmime` |
//! | 6531 | SMTPUTF8, addresses with all letters, VRFY and EXPN | [`Parameters::smtputf8`], [`Query`] | `rfc_6531_smtputf8` |
//! | 6533 | ORCPT=utf-8 | [`crate::parameter::OriginalRecipient`] | `original_recipients_of_rfc_6533_have_all_letters` in `parameter/tests.rs` |
//! | 6710 | MT-PRIORITY | [`crate::parameter::Priority`] | `rfc_6710_priority` |
//! | 7293 | RRVS | [`crate::parameter::ValidSince`] | `rfc_7293_rrvs` |
//! | 8689 | REQUIRETLS | [`Parameters::requiretls`] | `rfc_8689_requiretls` |
//! | 9422 | nothing: what LIMITS says is no part of a command | | |
//! | XCLIENT_README | XCLIENT and its attributes | [`Attributes`] | `xclient_readme` |
//! | XFORWARD_README | XFORWARD and its attributes | [`Attributes`] | `xforward_readme` |
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
