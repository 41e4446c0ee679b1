//! What the mailbox may have already.

use std::collections::BTreeSet;

use super::Order;
use super::command::Command;
use crate::Response;
use crate::types::UidSet;

/// How many hits are looked at: the newest.
const LOOKED_AT: usize = 50;

/// The longest part of a Message-ID that is searched, in octets. Lines should not be longer than some 1,000 octets.
const LONGEST: usize = 500;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Asks for messages with this Message-ID (RFC 3501 section 6.4.4).
///
/// A search finds parts of words, so the longest part that can be quoted will do, and no octet of the Message-ID needs
/// a literal or a charset.
pub(super) fn search(command: Command, message_id: &[u8], order: &Order) -> Command {
    let command = match since(order.since) {
        Some(date) => command.words("SINCE").words(&date),
        None => command,
    };
    command
        .words("HEADER Message-ID")
        .string(needle(message_id))
        .end()
}

/// `date = date-day "-" date-month "-" date-year`
fn since((year, month, day): (i32, u8, u8)) -> Option<String> {
    let month = MONTHS.get(usize::from(month).checked_sub(1)?)?;
    let is_date = (1..=31).contains(&day) && (0..=9999).contains(&year);
    is_date.then(|| format!("{day}-{month}-{year:04}"))
}

fn needle(message_id: &[u8]) -> &[u8] {
    let runs = message_id.split(|octet| !matches!(octet, b' '..=b'~'));
    let longest = runs.max_by_key(|run| run.len()).unwrap_or_default();
    longest.get(..LONGEST).unwrap_or(longest)
}

/// UIDs of messages that were found.
#[derive(Debug, Default)]
pub(super) struct Hits(BTreeSet<u32>);

impl Hits {
    pub(super) fn hear(&mut self, response: &Response) {
        match response {
            Response::Search(search) => search.numbers.iter().for_each(|uid| self.insert(uid, uid)),
            Response::ESearch(search) => {
                let ranges = search.all().map(UidSet::ranges).into_iter().flatten();
                ranges.for_each(|(first, last)| self.insert(first, last));
            }
            _ => {}
        }
    }

    fn insert(&mut self, first: u32, last: u32) {
        for uid in (first.min(last)..=first.max(last)).rev().take(LOOKED_AT) {
            self.0.insert(uid);
            if self.0.len() > LOOKED_AT {
                self.0.pop_first();
            }
        }
    }

    /// The hits as a set (RFC 3501 section 9); `None` if there are none.
    pub(super) fn set(&self) -> Option<String> {
        let uids: Vec<String> = self.0.iter().map(u32::to_string).collect();
        (!uids.is_empty()).then(|| uids.join(","))
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::*;
    use crate::Literals;
    use crate::{Capabilities, Tag};

    fn searched(message_id: &[u8], since: (i32, u8, u8)) -> String {
        let literals = Literals::offered(&Capabilities::default());
        let command = Command::new(Tag::parse(b"a").unwrap(), "UID SEARCH", literals);
        let order = Order {
            names: Vec::new(),
            create: None,
            message_id: None,
            date: None,
            since,
            date_time: String::new(),
            size: 0,
        };
        let mut out = BytesMut::new();
        let begun = search(command, message_id, &order).send(&mut out);
        assert!(begun.unsent.is_empty());
        String::from_utf8(out.to_vec()).unwrap()
    }

    #[test]
    fn nothing_in_a_message_id_ends_its_quotes() {
        let date = (2025, 11, 4);
        for (message_id, needle) in [
            (&b"<a@b>"[..], "<a@b>"),
            (b"<\"a\\b\" {5}@c>", "<\\\"a\\\\b\\\" {5}@c>"),
            (b"<a\r\nb LOGOUT\r\n@c>", "b LOGOUT"),
            (b"<\xc3\xa4bcd@e>", "bcd@e>"),
            (b"\0\xff", ""),
        ] {
            let expected = format!("a UID SEARCH SINCE 4-Nov-2025 HEADER Message-ID \"{needle}\"\r\n");
            assert_eq!(searched(message_id, date), expected);
        }
        let long = searched(&[b'"'; 2000], date);
        assert!(long.len() < 1100, "{}", long.len());
    }

    #[test]
    fn what_is_no_date_is_left_out() {
        for since in [
            (2025, 0, 1),
            (2025, 13, 1),
            (2025, 1, 0),
            (2025, 1, 32),
            (-1, 1, 1),
            (10_000, 1, 1),
        ] {
            assert_eq!(searched(b"x", since), "a UID SEARCH HEADER Message-ID \"x\"\r\n");
        }
        assert!(searched(b"x", (1999, 12, 31)).contains(" SINCE 31-Dec-1999 "));
    }

    fn hits(responses: &[&str]) -> Option<String> {
        let mut hits = Hits::default();
        let heard = responses.iter().copied().filter_map(crate::filing::tests::heard);
        heard.for_each(|response| hits.hear(&response));
        hits.set()
    }

    #[test]
    fn hits_of_both_kinds() {
        assert_eq!(hits(&["SEARCH"]), None);
        assert_eq!(
            hits(&["search 3 2", "3 EXISTS", "SEARCH 5 2"]).as_deref(),
            Some("2,3,5")
        );
        assert_eq!(hits(&["SEARCH 4 (MODSEQ 7)"]).as_deref(), Some("4"));
        assert_eq!(
            hits(&["ESEARCH (TAG \"a\") UID ALL 2,5:4"]).as_deref(),
            Some("2,4,5")
        );
        assert_eq!(hits(&["ESEARCH (TAG \"a\") UID"]), None);
        assert_eq!(
            hits(&["ESEARCH UID COUNT 2 ALL 1:2 MAX 9"]).as_deref(),
            Some("1,2")
        );
        assert_eq!(hits(&["SEARCH 0 -1 +x 4294967296 *"]), None);
    }

    #[test]
    fn the_newest_are_looked_at() {
        let newest: Vec<String> = (4_294_967_246_u32..=u32::MAX)
            .map(|uid| uid.to_string())
            .collect();
        let newest = newest.join(",");
        assert_eq!(
            hits(&["ESEARCH UID ALL 1:4294967295"]).as_deref(),
            Some(newest.as_str())
        );
        let all: Vec<String> = (1..=100).map(|uid| uid.to_string()).collect();
        let set = hits(&[&format!("SEARCH {}", all.join(" "))]).unwrap();
        assert_eq!(set, all[50..].join(","));
    }
}
