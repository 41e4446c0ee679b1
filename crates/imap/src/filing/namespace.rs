//! Whose mailboxes are where (RFC 2342).

use std::cmp::Reverse;

use super::list::with_inbox_in_capitals;
use crate::response;
use crate::types::{Delimiter, Mailbox};

/// What the server says of its namespaces.
#[derive(Debug, Default)]
pub(super) struct Namespaces {
    /// The user's own first. Empty if the server says nothing.
    all: Vec<Namespace>,
}

#[derive(Debug)]
struct Namespace {
    owner: Owner,
    /// Decoded, with the separator at its end. Empty: all that is in no other.
    prefix: String,
    separator: Option<char>,
}

/// Whose a mailbox is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Owner {
    User,
    /// The server does not say.
    Unknown,
    /// Other users', or shared with them.
    Others,
}

impl Namespaces {
    pub(super) fn said(response: &response::Namespaces) -> Self {
        let of = |owner, list: &[response::Namespace]| {
            let namespace = |said: &response::Namespace| {
                let separator = said.delimiter.map(Delimiter::as_char);
                let prefix = Mailbox::from(said.prefix.clone());
                Namespace {
                    owner,
                    prefix: with_inbox_in_capitals(&prefix.name(), separator),
                    separator,
                }
            };
            list.iter().map(namespace).collect::<Vec<_>>()
        };
        let mut all = of(Owner::User, &response.personal);
        all.extend(of(Owner::Others, &response.other_users));
        all.extend(of(Owner::Others, &response.shared));
        Self { all }
    }

    /// Whether the server has said something.
    pub(super) fn are_known(&self) -> bool {
        !self.all.is_empty()
    }

    /// Whose the mailbox is, and what its name is below the namespace. The longest prefix counts; of two that are the
    /// same the user's.
    pub(super) fn place<'n>(&self, name: &'n str) -> (Owner, &'n str) {
        if !self.are_known() {
            return (Owner::Unknown, name);
        }
        // Of several that are the longest, this is the first.
        let inside = self
            .all
            .iter()
            .filter_map(|namespace| Some((namespace, namespace.rest(name)?)));
        match inside.min_by_key(|(namespace, _)| Reverse(namespace.prefix.len())) {
            _ if name == super::list::INBOX => (Owner::User, name),
            Some((namespace, rest)) => (namespace.owner, rest),
            None => (Owner::Unknown, name),
        }
    }

    /// Where the user's own mailboxes are: the first prefix and its separator.
    pub(super) fn own(&self) -> Option<(&str, Option<char>)> {
        let first = self.all.first().filter(|first| first.owner == Owner::User)?;
        Some((&first.prefix, first.separator))
    }
}

impl Namespace {
    /// The name below the prefix. The mailbox that has the prefix itself for its name is inside, too.
    fn rest<'n>(&self, name: &'n str) -> Option<&'n str> {
        let itself = || {
            let bare = self.prefix.strip_suffix(self.separator?)?;
            (!bare.is_empty() && name == bare).then_some("")
        };
        name.strip_prefix(&self.prefix).or_else(itself)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Response;

    fn said(response: &str) -> Namespaces {
        match crate::filing::tests::heard(response) {
            Some(Response::Namespaces(said)) => Namespaces::said(&said),
            _ => Namespaces::default(),
        }
    }

    fn place<'n>(namespaces: &str, name: &'n str) -> (Owner, &'n str) {
        said(namespaces).place(name)
    }

    const DOVECOT: &str = r##"NAMESPACE (("" "/")) (("shared/" "/")) (("#public/" "/")("Team/" "/"))"##;
    /// Cyrus, without its alternative.
    const CYRUS: &str = r#"NAMESPACE (("INBOX." ".")) (("user." ".")) (("" "."))"#;

    #[test]
    fn the_longest_prefix_tells_whose_a_mailbox_is() {
        for (name, place) in [
            ("Sent", (Owner::User, "Sent")),
            ("INBOX", (Owner::User, "INBOX")),
            ("shared/bob/Sent", (Owner::Others, "bob/Sent")),
            ("shared", (Owner::Others, "")),
            ("sharedX", (Owner::User, "sharedX")),
            ("#public/Sent", (Owner::Others, "Sent")),
            ("Team/Sent", (Owner::Others, "Sent")),
        ] {
            assert_eq!(said(DOVECOT).place(name), place, "{name}");
        }
        for (name, place) in [
            ("INBOX.Sent", (Owner::User, "Sent")),
            ("INBOX", (Owner::User, "INBOX")),
            ("user.bob.Sent", (Owner::Others, "bob.Sent")),
            ("Sent", (Owner::Others, "Sent")),
        ] {
            assert_eq!(said(CYRUS).place(name), place, "{name}");
        }
        let outlook = r#"namespace (("Inbox/" "/" "X-PARAM" ("FLAG1" "FLAG2"))) NIL NIL"#;
        assert_eq!(place(outlook, "INBOX/Sent"), (Owner::User, "Sent"));
        assert_eq!(place(outlook, "Sent"), (Owner::Unknown, "Sent"));
        let same = r#"NAMESPACE (("" "/")) (("" "/")) NIL"#;
        assert_eq!(place(same, "Sent"), (Owner::User, "Sent"));
        let encoded = "NAMESPACE ((\"\" \"/\")) ((\"Entw&APw-rfe/\" \"/\") ({2}\r\n~/ \"/\")) NIL";
        assert_eq!(place(encoded, "Entw\u{fc}rfe/Sent"), (Owner::Others, "Sent"));
        assert_eq!(place(encoded, "~/Sent"), (Owner::Others, "Sent"));
    }

    #[test]
    fn what_is_no_answer_says_nothing() {
        for response in [
            "",
            "NAMESPACE",
            "NAMESPACE NIL NIL",
            "NAMESPACE (()) NIL NIL",
            "NAMESPACE () NIL NIL",
            "NAMESPACE ((\"\" \"/\") NIL NIL",
            "LIST () \"/\" x",
        ] {
            let namespaces = said(response);
            assert!(!namespaces.are_known(), "{response}");
            assert_eq!(namespaces.place("x"), (Owner::Unknown, "x"));
        }
    }

    #[test]
    fn the_first_is_where_the_users_own_are() {
        assert_eq!(said(DOVECOT).own(), Some(("", Some('/'))));
        assert_eq!(said(CYRUS).own(), Some(("INBOX.", Some('.'))));
        assert_eq!(said("NAMESPACE NIL NIL ((\"\" NIL))").own(), None);
    }
}
