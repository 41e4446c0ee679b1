//! Search keys, and those within them.

use std::ops::Not;

use super::criterion::Criterion;
use crate::parse::octets::Upper;
use crate::parse::{Cursor, Parsing};
use crate::write::{Write, Writer};

/// At least one search key. Messages are meant that all of them are true of.
///
/// ```abnf
/// search-key *(SP search-key)                                                     ; RFC 9051 section 9
/// search-key =/ "NOT" SP search-key / "OR" SP search-key SP search-key / "(" search-key *(SP search-key) ")"
/// search-key =/ "FUZZY" SP search-key                                             ; RFC 6203 section 6
/// ```
/// Keys lie one behind the other, each before those within it: nothing recurses, however deep they nest.
///
/// ```
/// use gatepost_imap::command::{Criterion, Key, Query};
///
/// let spam = Query::or(Criterion::Flagged.into(), !Query::from(Criterion::Seen));
/// let query = Query::from(Criterion::Deleted).and(spam);
/// let mut keys = query.keys();
/// assert_eq!(keys.next(), Some(Key::Criterion(&Criterion::Deleted)));
/// let Some(Key::Or(mut either)) = keys.next() else { panic!() };
/// assert_eq!(either.next(), Some(Key::Criterion(&Criterion::Flagged)));
/// assert!(matches!(either.next(), Some(Key::Not(_))));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query(Vec<Node>);

/// A key, and how many nodes it takes with those within it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Node {
    word: Word,
    size: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    Criterion(Criterion),
    Not,
    Or,
    Fuzzy,
    All,
}

