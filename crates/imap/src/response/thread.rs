//! THREAD (RFC 5256).

use std::num::NonZeroU32;

use crate::parse::{Cursor, Parsing};
use crate::types::Invalid;
use crate::write::{Write, Writer};

/// Messages that answer each other.
///
/// ```abnf
/// thread-data    = "THREAD" [SP 1*thread-list]                       ; RFC 5256 section 4
/// thread-list    = "(" (thread-members / thread-nested) ")"
/// thread-members = nz-number *(SP nz-number) [SP thread-nested]
/// thread-nested  = 2*thread-list
/// ```
/// They are kept in the order of the wire, each with its level, so that no depth costs more than another.
///
/// ```
/// use gatepost_imap::response::{self, Response};
///
/// let Response::Thread(threads) = response::parse(b"* THREAD (3 6 (4 23)(44 7 96))").unwrap() else {
///     panic!()
/// };
/// let levels: Vec<_> = threads.iter().map(|one| (one.level, one.number.unwrap().get())).collect();
/// assert_eq!(levels, [(0, 3), (1, 6), (2, 4), (3, 23), (2, 44), (3, 7), (4, 96)]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Threads(Vec<Threaded>);

/// A message in a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threaded {
    /// How many messages are above it: it answers the last before it whose level is one less.
    pub level: u32,
    /// Its number, or its UID; `None` if it is missing, and only those that answer it are there.
    pub number: Option<NonZeroU32>,
}

impl Threads {
    /// Takes messages, each before those that answer it.
    ///
    /// # Errors
    /// If a level is left out, if a missing message has not at least two answers or is the only answer itself, or if
    /// the lists would nest deeper than 255.
    pub fn new(messages: Vec<Threaded>) -> Result<Self, Invalid> {
        let threads = Self(messages);
        match threads.is_connected() && threads.depth() <= usize::from(u8::MAX) {
            true => Ok(threads),
            false => Err(Invalid { what: "thread" }),
        }
    }

    /// The messages, each before those that answer it.
    pub fn iter(&self) -> std::slice::Iter<'_, Threaded> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn is_connected(&self) -> bool {
        // How many answers each message above has.
        let mut above: Vec<u32> = Vec::new();
        self.0.iter().zip(self.answers()).all(|(message, answers)| {
            let level = message.level as usize;
            let connected = level <= above.len();
            above.truncate(level);
            // A missing message is nothing but a list of several, among others or at the top.
            let shown =
                message.number.is_some() || (answers > 1 && above.last().is_none_or(|&count| count > 1));
            above.push(answers);
            connected && shown
        })
    }

    /// How deep the lists nest.
    fn depth(&self) -> usize {
        let (mut depth, mut deepest) = (0_usize, 0);
        self.walk(|text, _| {
            depth = match text {
                b")" => depth.saturating_sub(1),
                b" " => depth,
                _ => depth + 1,
            };
            deepest = deepest.max(depth);
        });
        deepest
    }

    /// How many answers each has.
    fn answers(&self) -> Vec<u32> {
        let mut answers = vec![0_u32; self.0.len()];
        let mut above: Vec<usize> = Vec::new();
        for (index, message) in self.0.iter().enumerate() {
            above.truncate(message.level as usize);
            if let Some(count) = above.last().and_then(|&parent| answers.get_mut(parent)) {
                *count += 1;
            }
            above.push(index);
        }
        answers
    }

    /// What stands before each message, the message, and what closes the lists. A message that is the only answer
    /// stands in the list of what it answers.
    fn walk(&self, mut step: impl FnMut(&'static [u8], Option<NonZeroU32>)) {
        // Of each message above: whether it opened a list, and whether it has several answers.
        let mut above: Vec<(bool, bool)> = Vec::new();
        let mut last: Option<&Threaded> = None;
        for (message, answers) in self.0.iter().zip(self.answers()) {
            while above.len() > message.level as usize {
                if let Some((true, _)) = above.pop() {
                    step(b")", None);
                }
            }
            let parent = last.filter(|last| last.level < message.level);
            let spaced = parent.is_some_and(|parent| parent.number.is_some());
            let opens = above.last().is_none_or(|&(_, several)| several);
            let before: &[u8] = match (opens, spaced) {
                (true, true) => b" (",
                (true, false) => b"(",
                (false, _) => b" ",
            };
            step(before, message.number);
            above.push((opens, answers > 1));
            last = Some(message);
        }
        let open = above.iter().filter(|(opened, _)| *opened);
        open.for_each(|_| step(b")", None));
    }
}

/// A list that is being read.
struct Open {
    /// The level of the next message in it.
    level: u32,
    /// How many lists are in it.
    lists: u32,
}

