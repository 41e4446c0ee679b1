//! LIST, and what LSUB and XLIST have of it.

use super::metadata::Entry;
use crate::parse::octets::{LIST, Upper};
use crate::parse::{Cursor, Parsing};
use crate::types::{Mailbox, NonEmpty, Parameter, StatusItem, Text};
use crate::write::{Write, Writer};

/// Which mailboxes are wanted, and what of them.
///
/// ```abnf
/// list             = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]   ; RFC 9051 section 9
/// list-select-opts = "(" [list-select-opt *(SP list-select-opt)] ")"
/// list-return-opts = "RETURN" SP "(" [return-option *(SP return-option)] ")"
/// mbox-or-pat      = list-mailbox / patterns
/// patterns         = "(" list-mailbox *(SP list-mailbox) ")"
/// ```
/// That RECURSIVEMATCH needs another option beside it is left to the server, which answers BAD (RFC 5258 section 3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// `(SUBSCRIBED ..)`: which mailboxes are meant. `Some` of no option is an extended LIST too.
    pub selection: Option<Vec<SelectionOption>>,
    /// What the patterns are below of.
    pub reference: Mailbox,
    /// Names with `*` and `%` in them.
    pub patterns: NonEmpty<Text>,
    /// `RETURN (..)`: what else is told of each.
    pub returns: Option<Vec<ReturnOption>>,
}

impl List {
    /// `LIST reference pattern`, without options.
    pub fn new(reference: Mailbox, pattern: Text) -> Self {
        Self {
            selection: None,
            reference,
            patterns: NonEmpty::of(pattern),
            returns: None,
        }
    }
}

/// Which mailboxes LIST means (RFC 5258 section 3).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SelectionOption {
    /// `SUBSCRIBED`: those that are subscribed.
    Subscribed,
    /// `REMOTE`: those of other servers too.
    Remote,
    /// `RECURSIVEMATCH`: those above of the ones that are meant, too.
    RecursiveMatch,
    /// `SPECIAL-USE`: those with a special use (RFC 6154).
    SpecialUse,
    /// Any other.
    Other(Parameter),
}

/// What LIST tells of each mailbox (RFC 5258 section 3).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReturnOption {
    /// `SUBSCRIBED`: whether it is subscribed.
    Subscribed,
    /// `CHILDREN`: whether it has any.
    Children,
    /// `SPECIAL-USE`: what it is for (RFC 6154).
    SpecialUse,
    /// `STATUS (..)`: how it is (RFC 5819).
    Status(NonEmpty<StatusItem>),
    /// `MYRIGHTS`: what the user may do with it (RFC 8440).
    MyRights,
    /// `METADATA (..)`: what is noted about it (RFC 9590).
    Metadata(NonEmpty<Entry>),
    /// Any other.
    Other(Parameter),
}

