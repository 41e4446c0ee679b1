//! Which mailbox it is.

use std::borrow::Cow;
use std::collections::VecDeque;

use nom::Parser;
use nom::bytes::complete::{tag_no_case, take_till};
use nom::character::complete::char;
use nom::combinator::opt;
use nom::sequence::{delimited, preceded};

use super::Order;
use crate::grammar::{self, Parsed, space};
use crate::utf7;

const INBOX: &str = "INBOX";

/// How LIST is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    /// `LIST .. RETURN (SPECIAL-USE)` (RFC 5258, RFC 6154).
    SpecialUse,
    /// XLIST, which came before that.
    Xlist,
    /// LIST. Some servers tell special uses unasked.
    Plain,
}

/// One mailbox of a list.
#[derive(Debug, PartialEq, Eq)]
struct Listed<'a> {
    attributes: &'a [u8],
    separator: Option<char>,
    name: Cow<'a, [u8]>,
}

/// ```abnf
/// mailbox-list = "(" [mbx-list-flags] ")" SP (DQUOTE QUOTED-CHAR DQUOTE / nil) SP mailbox    ; RFC 3501 section 9
/// ```
/// What follows in extended lists (RFC 5258) is left unread.
fn listed(response: &[u8]) -> Parsed<'_, Listed<'_>> {
    let verb = (opt(char('X')), tag_no_case("LIST"), space);
    let attributes = delimited(char('('), take_till(|octet| octet == b')'), (char(')'), space));
    let (rest, attributes) = preceded(verb, attributes).parse(response)?;
    let (rest, separator) = grammar::nstring(rest)?;
    let (rest, name) = preceded(space, grammar::lenient_astring).parse(rest)?;
    let separator = separator.and_then(|text| match *text.into_text() {
        [octet] if octet.is_ascii() => Some(char::from(octet)),
        _ => None,
    });
    let name = name.into_text();
    Ok((
        rest,
        Listed {
            attributes,
            separator,
            name,
        },
    ))
}

impl Listed<'_> {
    fn has(&self, attribute: &str) -> bool {
        let mut attributes = self.attributes.split(|&octet| octet == b' ');
        attributes.any(|known| known.eq_ignore_ascii_case(attribute.as_bytes()))
    }

    fn is_mailbox(&self) -> bool {
        !self.has("\\Noselect") && !self.has("\\NonExistent")
    }

    /// The name as text. One that is no UTF-7 may be UTF-8.
    fn text(&self) -> String {
        let text = utf7::decode(&self.name).map_or_else(|_| String::from_utf8_lossy(&self.name), Cow::from);
        with_inbox_in_capitals(&text, self.separator)
    }

    /// Which of `names` it is.
    fn place<'n>(&self, names: impl Iterator<Item = &'n String>) -> Option<(usize, Level)> {
        let text = self.text();
        names.enumerate().find_map(|(place, name)| {
            if with_inbox_in_capitals(name, self.separator) == text {
                Some((place, Level::Top))
            } else if below_inbox(name, self.separator?) == text {
                Some((place, Level::BelowInbox))
            } else {
                None
            }
        })
    }

    fn level(&self) -> Option<Level> {
        let text = self.text();
        let below = |rest: &str| {
            self.separator
                .is_some_and(|separator| rest.starts_with(separator))
        };
        match text.strip_prefix(INBOX) {
            Some("") => None,
            Some(rest) if below(rest) => Some(Level::BelowInbox),
            _ => Some(Level::Top),
        }
    }
}

/// INBOX has no case, and what is below it is below the same (RFC 3501 section 5.1).
fn with_inbox_in_capitals(name: &str, separator: Option<char>) -> String {
    let first = separator.and_then(|separator| name.split(separator).next());
    let first = first.unwrap_or(name);
    match name.strip_prefix(first) {
        Some(rest) if first.eq_ignore_ascii_case(INBOX) => format!("{INBOX}{rest}"),
        _ => name.to_owned(),
    }
}

fn below_inbox(name: &str, separator: char) -> String {
    format!("{INBOX}{separator}{name}")
}

/// How good a choice is; the least is the best.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    why: Why,
    place: usize,
    level: Level,
    length: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    SpecialUse,
    Name,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Top,
    BelowInbox,
}

/// A list of mailboxes, of which only what is needed is kept.
#[derive(Debug, Default)]
pub(super) struct Listing {
    best: Option<(Rank, Vec<u8>)>,
    separator: Option<char>,
    /// Whether there are mailboxes below INBOX.
    below: bool,
    /// Whether there are mailboxes elsewhere.
    beside: bool,
}

