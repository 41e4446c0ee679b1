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

mod arguments;
mod verb;

use std::fmt;

use bytes::BytesMut;
use nom::Finish;

use self::verb::Verb;
use crate::grammar::Failure;
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
    let line = line.trim_ascii_end();
    let Some((verb, arguments)) = Verb::split(line) else {
        return other(line);
    };
    if let ([], Some(command)) = (arguments, verb.alone()) {
        return Ok(command);
    }
    let arguments = std::str::from_utf8(arguments).map_err(|error| ParseError {
        offset: line.len() - arguments.len() + error.valid_up_to(),
        expected: "UTF-8",
    })?;
    match verb.command(arguments).finish() {
        Ok((_, command)) => Ok(command),
        Err(failure) => Err(ParseError {
            offset: line.len() - failure.rest.len(),
            expected: failure.expected,
        }),
    }
}

fn other(line: &[u8]) -> Result<Command<'_>, ParseError> {
    let (verb, arguments) = line.split_at(memchr::memchr(b' ', line).unwrap_or(line.len()));
    if verb.is_empty() || !verb.iter().all(u8::is_ascii_graphic) {
        return Err(ParseError {
            offset: 0,
            expected: "a command",
        });
    }
    let arguments = arguments.strip_prefix(b" ").unwrap_or(arguments);
    Ok(Command::Other { verb, arguments })
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
    pub(crate) fn new(whole: &str, failure: Failure<'_>) -> Self {
        Self {
            offset: whole.len().saturating_sub(failure.rest.len()),
            expected: failure.expected,
        }
    }

    pub(crate) fn utf8(octets: &[u8]) -> Result<&str, Self> {
        std::str::from_utf8(octets).map_err(|error| Self {
            offset: error.valid_up_to(),
            expected: "UTF-8",
        })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mailbox;

    fn error(line: &[u8]) -> (usize, &'static str) {
        let error = parse(line).unwrap_err();
        (error.offset, error.expected)
    }

    fn written(command: &Command<'_>) -> BytesMut {
        let mut out = BytesMut::new();
        command.encode(&mut out);
        out
    }

    #[test]
    fn the_dialogue_of_rfc_5321_appendix_d_1() {
        let mailbox = |text: &'static str| Mailbox::parse(text.as_bytes()).unwrap();
        let mail = Command::Mail {
            from: ReversePath::Mailbox(mailbox("Smith@bar.com")),
            parameters: Parameters::new(),
        };
        let rcpt = Command::Rcpt {
            to: ForwardPath::Mailbox(mailbox("Jones@foo.com")),
            parameters: Parameters::new(),
        };
        for (line, command) in [
            (&b"EHLO bar.com"[..], Command::Ehlo("bar.com")),
            (b"MAIL FROM:<Smith@bar.com>", mail),
            (b"RCPT TO:<Jones@foo.com>", rcpt),
            (b"DATA", Command::Data),
            (b"QUIT", Command::Quit),
        ] {
            assert_eq!(parse(line).as_ref(), Ok(&command));
            assert_eq!(written(&command), [line, b"\r\n"].concat());
        }
    }

    #[test]
    fn verbs_are_the_same_in_upper_and_lower_case() {
        for (line, command) in [
            (&b"helo x"[..], Command::Helo("x")),
            (b"StartTls", Command::StartTls),
            (b"rSET", Command::Rset),
            (b"noop anything goes", Command::Noop),
            (b"help MAIL", Command::Help),
            (b"vrfy Smith", Command::Vrfy("Smith")),
            (b"expn \"a list\"", Command::Expn("\"a list\"")),
            (b"data", Command::Data),
        ] {
            assert_eq!(parse(line), Ok(command));
        }
    }

    #[test]
    fn names_in_ehlo_are_not_judged() {
        for name in [
            "smtpclient.apple",
            "[IPv6:2001:db8::1]",
            "my_pc",
            "localhost.",
            "b\u{fc}ro",
            "-",
        ] {
            assert_eq!(parse(format!("EHLO {name}").as_bytes()), Ok(Command::Ehlo(name)));
        }
        assert_eq!(error(b"EHLO"), (4, "a space"));
        assert_eq!(error(b"EHLO a b"), (6, "the end of the line"));
        assert_eq!(error(b"EHLO a\x7f"), (6, "the end of the line"));
        assert_eq!(error(b"EHLO \xff"), (5, "UTF-8"));
    }

    #[test]
    fn auth_of_rfc_4954() {
        let auth = |line| match parse(line).unwrap() {
            Command::Auth { mechanism, initial } => (mechanism, initial),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            auth(b"AUTH PLAIN dGVzdAB0ZXN0ADEyMzQ="),
            ("PLAIN", Some(Initial::Base64(b"dGVzdAB0ZXN0ADEyMzQ=")))
        );
        assert_eq!(auth(b"AUTH CRAM-MD5"), ("CRAM-MD5", None));
        assert_eq!(auth(b"AUTH external ="), ("external", Some(Initial::Empty)));
        assert_eq!(auth(b"AUTH PLAIN "), ("PLAIN", None));
        assert_eq!(error(b"AUTH"), (4, "a space"));
        assert_eq!(error(b"AUTH PLAIN  AA=="), (11, "base64"));
        assert_eq!(error(b"AUTH PLAIN AA== AA=="), (15, "the end of the line"));
        assert_eq!(error(b"AUTH PLAIN A*"), (12, "the end of the line"));
        assert_eq!(error(b"AUTH P(AIN"), (6, "a space"));
    }

    #[test]
    fn bdat_of_rfc_3030() {
        assert_eq!(
            parse(b"BDAT 86 LAST"),
            Ok(Command::Bdat {
                size: 86,
                last: Last::Yes
            })
        );
        assert_eq!(
            parse(b"bdat 100000"),
            Ok(Command::Bdat {
                size: 100_000,
                last: Last::No
            })
        );
        assert_eq!(
            parse(b"BDAT 0 last"),
            Ok(Command::Bdat {
                size: 0,
                last: Last::Yes
            })
        );
        let largest = Command::Bdat {
            size: u64::MAX,
            last: Last::No,
        };
        assert_eq!(parse(b"BDAT 18446744073709551615"), Ok(largest));
        assert_eq!(error(b"BDAT 18446744073709551616"), (5, "a smaller size"));
        assert_eq!(error(b"BDAT"), (4, "a space"));
        assert_eq!(error(b"BDAT -1"), (5, "a size"));
        assert_eq!(error(b"BDAT 1 FIRST"), (7, "LAST"));
        assert_eq!(error(b"BDAT 1 LASTLY"), (11, "the end of the line"));
    }

    #[test]
    fn the_example_of_rfc_6531() {
        let line = "MAIL FROM:<pel\u{e9}@example.com> SMTPUTF8 BODY=8BITMIME";
        let Ok(Command::Mail { from, parameters }) = parse(line.as_bytes()) else {
            panic!()
        };
        assert!(!from.is_ascii() && parameters.contains("SMTPUTF8"));
    }

    #[test]
    fn what_real_clients_send_is_tolerated() {
        let same = |one: &[u8], two: &[u8]| assert_eq!(parse(one), parse(two));
        same(b"MAIL FROM: <a@b>", b"MAIL FROM:<a@b>");
        same(b"RCPT TO: <a@b> NOTIFY=NEVER", b"RCPT TO:<a@b> NOTIFY=NEVER");
        same(b"mail from:<a@b> \t", b"MAIL FROM:<a@b>");
        same(b"QUIT  ", b"QUIT");
        assert_eq!(error(b"MAIL FROM:  <a@b>"), (11, "an opening angle bracket"));
    }

    #[test]
    fn errors_say_where_and_what() {
        assert_eq!(error(b""), (0, "a command"));
        assert_eq!(error(b" NOOP"), (0, "a command"));
        assert_eq!(error(b"\x16\x03\x01\x02"), (0, "a command"));
        assert_eq!(error(b"MAIL"), (4, "a space"));
        assert_eq!(error(b"MAIL  FROM:<a@b>"), (5, "FROM:"));
        assert_eq!(error(b"MAIL FROM <a@b>"), (5, "FROM:"));
        assert_eq!(error(b"MAIL FROM:a@b"), (10, "an opening angle bracket"));
        assert_eq!(error(b"MAIL FROM:<a@b>SIZE=1"), (15, "a space"));
        assert_eq!(
            error(b"MAIL FROM:<a@b> SIZE=1 SIZE=1"),
            (23, "each parameter only once")
        );
        assert_eq!(error(b"RCPT FROM:<a@b>"), (5, "TO:"));
        assert_eq!(error(b"RCPT TO:<>"), (9, "a local part"));
        assert_eq!(error(b"RCPT TO:<a@b> , <c@d>"), (14, "a parameter"));
        assert_eq!(error(b"DATA x"), (4, "the end of the line"));
        assert_eq!(error(b"VRFY"), (4, "a space"));
        assert_eq!(error(b"VRFY a\x00b"), (6, "the end of the line"));
    }

    #[test]
    fn what_is_not_known_stays_raw() {
        let other = |line| match parse(line).unwrap() {
            Command::Other { verb, arguments } => (verb.to_vec(), arguments.to_vec()),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            other(b"GET / HTTP/1.1"),
            (b"GET".to_vec(), b"/ HTTP/1.1".to_vec())
        );
        assert_eq!(other(b"ETRN \xff"), (b"ETRN".to_vec(), b"\xff".to_vec()));
        assert_eq!(other(b"DATAX"), (b"DATAX".to_vec(), b"".to_vec()));
        assert_eq!(other(b"STARTTLSX y"), (b"STARTTLSX".to_vec(), b"y".to_vec()));
        assert_eq!(other(b"MAI"), (b"MAI".to_vec(), b"".to_vec()));
        // One bit off MAIL, and no letter.
        assert_eq!(other(b"\x4d\x41\x49\x6c\x2e"), (b"MAIl.".to_vec(), b"".to_vec()));
    }

    #[test]
    fn xclient_of_postfix() {
        let line = b"XCLIENT NAME=spike.porcupine.org ADDR=168.100.189.2 LOGIN=[UNAVAILABLE]";
        let Ok(Command::Xclient(attributes)) = parse(line) else {
            panic!()
        };
        assert_eq!(attributes.get("ADDR").unwrap().value(), Some("168.100.189.2"));
        assert_eq!(
            written(&Command::Xclient(attributes)),
            [&line[..], b"\r\n"].concat()
        );
        assert!(matches!(parse(b"XFORWARD IDENT=1"), Ok(Command::Xforward(_))));
    }

    #[test]
    fn nothing_secret_is_printed() {
        let shown = format!("{:?}", parse(b"AUTH PLAIN aHVudGVyMg=="));
        assert!(!shown.contains("aHVu") && !shown.contains("97, 72"), "{shown}");
    }
}