impl Cursor<'_> {
    pub(super) fn list_command(&mut self) -> Parsing<List> {
        let mut selection = None;
        if self.peek() == Some(b'(') {
            selection = Some(self.list_or_none("a list of options", Self::selection_option)?);
            self.space()?;
        }
        let reference = self.mailbox()?;
        self.space()?;
        let patterns = match self.eat(b'(') {
            true => self.rest_of_list(Self::list_mailbox)?,
            false => NonEmpty::of(self.list_mailbox()?),
        };
        let mut returns = None;
        if self.is_before_more() {
            self.space()?;
            if !self.eat_word(b"RETURN") {
                return self.expected("RETURN");
            }
            self.space()?;
            returns = Some(self.list_or_none("a list of options", Self::return_option)?);
        }
        Ok(List {
            selection,
            reference,
            patterns,
            returns,
        })
    }

    /// `mailbox SP list-mailbox`
    pub(super) fn reference_and_pattern(&mut self) -> Parsing<(Mailbox, Text)> {
        let reference = self.mailbox()?;
        self.space()?;
        Ok((reference, self.list_mailbox()?))
    }

    /// ```abnf
    /// list-mailbox = 1*list-char / string        ; RFC 9051 section 9
    /// list-char    = ATOM-CHAR / list-wildcards / resp-specials
    /// ```
    fn list_mailbox(&mut self) -> Parsing<Text> {
        const EXPECTED: &str = "a mailbox or a pattern";
        if self.is_at_string() {
            return self.string(EXPECTED);
        }
        let pattern = self.run(LIST, EXPECTED)?;
        Ok(Text::from_valid(self.bytes(pattern)))
    }

    fn selection_option(&mut self) -> Parsing<SelectionOption> {
        const EXPECTED: &str = "a selection option of LIST";
        let name = self.word(EXPECTED)?;
        Ok(match Upper::of(name).as_slice() {
            b"SUBSCRIBED" => SelectionOption::Subscribed,
            b"REMOTE" => SelectionOption::Remote,
            b"RECURSIVEMATCH" => SelectionOption::RecursiveMatch,
            b"SPECIAL-USE" => SelectionOption::SpecialUse,
            _ => SelectionOption::Other(self.parameter(name, EXPECTED)?),
        })
    }

    fn return_option(&mut self) -> Parsing<ReturnOption> {
        const EXPECTED: &str = "a return option of LIST";
        let name = self.word(EXPECTED)?;
        Ok(match Upper::of(name).as_slice() {
            b"SUBSCRIBED" => ReturnOption::Subscribed,
            b"CHILDREN" => ReturnOption::Children,
            b"SPECIAL-USE" => ReturnOption::SpecialUse,
            b"MYRIGHTS" => ReturnOption::MyRights,
            b"STATUS" => {
                self.space()?;
                ReturnOption::Status(self.list("a list of status items", Self::status_item)?)
            }
            b"METADATA" => {
                self.space()?;
                ReturnOption::Metadata(self.list("a list of entries", Self::entry_name)?)
            }
            _ => ReturnOption::Other(self.parameter(name, EXPECTED)?),
        })
    }
}

impl Write for List {
    fn write(&self, out: &mut Writer<'_>) {
        if let Some(selection) = &self.selection {
            out.list(selection);
            out.put(b" ");
        }
        self.reference.write(out);
        match &*self.patterns {
            [pattern] => {
                out.put(b" ");
                out.list_mailbox(pattern);
            }
            patterns => {
                for (index, pattern) in patterns.iter().enumerate() {
                    out.put(if index == 0 { b" (" } else { b" " });
                    out.list_mailbox(pattern);
                }
                out.put(b")");
            }
        }
        if let Some(returns) = &self.returns {
            out.put(b" RETURN ");
            out.list(returns);
        }
    }
}

impl Write for SelectionOption {
    fn write(&self, out: &mut Writer<'_>) {
        match self {
            Self::Subscribed => out.put(b"SUBSCRIBED"),
            Self::Remote => out.put(b"REMOTE"),
            Self::RecursiveMatch => out.put(b"RECURSIVEMATCH"),
            Self::SpecialUse => out.put(b"SPECIAL-USE"),
            Self::Other(parameter) => parameter.write(out),
        }
    }
}