impl Cursor<'_> {
    /// `[SP 1*thread-list]`
    pub(super) fn threads(&mut self) -> Parsing<Threads> {
        let mut messages = Vec::new();
        let mut open: Vec<Open> = Vec::new();
        if !self.is_before_more() {
            return Ok(Threads(messages));
        }
        self.space()?;
        loop {
            if self.eat(b'(') {
                self.nested(open.len() + 1)?;
                let level = open.last_mut().map_or(0, |list| {
                    list.lists += 1;
                    list.level
                });
                let level = self.thread_members(level, &mut messages)?;
                open.push(Open { level, lists: 0 });
            } else if self.peek() == Some(b')') {
                match open.pop() {
                    Some(list) if list.lists != 1 => self.advance(1),
                    _ => return self.expected("an opening parenthesis"),
                }
            } else if open.is_empty() && !messages.is_empty() {
                return Ok(Threads(messages));
            } else {
                return self.expected("a parenthesis");
            }
        }
    }

    /// `nz-number *(SP nz-number) [SP]`, or nothing before a list. Gives the level of what follows.
    fn thread_members(&mut self, mut level: u32, messages: &mut Vec<Threaded>) -> Parsing<u32> {
        if self.peek() == Some(b'(') {
            self.element()?;
            messages.push(Threaded { level, number: None });
            return Ok(level.saturating_add(1));
        }
        loop {
            self.element()?;
            let number = Some(self.nz_number()?);
            messages.push(Threaded { level, number });
            level = level.saturating_add(1);
            if !self.eat(b' ') || self.peek() == Some(b'(') {
                return Ok(level);
            }
        }
    }
}

/// `[SP 1*thread-list]`
impl Write for Threads {
    fn write(&self, out: &mut Writer<'_>) {
        if self.is_empty() {
            return;
        }
        out.put(b" ");
        self.walk(|text, number| {
            out.put(text);
            if let Some(number) = number {
                out.number(number.get());
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::*;
    use crate::Limit;
    use crate::parse::{ErrorKind, Options};

    fn read(octets: &[u8]) -> Result<Threads, (ErrorKind, usize)> {
        let mut cursor = Cursor::new(octets.into(), Options::default());
        let read = cursor.threads().and_then(|threads| {
            cursor.end()?;
            Ok(threads)
        });
        read.map_err(|_| {
            let error = cursor.error(None);
            (error.kind, error.offset)
        })
    }

    fn written(threads: &Threads) -> BytesMut {
        let mut out = BytesMut::new();
        threads.write(&mut Writer::server(&mut out));
        out
    }

    #[test]
    fn the_examples_of_rfc_5256() {
        for text in [
            "",
            " (2)(3 6 (4 23)(44 7 96))",
            " (166)(167)(168)(169)(172)(170)(171)(173)(174 (175)(176)(178)(181)(180))(179)(177 (183)(182)(188)(184)(185)(186)(187)(189))(190)(191)(192)(193)(194 195)(196 (197)(198))(199)(200 202)(201)(203)(204)(205)(206 207)(208)",
            " ((3)(5))",
            " ((1)((2)(3 4)))",
        ] {
            let threads = read(text.as_bytes()).unwrap();
            assert_eq!(written(&threads), text);
            assert_eq!(Threads::new(threads.0.clone()), Ok(threads));
        }
    }

    #[test]
    fn other_lists_are_refused() {
        for wrong in [
            " ",
            " 1",
            " ()",
            " (1",
            " (1 )",
            " (0)",
            " (1 (2))",
            " ((1))",
            " (1 (2)(3) 4)",
            " (1)x",
            " (1))",
            " (1) (2)",
            "(1)",
        ] {
            assert!(read(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn depth_has_a_limit() {
        let nested = |depth| format!(" {}(1)(2){}", "(".repeat(depth), "(9))".repeat(depth));
        assert!(read(nested(99).as_bytes()).is_ok());
        let limit = ErrorKind::Limit(Limit::Nesting);
        assert_eq!(read(nested(100).as_bytes()), Err((limit, 102)));
        let deep = format!(" {}", "(".repeat(100_000));
        assert_eq!(read(deep.as_bytes()), Err((limit, 102)));
        // Many answers in a row are one list.
        let row: Vec<String> = (1..=50_000).map(|number| number.to_string()).collect();
        let row = format!(" ({})", row.join(" "));
        assert_eq!(written(&read(row.as_bytes()).unwrap()), row);
    }

    #[test]
    fn only_what_can_be_written_is_taken() {
        let thread = |messages: &[(u32, u32)]| {
            let message = |&(level, number)| Threaded {
                level,
                number: NonZeroU32::new(number),
            };
            Threads::new(messages.iter().map(message).collect())
        };
        assert!(thread(&[(0, 1), (1, 2), (0, 3)]).is_ok());
        assert!(thread(&[(1, 1)]).is_err());
        assert!(thread(&[(0, 1), (2, 2)]).is_err());
        assert!(thread(&[(0, 0), (1, 2)]).is_err());
        assert!(thread(&[(0, 0), (1, 2), (1, 3)]).is_ok());
        assert!(thread(&[(0, 1), (1, 0), (2, 2), (2, 3)]).is_err());
        let branching = |depth: u32| {
            let pair = |level| [(level, 1), (level, 2)];
            let mut messages: Vec<_> = (0..depth).map(|level| (level, 1)).collect();
            messages.extend(pair(depth));
            messages.extend((1..depth).rev().map(|level| (level, 3)));
            thread(&messages)
        };
        assert!(branching(254).is_ok());
        assert!(branching(255).is_err());
    }
}