/// A search key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Key<'a> {
    /// This is true.
    Criterion(&'a Criterion),
    /// `NOT`: the one key is not true.
    Not(Keys<'a>),
    /// `OR`: one of the two keys is true.
    Or(Keys<'a>),
    /// `FUZZY`: the one key is nearly true (RFC 6203).
    Fuzzy(Keys<'a>),
    /// `(..)`: all of the keys are true.
    All(Keys<'a>),
}

/// Search keys in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys<'a>(&'a [Node]);

impl<'a> Iterator for Keys<'a> {
    type Item = Key<'a>;

    fn next(&mut self) -> Option<Key<'a>> {
        let (node, rest) = self.0.split_first()?;
        let (inner, rest) = rest.split_at_checked(node.size.checked_sub(1)?)?;
        self.0 = rest;
        let inner = Keys(inner);
        Some(match &node.word {
            Word::Criterion(criterion) => Key::Criterion(criterion),
            Word::Not => Key::Not(inner),
            Word::Or => Key::Or(inner),
            Word::Fuzzy => Key::Fuzzy(inner),
            Word::All => Key::All(inner),
        })
    }
}

impl From<Criterion> for Query {
    fn from(criterion: Criterion) -> Self {
        let word = Word::Criterion(criterion);
        Self(vec![Node { word, size: 1 }])
    }
}

impl Query {
    /// The keys that all have to be true.
    pub fn keys(&self) -> Keys<'_> {
        Keys(&self.0)
    }

    /// This and `other`.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// `OR either other`
    #[must_use]
    pub fn or(either: Self, other: Self) -> Self {
        Self::within(Word::Or, either.into_one().and(other.into_one()))
    }

    /// `FUZZY query`
    #[must_use]
    pub fn fuzzy(query: Self) -> Self {
        Self::within(Word::Fuzzy, query.into_one())
    }

    /// `(query)`
    #[must_use]
    pub fn grouped(query: Self) -> Self {
        Self::within(Word::All, query)
    }

    /// The query as one key: in parentheses, unless it is one.
    fn into_one(self) -> Self {
        match self.keys().count() {
            1 => self,
            _ => Self::grouped(self),
        }
    }

    fn within(word: Word, inner: Self) -> Self {
        let size = inner.0.len() + 1;
        let mut nodes = inner.0;
        nodes.insert(0, Node { word, size });
        Self(nodes)
    }
}

/// `NOT query`
impl Not for Query {
    type Output = Self;

    fn not(self) -> Self {
        Self::within(Word::Not, self.into_one())
    }
}

/// A key that was begun, and how many more are to come within it; in parentheses it is not known how many.
struct Begun {
    at: usize,
    missing: Option<u8>,
}

/// Keys that were read, and those of them that still lack something.
#[derive(Default)]
struct Reading {
    nodes: Vec<Node>,
    begun: Vec<Begun>,
}

impl Reading {
    fn push(&mut self, word: Word) {
        self.nodes.push(Node { word, size: 1 });
    }

    fn begin(&mut self, word: Word, missing: Option<u8>) {
        self.begun.push(Begun {
            at: self.nodes.len(),
            missing,
        });
        self.push(word);
    }

    /// The innermost key has all that is in it.
    fn finish(&mut self) {
        let Some(Begun { at, .. }) = self.begun.pop() else {
            return;
        };
        let end = self.nodes.len();
        if let Some(node) = self.nodes.get_mut(at) {
            node.size = end - at;
        }
    }
}

impl Cursor<'_> {
    /// `search-key *(SP search-key)`
    pub(super) fn search_query(&mut self) -> Parsing<Query> {
        let mut reading = Reading::default();
        loop {
            self.element()?;
            if self.search_key(&mut reading)? {
                continue;
            }
            if !self.another_key(&mut reading)? {
                return Ok(Query(reading.nodes));
            }
        }
    }

    /// Reads a key or the beginning of one; true if that is to be followed by another at once.
    fn search_key(&mut self, reading: &mut Reading) -> Parsing<bool> {
        const EXPECTED: &str = "a search key";
        let mark = self.mark();
        match self.peek() {
            Some(b'(') => {
                self.nested(reading.begun.len() + 1)?;
                self.advance(1);
                reading.begin(Word::All, None);
                return Ok(true);
            }
            Some(b'0'..=b'9' | b'*' | b'$') => {
                let set = self.sequence_set()?;
                reading.push(Word::Criterion(Criterion::Messages(set)));
                return Ok(false);
            }
            _ => {}
        }
        let name = Upper::of(self.word(EXPECTED)?);
        let (word, keys) = match name.as_slice() {
            b"NOT" => (Word::Not, 1),
            b"OR" => (Word::Or, 2),
            b"FUZZY" => (Word::Fuzzy, 1),
            name => match self.criterion(name)? {
                Some(criterion) => {
                    reading.push(Word::Criterion(criterion));
                    return Ok(false);
                }
                None => return self.expected_at(mark, EXPECTED),
            },
        };
        self.nested(reading.begun.len() + 1)?;
        self.space()?;
        reading.begin(word, Some(keys));
        Ok(true)
    }

    /// Behind a whole key: closes what is complete with it, and says whether another one follows.
    fn another_key(&mut self, reading: &mut Reading) -> Parsing<bool> {
        loop {
            let Some(begun) = reading.begun.last_mut() else {
                let more = self.is_before_more();
                if more {
                    self.space()?;
                }
                return Ok(more);
            };
            let complete = match &mut begun.missing {
                None => self.eat(b')'),
                Some(missing) => {
                    *missing = missing.saturating_sub(1);
                    *missing == 0
                }
            };
            if !complete {
                self.space()?;
                return Ok(true);
            }
            reading.finish();
        }
    }
}

impl Write for Query {
    fn write(&self, out: &mut Writer<'_>) {
        // Where the parentheses that are open close.
        let mut ends = Vec::new();
        let mut opened = true;
        for (index, node) in self.0.iter().enumerate() {
            if !opened {
                out.put(b" ");
            }
            opened = false;
            match &node.word {
                Word::Criterion(criterion) => criterion.write(out),
                Word::Not => out.put(b"NOT"),
                Word::Or => out.put(b"OR"),
                Word::Fuzzy => out.put(b"FUZZY"),
                Word::All => {
                    out.put(b"(");
                    ends.push(index + node.size);
                    opened = true;
                }
            }
            while ends.last() == Some(&(index + 1)) {
                out.put(b")");
                ends.pop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::tests::{body, written};
    use crate::command::{Body, By, Search};

    fn query(text: &str) -> Query {
        match body(&format!("SEARCH {text}")) {
            Body::Search(By::Sequence, search) => search.query,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn keys_lie_within_each_other() {
        let all = query("OR (SEEN NOT DRAFT) NOT OR NEW OLD ALL");
        let mut keys = all.keys();
        let Some(Key::Or(mut either)) = keys.next() else {
            panic!()
        };
        assert_eq!(keys.next(), Some(Key::Criterion(&Criterion::All)));
        assert_eq!(keys.next(), None);
        let Some(Key::All(mut group)) = either.next() else {
            panic!()
        };
        assert_eq!(group.next(), Some(Key::Criterion(&Criterion::Seen)));
        assert!(matches!(group.next(), Some(Key::Not(_))));
        assert_eq!(group.next(), None);
        let Some(Key::Not(mut not)) = either.next() else {
            panic!()
        };
        assert!(matches!(not.next(), Some(Key::Or(keys)) if keys.clone().count() == 2));
        assert_eq!((not.next(), either.next()), (None, None));
    }

    #[test]
    fn what_is_put_together_is_what_is_read() {
        let one = |criterion| Query::from(criterion);
        let two = || one(Criterion::Seen).and(one(Criterion::Draft));
        let built = Query::or(two(), !one(Criterion::New)).and(Query::fuzzy(two()));
        assert_eq!(built, query("OR (SEEN DRAFT) NOT NEW FUZZY (SEEN DRAFT)"));
        assert_eq!(Query::grouped(one(Criterion::All)), query("(ALL)"));
        assert_ne!(Query::grouped(one(Criterion::All)), query("ALL"));
    }

    #[test]
    fn deep_queries_cost_no_stack() {
        let mut deep = Query::from(Criterion::Seen);
        for _ in 0..2000 {
            deep = !Query::grouped(deep);
        }
        let search = Body::Search(By::Sequence, Search::from(deep.clone()));
        let text = written(&search);
        assert!(
            text.ends_with(&format!("NOT (SEEN{}", ")".repeat(2000))),
            "{text}"
        );
        assert!(format!("{deep:?}").len() > 2000);
        assert_eq!(deep.clone(), deep);
    }
}
