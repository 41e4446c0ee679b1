//! Which response it is.

use super::Response;
use std::num::NonZeroU32;

use super::mailbox_list::ListKind;
use super::other::OtherResponse;
use super::status::{Completion, Continuation};
use crate::parse::octets::ATOM;
use crate::parse::{Allowance, Cursor, Parsing};
use crate::types::Status;

impl Cursor<'_> {
    /// `response-tagged / "*" SP response-data / continue-req`
    pub(super) fn response(&mut self) -> Parsing<Response> {
        match self.peek() {
            Some(b'*') => {
                self.advance(1);
                self.space()?;
                self.untagged()
            }
            Some(b'+') => {
                self.advance(1);
                let text = self.space_and_status_text()?;
                Ok(Response::Continuation(Continuation::new(text)))
            }
            _ => self.tagged(),
        }
    }

    /// `tag SP resp-cond-state`
    fn tagged(&mut self) -> Parsing<Response> {
        let tag = self.tag("a tag, * or +")?;
        self.space()?;
        let mark = self.mark();
        let completion = Status::parse(self.span(ATOM)).and_then(Completion::of);
        let Some(status) = completion else {
            return self.expected_at(mark, "OK, NO or BAD");
        };
        let text = self.space_and_status_text()?;
        Ok(Response::Tagged { tag, status, text })
    }

    /// Any response behind `* `. One that breaks its grammar becomes one that is not known, if that is allowed.
    fn untagged(&mut self) -> Parsing<Response> {
        let start = self.mark();
        let failed = match self.response_data() {
            Ok(response) => return Ok(response),
            Err(failed) => failed,
        };
        if start.rest().is_empty() || !self.forgives_failure(start, Allowance::Unreadable) {
            return Err(failed);
        }
        let raw = self.raw()?;
        if **raw.as_bytes() != *start.rest() {
            // Without its controls it may be readable.
            let mut again = Cursor::new(raw.as_bytes().into(), self.options());
            if let Ok(response) = again.response_data() {
                return Ok(response);
            }
        }
        Ok(Response::Other(OtherResponse::from_valid(raw)))
    }

    /// `response-data` behind `* `, up to its end.
    pub(super) fn response_data(&mut self) -> Parsing<Response> {
        let start = self.mark();
        let known = match self.peek() {
            Some(b'0'..=b'9') => self.numbered_data()?,
            _ => self.named_data()?,
        };
        if let Some(response) = known {
            self.end()?;
            return Ok(response);
        }
        if !matches!(self.peek(), None | Some(b' ')) {
            return self.expected("a space");
        }
        self.reset(start);
        self.raw().map(OtherResponse::from_valid).map(Response::Other)
    }

    /// `number SP word ..`; `None` behind a word that is not known.
    fn numbered_data(&mut self) -> Parsing<Option<Response>> {
        let mark = self.mark();
        let number = self.number()?;
        self.space()?;
        let word = self.word("a response")?;
        let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
        Ok(Some(if is("EXISTS") {
            Response::Exists(number)
        } else if is("RECENT") {
            Response::Recent(number)
        } else if is("FETCH") || is("UIDFETCH") || is("EXPUNGE") {
            let Some(number) = NonZeroU32::new(number) else {
                return self.expected_at(mark, "a number above 0");
            };
            if is("EXPUNGE") {
                return Ok(Some(Response::Expunge(number)));
            }
            self.space()?;
            let fetch = self.fetch(number)?;
            match is("FETCH") {
                true => Response::Fetch(fetch),
                false => Response::UidFetch(fetch),
            }
        } else {
            return Ok(None);
        }))
    }

    /// `word ..`; `None` behind a word that is not known.
    fn named_data(&mut self) -> Parsing<Option<Response>> {
        let word = self.word("a response")?;
        if let Some(status) = Status::parse(word) {
            let text = self.space_and_status_text()?;
            return Ok(Some(Response::Status { status, text }));
        }
        match self.mailbox_data(word)? {
            Some(response) => Ok(Some(response)),
            None => self.other_data(word),
        }
    }

    fn mailbox_data(&mut self, word: &[u8]) -> Parsing<Option<Response>> {
        let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
        Ok(Some(if is("LIST") {
            Response::List(self.mailbox_list(ListKind::List)?)
        } else if is("STATUS") {
            Response::MailboxStatus(self.mailbox_status()?)
        } else if is("SEARCH") {
            Response::Search(self.search()?)
        } else if is("ESEARCH") {
            Response::ESearch(self.esearch()?)
        } else if is("FLAGS") {
            self.space()?;
            Response::Flags(self.flags()?)
        } else if is("VANISHED") {
            Response::Vanished(self.vanished()?)
        } else if is("LSUB") {
            Response::List(self.mailbox_list(ListKind::Lsub)?)
        } else if is("XLIST") {
            Response::List(self.mailbox_list(ListKind::Xlist)?)
        } else if is("SORT") {
            Response::Sort(self.search()?)
        } else if is("THREAD") {
            Response::Thread(self.threads()?)
        } else if is("NAMESPACE") {
            Response::Namespaces(self.namespaces()?)
        } else {
            return Ok(None);
        }))
    }

    fn other_data(&mut self, word: &[u8]) -> Parsing<Option<Response>> {
        let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
        Ok(Some(if is("CAPABILITY") {
            Response::Capability(self.capabilities(None)?)
        } else if is("ENABLED") {
            Response::Enabled(self.capabilities(None)?)
        } else if is("ID") {
            self.space()?;
            Response::Id(self.id_parameters()?)
        } else if is("QUOTA") {
            Response::Quota(self.quota()?)
        } else if is("QUOTAROOT") {
            Response::QuotaRoot(self.quota_root()?)
        } else if is("ACL") {
            Response::Acl(self.acl()?)
        } else if is("LISTRIGHTS") {
            Response::ListRights(self.list_rights()?)
        } else if is("MYRIGHTS") {
            Response::MyRights(self.my_rights()?)
        } else if is("METADATA") {
            Response::Metadata(self.metadata()?)
        } else {
            return Ok(None);
        }))
    }
}