impl Listing {
    pub(super) fn hear(&mut self, response: &[u8], order: &Order) {
        let Ok((_, listed)) = listed(response) else {
            return;
        };
        self.separator = self.separator.or(listed.separator);
        if !listed.is_mailbox() {
            return;
        }
        match listed.level() {
            Some(Level::BelowInbox) => self.below = true,
            Some(Level::Top) => self.beside = true,
            None => {}
        }
        if let Some(rank) = rank(&listed, order) {
            let candidate = (rank, listed.name.into_owned());
            if self.best.as_ref().is_none_or(|best| candidate < *best) {
                self.best = Some(candidate);
            }
        }
    }

    /// The mailbox, as the server spells it.
    pub(super) fn mailbox(&mut self) -> Option<Vec<u8>> {
        self.best.take().map(|(_, name)| name)
    }

    /// What to create if there is no mailbox: the names to try, in order, as they stand on the wire.
    ///
    /// Where all mailboxes are below INBOX, a new one has to be there. A new account shows nothing but INBOX; then a
    /// server that wants it there says so by refusing the other.
    pub(super) fn to_create(&self, order: &Order) -> VecDeque<Vec<u8>> {
        let Some(name) = &order.create else {
            return VecDeque::new();
        };
        let name = with_inbox_in_capitals(name, self.separator);
        let below = self
            .separator
            .filter(|&separator| !name.starts_with(&below_inbox("", separator)))
            .map(|separator| below_inbox(&name, separator));
        let names = match below {
            Some(below) if self.below && !self.beside => vec![below],
            Some(below) => vec![name, below],
            None => vec![name],
        };
        names.iter().map(|name| utf7::encode(name).into_bytes()).collect()
    }
}

