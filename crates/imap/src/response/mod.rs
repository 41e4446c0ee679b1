//! What a server answers.
//!
//! Status responses, the capability list and continuation requests are typed, every other response is raw.
//!
//! ```
//! use gatepost_imap::response::{self, Response};
//! use gatepost_imap::{ResponseCode, Status};
//!
//! let Response::Status { tag: Some(tag), status: Status::No, code: Some(code), text } =
//!     response::parse(b"A1 NO [AUTHENTICATIONFAILED] try again").unwrap()
//! else {
//!     panic!()
//! };
//! assert_eq!(tag.as_str(), "A1");
//! assert_eq!(code, ResponseCode::AuthenticationFailed);
//! assert_eq!(text, b"try again");
//! ```

use bytes::BytesMut;
use nom::branch::alt;
use nom::bytes::complete::{tag_no_case, take_till, take_while1};
use nom::character::complete::char;
use nom::combinator::{map, map_opt, opt, rest, value};
use nom::error::context;
use nom::sequence::{delimited, preceded, terminated};
use nom::{Finish, Parser};

use crate::grammar::{self, Parsed, end, space};
use crate::parse::ParseError;
use crate::types::{Capabilities, ResponseCode, Status, Tag};

/// One response.
///
/// ```abnf
/// response-tagged = tag SP resp-cond-state CRLF                  ; RFC 9051 section 9
/// response-data   = "*" SP (resp-cond-state / resp-cond-bye / .. / capability-data / ..) CRLF
/// greeting        = "*" SP (resp-cond-auth / resp-cond-bye) CRLF
/// continue-req    = "+" SP (resp-text / base64) CRLF
/// ```
///
/// The greeting is an untagged [`Response::Status`]: only its place in the stream says what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Response<'a> {
    /// How a command went or, untagged, what is going on.
    Status {
        /// The command's tag; `None` for `*`.
        tag: Option<Tag>,
        /// The status word. With a tag it is OK, NO or BAD.
        status: Status,
        /// The code in brackets.
        code: Option<ResponseCode<'a>>,
        /// The text for a human, which may be empty.
        text: &'a [u8],
    },
    /// `* CAPABILITY ..`
    Capability(Capabilities),
    /// `+`, with what follows the space: text, or a challenge in base64.
    Continuation(&'a [u8]),
    /// Any other untagged response, without `* `.
    Other(&'a [u8]),
}

/// Reads a response as [`crate::Framer`] delivers it: with its literals, without its final CRLF.
///
/// Servers may leave out the text of a status and the space behind `+`.
///
/// # Errors
/// [`ParseError`] with the offset and what was expected there.
pub fn parse(message: &[u8]) -> Result<Response<'_>, ParseError> {
    let response = match message.first() {
        Some(b'+') => continuation(message),
        Some(b'*') => untagged(message),
        _ => tagged(message),
    };
    match response.finish() {
        Ok((_, response)) => Ok(response),
        Err(failure) => Err(crate::command::parse_error(message, failure, None)),
    }
}

fn continuation(input: &[u8]) -> Parsed<'_, Response<'_>> {
    let text = preceded((char('+'), opt(char(' '))), rest);
    map(text, Response::Continuation).parse(input)
}

fn untagged(input: &[u8]) -> Parsed<'_, Response<'_>> {
    let capability = preceded((tag_no_case("CAPABILITY"), alt((space, end))), rest);
    let other = nom::combinator::verify(rest, |octets: &[u8]| !octets.is_empty());
    let response = alt((
        |input| status(None, input),
        map(capability, |list| Response::Capability(Capabilities::parse(list))),
        map(context("a response", other), Response::Other),
    ));
    preceded((char('*'), space), response).parse(input)
}

fn tagged(input: &[u8]) -> Parsed<'_, Response<'_>> {
    let tag = map_opt(take_while1(Tag::allows), |tag| Tag::parse(tag).ok());
    let (rest, tag) = terminated(context("a tag, * or +", tag), space).parse(input)?;
    context("OK, NO or BAD", |input| status(Some(tag.clone()), input)).parse(rest)
}

