//! SEARCH.

use super::query::Query;
use crate::parse::octets::Upper;
use crate::parse::{Cursor, Parsing};
use crate::types::{Parameter, PartialRange, Text};
use crate::write::{Write, Writer};

/// What is looked for, and what is told of it.
///
/// ```abnf
/// search             = "SEARCH" [search-return-opts] SP search-program               ; RFC 9051 section 9
/// search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")"
/// search-program     = ["CHARSET" SP charset SP] search-key *(SP search-key)
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// `RETURN (..)`: what is told, with ESEARCH. `Some` of no option is `ALL`.
    pub returns: Option<Vec<SearchReturn>>,
    /// What the strings of the query are encoded in.
    pub charset: Option<Text>,
    /// What is looked for.
    pub query: Query,
}

impl From<Query> for Search {
    fn from(query: Query) -> Self {
        Self {
            returns: None,
            charset: None,
            query,
        }
    }
}

/// What SEARCH and SORT tell.
///
/// ```abnf
/// search-return-opt =  "MIN" / "MAX" / "ALL" / "COUNT" / "SAVE" / search-ret-opt-ext    ; RFC 9051 section 9
/// search-return-opt =/ "PARTIAL" SP partial-range                                       ; RFC 9394 section 4
/// search-return-opt =/ "RELEVANCY"                                                      ; RFC 6203 section 6
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SearchReturn {
    /// `MIN`: the lowest number.
    Min,
    /// `MAX`: the highest number.
    Max,
    /// `ALL`: all of them, as a set.
    All,
    /// `COUNT`: how many.
    Count,
    /// `SAVE`: nothing, but `$` means them from now on (RFC 5182).
    Save,
    /// `PARTIAL`: these of them (RFC 9394).
    Partial(PartialRange),
    /// `RELEVANCY`: how well each fits (RFC 6203).
    Relevancy,
    /// Any other.
    Other(Parameter),
}

impl Cursor<'_> {
    /// The arguments of SEARCH with the space before them.
    pub(super) fn search_command(&mut self) -> Parsing<Search> {
        self.space()?;
        let returns = self.search_returns()?;
        let mut charset = None;
        if self.eat_word(b"CHARSET ") {
            charset = Some(self.astring("a charset")?);
            self.space()?;
        }
        let query = self.search_query()?;
        Ok(Search {
            returns,
            charset,
            query,
        })
    }

    /// `["RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")" SP]`
    pub(super) fn search_returns(&mut self) -> Parsing<Option<Vec<SearchReturn>>> {
        if !self.eat_word(b"RETURN ") {
            return Ok(None);
        }
        let returns = self.list_or_none("a list of options", Self::search_return)?;
        self.space()?;
        Ok(Some(returns))
    }

    fn search_return(&mut self) -> Parsing<SearchReturn> {
        const EXPECTED: &str = "a return option of SEARCH";
        let name = self.word(EXPECTED)?;
        Ok(match Upper::of(name).as_slice() {
            b"MIN" => SearchReturn::Min,
            b"MAX" => SearchReturn::Max,
            b"ALL" => SearchReturn::All,
            b"COUNT" => SearchReturn::Count,
            b"SAVE" => SearchReturn::Save,
            b"RELEVANCY" => SearchReturn::Relevancy,
            b"PARTIAL" => {
                self.space()?;
                SearchReturn::Partial(self.partial_range()?)
            }
            _ => SearchReturn::Other(self.parameter(name, EXPECTED)?),
        })
    }
}

impl Write for Search {
    fn write(&self, out: &mut Writer<'_>) {
        write_returns(self.returns.as_deref(), out);
        if let Some(charset) = &self.charset {
            out.put(b"CHARSET ");
            out.astring(charset);
            out.put(b" ");
        }
        self.query.write(out);
    }
}

/// With the space behind them.
pub(super) fn write_returns(returns: Option<&[SearchReturn]>, out: &mut Writer<'_>) {
    if let Some(returns) = returns {
        out.put(b"RETURN ");
        out.list(returns);
        out.put(b" ");
    }
}

