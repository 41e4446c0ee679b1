//! Which mailbox it is.

use std::collections::VecDeque;

use super::Order;
use super::namespace::{Namespaces, Owner};
use crate::response::{Attribute, List, ListKind};
use crate::types::Delimiter;
use crate::utf7;

pub(super) const INBOX: &str = "INBOX";

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

fn is_mailbox(list: &List) -> bool {
    !list.has(&Attribute::Noselect) && !list.has(&Attribute::NonExistent)
}

/// INBOX has no case, and what is below it is below the same (RFC 3501 section 5.1).
pub(super) fn with_inbox_in_capitals(name: &str, separator: Option<char>) -> String {
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

/// Where a mailbox is.
struct Seat<'a> {
    owner: Owner,
    /// Its name, below INBOX and the namespace.
    rest: &'a str,
    level: Level,
    /// How many mailboxes are above it there.
    depth: usize,
}

impl<'a> Seat<'a> {
    fn of(name: &'a str, separator: Option<char>, namespaces: &Namespaces) -> Self {
        let (owner, rest) = namespaces.place(name);
        let below = name.strip_prefix(INBOX).zip(separator);
        let below = below.and_then(|(below, separator)| below.strip_prefix(separator));
        let level = below.map_or(Level::Top, |_| Level::BelowInbox);
        let rest = below.filter(|below| below.len() < rest.len()).unwrap_or(rest);
        Self {
            owner,
            rest,
            level,
            depth: separator.map_or(0, |separator| rest.matches(separator).count()),
        }
    }

    /// Whether the mailbox is the user's. If the server does not say, a guess.
    fn trust(&self) -> Option<Trust> {
        match self.owner {
            Owner::Others => None,
            Owner::User => Some(Trust::Own),
            // RFC 3501 section 5.1.2.
            Owner::Unknown if self.rest.starts_with('#') => None,
            Owner::Unknown if self.depth < 2 => Some(Trust::Near),
            Owner::Unknown => Some(Trust::Far),
        }
    }
}

/// How good a choice is; the least is the best.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    trust: Trust,
    why: Why,
    place: usize,
    depth: usize,
    level: Level,
    length: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Trust {
    Own,
    Near,
    /// As deep as other users' mailboxes are.
    Far,
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
    pub(super) fn hear(&mut self, list: &List, order: &Order, namespaces: &Namespaces) {
        if list.kind == ListKind::Lsub {
            return;
        }
        let separator = list.delimiter.map(Delimiter::as_char);
        let text = with_inbox_in_capitals(&list.mailbox.name(), separator);
        let seat = Seat::of(&text, separator, namespaces);
        let Some(trust) = seat.trust() else {
            return;
        };
        self.separator = self.separator.or(separator);
        if !is_mailbox(list) || text == INBOX {
            return;
        }
        match seat.level {
            Level::BelowInbox => self.below = true,
            Level::Top => self.beside = true,
        }
        let place = place(&text, &seat, separator, order);
        let why = match place {
            _ if list.has(&Attribute::Sent) => Why::SpecialUse,
            Some(_) => Why::Name,
            None => return,
        };
        let rank = Rank {
            trust,
            why,
            place: place.unwrap_or(usize::MAX),
            depth: seat.depth,
            level: seat.level,
            length: text.len(),
        };
        let candidate = (rank, list.mailbox.as_bytes().to_vec());
        if self.best.as_ref().is_none_or(|best| candidate < *best) {
            self.best = Some(candidate);
        }
    }

    /// The mailbox, as the server spells it.
    pub(super) fn mailbox(&mut self) -> Option<Vec<u8>> {
        self.best.take().map(|(_, name)| name)
    }

    /// What to create if there is no mailbox: the names to try, in order, as they stand on the wire.
    ///
    /// A server that tells where the user's mailboxes are wants it there. Else, where all mailboxes are below INBOX, a
    /// new one has to be there. A new account shows nothing but INBOX; then a server that wants it there says so by
    /// refusing the other.
    pub(super) fn to_create(&self, order: &Order, namespaces: &Namespaces) -> VecDeque<Vec<u8>> {
        let own = namespaces.own();
        let separator = own.map_or(self.separator, |(_, separator)| separator.or(self.separator));
        let Some(name) = &order.create else {
            return VecDeque::new();
        };
        let name = with_inbox_in_capitals(name, separator);
        let below = separator
            .filter(|&separator| !name.starts_with(&below_inbox("", separator)))
            .map(|separator| below_inbox(&name, separator));
        let names = match (own, below) {
            (Some((prefix, _)), _) if !prefix.is_empty() && name.starts_with(prefix) => vec![name],
            (Some((prefix, _)), _) if !prefix.is_empty() => vec![format!("{prefix}{name}")],
            (_, Some(below)) if self.below && !self.beside => vec![below],
            (_, Some(below)) => vec![name, below],
            (_, None) => vec![name],
        };
        let may_be = |name: &&String| Seat::of(name, separator, namespaces).trust().is_some();
        let names = names.iter().filter(may_be);
        names.map(|name| utf7::encode(name).into_bytes()).collect()
    }
}

