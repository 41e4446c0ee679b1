//! SORT and THREAD.

use super::query::Query;
use super::search::{SearchReturn, write_returns};
use crate::parse::octets::Upper;
use crate::parse::{Cursor, Parsing};
use crate::types::{Atom, Invalid, NonEmpty, Text};
use crate::write::{Write, Writer};

/// What is looked for, and in which order it is told.
///
/// ```abnf
/// sort            = ["UID" SP] "SORT" SP sort-criteria SP search-criteria        ; RFC 5256 section 5
/// extended-sort   = ["UID" SP] "SORT" search-return-opts SP sort-criteria SP search-criteria   ; RFC 5267 section 3.3
/// sort-criteria   = "(" sort-criterion *(SP sort-criterion) ")"
/// search-criteria = charset 1*(SP search-key)
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// `RETURN (..)`: what is told, with ESEARCH.
    pub returns: Option<Vec<SearchReturn>>,
    /// By what is sorted: first the first of these.
    pub criteria: NonEmpty<SortCriterion>,
    /// What the strings of the query are encoded in.
    pub charset: Text,
    /// What is looked for.
    pub query: Query,
}

/// By what is sorted.
///
/// ```abnf
/// sort-criterion = ["REVERSE" SP] sort-key        ; RFC 5256 section 5
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortCriterion {
    /// Whether the last comes first.
    pub reverse: bool,
    /// What is compared.
    pub key: SortKey,
}

/// What is compared.
///
/// ```abnf
/// sort-key =  "ARRIVAL" / "CC" / "DATE" / "FROM" / "SIZE" / "SUBJECT" / "TO"        ; RFC 5256 section 5
/// sort-key =/ "DISPLAYFROM" / "DISPLAYTO"                                           ; RFC 5957 section 4
/// sort-key =/ "RELEVANCY"                                                           ; RFC 6203 section 6
/// ```
/// Any other is [`SortKey::Other`], such as Cyrus's `UID`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SortKey {
    /// `ARRIVAL`: the INTERNALDATE.
    Arrival,
    /// `CC`: the mailbox of the first address.
    Cc,
    /// `DATE`: the Date field.
    Date,
    /// `FROM`: the mailbox of the first address.
    From,
    /// `SIZE`
    Size,
    /// `SUBJECT`: without what answers put before it.
    Subject,
    /// `TO`: the mailbox of the first address.
    To,
    /// `DISPLAYFROM`: the name of the first address.
    DisplayFrom,
    /// `DISPLAYTO`: the name of the first address.
    DisplayTo,
    /// `RELEVANCY`: how well it fits.
    Relevancy,
    /// Any other.
    Other(OtherSortKey),
}

/// The name of a [`SortKey::Other`]: none of those that are keys of their own, and not `REVERSE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherSortKey(Atom);

impl OtherSortKey {
    /// The name.
    pub const fn name(&self) -> &Atom {
        &self.0
    }
}

impl SortKey {
    /// The key that is called `name`.
    ///
    /// # Errors
    /// If that is `REVERSE`, which stands before a key.
    pub fn new(name: Atom) -> Result<Self, Invalid> {
        Ok(match Upper::of(name.as_bytes()).as_slice() {
            b"ARRIVAL" => Self::Arrival,
            b"CC" => Self::Cc,
            b"DATE" => Self::Date,
            b"FROM" => Self::From,
            b"SIZE" => Self::Size,
            b"SUBJECT" => Self::Subject,
            b"TO" => Self::To,
            b"DISPLAYFROM" => Self::DisplayFrom,
            b"DISPLAYTO" => Self::DisplayTo,
            b"RELEVANCY" => Self::Relevancy,
            b"REVERSE" => return Err(Invalid { what: "sort key" }),
            _ => Self::Other(OtherSortKey(name)),
        })
    }

    /// The name on the wire.
    pub fn name(&self) -> &str {
        match self {
            Self::Arrival => "ARRIVAL",
            Self::Cc => "CC",
            Self::Date => "DATE",
            Self::From => "FROM",
            Self::Size => "SIZE",
            Self::Subject => "SUBJECT",
            Self::To => "TO",
            Self::DisplayFrom => "DISPLAYFROM",
            Self::DisplayTo => "DISPLAYTO",
            Self::Relevancy => "RELEVANCY",
            Self::Other(other) => other.0.as_str(),
        }
    }
}

/// What is looked for, and how it is put into threads.
///
/// ```abnf
/// thread     = ["UID" SP] "THREAD" SP thread-alg SP search-criteria        ; RFC 5256 section 5
/// thread-alg = "ORDEREDSUBJECT" / "REFERENCES" / thread-alg-ext
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// How.
    pub algorithm: Algorithm,
    /// What the strings of the query are encoded in.
    pub charset: Text,
    /// What is looked for.
    pub query: Query,
}

/// How messages are put into threads.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Algorithm {
    /// `ORDEREDSUBJECT`: by subject.
    OrderedSubject,
    /// `REFERENCES`: by what they answer.
    References,
    /// Any other.
    Other(OtherAlgorithm),
}

/// The name of an [`Algorithm::Other`]: none of those that are algorithms of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherAlgorithm(Atom);

impl OtherAlgorithm {
    /// The name.
    pub const fn name(&self) -> &Atom {
        &self.0
    }
}

