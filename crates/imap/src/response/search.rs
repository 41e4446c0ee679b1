//! SEARCH, SORT and ESEARCH: what was found.

use std::num::{NonZeroU32, NonZeroU64};

use crate::parse::{Allowance, Cursor, Parsing};
use crate::types::{Atom, By, Invalid, Mailbox, Numbers, PartialRange, Text, UidSet, Value};
use crate::write::{Write, Writer};

/// The messages that SEARCH or SORT found.
///
/// ```abnf
/// mailbox-data        =/ "SEARCH" [1*(SP nz-number) SP search-sort-mod-seq]      ; RFC 7162 section 7
/// sort-data           =  "SORT" [1*(SP nz-number) SP search-sort-mod-seq]
/// search-sort-mod-seq =  "(" "MODSEQ" SP mod-sequence-value ")"
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Search {
    /// Their numbers, or their UIDs.
    pub numbers: Numbers,
    /// The highest mod-sequence among them.
    pub mod_seq: Option<NonZeroU64>,
}

/// What SEARCH found, in the form that RETURN asks for and IMAP4rev2 has always.
///
/// ```abnf
/// esearch-response  = "ESEARCH" [search-correlator] [SP "UID"] *(SP search-return-data)       ; RFC 9051 section 9
/// search-correlator = SP "(" one-correlator *(SP one-correlator) ")"                          ; RFC 7377 section 4
/// one-correlator    = ("TAG" SP tag-string) / ("MAILBOX" SP astring) / ("UIDVALIDITY" SP nz-number)
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ESearch {
    /// The tag of the command.
    pub tag: Option<Text>,
    /// The mailbox, if several were searched.
    pub mailbox: Option<Mailbox>,
    /// The UIDVALIDITY of that mailbox.
    pub uid_validity: Option<NonZeroU32>,
    /// What the numbers are.
    pub numbers: By,
    /// What was found.
    pub results: Vec<SearchResult>,
}

impl ESearch {
    /// The messages that were found: the first ALL.
    pub fn all(&self) -> Option<&UidSet> {
        self.results.iter().find_map(|result| match result {
            SearchResult::All(set) => Some(set),
            _ => None,
        })
    }
}

/// What was found.
///
/// ```abnf
/// search-return-data = "MIN" SP nz-number / "MAX" SP nz-number / "ALL" SP sequence-set / "COUNT" SP number /
///                      search-ret-data-ext                                       ; RFC 9051 section 9
/// search-return-data =/ "MODSEQ" SP mod-sequence-value                           ; RFC 7162 section 7
/// search-return-data =/ "PARTIAL" SP "(" partial-range SP partial-results ")"    ; RFC 9394 section 4
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SearchResult {
    /// The first message.
    Min(NonZeroU32),
    /// The last message.
    Max(NonZeroU32),
    /// How many there are.
    Count(u32),
    /// All of them.
    All(UidSet),
    /// A part of them; `None` if there is none in it.
    Partial(PartialRange, Option<UidSet>),
    /// The highest mod-sequence among them.
    ModSeq(NonZeroU64),
    /// Any other.
    Other(OtherSearchResult),
}

/// What an extension tells of a search.
///
/// ```abnf
/// search-ret-data-ext = search-modifier-name SP search-return-value        ; RFC 9051 section 9
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherSearchResult {
    name: Atom,
    value: Value,
}

impl OtherSearchResult {
    /// What the extension `name` tells.
    ///
    /// # Errors
    /// If it is a [`SearchResult`] of its own, or `UID`.
    pub fn new(name: Atom, value: Value) -> Result<Self, Invalid> {
        const KNOWN: [&str; 7] = ["MIN", "MAX", "ALL", "COUNT", "PARTIAL", "MODSEQ", "UID"];
        match KNOWN.iter().any(|known| name.is(known)) {
            false => Ok(Self { name, value }),
            true => Err(Invalid {
                what: "unknown result",
            }),
        }
    }

    /// Which extension tells it.
    pub const fn name(&self) -> &Atom {
        &self.name
    }

    /// What it tells.
    pub const fn value(&self) -> &Value {
        &self.value
    }
}

