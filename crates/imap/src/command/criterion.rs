//! What SEARCH looks for.

use std::num::{NonZeroU32, NonZeroU64};

use super::store::write_gmail_label;
use crate::parse::{Cursor, Parsing};
use crate::types::{Atom, Date, ObjectId, SequenceSet, Text};
use crate::write::{Write, Writer};

/// Something that a message is or has: a search key without others in it.
///
/// ```abnf
/// search-key =  "ALL" / "ANSWERED" / "BCC" SP astring / "BEFORE" SP date / "BODY" SP astring / "CC" SP astring /
///               "DELETED" / "FLAGGED" / "FROM" SP astring / "KEYWORD" SP flag-keyword / "ON" SP date / "SEEN" /
///               "SINCE" SP date / "SUBJECT" SP astring / "TEXT" SP astring / "TO" SP astring / "UNANSWERED" /
///               "UNDELETED" / "UNFLAGGED" / "UNKEYWORD" SP flag-keyword / "UNSEEN" / "DRAFT" /
///               "HEADER" SP header-fld-name SP astring / "LARGER" SP number64 / "SENTBEFORE" SP date /
///               "SENTON" SP date / "SENTSINCE" SP date / "SMALLER" SP number64 / "UID" SP sequence-set /
///               "UNDRAFT" / sequence-set                                           ; RFC 9051 section 9
/// search-key =/ "NEW" / "OLD" / "RECENT"                                           ; RFC 3501 section 9
/// search-key =/ ("OLDER" / "YOUNGER") SP nz-number                                 ; RFC 5032 section 6
/// search-key =/ "MODSEQ" [SP entry-name SP entry-type-req] SP mod-sequence-valzer  ; RFC 7162 section 7
/// search-key =/ ("EMAILID" / "THREADID") SP objectid                               ; RFC 8474 section 7
/// search-key =/ "SAVEDATESUPPORTED" / ("SAVEDBEFORE" / "SAVEDON" / "SAVEDSINCE") SP date   ; RFC 8514 section 6
/// search-key =/ "FILTER" SP filter-name                                            ; RFC 5466 section 4
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Criterion {
    /// `ALL`: every message.
    All,
    /// `ANSWERED`
    Answered,
    /// `DELETED`
    Deleted,
    /// `DRAFT`
    Draft,
    /// `FLAGGED`
    Flagged,
    /// `NEW`: recent and not seen (RFC 3501).
    New,
    /// `OLD`: not recent (RFC 3501).
    Old,
    /// `RECENT` (RFC 3501)
    Recent,
    /// `SEEN`
    Seen,
    /// `UNANSWERED`
    Unanswered,
    /// `UNDELETED`
    Undeleted,
    /// `UNDRAFT`
    Undraft,
    /// `UNFLAGGED`
    Unflagged,
    /// `UNSEEN`
    Unseen,
    /// `KEYWORD`: has this keyword.
    Keyword(Atom),
    /// `UNKEYWORD`: does not have it.
    Unkeyword(Atom),
    /// A sequence set; in `UID SEARCH` too it holds sequence numbers.
    Messages(SequenceSet),
    /// `UID`
    Uid(SequenceSet),
    /// `BEFORE`: its INTERNALDATE is earlier.
    Before(Date),
    /// `ON`
    On(Date),
    /// `SINCE`
    Since(Date),
    /// `SENTBEFORE`: its Date field is earlier.
    SentBefore(Date),
    /// `SENTON`
    SentOn(Date),
    /// `SENTSINCE`
    SentSince(Date),
    /// `SAVEDBEFORE`: it came into the mailbox earlier (RFC 8514).
    SavedBefore(Date),
    /// `SAVEDON` (RFC 8514)
    SavedOn(Date),
    /// `SAVEDSINCE` (RFC 8514)
    SavedSince(Date),
    /// `SAVEDATESUPPORTED`: the mailbox knows when (RFC 8514).
    SaveDateSupported,
    /// `OLDER`: came more seconds ago (RFC 5032).
    Older(NonZeroU32),
    /// `YOUNGER` (RFC 5032)
    Younger(NonZeroU32),
    /// `BCC`
    Bcc(Text),
    /// `BODY`
    Body(Text),
    /// `CC`
    Cc(Text),
    /// `FROM`
    From(Text),
    /// `SUBJECT`
    Subject(Text),
    /// `TEXT`
    Text(Text),
    /// `TO`
    To(Text),
    /// `HEADER`: the name of a field and what is in it. Nothing is in every field.
    Header(Text, Text),
    /// `LARGER`
    Larger(u64),
    /// `SMALLER`
    Smaller(u64),
    /// `MODSEQ`: its mod-sequence is at least this, or that of one of its flags (RFC 7162).
    ModSeq {
        /// Such as `/flags/\draft`.
        entry: Option<(Text, EntryType)>,
        /// The least mod-sequence.
        least: u64,
    },
    /// `EMAILID` (RFC 8474)
    EmailId(ObjectId),
    /// `THREADID` (RFC 8474)
    ThreadId(ObjectId),
    /// `FILTER`: what the server knows by this name (RFC 5466).
    Filter(Text),
    /// `X-GM-RAW`: in the words of Gmail's own search.
    GmailRaw(Text),
    /// `X-GM-LABELS` (Gmail)
    GmailLabels(Text),
    /// `X-GM-MSGID` (Gmail)
    GmailMessageId(u64),
    /// `X-GM-THRID` (Gmail)
    GmailThreadId(u64),
}