fn rank(listed: &Listed<'_>, order: &Order) -> Option<Rank> {
    let place = listed.place(order.names.iter().chain(&order.create));
    let why = match place {
        _ if listed.has("\\Sent") => Why::SpecialUse,
        Some(_) => Why::Name,
        None => return None,
    };
    let (place, level) = place.unwrap_or((usize::MAX, Level::Top));
    Some(Rank {
        why,
        place,
        level,
        length: listed.name.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(names: &[&str], create: Option<&str>) -> Order {
        Order {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            create: create.map(str::to_owned),
            message_id: None,
            since: (2025, 11, 5),
            date_time: String::new(),
            size: 0,
        }
    }

    fn heard(list: &[&str], order: &Order) -> Listing {
        let mut listing = Listing::default();
        list.iter().for_each(|line| listing.hear(line.as_bytes(), order));
        listing
    }

    fn chosen(list: &[&str], names: &[&str]) -> Option<String> {
        let mut reversed = list.to_vec();
        reversed.reverse();
        let choose = |list: &[&str]| heard(list, &order(names, None)).mailbox();
        let mailbox = choose(list);
        assert_eq!(mailbox, choose(&reversed));
        mailbox.map(|name| String::from_utf8(name).unwrap())
    }

    fn created(list: &[&str], create: &str) -> Vec<String> {
        let order = order(&[], Some(create));
        let names = heard(list, &order).to_create(&order);
        names
            .into_iter()
            .map(|name| String::from_utf8(name).unwrap())
            .collect()
    }

    const INBOX: &str = "LIST (\\HasChildren) \".\" INBOX";

    #[test]
    fn the_special_use_is_chosen_whatever_its_name() {
        for (line, name) in [
            (r#"LIST (\HasNoChildren \Sent) "/" "Sent Items""#, "Sent Items"),
            (r#"list (\sent) "." INBOX.Gesendete&AMQ-"#, "INBOX.Gesendete&AMQ-"),
            (r#"XLIST (\Sent) "/" "[Gmail]/Sent Mail""#, "[Gmail]/Sent Mail"),
            (r#"LIST (\Sent) NIL "a \"b\" \\c""#, r#"a "b" \c"#),
            ("LIST (\\Sent) \"/\" {6}\r\nS\r\n\"nt", "S\r\n\"nt"),
            (r#"LIST (\Sent) "/" x ("CHILDINFO" ("SUBSCRIBED"))"#, "x"),
        ] {
            let others = [INBOX, line, r#"LIST () "/" Sent"#, r#"LIST (\SentX) "/" Other"#];
            assert_eq!(chosen(&others, &["Sent"]).as_deref(), Some(name), "{line}");
        }
    }

    #[test]
    fn among_several_the_choice_is_always_the_same() {
        let several = [
            r#"LIST (\Sent) "/" "Sent Messages""#,
            r#"LIST (\Sent) "/" Sent"#,
            r#"LIST (\Sent) "/" Shared/bob/Sent"#,
        ];
        assert_eq!(chosen(&several, &[]).as_deref(), Some("Sent"));
        let names = ["Other", "Sent Messages", "Sent"];
        assert_eq!(chosen(&several, &names).as_deref(), Some("Sent Messages"));
    }

    #[test]
    fn names_are_tried_in_order() {
        let list = [
            INBOX,
            r#"LIST () "." "Sent Items""#,
            r#"LIST () "." INBOX.Sent"#,
            r#"LIST () "." Sent"#,
            r#"LIST (\NoSelect) "." Gone"#,
            r#"LIST (\NonExistent \Sent) "." Gone2"#,
            r#"LIST () "." Entw&APw-rfe"#,
        ];
        let chosen = |names: &[&str]| chosen(&list, names);
        assert_eq!(chosen(&["Sent", "Sent Items"]).as_deref(), Some("Sent"));
        assert_eq!(chosen(&["inbox.Sent", "Sent"]).as_deref(), Some("INBOX.Sent"));
        assert_eq!(
            chosen(&["Gone", "Entw\u{fc}rfe"]).as_deref(),
            Some("Entw&APw-rfe")
        );
        assert_eq!(chosen(&["sent", "Gone", "Gone2"]), None);
        assert_eq!(chosen(&[]), None);
    }

    #[test]
    fn names_are_looked_for_below_inbox_too() {
        let list = [
            INBOX,
            r#"LIST () "." Inbox.Sent"#,
            r#"LIST () "." "INBOX.Sent Items""#,
        ];
        let names = ["Sent Items", "Sent"];
        assert_eq!(chosen(&list, &names).as_deref(), Some("INBOX.Sent Items"));
        assert_eq!(chosen(&list, &["Sent"]).as_deref(), Some("Inbox.Sent"));
        assert_eq!(chosen(&[r#"LIST () NIL INBOX.Sent"#], &["Sent"]), None);
        let utf8 = ["LIST () \"/\" \"Entw\u{fc}rfe\"", "LIST () \"/\" {1}\r\n\u{80}"];
        assert_eq!(
            chosen(&utf8, &["Entw\u{fc}rfe"]).as_deref(),
            Some("Entw\u{fc}rfe")
        );
    }

    #[test]
    fn what_is_created_goes_where_the_others_are() {
        let below = r#"LIST () "." INBOX.Trash"#;
        let beside = r#"LIST () "." Trash"#;
        assert_eq!(created(&[INBOX, below], "Sent"), ["INBOX.Sent"]);
        assert_eq!(created(&[INBOX, beside], "Sent"), ["Sent", "INBOX.Sent"]);
        assert_eq!(created(&[INBOX, below, beside], "Sent"), ["Sent", "INBOX.Sent"]);
        assert_eq!(created(&[INBOX], "Sent"), ["Sent", "INBOX.Sent"]);
        assert_eq!(created(&[INBOX, below], "inbox.Sent"), ["INBOX.Sent"]);
        assert_eq!(created(&[], "Gesendet \u{e4}"), ["Gesendet &AOQ-"]);
        assert!(
            heard(&[INBOX], &order(&["Sent"], None))
                .to_create(&order(&[], None))
                .is_empty()
        );
    }

    #[test]
    fn what_is_created_is_found_the_next_time() {
        let order = order(&["Sent Items"], Some("Sent"));
        for line in [r#"LIST () "." INBOX.Sent"#, r#"LIST () "." Sent"#] {
            assert!(heard(&[INBOX, line], &order).mailbox().is_some());
        }
    }

    #[test]
    fn odd_lists_are_ignored() {
        for line in [
            "LIST",
            "LIST ",
            "LIST (\\Sent)",
            "LIST (\\Sent \"/\" Sent",
            "LIST (\\Sent) / Sent",
            "LIST (\\Sent) \"/\" {9}\r\nSent",
            "LSUB (\\Sent) \"/\" Sent",
            "3 EXISTS",
        ] {
            assert_eq!(chosen(&[line], &["Sent"]), None, "{line}");
        }
    }
}
