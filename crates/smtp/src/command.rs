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
//! assert_eq!(parameters.size(), Some(1000));
//! ```

use std::fmt;

use bytes::BytesMut;
use nom::bytes::complete::{tag_no_case, take_while1};
use nom::character::complete::{char, u64};
use nom::combinator::{cut, map, map_opt, opt, value};
use nom::error::context;
use nom::sequence::{preceded, terminated};
use nom::{Finish, Parser};

use crate::address::{forward_path, reverse_path};
use crate::grammar::{Failure, Parsed, end, space};
use crate::parameter::{mail_parameters, parameters};
use crate::{Error, ForwardPath, Parameters, PeerError, ReversePath, Rule};

/// One command.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command<'a> {
    /// Who the client is, and what can the server do? (RFC 5321 section 4.1.1.1)
    Ehlo(&'a str),
    /// Who the client is, without extensions.
    Helo(&'a str),
    /// TLS from here on (RFC 3207).
    StartTls,
    /// A SASL exchange (RFC 4954).
    Auth {
        /// The mechanism as it was spelled.
        mechanism: &'a str,
        /// The initial response. Absent is not empty.
        initial: Option<Initial<'a>>,
    },
    /// The start of a transaction (RFC 5321 section 4.1.1.2).
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
    /// Nothing (section 4.1.1.9). What stands behind it is ignored.
    Noop,
    /// What commands are there? (section 4.1.1.8) What stands behind it is ignored.
    Help,
    /// Is there such a mailbox? (section 4.1.1.6)
    Vrfy(&'a str),
    /// Who is on this list? (section 4.1.1.7)
    Expn(&'a str),
    /// The end (section 4.1.1.10).
    Quit,
    /// Who the client of a trusted proxy is (Postfix's `XCLIENT_README`).
    Xclient(Parameters<'a>),
    /// The same for the log (Postfix's `XFORWARD_README`).
    Xforward(Parameters<'a>),
    /// Everything else.
    Other {
        /// The first word, as it was spelled.
        verb: &'a [u8],
        /// What follows the space behind it.
        arguments: &'a [u8],
    },
}

/// Whether a chunk of BDAT is the last of its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Last {
    /// More follow.
    No,
    /// `LAST`
    Yes,
}

/// The initial response of `AUTH`.
///
/// ```abnf
/// initial-response = base64 / "="        ; "=" is the empty one, RFC 4954 sections 4 and 8
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Initial<'a> {
    /// `=`
    Empty,
    /// Base64 that was not decoded.
    Base64(&'a [u8]),
}

impl fmt::Debug for Initial<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "Empty",
            Self::Base64(_) => "Base64(..)",
        })
    }
}

/// Reads a line without its CRLF, as [`gatepost_wire::take_line`] delivers it.
///
/// Words are separated by one space. What real clients send is tolerated: white space at the end of the line, and one
/// space behind `MAIL FROM:` and `RCPT TO:`.
///
/// # Errors
/// [`ParseError`] with the offset and what was expected there.
pub fn parse(line: &[u8]) -> Result<Command<'_>, ParseError> {
    let text = line.trim_ascii_end();
    let (verb, arguments) = text.split_at(memchr::memchr(b' ', text).unwrap_or(text.len()));
    if verb.is_empty() || !verb.iter().all(u8::is_ascii_graphic) {
        return Err(ParseError {
            offset: 0,
            expected: "a command",
        });
    }
    match command(verb, arguments).finish() {
        Ok((_, command)) => Ok(command),
        Err(failure) => Err(ParseError::new(text, failure)),
    }
}