/// Whose flags MODSEQ means.
///
/// ```abnf
/// entry-type-req = "priv" / "shared" / "all"        ; RFC 7162 section 7
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntryType {
    /// `priv`: those of this user.
    Private,
    /// `shared`: those of all users.
    Shared,
    /// `all`: either.
    All,
}

impl<'a> Cursor<'a> {
    /// The criterion that is called `name`, in upper case.
    pub(super) fn criterion(&mut self, name: &[u8]) -> Parsing<Option<Criterion>> {
        Ok(Some(match name {
            b"ALL" => Criterion::All,
            b"SEEN" => Criterion::Seen,
            b"UNSEEN" => Criterion::Unseen,
            b"ANSWERED" => Criterion::Answered,
            b"UNANSWERED" => Criterion::Unanswered,
            b"FLAGGED" => Criterion::Flagged,
            b"UNFLAGGED" => Criterion::Unflagged,
            b"DELETED" => Criterion::Deleted,
            b"UNDELETED" => Criterion::Undeleted,
            b"DRAFT" => Criterion::Draft,
            b"UNDRAFT" => Criterion::Undraft,
            b"NEW" => Criterion::New,
            b"OLD" => Criterion::Old,
            b"RECENT" => Criterion::Recent,
            b"SAVEDATESUPPORTED" => Criterion::SaveDateSupported,
            b"UID" => Criterion::Uid(self.behind_space(Self::sequence_set)?),
            b"KEYWORD" => Criterion::Keyword(self.keyword_argument()?),
            b"UNKEYWORD" => Criterion::Unkeyword(self.keyword_argument()?),
            b"BEFORE" => Criterion::Before(self.behind_space(Self::date)?),
            b"ON" => Criterion::On(self.behind_space(Self::date)?),
            b"SINCE" => Criterion::Since(self.behind_space(Self::date)?),
            b"SENTBEFORE" => Criterion::SentBefore(self.behind_space(Self::date)?),
            b"SENTON" => Criterion::SentOn(self.behind_space(Self::date)?),
            b"SENTSINCE" => Criterion::SentSince(self.behind_space(Self::date)?),
            b"SAVEDBEFORE" => Criterion::SavedBefore(self.behind_space(Self::date)?),
            b"SAVEDON" => Criterion::SavedOn(self.behind_space(Self::date)?),
            b"SAVEDSINCE" => Criterion::SavedSince(self.behind_space(Self::date)?),
            b"OLDER" => Criterion::Older(self.behind_space(Self::nz_number)?),
            b"YOUNGER" => Criterion::Younger(self.behind_space(Self::nz_number)?),
            b"LARGER" => Criterion::Larger(self.behind_space(Self::number64)?),
            b"SMALLER" => Criterion::Smaller(self.behind_space(Self::number64)?),
            b"MODSEQ" => self.mod_sequence_criterion()?,
            b"EMAILID" => Criterion::EmailId(self.behind_space(Self::object_id)?),
            b"THREADID" => Criterion::ThreadId(self.behind_space(Self::object_id)?),
            b"X-GM-MSGID" => Criterion::GmailMessageId(self.behind_space(Self::number64)?),
            b"X-GM-THRID" => Criterion::GmailThreadId(self.behind_space(Self::number64)?),
            b"X-GM-LABELS" => Criterion::GmailLabels(self.behind_space(Self::gmail_label)?),
            name => return self.text_criterion(name),
        }))
    }