impl Algorithm {
    /// The algorithm that is called `name`.
    pub fn new(name: Atom) -> Self {
        match Upper::of(name.as_bytes()).as_slice() {
            b"ORDEREDSUBJECT" => Self::OrderedSubject,
            b"REFERENCES" => Self::References,
            _ => Self::Other(OtherAlgorithm(name)),
        }
    }

    /// The name on the wire.
    pub fn name(&self) -> &str {
        match self {
            Self::OrderedSubject => "ORDEREDSUBJECT",
            Self::References => "REFERENCES",
            Self::Other(other) => other.0.as_str(),
        }
    }
}

impl Cursor<'_> {
    /// The arguments of SORT with the space before them.
    pub(super) fn sort_command(&mut self) -> Parsing<Sort> {
        self.space()?;
        let returns = self.search_returns()?;
        let criteria = self.list("a list of sort keys", Self::sort_criterion)?;
        let (charset, query) = self.search_criteria()?;
        Ok(Sort {
            returns,
            criteria,
            charset,
            query,
        })
    }

    fn sort_criterion(&mut self) -> Parsing<SortCriterion> {
        const EXPECTED: &str = "a sort key";
        let reverse = self.eat_word(b"REVERSE ");
        let mark = self.mark();
        let name = self.atom(EXPECTED)?;
        let Ok(key) = SortKey::new(name) else {
            return self.expected_at(mark, EXPECTED);
        };
        Ok(SortCriterion { reverse, key })
    }

    /// The arguments of THREAD with the space before them.
    pub(super) fn thread_command(&mut self) -> Parsing<Thread> {
        self.space()?;
        let algorithm = Algorithm::new(self.atom("an algorithm")?);
        let (charset, query) = self.search_criteria()?;
        Ok(Thread {
            algorithm,
            charset,
            query,
        })
    }

    /// `SP search-criteria`
    fn search_criteria(&mut self) -> Parsing<(Text, Query)> {
        self.space()?;
        let charset = self.astring("a charset")?;
        self.space()?;
        Ok((charset, self.search_query()?))
    }
}

impl Write for Sort {
    fn write(&self, out: &mut Writer<'_>) {
        write_returns(self.returns.as_deref(), out);
        self.criteria.write(out);
        write_criteria(&self.charset, &self.query, out);
    }
}

impl Write for SortCriterion {
    fn write(&self, out: &mut Writer<'_>) {
        if self.reverse {
            out.put(b"REVERSE ");
        }
        out.put(self.key.name().as_bytes());
    }
}

impl Write for Thread {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(self.algorithm.name().as_bytes());
        write_criteria(&self.charset, &self.query, out);
    }
}

fn write_criteria(charset: &Text, query: &Query, out: &mut Writer<'_>) {
    out.put(b" ");
    out.astring(charset);
    out.put(b" ");
    query.write(out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::tests::{becomes, body, refused, same};
    use crate::command::{Body, By, Criterion};

    /// RFC 5256 sections 3 and 4, RFC 5957 section 3, RFC 5267 section 3.3, RFC 6203 section 5.
    #[test]
    fn sorts_and_threads_of_the_rfcs() {
        same(&[
            "SORT (SUBJECT) UTF-8 SINCE 1-Feb-1994",
            "SORT (SUBJECT REVERSE DATE) UTF-8 ALL",
            "SORT (SUBJECT) US-ASCII TEXT \"not in mailbox\"",
            "UID SORT (ARRIVAL CC FROM SIZE REVERSE TO DISPLAYFROM REVERSE DISPLAYTO RELEVANCY) UTF-8 1:* (SEEN)",
            "SORT RETURN (MIN) (REVERSE DATE) UTF-8 ALL",
            "UID SORT RETURN (PARTIAL 1:50 COUNT) (DATE) UTF-8 UNDELETED",
            "THREAD ORDEREDSUBJECT UTF-8 SINCE 5-MAR-2000"
                .replace("MAR", "Mar")
                .as_str(),
            "UID THREAD REFERENCES US-ASCII TEXT gewp",
            "THREAD REFS UTF-8 ALL",
            "SORT (UID REVERSE MODSEQ) UTF-8 ALL",
        ]);
        becomes(
            "sort (reverse subject) {5}\r\nUTF-8 all",
            "SORT (REVERSE SUBJECT) UTF-8 ALL",
        );
        let Body::Thread(By::Sequence, thread) = body("THREAD references UTF-8 ALL") else {
            panic!()
        };
        assert_eq!(thread.algorithm, Algorithm::References);
        assert_eq!(thread.query, Criterion::All.into());
    }

    #[test]
    fn what_is_no_sort() {
        refused(&[
            ("SORT", 4, "a space"),
            ("SORT DATE UTF-8 ALL", 5, "a list of sort keys"),
            ("SORT () UTF-8 ALL", 6, "a sort key"),
            ("SORT (REVERSE) UTF-8 ALL", 6, "a sort key"),
            ("SORT (DATE) UTF-8", 17, "a space"),
            ("SORT (DATE)", 11, "a space"),
            ("THREAD ALL", 10, "a space"),
            ("THREAD REFERENCES UTF-8 ()", 25, "a search key"),
        ]);
    }
}
