//! Messages that tell by themselves whether they are whole.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::random::Random;

const LENGTH: &str = "X-Soak-Length";
const DIGEST: &str = "X-Soak-Sha256";
/// What stands behind the id in a Message-ID.
const DOMAIN: &str = "@soak.example.org";

/// The whole message. Its header has its id, and the length and the digest of its text.
pub(crate) fn compose(id: &str, from: &str, to: &[&str], octets: usize, random: &mut Random) -> Vec<u8> {
    let text = text(octets, random);
    // Years that RFC 5322 cannot write are not ours to see.
    let date = OffsetDateTime::now_utc().format(&Rfc2822).unwrap_or_default();
    let header = format!(
        "From: {from}\r\nTo: {}\r\nSubject: letter {id}\r\nDate: {date}\r\nMessage-ID: {}\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\
         {LENGTH}: {}\r\n{DIGEST}: {}\r\n\r\n",
        to.join(",\r\n "),
        message_id(id),
        text.len(),
        digest(&text)
    );
    [header.into_bytes(), text].concat()
}

/// Its Message-ID.
pub(crate) fn message_id(id: &str) -> String {
    format!("<{id}{DOMAIN}>")
}

/// The id of a letter with that Message-ID.
pub(crate) fn id(message_id: &str) -> Option<String> {
    let id = message_id
        .strip_prefix('<')?
        .strip_suffix('>')?
        .strip_suffix(DOMAIN)?;
    Some(id.to_owned())
}

/// Lines of all lengths, some of which begin with dots, and some of which are not ASCII.
fn text(octets: usize, random: &mut Random) -> Vec<u8> {
    let mut text = Vec::with_capacity(octets + 1000);
    while text.len() < octets {
        match random.below(12) {
            0 => text.extend_from_slice(b"."),
            1 => text.extend_from_slice("..Gr\u{fc}\u{df}e \u{2603}".as_bytes()),
            2 => text.extend_from_slice(b"a1 OK {12}"),
            _ => {}
        }
        let length = if random.once_in(40) {
            900
        } else {
            random.place(120)
        };
        text.extend((0..length).map(|_| b'!' + u8::try_from(random.below(94)).unwrap_or(0)));
        text.extend_from_slice(b"\r\n");
    }
    text
}

fn digest(octets: &[u8]) -> String {
    Sha256::digest(octets)
        .iter()
        .fold(String::new(), |mut text, octet| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{octet:02x}");
            text
        })
}

/// What a message is that was found somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) id: String,
    /// By which id the MTA accepted it; copies of sent messages have none.
    pub(crate) queue_id: Option<String>,
    /// Why it is not as it was sent.
    pub(crate) fault: Option<String>,
}

/// Reads what was found. What is none of ours says what it is.
pub(crate) fn read(raw: &[u8]) -> Result<Seen, String> {
    let end = raw.windows(4).position(|window| window == b"\r\n\r\n");
    let (header, text) = raw.split_at(end.map_or(raw.len(), |end| end + 4));
    let header = String::from_utf8_lossy(header);
    let Some(id) = field(&header, "Message-ID").and_then(id) else {
        let subject = field(&header, "Subject").unwrap_or("none");
        return Err(format!("{} octets, subject {subject:?}", raw.len()));
    };
    let fault = if field(&header, LENGTH) != Some(text.len().to_string().as_str()) {
        Some(format!("{} octets of text", text.len()))
    } else if field(&header, DIGEST) != Some(digest(text).as_str()) {
        Some("other octets".to_owned())
    } else {
        None
    };
    Ok(Seen {
        id,
        queue_id: queue_id(&header),
        fault,
    })
}

fn field<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = header.lines().filter_map(|line| line.split_once(": "));
    fields.find(|(own, _)| *own == name).map(|(_, value)| value)
}

/// `by mta.example.org (Postfix) with ESMTPSA id 4jbZmL5pRrz1ShQP`.
fn queue_id(header: &str) -> Option<String> {
    let (_, rest) = header.split_once("(Postfix) with ")?;
    let (_, rest) = rest.split_once(" id ")?;
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric())?;
    rest.get(..end).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter() -> Vec<u8> {
        compose(
            "1.2",
            "a@example.org",
            &["b@example.org"],
            5000,
            &mut Random::new(1),
        )
    }

    #[test]
    fn a_letter_is_whole_with_trace_fields_and_without() {
        let whole = read(&letter()).unwrap();
        assert_eq!(
            (whole.id.as_str(), &whole.fault, &whole.queue_id),
            ("1.2", &None, &None)
        );
        let trace = b"Return-Path: <a@example.org>\r\nReceived: from localhost (localhost [127.0.0.1])\r\n\
            \tby mta.example.org (Postfix) with ESMTPSA id 4jbZmL5pRrz1ShQP\r\n\tfor <b@example.org>; now\r\n";
        let arrived = read(&[trace, letter().as_slice()].concat()).unwrap();
        assert_eq!(arrived.queue_id.as_deref(), Some("4jbZmL5pRrz1ShQP"));
        assert_eq!(arrived.fault, None);
    }

    #[test]
    fn no_octet_can_be_changed_lost_or_added() {
        let whole = letter();
        for length in [whole.len() - 1, whole.len() - 2, whole.len() / 2] {
            assert!(read(&whole[..length]).unwrap().fault.is_some());
        }
        let mut other = whole.clone();
        *other.last_mut().unwrap() ^= 1;
        assert!(read(&other).unwrap().fault.is_some());
        assert!(read(&[&whole[..], b"."].concat()).unwrap().fault.is_some());
    }

    #[test]
    fn what_is_none_says_what_it_is() {
        let said = read(b"Subject: Undelivered\r\n\r\nsorry\r\n").unwrap_err();
        assert_eq!(said, "31 octets, subject \"Undelivered\"");
    }

    #[test]
    fn lines_are_not_too_long() {
        let letter = letter();
        assert!(letter.split(|octet| *octet == b'\n').all(|line| line.len() < 998));
        assert!(letter.ends_with(b"\r\n"));
    }
}