fn command<'a>(verb: &'a [u8], arguments: &'a [u8]) -> Parsed<'a, Command<'a>> {
    match &upper_case(verb) {
        b"EHLO\0\0\0\0" => map(argument, Command::Ehlo).parse(arguments),
        b"HELO\0\0\0\0" => map(argument, Command::Helo).parse(arguments),
        b"STARTTLS" => value(Command::StartTls, end).parse(arguments),
        b"AUTH\0\0\0\0" => auth(arguments),
        b"MAIL\0\0\0\0" => mail(arguments),
        b"RCPT\0\0\0\0" => rcpt(arguments),
        b"DATA\0\0\0\0" => value(Command::Data, end).parse(arguments),
        b"BDAT\0\0\0\0" => bdat(arguments),
        b"RSET\0\0\0\0" => value(Command::Rset, end).parse(arguments),
        b"NOOP\0\0\0\0" => Ok((b"", Command::Noop)),
        b"HELP\0\0\0\0" => Ok((b"", Command::Help)),
        b"VRFY\0\0\0\0" => map(text, Command::Vrfy).parse(arguments),
        b"EXPN\0\0\0\0" => map(text, Command::Expn).parse(arguments),
        b"QUIT\0\0\0\0" => value(Command::Quit, end).parse(arguments),
        b"XCLIENT\0" => map(parameters, Command::Xclient).parse(arguments),
        b"XFORWARD" => map(parameters, Command::Xforward).parse(arguments),
        _ => {
            let arguments = arguments.strip_prefix(b" ").unwrap_or(arguments);
            Ok((b"", Command::Other { verb, arguments }))
        }
    }
}

/// The verb in upper case, or zeros if it is longer than any that is known.
fn upper_case(verb: &[u8]) -> [u8; 8] {
    let mut upper = [0; 8];
    if verb.len() <= upper.len() {
        for (to, from) in upper.iter_mut().zip(verb) {
            *to = from.to_ascii_uppercase();
        }
    }
    upper
}

/// One word, such as the name in EHLO. It is not checked to be a domain: phones say what they like.
fn argument(input: &[u8]) -> Parsed<'_, &str> {
    let name = take_while1(|octet: u8| octet.is_ascii_graphic() || octet >= 0x80);
    let name = map_opt(name, |octets| std::str::from_utf8(octets).ok());
    terminated(preceded(space, context("a name", name)), end).parse(input)
}

/// ```abnf
/// String = Atom / Quoted-string        ; RFC 5321 section 4.1.2
/// ```
/// Taken as it is.
fn text(input: &[u8]) -> Parsed<'_, &str> {
    let text = take_while1(|octet: u8| !octet.is_ascii_control());
    let text = map_opt(text, |octets| std::str::from_utf8(octets).ok());
    terminated(preceded(space, context("a text", text)), end).parse(input)
}

