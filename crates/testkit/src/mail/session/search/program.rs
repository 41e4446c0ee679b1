//! The keys of a SEARCH command, keys in keys, without recursion.

use super::key::Key;
use crate::mail::cursor::{Cursor, Unexpected};
use crate::mail::store::mailbox::Message;

/// What `*` stands for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Last {
    pub(super) number: u32,
    pub(super) uid: u32,
}

/// The keys in postfix order: what NOT, OR and parentheses take stands before them.
#[derive(Debug)]
pub(super) struct Program(Vec<Step>);

#[derive(Debug)]
enum Step {
    Test(Key),
    Not,
    Or,
    /// All of the last so many.
    And(usize),
}

/// What has begun and waits for its keys.
#[derive(Debug, Clone, Copy)]
enum Open {
    /// The command itself, or a parenthesis, with so many keys so far.
    List(usize),
    Not,
    /// OR without its first key.
    Or,
    /// OR without its second key.
    OrSecond,
}

impl Program {
    /// `1*(SP search-key)`, the first space being read.
    pub(super) fn parse(cursor: &mut Cursor<'_>, last: Last) -> Result<Self, Unexpected> {
        let mut parser = Parser {
            steps: Vec::new(),
            open: vec![Open::List(0)],
        };
        loop {
            if !parser.key(cursor, last)? {
                continue;
            }
            while parser.completed(cursor) {}
            if parser.open.is_empty() {
                return Ok(Self(parser.steps));
            }
            cursor.space()?;
        }
    }

    pub(super) fn matches(&self, number: usize, message: &Message) -> bool {
        let mut values: Vec<bool> = Vec::new();
        for step in &self.0 {
            let value = match step {
                Step::Test(key) => key.matches(number, message),
                Step::Not => !values.pop().unwrap_or(false),
                Step::Or => values.pop().unwrap_or(false) | values.pop().unwrap_or(false),
                Step::And(count) => {
                    let first = values.len().saturating_sub(*count);
                    values.drain(first..).all(|value| value)
                }
            };
            values.push(value);
        }
        values.pop().unwrap_or(false)
    }
}

struct Parser {
    steps: Vec<Step>,
    open: Vec<Open>,
}

impl Parser {
    /// Reads a key, or the beginning of one that has others in it. Whether a key was completed.
    fn key(&mut self, cursor: &mut Cursor<'_>, last: Last) -> Result<bool, Unexpected> {
        if cursor.accept(b'(') {
            self.open.push(Open::List(0));
            return Ok(false);
        }
        if matches!(cursor.peek(), Some(b'0'..=b'9' | b'*')) {
            self.steps.push(Step::Test(Key::parse_numbers(cursor, last)?));
            return Ok(true);
        }
        let word = cursor.keyword("a search key")?;
        let open = match word.as_str() {
            "NOT" => Open::Not,
            "OR" => Open::Or,
            _ => {
                self.steps.push(Step::Test(Key::parse(&word, cursor, last)?));
                return Ok(true);
            }
        };
        cursor.space()?;
        self.open.push(open);
        Ok(false)
    }

    /// Hands the key that was completed to what waits for it. Whether that is complete now too.
    fn completed(&mut self, cursor: &mut Cursor<'_>) -> bool {
        let is_outermost = self.open.len() == 1;
        let step = match self.open.pop() {
            None => return false,
            Some(Open::Not) => Step::Not,
            Some(Open::OrSecond) => Step::Or,
            Some(Open::Or) => {
                self.open.push(Open::OrSecond);
                return false;
            }
            Some(Open::List(before)) => {
                let ends = if is_outermost {
                    cursor.rest().trim_ascii().is_empty()
                } else {
                    cursor.accept(b')')
                };
                if !ends {
                    self.open.push(Open::List(before + 1));
                    return false;
                }
                Step::And(before + 1)
            }
        };
        self.steps.push(step);
        true
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;

    use super::*;
    use crate::mail::date::DateTime;
    use crate::mail::flags::{Flag, Flags};
    use crate::mail::message::Content;
    use crate::mail::store::mailbox::Draft;

    fn message() -> Message {
        let octets = "Date: Sat, 3 Jan 1970 12:00:00 +0000\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= all\r\n\
            From: Bob <bob@example.org>\r\nX-Empty:\r\n\r\nHello Wörld\r\n";
        let flags: Flags = [Flag::seen()].into_iter().collect();
        let content = Arc::new(Content::new(Bytes::from_static(octets.as_bytes())));
        Message {
            uid: 7,
            changed: 1,
            draft: Draft {
                content,
                flags,
                date: DateTime::from_unix(0),
            },
        }
    }

    fn parse(text: &str) -> Result<Program, Unexpected> {
        let mut cursor = Cursor::new(text.as_bytes());
        let program = Program::parse(&mut cursor, Last { number: 3, uid: 9 })?;
        cursor.end()?;
        Ok(program)
    }

    fn matches(text: &str) -> bool {
        parse(text).unwrap().matches(2, &message())
    }

    #[test]
    fn keys_that_match() {
        for text in [
            "ALL",
            "SEEN",
            "UNDELETED",
            "2",
            "1:*",
            "UID 5:7",
            "SUBJECT grü",
            "FROM BOB",
            "BODY WÖRLD",
            "TEXT subject:",
            "HEADER x-empty \"\"",
            "SENTON 3-Jan-1970",
            "SENTSINCE 3-Jan-1970",
            "BEFORE 2-Jan-1970",
            "ON \"1-Jan-1970\"",
            "SMALLER 1000",
            "LARGER 10",
            "NOT DRAFT",
            "OR DRAFT SEEN",
            "(SEEN (NOT DELETED))",
            "NOT (SEEN DELETED)",
            "NOT NOT SEEN",
            "OR (DRAFT) OR FLAGGED (SEEN ALL) ",
            "OLD",
        ] {
            assert!(matches(text), "{text}");
        }
    }

    #[test]
    fn keys_that_do_not_match() {
        for text in [
            "UNSEEN",
            "1",
            "3:*",
            "UID 8:*",
            "SUBJECT hello",
            "BODY subject",
            "HEADER x-missing \"\"",
            "RECENT",
            "SINCE 2-Jan-1970",
            "SENTBEFORE 3-Jan-1970",
            "LARGER 1000",
            "SEEN DELETED",
            "OR DRAFT DELETED",
            "NOT (SEEN ALL)",
            "KEYWORD $Work",
            "NOT OR SEEN DRAFT",
        ] {
            assert!(!matches(text), "{text}");
        }
    }

    #[test]
    fn malformed_keys_are_refused() {
        for text in [
            "",
            "(",
            "()",
            "(SEEN",
            "SEEN)",
            "OR SEEN",
            "NOT",
            "FOO",
            "SUBJECT",
            "ON 3-Foo-1970",
            "UID",
            "SEEN  (",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn nesting_has_no_depth() {
        let depth = 100_000;
        assert!(matches(&format!(
            "{}SEEN{}",
            "(".repeat(depth),
            ")".repeat(depth)
        )));
        assert!(matches(&format!("{}SEEN", "NOT ".repeat(depth))));
    }
}
