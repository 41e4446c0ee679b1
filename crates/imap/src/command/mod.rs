//! What a client asks for.
//!
//! The commands before login are typed, every other one is a verb and its raw arguments.
//!
//! ```
//! use gatepost_imap::command::{self, Body};
//!
//! let command = command::parse(b"A1 LOGIN alice \"pass word\"").unwrap();
//! assert_eq!(command.tag.as_str(), "A1");
//! assert!(matches!(command.body, Body::Login { user, .. } if user == &b"alice"[..]));
//! ```

use std::borrow::Cow;
use std::fmt;

use bytes::BytesMut;
use gatepost_wire::Secret;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::char;
use nom::combinator::{cut, map, map_opt, opt, rest, value};
use nom::error::context;
use nom::multi::separated_list0;
use nom::sequence::{delimited, preceded, terminated};
use nom::{Finish, Parser};

use crate::grammar::{self, Failure, Parsed, end, space};
use crate::parse::{ErrorKind, ParseError};
use crate::types::Tag;

/// One command.
///
/// ```abnf
/// command = tag SP (command-any / command-auth / command-nonauth / command-select) CRLF     ; RFC 9051 section 9
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command<'a> {
    /// What its answer will carry.
    pub tag: Tag,
    /// What it asks for.
    pub body: Body<'a>,
}

/// What a command asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Body<'a> {
    /// What can you do? (RFC 9051 section 6.1.1)
    Capability,
    /// Nothing (section 6.1.2).
    Noop,
    /// The end (section 6.1.3).
    Logout,
    /// TLS from here on (section 6.2.1).
    StartTls,
    /// A SASL exchange (section 6.2.2, RFC 4959).
    Authenticate {
        /// The mechanism as it was spelled.
        mechanism: &'a str,
        /// The initial response. Absent is not empty.
        initial: Option<Initial<'a>>,
    },
    /// A plain password (section 6.2.3).
    Login {
        /// The user as typed.
        user: Cow<'a, [u8]>,
        /// The password, a copy.
        password: Secret,
    },
    /// Who are you? With the client's own answer, which is empty for `NIL` (RFC 2971).
    Id(Vec<Parameter<'a>>),
    /// Everything else.
    Other {
        /// The first word, as it was spelled.
        verb: &'a [u8],
        /// What follows the space behind it.
        arguments: &'a [u8],
    },
}

/// A field of an `ID` list and its value.
pub type Parameter<'a> = (Cow<'a, [u8]>, Option<Cow<'a, [u8]>>);

/// The initial response of `AUTHENTICATE`.
///
/// ```abnf
/// initial-resp = (base64 / "=")        ; "=" is the empty one, RFC 4959 section 3
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

/// Reads a command as [`crate::Framer`] delivers it: with its literals, without its final CRLF.
///
/// # Errors
/// [`ParseError`] with the offset, what was expected there, and the tag if it could be read.
pub fn parse(message: &[u8]) -> Result<Command<'_>, ParseError> {
    let (rest, tag) = tag_and_space(message)
        .finish()
        .map_err(|failure| parse_error(message, failure, None))?;
    match body(rest).finish() {
        Ok((_, body)) => Ok(Command { tag, body }),
        Err(failure) => Err(parse_error(message, failure, Some(tag))),
    }
}

/// The tag and the verb of a command that may not have arrived whole.
pub fn head(command: &[u8]) -> Option<(Tag, &[u8])> {
    let (rest, tag) = tag_and_space(command).ok()?;
    let (_, verb) = verb(rest).ok()?;
    Some((tag, verb))
}

/// A tag that no space follows is not taken: it may as well be a line of a SASL exchange that was refused.
fn tag_and_space(input: &[u8]) -> Parsed<'_, Tag> {
    let tag = map_opt(take_while1(Tag::allows), |tag| Tag::parse(tag).ok());
    terminated(context("a tag", tag), space).parse(input)
}