impl Cursor<'_> {
    /// `*(SP nz-number) [SP search-sort-mod-seq]`
    pub(super) fn search(&mut self) -> Parsing<Search> {
        let numbers = self.numbers()?;
        let mut mod_seq = None;
        if self.is_before_more() {
            self.space()?;
            self.octet(b'(', "a number, or MODSEQ in parentheses")?;
            mod_seq = Some(self.mod_seq()?);
            self.octet(b')', "a closing parenthesis")?;
        }
        Ok(Search { numbers, mod_seq })
    }

    /// `"MODSEQ" SP mod-sequence-value`
    fn mod_seq(&mut self) -> Parsing<NonZeroU64> {
        if !self.eat_word(b"MODSEQ") {
            return self.expected("MODSEQ");
        }
        self.space()?;
        self.nz_number64()
    }

    /// `[search-correlator] [SP "UID"] *(SP search-return-data)`
    pub(super) fn esearch(&mut self) -> Parsing<ESearch> {
        let mut esearch = ESearch::default();
        if self.rest().starts_with(b" (") {
            self.space()?;
            self.correlators(&mut esearch)?;
        }
        if self.is_at_uid() {
            self.space()?;
            if !self.eat_word(b"UID") {
                return self.expected("a result");
            }
            esearch.numbers = By::Uid;
        }
        while self.is_before_more() {
            self.space()?;
            self.element()?;
            esearch.results.push(self.search_result()?);
        }
        Ok(esearch)
    }

    /// Whether `SP "UID"` comes next, and a space or the end. There may be more spaces before it, if that is forgiven.
    fn is_at_uid(&self) -> bool {
        let behind = self.rest().trim_ascii_start();
        let (word, rest) = behind.split_at_checked(3).unwrap_or_default();
        word.eq_ignore_ascii_case(b"UID") && matches!(rest.first(), None | Some(b' '))
    }

    /// `"(" one-correlator *(SP one-correlator) ")"`
    fn correlators(&mut self, esearch: &mut ESearch) -> Parsing<()> {
        self.octet(b'(', "an opening parenthesis")?;
        loop {
            // Each may be there once.
            if esearch.tag.is_none() && self.eat_word(b"TAG ") {
                esearch.tag = Some(self.astring("a tag")?);
            } else if esearch.mailbox.is_none() && self.eat_word(b"MAILBOX ") {
                esearch.mailbox = Some(self.mailbox()?);
            } else if esearch.uid_validity.is_none() && self.eat_word(b"UIDVALIDITY ") {
                esearch.uid_validity = Some(self.nz_number()?);
            } else {
                return self.expected("TAG, MAILBOX or UIDVALIDITY");
            }
            if self.eat(b')') {
                return Ok(());
            }
            self.space()?;
        }
    }

    /// `search-return-data`
    fn search_result(&mut self) -> Parsing<SearchResult> {
        if self.peek() == Some(b'(') && self.forgives(Allowance::Nil) {
            return self.mod_seq_in_parentheses();
        }
        let mark = self.mark();
        let name = self.atom("a result")?;
        self.space()?;
        Ok(if name.is("ALL") {
            SearchResult::All(self.uid_set()?)
        } else if name.is("COUNT") {
            SearchResult::Count(self.number()?)
        } else if name.is("MIN") {
            SearchResult::Min(self.nz_number()?)
        } else if name.is("MAX") {
            SearchResult::Max(self.nz_number()?)
        } else if name.is("MODSEQ") {
            SearchResult::ModSeq(self.nz_number64()?)
        } else if name.is("PARTIAL") {
            self.partial_result()?
        } else {
            let value = self.value()?;
            match OtherSearchResult::new(name, value) {
                Ok(other) => SearchResult::Other(other),
                Err(_) => return self.expected_at(mark, "a result"),
            }
        })
    }

    /// A server puts MODSEQ in parentheses here, too, as it stands in SEARCH (MailKit#323).
    #[cold]
    fn mod_seq_in_parentheses(&mut self) -> Parsing<SearchResult> {
        self.octet(b'(', "an opening parenthesis")?;
        let mod_seq = self.mod_seq()?;
        self.octet(b')', "a closing parenthesis")?;
        Ok(SearchResult::ModSeq(mod_seq))
    }

    /// `"(" partial-range SP (sequence-set / nil) ")"`
    fn partial_result(&mut self) -> Parsing<SearchResult> {
        self.octet(b'(', "an opening parenthesis")?;
        let range = self.partial_range()?;
        self.space()?;
        let set = match self.nil() {
            true => None,
            false => Some(self.uid_set()?),
        };
        self.octet(b')', "a closing parenthesis")?;
        Ok(SearchResult::Partial(range, set))
    }
}

/// `*(SP nz-number) [SP search-sort-mod-seq]`
impl Write for Search {
    fn write(&self, out: &mut Writer<'_>) {
        if !self.numbers.is_empty() {
            out.put(b" ");
            self.numbers.write(out);
        }
        if let Some(mod_seq) = self.mod_seq {
            out.put(b" (MODSEQ ");
            out.number(mod_seq.get());
            out.put(b")");
        }
    }
}

impl Write for ESearch {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(b"ESEARCH");
        self.write_correlators(out);
        if self.numbers == By::Uid {
            out.put(b" UID");
        }
        for result in &self.results {
            out.put(b" ");
            result.write(out);
        }
    }
}

impl ESearch {
    fn write_correlators(&self, out: &mut Writer<'_>) {
        let mut opening: &[u8] = b" (";
        if let Some(tag) = &self.tag {
            out.put(opening);
            out.put(b"TAG ");
            out.string(tag);
            opening = b" ";
        }
        if let Some(mailbox) = &self.mailbox {
            out.put(opening);
            out.put(b"MAILBOX ");
            mailbox.write(out);
            opening = b" ";
        }
        if let Some(validity) = self.uid_validity {
            out.put(opening);
            out.put(b"UIDVALIDITY ");
            out.number(validity.get());
            opening = b" ";
        }
        if opening == b" " {
            out.put(b")");
        }
    }
}

impl Write for SearchResult {
    fn write(&self, out: &mut Writer<'_>) {
        match self {
            Self::Min(number) => numbered(b"MIN ", number.get().into(), out),
            Self::Max(number) => numbered(b"MAX ", number.get().into(), out),
            Self::Count(number) => numbered(b"COUNT ", (*number).into(), out),
            Self::ModSeq(number) => numbered(b"MODSEQ ", number.get(), out),
            Self::All(set) => {
                out.put(b"ALL ");
                set.write(out);
            }
            Self::Partial(range, set) => {
                out.put(b"PARTIAL (");
                range.write(out);
                out.put(b" ");
                match set {
                    Some(set) => set.write(out),
                    None => out.put(b"NIL"),
                }
                out.put(b")");
            }
            Self::Other(other) => {
                out.put(other.name.as_bytes());
                out.put(b" ");
                other.value.write(out);
            }
        }
    }
}

fn numbered(name: &[u8], number: u64, out: &mut Writer<'_>) {
    out.put(name);
    out.number(number);
}