    /// A criterion whose last argument is a string.
    fn text_criterion(&mut self, name: &[u8]) -> Parsing<Option<Criterion>> {
        let criterion = match name {
            b"FROM" => Criterion::From,
            b"TO" => Criterion::To,
            b"SUBJECT" => Criterion::Subject,
            b"TEXT" => Criterion::Text,
            b"BODY" => Criterion::Body,
            b"CC" => Criterion::Cc,
            b"BCC" => Criterion::Bcc,
            b"X-GM-RAW" => Criterion::GmailRaw,
            b"FILTER" => Criterion::Filter,
            b"HEADER" => {
                self.space()?;
                let field = self.astring("the name of a header field")?;
                self.space()?;
                let text = self.astring("a string")?;
                return Ok(Some(Criterion::Header(field, text)));
            }
            _ => return Ok(None),
        };
        self.space()?;
        self.astring("a string").map(criterion).map(Some)
    }

    fn behind_space<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsing<T>) -> Parsing<T> {
        self.space()?;
        read(self)
    }

    fn keyword_argument(&mut self) -> Parsing<Atom> {
        self.space()?;
        self.atom("a keyword")
    }

    /// `mod-sequence-value = 1*DIGIT`, above 0 (RFC 7162 section 7).
    pub(super) fn mod_sequence_value(&mut self) -> Parsing<NonZeroU64> {
        let mark = self.mark();
        match NonZeroU64::new(self.number64()?) {
            Some(number) => Ok(number),
            None => self.expected_at(mark, "a number above 0"),
        }
    }

    fn mod_sequence_criterion(&mut self) -> Parsing<Criterion> {
        self.space()?;
        let mut entry = None;
        if self.is_at_string() {
            let name = self.string("the name of an entry")?;
            self.space()?;
            entry = Some((name, self.mod_sequence_entry_type()?));
            self.space()?;
        }
        let least = self.number64()?;
        Ok(Criterion::ModSeq { entry, least })
    }

    fn mod_sequence_entry_type(&mut self) -> Parsing<EntryType> {
        const EXPECTED: &str = "priv, shared or all";
        let mark = self.mark();
        match self.word(EXPECTED)? {
            word if word.eq_ignore_ascii_case(b"priv") => Ok(EntryType::Private),
            word if word.eq_ignore_ascii_case(b"shared") => Ok(EntryType::Shared),
            word if word.eq_ignore_ascii_case(b"all") => Ok(EntryType::All),
            _ => self.expected_at(mark, EXPECTED),
        }
    }
}