fn verb(input: &[u8]) -> Parsed<'_, &[u8]> {
    context("a command", grammar::atom).parse(input)
}

fn body(input: &[u8]) -> Parsed<'_, Body<'_>> {
    let (rest, verb) = verb(input)?;
    match verb.to_ascii_uppercase().as_slice() {
        b"CAPABILITY" => value(Body::Capability, end).parse(rest),
        b"NOOP" => value(Body::Noop, end).parse(rest),
        b"LOGOUT" => value(Body::Logout, end).parse(rest),
        b"STARTTLS" => value(Body::StartTls, end).parse(rest),
        b"AUTHENTICATE" => authenticate(rest),
        b"LOGIN" => login(rest),
        b"ID" => id(rest),
        _ => map(arguments, |arguments| Body::Other { verb, arguments }).parse(rest),
    }
}

fn arguments(input: &[u8]) -> Parsed<'_, &[u8]> {
    alt((value(&b""[..], end), preceded(space, rest))).parse(input)
}

/// ```abnf
/// authenticate = "AUTHENTICATE" SP auth-type [SP initial-resp]       ; RFC 9051 section 9
/// ```
/// mutt sends a space behind the mechanism and nothing after it: tolerated.
fn authenticate(input: &[u8]) -> Parsed<'_, Body<'_>> {
    let auth_type = map_opt(grammar::atom, |atom| std::str::from_utf8(atom).ok());
    let (rest, mechanism) = preceded(space, context("a mechanism", auth_type)).parse(input)?;
    let initial = alt((value(None, end), preceded(space, opt(initial))));
    map(terminated(initial, end), |initial| Body::Authenticate {
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
/// login = "LOGIN" SP userid SP password       ; both astring, RFC 9051 section 9
/// ```
fn login(input: &[u8]) -> Parsed<'_, Body<'_>> {
    let user = preceded(space, context("a user name", grammar::lenient_astring));
    let password = preceded(space, context("a password", grammar::lenient_astring));
    let (rest, (user, password)) = terminated((user, password), end).parse(input)?;
    let body = Body::Login {
        user: user.into_text(),
        password: password.into_secret(),
    };
    Ok((rest, body))
}

/// ```abnf
/// id             = "ID" SP id-params-list                              ; RFC 2971 section 3.1
/// id-params-list = "(" *(string SP nstring) ")" / nil
/// ```
fn id(input: &[u8]) -> Parsed<'_, Body<'_>> {
    let value_of = context("a string or NIL", grammar::nstring);
    let field = (grammar::string, preceded(cut(space), cut(value_of)));
    let parameter = map(field, |(name, value)| {
        (name.into_text(), value.map(grammar::Raw::into_text))
    });
    let closing = cut(context("a string or a closing parenthesis", tag(")")));
    let list = delimited(char('('), separated_list0(char(' '), parameter), closing);
    let list = alt((value(Vec::new(), grammar::nil), list));
    let list = preceded(space, context("a list in parentheses or NIL", list));
    map(terminated(list, end), Body::Id).parse(input)
}

impl Command<'_> {
    /// Appends the command with its final CRLF. Strings that cannot be quoted become non-synchronizing literals,
    /// which the server must have offered (LITERAL- or LITERAL+).
    pub fn encode(&self, out: &mut BytesMut) {
        out.extend_from_slice(self.tag.as_bytes());
        out.extend_from_slice(b" ");
        self.body.encode(out);
        out.extend_from_slice(b"\r\n");
    }
}

impl Body<'_> {
    fn encode(&self, out: &mut BytesMut) {
        match self {
            Self::Capability => out.extend_from_slice(b"CAPABILITY"),
            Self::Noop => out.extend_from_slice(b"NOOP"),
            Self::Logout => out.extend_from_slice(b"LOGOUT"),
            Self::StartTls => out.extend_from_slice(b"STARTTLS"),
            Self::Authenticate { mechanism, initial } => encode_authenticate(mechanism, *initial, out),
            Self::Login { user, password } => {
                out.extend_from_slice(b"LOGIN ");
                grammar::encode_string(user, out);
                out.extend_from_slice(b" ");
                grammar::encode_string(password.expose(), out);
            }
            Self::Id(parameters) => {
                out.extend_from_slice(b"ID ");
                encode_parameters(parameters, out);
            }
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

fn encode_authenticate(mechanism: &str, initial: Option<Initial<'_>>, out: &mut BytesMut) {
    out.extend_from_slice(format!("AUTHENTICATE {mechanism}").as_bytes());
    match initial {
        None => {}
        Some(Initial::Empty) => out.extend_from_slice(b" ="),
        Some(Initial::Base64(text)) => {
            out.extend_from_slice(b" ");
            out.extend_from_slice(text);
        }
    }
}

/// Appends an `ID` list; `NIL` for an empty one.
pub(crate) fn encode_parameters(parameters: &[Parameter<'_>], out: &mut BytesMut) {
    if parameters.is_empty() {
        return out.extend_from_slice(b"NIL");
    }
    for (index, (name, value)) in parameters.iter().enumerate() {
        out.extend_from_slice(if index == 0 { b"(" } else { b" " });
        grammar::encode_string(name, out);
        out.extend_from_slice(b" ");
        match value {
            Some(value) => grammar::encode_string(value, out),
            None => out.extend_from_slice(b"NIL"),
        }
    }
    out.extend_from_slice(b")");
}

/// The error of a parser that stopped at `failure`.
pub(crate) fn parse_error(message: &[u8], failure: Failure<'_>, tag: Option<Tag>) -> ParseError {
    ParseError {
        kind: ErrorKind::Syntax,
        offset: message.len().saturating_sub(failure.rest.len()),
        expected: failure.expected,
        tag,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(message: &[u8]) -> Body<'_> {
        parse(message).unwrap().body
    }

    fn error(message: &[u8]) -> (usize, &'static str, bool) {
        let error = parse(message).unwrap_err();
        (error.offset, error.expected, error.tag.is_some())
    }

    fn login<'a>(user: &'a str, password: &str) -> Body<'a> {
        Body::Login {
            user: Cow::Borrowed(user.as_bytes()),
            password: Secret::from(password),
        }
    }

    #[test]
    fn examples_of_the_rfcs() {
        assert_eq!(body(b"abcd CAPABILITY"), Body::Capability);
        assert_eq!(body(b"a002 noop"), Body::Noop);
        assert_eq!(body(b"A023 LOGOUT"), Body::Logout);
        assert_eq!(body(b"a002 StartTLS"), Body::StartTls);
        assert_eq!(body(b"a001 LOGIN SMITH SESAME"), login("SMITH", "SESAME"));
        assert_eq!(
            body(b"A001 LOGIN {11}\r\nFRED FOOBAR {7}\r\nfat man"),
            login("FRED FOOBAR", "fat man")
        );
        assert_eq!(body(b"a023 ID NIL"), Body::Id(vec![]));
        assert_eq!(
            body(b"C36 SEARCH TEXT {2}\r\nab"),
            Body::Other {
                verb: b"SEARCH",
                arguments: b"TEXT {2}\r\nab"
            }
        );
    }

    #[test]
    fn authenticate_tells_absent_from_empty() {
        let initial = |message| match body(message) {
            Body::Authenticate {
                mechanism: "CRAM-MD5",
                initial,
            } => initial,
            other => panic!("{other:?}"),
        };
        assert_eq!(initial(b"a AUTHENTICATE CRAM-MD5"), None);
        assert_eq!(initial(b"a AUTHENTICATE CRAM-MD5 "), None);
        assert_eq!(initial(b"a AUTHENTICATE CRAM-MD5 ="), Some(Initial::Empty));
        assert_eq!(
            initial(b"a authenticate CRAM-MD5 dGVzdA=="),
            Some(Initial::Base64(b"dGVzdA=="))
        );
    }

    #[test]
    fn id_of_an_iphone() {
        let Body::Id(parameters) =
            body(br#"1 ID ("name" "iPhone Mail" "version" "22C161" "os-version" "18.2.1 (22C161)" "x" nil)"#)
        else {
            panic!()
        };
        assert_eq!(parameters.len(), 4);
        assert_eq!(parameters[2].1.as_deref(), Some(&b"18.2.1 (22C161)"[..]));
        assert_eq!(parameters[3], (Cow::Borrowed(&b"x"[..]), None));
    }

    #[test]
    fn errors_say_where_and_what() {
        assert_eq!(error(b""), (0, "a tag", false));
        assert_eq!(error(b"* NOOP"), (0, "a tag", false));
        assert_eq!(error(b"+ NOOP"), (0, "a tag", false));
        assert_eq!(error(b"a%b NOOP"), (1, "a space", false));
        assert_eq!(error(b"AHQAdA=="), (8, "a space", false));
        assert_eq!(error(b"a  NOOP"), (2, "a command", true));
        assert_eq!(error(b"a NOOP "), (6, "the end of the line", true));
        assert_eq!(error(b"a LOGIN alice"), (13, "a space", true));
        assert_eq!(error(b"a LOGIN alice "), (14, "a password", true));
        assert_eq!(error(b"a LOGIN (a) b"), (8, "a user name", true));
        assert_eq!(error(b"a LOGIN \"a\\b\" c"), (11, "a quote or a backslash", true));
        assert_eq!(error(b"a LOGIN \"ab"), (11, "a closing quote", true));
        assert_eq!(error(b"a LOGIN a b c"), (11, "the end of the line", true));
        assert_eq!(error(b"a AUTHENTICATE"), (14, "a space", true));
        assert_eq!(
            error(b"a AUTHENTICATE PLAIN A!"),
            (22, "the end of the line", true)
        );
        assert_eq!(error(b"a ID"), (4, "a space", true));
        assert_eq!(error(b"a ID x"), (5, "a list in parentheses or NIL", true));
        assert_eq!(error(b"a ID (\"x\")"), (9, "a space", true));
        assert_eq!(error(b"a ID (\"x\" y)"), (10, "a string or NIL", true));
    }

    #[test]
    fn over_long_tags_are_refused() {
        let tagged = |count| [&b"t".repeat(count)[..], b" NOOP"].concat();
        assert!(parse(&tagged(64)).is_ok());
        assert_eq!(error(&tagged(65)), (0, "a tag", false));
    }

    #[test]
    fn many_parentheses_do_no_harm() {
        let deep = [b"a ID ", &b"(".repeat(100_000)[..]].concat();
        assert_eq!(error(&deep), (6, "a string or a closing parenthesis", true));
        let list = [b"a ID (", &b"\"a\" NIL ".repeat(20_000)[..], b"\"b\" NIL)"].concat();
        assert!(matches!(parse(&list).unwrap().body, Body::Id(list) if list.len() == 20_001));
    }

    #[test]
    fn nothing_secret_is_printed() {
        let shown = format!(
            "{:?}{:?}",
            parse(b"a LOGIN alice hunter2"),
            parse(b"a AUTHENTICATE PLAIN aHVudGVyMg==")
        );
        assert!(!shown.contains("hunter2") && !shown.contains("aHVu"), "{shown}");
        assert!(!shown.contains("104, 117"), "{shown}");
    }

    #[test]
    fn head_reads_what_has_arrived() {
        let (tag, verb) = head(b"a1 login {5}").unwrap();
        assert_eq!((tag.as_str(), verb), ("a1", &b"login"[..]));
        assert!(head(b"a1").is_none());
    }
}