/// ```abnf
/// auth-command = "AUTH" SP sasl-mech [SP initial-response]        ; RFC 4954 section 8
/// sasl-mech    = 1*20mech-char                                    ; RFC 4422 section 3.1
/// ```
fn auth(input: &[u8]) -> Parsed<'_, Command<'_>> {
    let name = take_while1(|octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'));
    let name = map_opt(name, |octets| std::str::from_utf8(octets).ok());
    let (rest, mechanism) = preceded(space, context("a mechanism", name)).parse(input)?;
    let initial = opt(preceded(space, context("base64", initial)));
    map(terminated(initial, end), |initial| Command::Auth {
        mechanism,
        initial,
    })
    .parse(rest)
}

fn initial(input: &[u8]) -> Parsed<'_, Initial<'_>> {
    let base64 = take_while1(|octet: u8| octet.is_ascii_alphanumeric() || b"+/=".contains(&octet));
    map(base64, |text: &[u8]| match text {
        b"=" => Initial::Empty,
        text => Initial::Base64(text),
    })
    .parse(input)
}

/// ```abnf
/// mail = "MAIL FROM:" Reverse-path [SP Mail-parameters]        ; RFC 5321 section 4.1.1.2
/// ```
fn mail(input: &[u8]) -> Parsed<'_, Command<'_>> {
    let word = context("FROM:", tag_no_case("FROM:"));
    let (rest, _) = (space, word, opt(char(' '))).parse(input)?;
    let (rest, from) = reverse_path(rest)?;
    map(mail_parameters, |parameters| Command::Mail {
        from: from.clone(),
        parameters,
    })
    .parse(rest)
}

/// ```abnf
/// rcpt = "RCPT TO:" ( "<Postmaster>" / Forward-path ) [SP Rcpt-parameters]        ; RFC 5321 section 4.1.1.3
/// ```
fn rcpt(input: &[u8]) -> Parsed<'_, Command<'_>> {
    let word = context("TO:", tag_no_case("TO:"));
    let (rest, _) = (space, word, opt(char(' '))).parse(input)?;
    let (rest, to) = forward_path(rest)?;
    map(parameters, |parameters| Command::Rcpt {
        to: to.clone(),
        parameters,
    })
    .parse(rest)
}

/// ```abnf
/// bdat-cmd   ::= "BDAT" SP chunk-size [ SP end-marker ]        ; RFC 3030 section 2
/// end-marker ::= "LAST"
/// ```
fn bdat(input: &[u8]) -> Parsed<'_, Command<'_>> {
    let size = preceded(space, context("a size", u64));
    let marker = value(Last::Yes, context("LAST", tag_no_case("LAST")));
    let last = map(opt(preceded(space, cut(marker))), |last| last.unwrap_or(Last::No));
    map(terminated((size, last), end), |(size, last)| Command::Bdat {
        size,
        last,
    })
    .parse(input)
}

impl Command<'_> {
    /// Appends the command with its CRLF.
    pub fn encode(&self, out: &mut BytesMut) {
        self.encode_line(out);
        out.extend_from_slice(b"\r\n");
    }

    fn encode_line(&self, out: &mut BytesMut) {
        let mut put = |text: &str| out.extend_from_slice(text.as_bytes());
        match self {
            Self::Ehlo(name) => put(&format!("EHLO {name}")),
            Self::Helo(name) => put(&format!("HELO {name}")),
            Self::StartTls => put("STARTTLS"),
            Self::Auth { mechanism, initial } => {
                put(&format!("AUTH {mechanism}"));
                match initial {
                    None => {}
                    Some(Initial::Empty) => put(" ="),
                    Some(Initial::Base64(text)) => {
                        out.extend_from_slice(b" ");
                        out.extend_from_slice(text);
                    }
                }
            }
            Self::Mail { from, parameters } => put(&format!("MAIL FROM:{from}{parameters}")),
            Self::Rcpt { to, parameters } => put(&format!("RCPT TO:{to}{parameters}")),
            Self::Data => put("DATA"),
            Self::Bdat { size, last: Last::No } => put(&format!("BDAT {size}")),
            Self::Bdat {
                size,
                last: Last::Yes,
            } => put(&format!("BDAT {size} LAST")),
            Self::Rset => put("RSET"),
            Self::Noop => put("NOOP"),
            Self::Help => put("HELP"),
            Self::Vrfy(text) => put(&format!("VRFY {text}")),
            Self::Expn(text) => put(&format!("EXPN {text}")),
            Self::Quit => put("QUIT"),
            Self::Xclient(parameters) => put(&format!("XCLIENT{parameters}")),
            Self::Xforward(parameters) => put(&format!("XFORWARD{parameters}")),
            Self::Other { verb, arguments } => {
                out.extend_from_slice(verb);
                if !arguments.is_empty() {
                    out.extend_from_slice(b" ");
                    out.extend_from_slice(arguments);
                }
            }
        }
    }
}

/// The octets are not what they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} at octet {offset}")]
pub struct ParseError {
    /// Octets from the start.
    pub offset: usize,
    /// What the grammar wants there.
    pub expected: &'static str,
}

impl ParseError {
    pub(crate) fn new(whole: &[u8], failure: Failure<'_>) -> Self {
        Self {
            offset: whole.len().saturating_sub(failure.rest.len()),
            expected: failure.expected,
        }
    }
}

impl From<ParseError> for Error {
    fn from(error: ParseError) -> Self {
        Self::Peer(PeerError {
            offset: error.offset,
            rule: Rule::Expected(error.expected),
        })
    }
}