impl Write for ReturnOption {
    fn write(&self, out: &mut Writer<'_>) {
        match self {
            Self::Subscribed => out.put(b"SUBSCRIBED"),
            Self::Children => out.put(b"CHILDREN"),
            Self::SpecialUse => out.put(b"SPECIAL-USE"),
            Self::MyRights => out.put(b"MYRIGHTS"),
            Self::Status(items) => {
                out.put(b"STATUS ");
                items.write(out);
            }
            Self::Metadata(entries) => {
                out.put(b"METADATA ");
                entries.write(out);
            }
            Self::Other(parameter) => parameter.write(out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Body;
    use crate::command::tests::{becomes, body, refused, same};

    /// RFC 9051 section 6.3.9, RFC 3501 section 6.3.9.
    #[test]
    fn lists_of_rfc_9051() {
        same(&[
            "LIST \"\" \"\"",
            "LIST #news.comp.mail.misc \"\"",
            "LIST /usr/staff/jones \"\"",
            "LIST ~/Mail/ %",
            "LIST \"\" *",
            "LIST (SUBSCRIBED) \"\" *",
            "LIST () \"\" % RETURN (CHILDREN)",
            "LIST (REMOTE) \"\" % RETURN (CHILDREN)",
            "LIST (REMOTE SUBSCRIBED) \"\" *",
            "LIST (SUBSCRIBED RECURSIVEMATCH) \"\" %",
            "LIST \"\" (INBOX Drafts Sent/%)",
            "LIST \"\" % RETURN (STATUS (MESSAGES UNSEEN))",
            "LIST \"\" *% RETURN ()",
            "LSUB #news. comp.mail.*",
            "LSUB \"\" \"a b%\"",
        ]);
        becomes("LIST \"\" \"*\"", "LIST \"\" *");
        becomes("LIST \"\" (\"*\")", "LIST \"\" *");
        becomes("LIST {0}\r\n {3}\r\nNIL", "LIST \"\" \"NIL\"");
    }

    /// RFC 5258 section 5, RFC 5819 section 4, RFC 6154 section 5, RFC 8440 section 3, RFC 9590 section 4.
    #[test]
    fn lists_of_extensions() {
        same(&[
            "LIST (SPECIAL-USE) \"\" *",
            "LIST \"\" % RETURN (SPECIAL-USE)",
            "LIST (SUBSCRIBED RECURSIVEMATCH) \"\" % RETURN (STATUS (MESSAGES))",
            "LIST \"\" % RETURN (MYRIGHTS SUBSCRIBED)",
            "LIST \"\" % RETURN (METADATA (/shared/vendor/vendor.example.com/color /private/x))",
            "LIST (X-A X-B (\"c\")) \"\" * RETURN (X-C 1:3 X-D)",
            "XLIST \"\" *",
        ]);
        // Thunderbird, and an iPhone.
        becomes(
            "list (subscribed) \"\" \"*\" return (special-use)",
            "LIST (SUBSCRIBED) \"\" * RETURN (SPECIAL-USE)",
        );
        becomes(
            "LIST \"\" \"*\" RETURN (SPECIAL-USE STATUS (UNSEEN))",
            "LIST \"\" * RETURN (SPECIAL-USE STATUS (UNSEEN))",
        );
    }

    #[test]
    fn a_list_of_no_options_is_not_none() {
        let Body::List(list) = body("LIST () \"\" % RETURN ()") else {
            panic!()
        };
        assert_eq!((list.selection, list.returns), (Some(vec![]), Some(vec![])));
        let plain = List::new(Mailbox::new("").unwrap(), Text::new("%").unwrap());
        assert_eq!(body("LIST \"\" %"), Body::List(plain));
    }

    #[test]
    fn what_is_no_list() {
        refused(&[
            ("LIST", 4, "a space"),
            ("LIST \"\"", 7, "a space"),
            ("LIST \"\" ()", 9, "a mailbox or a pattern"),
            ("LIST \"\" * x", 10, "RETURN"),
            ("LIST \"\" * RETURN", 16, "a space"),
            ("LIST \"\" * RETURN x", 17, "a list of options"),
            ("LIST \"\" * RETURN (STATUS)", 24, "a space"),
            ("LIST \"\" * RETURN (REMOTE)", 24, "a return option of LIST"),
            ("LIST \"\" * RETURN (METADATA (x))", 28, "the name of an entry"),
            ("LIST (CHILDREN) \"\" *", 14, "a selection option of LIST"),
            ("LIST (SUBSCRIBED \"\" *", 17, "a selection option of LIST"),
        ]);
    }
}