/// ```abnf
/// resp-cond-state = ("OK" / "NO" / "BAD") SP resp-text
/// resp-text       = ["[" resp-text-code "]" SP] [text]
/// ```
fn status(tag: Option<Tag>, input: &[u8]) -> Parsed<'_, Response<'_>> {
    let word = map_opt(grammar::atom, |word| {
        Status::parse(word).filter(|status| tag.is_none() || status.may_be_tagged())
    });
    let code = delimited(char('['), take_till(|octet| octet == b']'), char(']'));
    let code = terminated(map(code, ResponseCode::parse), opt(char(' ')));
    let text = alt((value((None, &b""[..]), end), preceded(space, (opt(code), rest))));
    let (rest, (status, (code, text))) = (word, text).parse(input)?;
    let response = Response::Status {
        tag,
        status,
        code,
        text,
    };
    Ok((rest, response))
}

impl Response<'_> {
    /// Appends the response with its final CRLF.
    pub fn encode(&self, out: &mut BytesMut) {
        match self {
            Self::Status {
                tag,
                status,
                code,
                text,
            } => {
                out.extend_from_slice(tag.as_ref().map_or(b"*", Tag::as_bytes));
                encode_status(*status, code.as_ref(), text, out);
            }
            Self::Capability(list) => out.extend_from_slice(format!("* CAPABILITY {list}").as_bytes()),
            Self::Continuation(text) => {
                out.extend_from_slice(b"+ ");
                out.extend_from_slice(text);
            }
            Self::Other(octets) => {
                out.extend_from_slice(b"* ");
                out.extend_from_slice(octets);
            }
        }
        out.extend_from_slice(b"\r\n");
    }
}

fn encode_status(status: Status, code: Option<&ResponseCode<'_>>, text: &[u8], out: &mut BytesMut) {
    out.extend_from_slice(format!(" {} ", status.as_str()).as_bytes());
    if let Some(code) = code {
        out.extend_from_slice(b"[");
        code.encode(out);
        out.extend_from_slice(b"] ");
    }
    out.extend_from_slice(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status<'a>(tag: &str, status: Status, code: Option<ResponseCode<'a>>, text: &'a str) -> Response<'a> {
        Response::Status {
            tag: Tag::parse(tag.as_bytes()).ok(),
            status,
            code,
            text: text.as_bytes(),
        }
    }

    #[test]
    fn statuses() {
        assert_eq!(
            parse(b"* OK IMAP4rev1 ready"),
            Ok(status("", Status::Ok, None, "IMAP4rev1 ready"))
        );
        assert_eq!(parse(b"* ok"), Ok(status("", Status::Ok, None, "")));
        assert_eq!(parse(b"* BYE "), Ok(status("", Status::Bye, None, "")));
        assert_eq!(
            parse(b"a1 NO [UNAVAILABLE]"),
            Ok(status("a1", Status::No, Some(ResponseCode::Unavailable), ""))
        );
        assert_eq!(
            parse(b"a1 OK [capability IMAP4rev1 IDLE] hi"),
            Ok(status(
                "a1",
                Status::Ok,
                Some(ResponseCode::Capability(Capabilities::parse(b"IMAP4rev1 IDLE"))),
                "hi"
            ))
        );
        assert_eq!(
            parse(b"a1 NO [unfinished"),
            Ok(status("a1", Status::No, None, "[unfinished"))
        );
    }

    #[test]
    fn the_other_responses() {
        let list = Capabilities::parse(b"IMAP4rev1 STARTTLS");
        assert_eq!(
            parse(b"* Capability IMAP4rev1 STARTTLS"),
            Ok(Response::Capability(list))
        );
        assert_eq!(parse(b"+ Ready"), Ok(Response::Continuation(b"Ready")));
        assert_eq!(parse(b"+"), Ok(Response::Continuation(b"")));
        assert_eq!(parse(b"+ "), Ok(Response::Continuation(b"")));
        assert_eq!(parse(b"* 5 EXISTS"), Ok(Response::Other(b"5 EXISTS")));
        assert_eq!(parse(b"* OKAY"), Ok(Response::Other(b"OKAY")));
    }

    #[test]
    fn errors_say_where_and_what() {
        let error = |message| {
            let error = parse(message).unwrap_err();
            (error.offset, error.expected)
        };
        assert_eq!(error(b""), (0, "a tag, * or +"));
        assert_eq!(error(b"*"), (1, "a space"));
        assert_eq!(error(b"* "), (2, "a response"));
        assert_eq!(error(b"a1 LIST"), (3, "OK, NO or BAD"));
        assert_eq!(error(b"a1 BYE x"), (3, "OK, NO or BAD"));
        assert_eq!(error(b"a1"), (2, "a space"));
    }
}
