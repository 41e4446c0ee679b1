//! SEARCH (RFC 3501 section 6.4.4, RFC 4731 for RETURN).

use std::num::NonZeroU32;

use gatepost_imap::command::{By, Search, SearchReturn};
use gatepost_imap::response::{self, ESearch, SearchResult};
use gatepost_imap::types::{Text, UidSet};
use gatepost_imap::{Response, ResponseCode, Tag};

use super::matching::{self, Last};
use super::selected::Target;
use super::{Answer, Failure, Session, done};
use crate::mail::output::Output;

impl Session {
    pub(super) fn search(&mut self, tag: &Tag, by: By, search: &Search, out: &mut Output) -> Answer {
        let selected = self.selected()?;
        check(search)?;
        let last = Last {
            number: selected.last(By::Sequence),
            uid: selected.last(By::Uid),
        };
        let matches =
            matching::all(search.query.keys(), last).ok_or(Failure::Bad("expected a search key"))?;
        let found: Vec<NonZeroU32> = selected.mailbox().with(|state| {
            let matching = |target: &Target| {
                state
                    .find(target.uid)
                    .is_some_and(|found| matches(target.number, found))
            };
            let number = |target: Target| match by {
                By::Sequence => target.number,
                By::Uid => target.uid,
            };
            selected.all().filter(matching).map(number).collect()
        });
        out.tell(&match &search.returns {
            Some(wanted) => Response::ESearch(ESearch {
                tag: Some(Text::from(tag.clone())),
                mailbox: None,
                uid_validity: None,
                numbers: by,
                results: results(wanted, &found),
            }),
            None => Response::Search(response::Search {
                numbers: found.into_iter().collect(),
                mod_seq: None,
            }),
        });
        done("search done")
    }
}

/// Refuses what is not served. Of charsets UTF-8 and its subset are known.
fn check(search: &Search) -> Result<(), Failure> {
    use SearchReturn::{All, Count, Max, Min};

    let charset = search.charset.as_deref().unwrap_or(b"UTF-8");
    if ![&b"UTF-8"[..], b"US-ASCII"]
        .iter()
        .any(|known| charset.eq_ignore_ascii_case(known))
    {
        let known = Text::try_from("UTF-8").into_iter().collect();
        return Err(Failure::No(ResponseCode::BadCharset(known), "unknown charset"));
    }
    if !search
        .returns
        .iter()
        .flatten()
        .all(|wanted| matches!(wanted, Min | Max | All | Count))
    {
        return Err(Failure::Bad("expected MIN, MAX, ALL or COUNT"));
    }
    Ok(())
}

/// What ESEARCH tells of the messages that were found; nothing that is asked for means ALL.
fn results(wanted: &[SearchReturn], found: &[NonZeroU32]) -> Vec<SearchResult> {
    let wants = |result: SearchReturn| wanted.contains(&result);
    let min = found.first().map(|&first| SearchResult::Min(first));
    let max = found.last().map(|&last| SearchResult::Max(last));
    let all = UidSet::of(found.iter().copied()).ok().map(SearchResult::All);
    let count = u32::try_from(found.len()).unwrap_or(u32::MAX);
    let results = [
        min.filter(|_| wants(SearchReturn::Min)),
        max.filter(|_| wants(SearchReturn::Max)),
        all.filter(|_| wants(SearchReturn::All) || wanted.is_empty()),
        wants(SearchReturn::Count).then_some(SearchResult::Count(count)),
    ];
    results.into_iter().flatten().collect()
}
