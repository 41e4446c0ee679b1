//! How codes are read.

use std::num::NonZeroU32;

use memchr::memchr;

use super::{Progress, ResponseCode, WORDS};
use crate::parse::octets::ATOM;
use crate::parse::{Allowance, Cursor, Parsing};
use crate::types::Text;

impl Cursor<'_> {
    /// `["[" resp-text-code "]"]`: a bracket that none closes, or with nothing in it, is no code.
    ///
    /// A code that is malformed is as good as one that is not known: it is noted, whatever is allowed.
    pub(crate) fn response_code(&mut self) -> Parsing<Option<ResponseCode>> {
        let mark = self.mark();
        if !self.eat(b'[') {
            return Ok(None);
        }
        let start = self.mark();
        let known = match self.known_code() {
            // A literal would be cut off, as a status is one line; and what other controls become is not a code either.
            Ok(Some(code)) if self.code_ends() && !self.since(start).iter().any(u8::is_ascii_control) => {
                return Ok(Some(code));
            }
            Ok(None) => false,
            _ => true,
        };
        self.reset(start);
        let end = memchr(b']', self.rest()).filter(|&end| end > 0);
        let Some(raw) = end.and_then(|end| self.rest().get(..end)) else {
            self.reset(mark);
            return Ok(None);
        };
        if known {
            self.notes(Allowance::Unreadable);
        }
        let code = ResponseCode::Other(self.line_text(raw)?);
        self.advance(raw.len() + 1);
        Ok(Some(code))
    }

    /// `"]"`
    fn code_ends(&mut self) -> bool {
        if self.peek() == Some(b' ') && self.forgives(Allowance::Spaces) {
            let spaces = self.rest().iter().take_while(|&&octet| octet == b' ').count();
            self.advance(spaces);
        }
        self.eat(b']')
    }

    /// `resp-text-code`; `None` if it is not known.
    fn known_code(&mut self) -> Parsing<Option<ResponseCode>> {
        let word = self.span(ATOM);
        let mut words = WORDS.iter();
        if let Some((_, code)) = words.find(|(known, _)| word.eq_ignore_ascii_case(known.as_bytes())) {
            return Ok(Some(code.clone()));
        }
        let known = [
            Self::code_of_selection,
            Self::code_of_base,
            Self::code_of_extensions,
        ];
        for read in known {
            if let Some(code) = read(self, word)? {
                return Ok(Some(code));
            }
        }
        Ok(None)
    }

    /// Those that tell of a mailbox when it is selected or written to.
    fn code_of_selection(&mut self, word: &[u8]) -> Parsing<Option<ResponseCode>> {
        let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
        let code = if is("UIDNEXT") {
            ResponseCode::UidNext(self.number_behind_space()?)
        } else if is("UIDVALIDITY") {
            ResponseCode::UidValidity(self.number_behind_space()?)
        } else if is("UNSEEN") {
            ResponseCode::Unseen(self.number_behind_space()?)
        } else if is("PERMANENTFLAGS") {
            self.space()?;
            ResponseCode::PermanentFlags(self.flags()?)
        } else if is("HIGHESTMODSEQ") {
            self.space()?;
            ResponseCode::HighestModSeq(self.nz_number64()?)
        } else if is("APPENDUID") {
            let validity = self.number_behind_space()?;
            self.space()?;
            let uids = self.uid_set()?;
            ResponseCode::AppendUid { validity, uids }
        } else if is("COPYUID") {
            self.copy_uid()?
        } else if is("MAILBOXID") {
            self.space()?;
            ResponseCode::MailboxId(self.object_id_in_parentheses()?)
        } else if is("MODIFIED") {
            self.space()?;
            ResponseCode::Modified(self.uid_set()?)
        } else {
            return Ok(None);
        };
        Ok(Some(code))
    }

    /// The others of RFC 3501 and RFC 9051.
    fn code_of_base(&mut self, word: &[u8]) -> Parsing<Option<ResponseCode>> {
        let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
        let code = if is("CAPABILITY") {
            ResponseCode::Capability(self.capabilities(Some(b']'))?)
        } else if is("BADCHARSET") {
            ResponseCode::BadCharset(self.charsets()?)
        } else if is("REFERRAL") {
            ResponseCode::Referral(self.text_behind_space()?)
        } else if is("NEWNAME") {
            ResponseCode::NewName(self.text_behind_space()?)
        } else {
            return Ok(None);
        };
        Ok(Some(code))
    }

    fn code_of_extensions(&mut self, word: &[u8]) -> Parsing<Option<ResponseCode>> {
        let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
        let code = if is("METADATA") {
            self.metadata_code()?
        } else if is("INPROGRESS") {
            ResponseCode::InProgress(self.progress()?)
        } else if is("MESSAGELIMIT") {
            let limit = self.number_behind_space()?;
            let more = self.peek() == Some(b' ');
            let last = more.then(|| self.number_behind_space()).transpose()?;
            ResponseCode::MessageLimit { limit, last }
        } else if is("BADURL") {
            ResponseCode::BadUrl(self.text_behind_space()?)
        } else if is("URLMECH") {
            ResponseCode::UrlMech(self.text_behind_space()?)
        } else if is("NOUPDATE") {
            self.space()?;
            ResponseCode::NoUpdate(self.code_string()?)
        } else if is("BADEVENT") {
            self.space()?;
            match self.peek() {
                Some(b'(') => ResponseCode::BadEvent(self.value()?),
                _ => return self.expected("events in parentheses"),
            }
        } else if is("UNDEFINED-FILTER") {
            self.space()?;
            ResponseCode::UndefinedFilter(self.atom("a filter")?)
        } else if is("MAXCONVERTMESSAGES") {
            ResponseCode::MaxConvertMessages(self.number_behind_space()?)
        } else if is("MAXCONVERTPARTS") {
            ResponseCode::MaxConvertParts(self.number_behind_space()?)
        } else if is("ANNOTATIONS") {
            ResponseCode::Annotations(self.text_behind_space()?)
        } else if is("ANNOTATE") {
            self.annotate_code()?
        } else {
            return Ok(None);
        };
        Ok(Some(code))
    }

    fn number_behind_space(&mut self) -> Parsing<NonZeroU32> {
        self.space()?;
        match self.valid_number()? {
            Some(number) => Ok(number),
            None => self.expected("a number from 1 to 4294967295"),
        }
    }

    /// `SP 1*<any TEXT-CHAR except "]">`; further spaces are a part of it.
    fn text_behind_space(&mut self) -> Parsing<Text> {
        self.octet(b' ', "a space")?;
        let end = memchr(b']', self.rest()).filter(|&end| end > 0);
        let Some(text) = end.and_then(|end| self.rest().get(..end)) else {
            return self.expected("a text");
        };
        let value = self.line_text(text)?;
        self.advance(text.len());
        Ok(value)
    }

    /// `quoted`: a code has no room for a literal.
    fn code_string(&mut self) -> Parsing<Text> {
        match self.peek() {
            Some(b'"') => self.string("a quoted string"),
            _ => self.expected("a quoted string"),
        }
    }

    /// `[SP "(" charset *(SP charset) ")"]`
    fn charsets(&mut self) -> Parsing<Vec<Text>> {
        if self.peek() != Some(b' ') {
            return Ok(Vec::new());
        }
        self.space()?;
        let charset = |cursor: &mut Self| match cursor.peek() {
            Some(b'{' | b'~') => cursor.expected("a charset"),
            _ => cursor.astring("a charset"),
        };
        let charsets = self.list("charsets in parentheses", charset)?;
        Ok(charsets.into_vec())
    }

    /// `resp-code-copy = "COPYUID" SP nz-number SP uid-set SP uid-set` (RFC 4315 section 4)
    fn copy_uid(&mut self) -> Parsing<ResponseCode> {
        let validity = self.number_behind_space()?;
        self.space()?;
        let source = self.uid_set()?;
        self.space()?;
        let target = self.uid_set()?;
        Ok(ResponseCode::CopyUid {
            validity,
            source,
            target,
        })
    }

    /// ```abnf
    /// resp-text-code =/ "METADATA" SP "LONGENTRIES" SP number                       ; RFC 5464 section 5
    /// resp-text-code =/ "METADATA" SP ("MAXSIZE" SP number / "TOOMANY" / "NOPRIVATE")
    /// ```
    fn metadata_code(&mut self) -> Parsing<ResponseCode> {
        self.space()?;
        if self.eat_word(b"LONGENTRIES") {
            self.space()?;
            return self.number().map(ResponseCode::MetadataLongEntries);
        }
        if self.eat_word(b"MAXSIZE") {
            self.space()?;
            return self.number().map(ResponseCode::MetadataMaxSize);
        }
        if self.eat_word(b"TOOMANY") {
            return Ok(ResponseCode::MetadataTooMany);
        }
        if self.eat_word(b"NOPRIVATE") {
            return Ok(ResponseCode::MetadataNoPrivate);
        }
        self.expected("LONGENTRIES, MAXSIZE, TOOMANY or NOPRIVATE")
    }

    /// `"ANNOTATE" SP ("TOOBIG" / "TOOMANY")` (RFC 5257 section 5)
    fn annotate_code(&mut self) -> Parsing<ResponseCode> {
        self.space()?;
        if self.eat_word(b"TOOBIG") {
            return Ok(ResponseCode::AnnotateTooBig);
        }
        if self.eat_word(b"TOOMANY") {
            return Ok(ResponseCode::AnnotateTooMany);
        }
        self.expected("TOOBIG or TOOMANY")
    }

    /// ```abnf
    /// resp-text-code           =/ "INPROGRESS" [SP "(" inprogress-tag SP inprogress-state ")"]    ; RFC 9585
    /// inprogress-tag           = quoted / nil
    /// inprogress-state         = inprogress-state-count / inprogress-state-known / inprogress-state-unknown
    /// inprogress-state-count   = number SP nil
    /// inprogress-state-known   = number SP nz-number
    /// inprogress-state-unknown = nil SP nil
    /// ```
    fn progress(&mut self) -> Parsing<Option<Progress>> {
        if self.peek() != Some(b' ') {
            return Ok(None);
        }
        self.space()?;
        self.octet(b'(', "an opening parenthesis")?;
        let mut progress = Progress::default();
        if !self.nil() {
            progress.tag = Some(self.code_string()?);
        }
        self.space()?;
        let counted = !self.nil();
        if counted {
            progress.done = Some(self.number()?);
        }
        self.space()?;
        let open = self.nil();
        if counted && !open {
            progress.total = Some(self.nz_number()?);
        }
        self.octet(b')', "a closing parenthesis")?;
        Ok(Some(progress))
    }
}
