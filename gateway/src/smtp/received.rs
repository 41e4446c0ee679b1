//! The trace field that goes in front of a message (RFC 5321 section 4.4), and what a submission server adds to a
//! message without a date or an id (RFC 6409 section 8).

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use gatepost_smtp::relay::Insertions;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// What is known of a message before its first octet.
pub(super) struct Trace<'a> {
    /// Our own name.
    pub(super) name: &'a str,
    /// The session's id, and the message's number in it.
    pub(super) session: &'a str,
    pub(super) number: u32,
    /// Random octets for the id.
    pub(super) random: u64,
    /// What the client calls itself, and where it is; `None`: that is nobody's business.
    pub(super) client: Option<(&'a str, SocketAddr)>,
    /// Whether addresses or header may be UTF-8 (RFC 6531).
    pub(super) utf8: bool,
    pub(super) now: OffsetDateTime,
}

impl Trace<'_> {
    /// The fields, each of which is used where it is wanted.
    pub(super) fn insertions(&self) -> Insertions {
        let date = self.date();
        Insertions {
            received: Bytes::from(self.received(&date)),
            message_id: format!("<{}.{:016x}@{}>", self.id(), self.random, self.name),
            date,
        }
    }

    /// Unique in this gateway, and as long as it runs unguessable only with the random part behind it.
    fn id(&self) -> String {
        format!("{:x}.{}.{}", self.now.unix_timestamp(), self.session, self.number)
    }

    fn date(&self) -> String {
        // Years that RFC 5322 cannot write are not ours to see.
        self.now.format(&Rfc2822).unwrap_or_default()
    }

    fn received(&self, date: &str) -> String {
        let from = self.client.map_or_else(String::new, |(helo, peer)| {
            format!("from {} ([{}])\r\n\t", domain(helo), literal(peer.ip()))
        });
        // Nobody sends without TLS and without having logged in (RFC 3848, RFC 6531 section 4.3).
        let with = if self.utf8 { "UTF8SMTPSA" } else { "ESMTPSA" };
        let (name, id) = (self.name, self.id());
        format!("Received: {from}by {name} with {with} id {id};\r\n\t{date}\r\n")
    }
}

/// What a client calls itself, if that can stand in a header.
fn domain(helo: &str) -> &str {
    let fits = |octet: u8| octet.is_ascii_alphanumeric() || b"-._:[]".contains(&octet);
    if !helo.is_empty() && helo.len() <= 255 && helo.bytes().all(fits) {
        helo
    } else {
        "unknown"
    }
}

/// RFC 5321 section 4.1.3, without the brackets.
fn literal(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("IPv6:{address}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(client: Option<(&'static str, SocketAddr)>) -> Trace<'static> {
        Trace {
            name: "mail.example.com",
            session: "2a",
            number: 1,
            random: 255,
            client,
            utf8: false,
            now: OffsetDateTime::from_unix_timestamp(1_780_000_000).unwrap(),
        }
    }

    fn received(trace: &Trace<'_>) -> String {
        String::from_utf8(trace.insertions().received.to_vec()).unwrap()
    }

    #[test]
    fn the_trace_field_says_who_when_and_how() {
        let peer = "192.0.2.9:5000".parse().unwrap();
        assert_eq!(
            received(&trace(Some(("smtpclient.apple", peer)))),
            "Received: from smtpclient.apple ([192.0.2.9])\r\n\tby mail.example.com with ESMTPSA \
             id 6a18a500.2a.1;\r\n\tThu, 28 May 2026 20:26:40 +0000\r\n"
        );
        let peer = "[2001:db8::1]:5000".parse().unwrap();
        let line = received(&trace(Some(("[IPv6:2001:db8::1]", peer))));
        assert!(
            line.starts_with("Received: from [IPv6:2001:db8::1] ([IPv6:2001:db8::1])\r\n"),
            "{line}"
        );
    }

    #[test]
    fn a_hidden_client_is_not_in_it() {
        let line = received(&Trace {
            utf8: true,
            ..trace(None)
        });
        assert!(
            line.starts_with("Received: by mail.example.com with UTF8SMTPSA id "),
            "{line}"
        );
    }

    #[test]
    fn what_a_client_calls_itself_cannot_write_a_header() {
        for helo in ["", "a b", "a\r\nX: y", "(", "\u{e9}.example"] {
            assert_eq!(domain(helo), "unknown", "{helo:?}");
        }
    }

    #[test]
    fn a_message_gets_an_id_and_a_date_of_its_own() {
        let insertions = trace(None).insertions();
        assert_eq!(
            insertions.message_id,
            "<6a18a500.2a.1.00000000000000ff@mail.example.com>"
        );
        assert_eq!(insertions.date, "Thu, 28 May 2026 20:26:40 +0000");
    }
}