/// Which of the order's names it is: as it is, or below INBOX or the namespace.
fn place(text: &str, seat: &Seat<'_>, separator: Option<char>, order: &Order) -> Option<usize> {
    let mut names = order.names.iter().chain(&order.create);
    names.position(|name| with_inbox_in_capitals(name, separator) == text || name == seat.rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Response;

    fn order(names: &[&str], create: Option<&str>) -> Order {
        Order {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            create: create.map(str::to_owned),
            message_id: None,
            date: None,
            since: (2025, 11, 5),
            date_time: String::new(),
            size: 0,
        }
    }

    fn namespaces(said: &str) -> Namespaces {
        match crate::filing::tests::heard(said) {
            Some(Response::Namespaces(said)) => Namespaces::said(&said),
            _ => Namespaces::default(),
        }
    }

    fn heard(list: &[&str], order: &Order, namespaces: &Namespaces) -> Listing {
        let mut listing = Listing::default();
        for line in list {
            if let Some(Response::List(list)) = crate::filing::tests::heard(line) {
                listing.hear(&list, order, namespaces);
            }
        }
        listing
    }

    fn chosen(list: &[&str], names: &[&str]) -> Option<String> {
        chosen_in("", list, names)
    }

    /// With a server that says this of its namespaces.
    fn chosen_in(said: &str, list: &[&str], names: &[&str]) -> Option<String> {
        let mut reversed = list.to_vec();
        reversed.reverse();
        let choose = |list: &[&str]| heard(list, &order(names, None), &namespaces(said)).mailbox();
        let mailbox = choose(list);
        assert_eq!(mailbox, choose(&reversed));
        mailbox.map(|name| String::from_utf8(name).unwrap())
    }

    fn created(list: &[&str], create: &str) -> Vec<String> {
        created_in("", list, create)
    }

    fn created_in(said: &str, list: &[&str], create: &str) -> Vec<String> {
        let (order, namespaces) = (order(&[], Some(create)), namespaces(said));
        let names = heard(list, &order, &namespaces).to_create(&order, &namespaces);
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

    const DOVECOT: &str = r#"NAMESPACE (("" "/")) (("shared/" "/")) (("Team/" "/"))"#;
    const CYRUS: &str = r#"NAMESPACE (("INBOX." ".")) (("user." ".")) (("" "."))"#;

    #[test]
    fn other_users_mailboxes_are_never_chosen() {
        let shared = [
            r#"LIST (\Sent) "/" shared/bob/Sent"#,
            r#"LIST (\Sent) "/" Team/Sent"#,
            r#"LIST (\Sent) "/" Team"#,
        ];
        assert_eq!(chosen_in(DOVECOT, &shared, &["Sent", "Team"]), None);
        let own = r#"LIST (\Sent) "/" "Versendete Nachrichten""#;
        let list = [shared[0], shared[1], own];
        assert_eq!(
            chosen_in(DOVECOT, &list, &["Sent"]).as_deref(),
            Some("Versendete Nachrichten")
        );
        let list = [shared[0], shared[1], r#"LIST () "/" Sent"#];
        assert_eq!(chosen_in(DOVECOT, &list, &["Sent"]).as_deref(), Some("Sent"));
        // What is the user's own may be deep.
        let deep = r#"LIST (\Sent) "/" Mail/2025/Out"#;
        let list = [shared[0], deep, r#"LIST () "/" Sent"#];
        assert_eq!(
            chosen_in(DOVECOT, &list, &["Sent"]).as_deref(),
            Some("Mail/2025/Out")
        );
        let list = [
            r#"LIST (\Sent) "." Sent"#,
            r#"LIST (\Sent) "." user.bob.Sent"#,
            r#"LIST () "." INBOX.Sent"#,
        ];
        assert_eq!(chosen_in(CYRUS, &list, &["Sent"]).as_deref(), Some("INBOX.Sent"));
        assert_eq!(chosen_in(CYRUS, &list[..2], &["Sent"]), None);
    }

    #[test]
    fn names_are_looked_for_in_the_users_namespace() {
        let said = r#"NAMESPACE (("Mail/" "/")) NIL NIL"#;
        let list = [r#"LIST () "/" Sent"#, r#"LIST () "/" Mail/Sent"#];
        assert_eq!(chosen_in(said, &list, &["Sent"]).as_deref(), Some("Mail/Sent"));
        assert_eq!(chosen_in(said, &list[..1], &["Sent"]).as_deref(), Some("Sent"));
    }

    #[test]
    fn without_namespaces_what_is_near_comes_first() {
        let bob = r#"LIST (\Sent) "/" shared/bob/Sent"#;
        let own = r#"LIST (\Sent) "/" "Versendete Nachrichten""#;
        assert_eq!(
            chosen(&[bob, own], &["Sent"]).as_deref(),
            Some("Versendete Nachrichten")
        );
        let bob = r#"LIST (\Sent) "/" shared/bob/Gesendet"#;
        assert_eq!(
            chosen(&[bob, r#"LIST () "/" Sent"#], &["Sent"]).as_deref(),
            Some("Sent")
        );
        let below = r#"LIST (\Sent) "." INBOX.Sent.Items"#;
        assert_eq!(
            chosen(&[below, r#"LIST () "." Sent"#], &["Sent"]).as_deref(),
            Some("INBOX.Sent.Items")
        );
        assert_eq!(chosen(&[r##"LIST (\Sent) "/" "#shared/Sent""##], &["Sent"]), None);
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
            heard(&[INBOX], &order(&["Sent"], None), &namespaces(""))
                .to_create(&order(&[], None), &namespaces(""))
                .is_empty()
        );
    }

    #[test]
    fn what_is_created_is_the_users() {
        let shared = r#"LIST () "." Team"#;
        assert_eq!(created_in(CYRUS, &[INBOX, shared], "Sent"), ["INBOX.Sent"]);
        assert_eq!(created_in(CYRUS, &[INBOX], "inbox.Sent"), ["INBOX.Sent"]);
        assert_eq!(created_in(DOVECOT, &[INBOX], "Sent"), ["Sent", "INBOX/Sent"]);
        assert!(
            created_in(DOVECOT, &[INBOX], "Team/Sent")
                .iter()
                .all(|name| name == "INBOX/Team/Sent")
        );
        assert!(created_in("NAMESPACE NIL NIL ((\"\" \".\"))", &[INBOX], "Sent").is_empty());
    }

    #[test]
    fn what_is_created_is_found_the_next_time() {
        let order = order(&["Sent Items"], Some("Sent"));
        for line in [r#"LIST () "." INBOX.Sent"#, r#"LIST () "." Sent"#] {
            assert!(heard(&[INBOX, line], &order, &namespaces("")).mailbox().is_some());
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