impl Write for SearchReturn {
    fn write(&self, out: &mut Writer<'_>) {
        match self {
            Self::Min => out.put(b"MIN"),
            Self::Max => out.put(b"MAX"),
            Self::All => out.put(b"ALL"),
            Self::Count => out.put(b"COUNT"),
            Self::Save => out.put(b"SAVE"),
            Self::Relevancy => out.put(b"RELEVANCY"),
            Self::Partial(range) => {
                out.put(b"PARTIAL ");
                range.write(out);
            }
            Self::Other(parameter) => parameter.write(out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::tests::{becomes, body, forgiven, refused, same};
    use crate::command::{self, Body, By, Criterion};
    use crate::parse::{Allowance, Leniency, Options};

    /// RFC 9051 sections 6.4.4 and 9, RFC 3501 section 6.4.4.
    #[test]
    fn searches_of_rfc_9051() {
        same(&[
            "SEARCH FLAGGED SINCE 1-Feb-1994 NOT FROM Smith",
            "SEARCH TEXT \"string not in mailbox\"",
            "SEARCH CHARSET UTF-8 TEXT {12+}\r\n\u{43c}\u{430}\u{43c}\u{430}\u{43c}\u{430}",
            "SEARCH RETURN (MIN COUNT) FLAGGED SINCE 1-Feb-1994 NOT FROM Smith",
            "SEARCH RETURN () FLAGGED",
            "SEARCH RETURN (ALL MAX) 1:* UID 5 UNDELETED",
            "UID SEARCH 2,4:7,9,12:*",
            "SEARCH ALL ANSWERED DELETED DRAFT FLAGGED NEW OLD RECENT SEEN UNANSWERED UNDELETED UNDRAFT UNFLAGGED UNSEEN",
            "SEARCH KEYWORD $Junk UNKEYWORD a",
            "SEARCH BEFORE 1-Feb-1994 ON 2-Feb-1994 SENTBEFORE 3-Feb-1994 SENTON 4-Feb-1994 SENTSINCE 15-Feb-1994",
            "SEARCH BCC a BODY b CC c FROM d SUBJECT e TEXT f TO \"\"",
            "SEARCH HEADER Message-ID <1@example.org> LARGER 5 SMALLER 18446744073709551615",
            "SEARCH OR SEEN (ANSWERED NOT DRAFT) NOT (TO x)",
        ]);
        becomes(
            "search since \"1-feb-1994\" (all)",
            "SEARCH SINCE 1-Feb-1994 (ALL)",
        );
        becomes("SEARCH RETURN () ALL", "SEARCH RETURN () ALL");
    }

    /// RFC 5182 section 2, RFC 5032 section 3, RFC 7162 section 3.1.5, RFC 8474 section 6, RFC 8514 section 4.3,
    /// RFC 9394 section 3.1, RFC 6203 section 4, RFC 5466 section 3.1, and what Gmail documents.
    #[test]
    fn searches_of_extensions() {
        same(&[
            "SEARCH RETURN (SAVE) SINCE 1-Jan-2004 NOT FROM Smith",
            "SEARCH RETURN (SAVE MIN) $ SMALLER 4096",
            "UID SEARCH UID $",
            "SEARCH UNSEEN YOUNGER 259200 OLDER 1",
            "SEARCH MODSEQ 620162338",
            "SEARCH OR NOT MODSEQ 720162338 LARGER 50000",
            "SEARCH MODSEQ \"/flags/\\\\draft\" all 620162338",
            "SEARCH MODSEQ \"/flags/$x\" priv 0 MODSEQ \"/flags/$x\" shared 1",
            "SEARCH EMAILID M6d99ac3275bb4e THREADID T64b478a75b7ea9",
            "SEARCH SAVEDATESUPPORTED SAVEDBEFORE 1-Jan-2020 SAVEDON 2-Jan-2020 SAVEDSINCE 3-Jan-2020",
            "UID SEARCH RETURN (PARTIAL 23500:24000) UNDELETED",
            "UID SEARCH RETURN (PARTIAL -1:-500 COUNT) UNDELETED UNKEYWORD $Junk",
            "SEARCH RETURN (RELEVANCY ALL) FUZZY TEXT Bob FUZZY (SUBJECT a)",
            "SEARCH FILTER on-the-road SUBJECT a",
            "UID SEARCH RETURN (UPDATE CONTEXT X-A (b 1)) ALL",
            "SEARCH X-GM-RAW \"has:attachment in:unread\" X-GM-LABELS \\Inbox X-GM-MSGID 1278455344230334865",
            "SEARCH X-GM-THRID 1266894439832287888 X-GM-LABELS foo",
        ]);
    }

    #[test]
    fn what_is_no_search() {
        refused(&[
            ("SEARCH", 6, "a space"),
            ("SEARCH ", 7, "a search key"),
            ("SEARCH FOO", 7, "a search key"),
            ("SEARCH 0", 7, "a set of messages"),
            ("SEARCH ()", 8, "a search key"),
            ("SEARCH (ALL", 11, "a space"),
            ("SEARCH ALL)", 10, "the end of the line"),
            ("SEARCH NOT", 10, "a space"),
            ("SEARCH OR ALL", 13, "a space"),
            ("SEARCH OR ALL ", 14, "a search key"),
            ("SEARCH FROM", 11, "a space"),
            ("SEARCH SINCE 1-Foo-1994", 13, "a date such as 1-Feb-1994"),
            ("SEARCH SINCE \"1-Feb-1994", 24, "a closing quote"),
            ("SEARCH LARGER 18446744073709551616", 14, "a smaller number"),
            ("SEARCH OLDER 0", 13, "a number above 0"),
            ("SEARCH MODSEQ \"x\" 5", 18, "priv, shared or all"),
            ("SEARCH RETURN ALL", 14, "a list of options"),
            ("SEARCH RETURN (ALL)", 19, "a space"),
            ("SEARCH RETURN (PARTIAL) ALL", 22, "a space"),
            ("SEARCH RETURN (USE) ALL", 18, "a return option of SEARCH"),
            ("SEARCH CHARSET UTF-8", 20, "a space"),
            ("SEARCH HEADER a", 15, "a space"),
        ]);
    }

    /// A plug-in of Roundcube sends two spaces between keys (GMS-SA/roundcube-advanced-search#3).
    #[test]
    fn spaces_between_keys_can_be_forgiven() {
        let options = Options {
            leniency: Leniency::STRICT.with(Allowance::Spaces),
            ..Options::default()
        };
        let message = b"a UID SEARCH RETURN (ALL) UNDELETED  ALL";
        assert_eq!(command::parse(message).unwrap_err().expected, "a search key");
        let parsed = command::parse_with(message, &options).unwrap();
        assert_eq!(parsed.value.body, body("UID SEARCH RETURN (ALL) UNDELETED ALL"));
        assert_eq!(
            parsed.forgiven.iter().collect::<Vec<_>>(),
            [(Allowance::Spaces, 36)]
        );
    }

    #[test]
    fn a_space_at_the_end_can_be_forgiven() {
        let (read, forgiven) = forgiven("SEARCH OR SEEN (ALL) ");
        assert_eq!(forgiven, [Allowance::TrailingSpaces]);
        assert_eq!(read, body("SEARCH OR SEEN (ALL)"));
        let all = Search::from(Query::from(Criterion::All));
        assert_eq!(body("SEARCH ALL"), Body::Search(By::Sequence, all));
    }
}