impl Criterion {
    /// Its name; a set of messages has none.
    const fn name(&self) -> &'static str {
        match self {
            Self::All => "ALL",
            Self::Answered => "ANSWERED",
            Self::Deleted => "DELETED",
            Self::Draft => "DRAFT",
            Self::Flagged => "FLAGGED",
            Self::New => "NEW",
            Self::Old => "OLD",
            Self::Recent => "RECENT",
            Self::Seen => "SEEN",
            Self::Unanswered => "UNANSWERED",
            Self::Undeleted => "UNDELETED",
            Self::Undraft => "UNDRAFT",
            Self::Unflagged => "UNFLAGGED",
            Self::Unseen => "UNSEEN",
            Self::Keyword(_) => "KEYWORD ",
            Self::Unkeyword(_) => "UNKEYWORD ",
            Self::Messages(_) => "",
            Self::Uid(_) => "UID ",
            Self::Before(_) => "BEFORE ",
            Self::On(_) => "ON ",
            Self::Since(_) => "SINCE ",
            Self::SentBefore(_) => "SENTBEFORE ",
            Self::SentOn(_) => "SENTON ",
            Self::SentSince(_) => "SENTSINCE ",
            Self::SavedBefore(_) => "SAVEDBEFORE ",
            Self::SavedOn(_) => "SAVEDON ",
            Self::SavedSince(_) => "SAVEDSINCE ",
            Self::SaveDateSupported => "SAVEDATESUPPORTED",
            Self::Older(_) => "OLDER ",
            Self::Younger(_) => "YOUNGER ",
            Self::Bcc(_) => "BCC ",
            Self::Body(_) => "BODY ",
            Self::Cc(_) => "CC ",
            Self::From(_) => "FROM ",
            Self::Subject(_) => "SUBJECT ",
            Self::Text(_) => "TEXT ",
            Self::To(_) => "TO ",
            Self::Header(..) => "HEADER ",
            Self::Larger(_) => "LARGER ",
            Self::Smaller(_) => "SMALLER ",
            Self::ModSeq { .. } => "MODSEQ ",
            Self::EmailId(_) => "EMAILID ",
            Self::ThreadId(_) => "THREADID ",
            Self::Filter(_) => "FILTER ",
            Self::GmailRaw(_) => "X-GM-RAW ",
            Self::GmailLabels(_) => "X-GM-LABELS ",
            Self::GmailMessageId(_) => "X-GM-MSGID ",
            Self::GmailThreadId(_) => "X-GM-THRID ",
        }
    }
}

impl Write for Criterion {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(self.name().as_bytes());
        match self {
            Self::Keyword(keyword) | Self::Unkeyword(keyword) => out.put(keyword.as_bytes()),
            Self::Messages(set) | Self::Uid(set) => set.write(out),
            Self::Before(date)
            | Self::On(date)
            | Self::Since(date)
            | Self::SentBefore(date)
            | Self::SentOn(date)
            | Self::SentSince(date)
            | Self::SavedBefore(date)
            | Self::SavedOn(date)
            | Self::SavedSince(date) => date.write(out),
            Self::Older(seconds) | Self::Younger(seconds) => out.number(seconds.get()),
            Self::Bcc(text)
            | Self::Body(text)
            | Self::Cc(text)
            | Self::From(text)
            | Self::Subject(text)
            | Self::Text(text)
            | Self::To(text)
            | Self::Filter(text)
            | Self::GmailRaw(text) => out.astring(text),
            Self::Header(field, text) => {
                out.astring(field);
                out.put(b" ");
                out.astring(text);
            }
            Self::Larger(number)
            | Self::Smaller(number)
            | Self::GmailMessageId(number)
            | Self::GmailThreadId(number) => out.number(*number),
            Self::ModSeq { entry, least } => {
                if let Some((name, entry_type)) = entry {
                    out.string(name);
                    out.put(match entry_type {
                        EntryType::Private => b" priv ",
                        EntryType::Shared => b" shared ",
                        EntryType::All => b" all ",
                    });
                }
                out.number(*least);
            }
            Self::EmailId(id) | Self::ThreadId(id) => id.write(out),
            Self::GmailLabels(label) => write_gmail_label(label, out),
            _ => {}
        }
    }
}
