//! How codes are written.

use bytes::BytesMut;

use super::{Progress, ResponseCode, WORDS};
use crate::types::{Text, UidSet};
use crate::write::{Write, Writer};

impl ResponseCode {
    /// What stands between the brackets.
    pub(super) fn to_octets(&self) -> BytesMut {
        let mut octets = BytesMut::new();
        self.write(&mut Writer::server(&mut octets));
        octets
    }
}

/// What stands between the brackets.
impl Write for ResponseCode {
    fn write(&self, out: &mut Writer<'_>) {
        match self {
            Self::BadCharset(charsets) if charsets.is_empty() => out.put(b"BADCHARSET"),
            Self::BadCharset(charsets) => {
                out.put(b"BADCHARSET ");
                separated(charsets, out);
                out.put(b")");
            }
            Self::Capability(list) => {
                out.put(b"CAPABILITY");
                list.write(out);
            }
            Self::PermanentFlags(flags) => {
                out.put(b"PERMANENTFLAGS ");
                out.list(flags);
            }
            Self::UidNext(number) => numbered(b"UIDNEXT ", number.get().into(), out),
            Self::UidValidity(number) => numbered(b"UIDVALIDITY ", number.get().into(), out),
            Self::Unseen(number) => numbered(b"UNSEEN ", number.get().into(), out),
            Self::HighestModSeq(number) => numbered(b"HIGHESTMODSEQ ", number.get(), out),
            Self::MetadataLongEntries(number) => numbered(b"METADATA LONGENTRIES ", (*number).into(), out),
            Self::MetadataMaxSize(number) => numbered(b"METADATA MAXSIZE ", (*number).into(), out),
            Self::MaxConvertMessages(number) => numbered(b"MAXCONVERTMESSAGES ", number.get().into(), out),
            Self::MaxConvertParts(number) => numbered(b"MAXCONVERTPARTS ", number.get().into(), out),
            Self::AppendUid { validity, uids } => sets(b"APPENDUID ", Some(validity.get()), &[uids], out),
            Self::CopyUid {
                validity,
                source,
                target,
            } => sets(b"COPYUID ", Some(validity.get()), &[source, target], out),
            Self::Modified(set) => sets(b"MODIFIED", None, &[set], out),
            Self::NewName(text) => named(b"NEWNAME ", text, out),
            Self::Referral(text) => named(b"REFERRAL ", text, out),
            Self::UrlMech(text) => named(b"URLMECH ", text, out),
            Self::BadUrl(text) => named(b"BADURL ", text, out),
            Self::Annotations(text) => named(b"ANNOTATIONS ", text, out),
            Self::UndefinedFilter(name) => named(b"UNDEFINED-FILTER ", name.as_bytes(), out),
            Self::BadEvent(events) => named(b"BADEVENT ", events.as_bytes(), out),
            Self::Other(code) => out.put(code),
            Self::NoUpdate(tag) => {
                out.put(b"NOUPDATE ");
                out.quoted(tag);
            }
            Self::MailboxId(id) => {
                out.put(b"MAILBOXID (");
                id.write(out);
                out.put(b")");
            }
            Self::MessageLimit { limit, last } => {
                numbered(b"MESSAGELIMIT ", limit.get().into(), out);
                if let Some(last) = last {
                    numbered(b" ", last.get().into(), out);
                }
            }
            Self::InProgress(progress) => {
                out.put(b"INPROGRESS");
                if let Some(progress) = progress {
                    progress.write(out);
                }
            }
            Self::AnnotateTooBig => out.put(b"ANNOTATE TOOBIG"),
            Self::AnnotateTooMany => out.put(b"ANNOTATE TOOMANY"),
            Self::MetadataTooMany => out.put(b"METADATA TOOMANY"),
            Self::MetadataNoPrivate => out.put(b"METADATA NOPRIVATE"),
            word => out.put(word.word().as_bytes()),
        }
    }
}

impl ResponseCode {
    fn word(&self) -> &'static str {
        let word = WORDS.iter().find(|(_, code)| code == self);
        word.map_or("", |(word, _)| word)
    }
}

/// `SP "(" inprogress-tag SP inprogress-state ")"`
impl Write for Progress {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(b" (");
        match &self.tag {
            Some(tag) => out.quoted(tag),
            None => out.put(b"NIL"),
        }
        for number in [self.done, self.total.map(Into::into)] {
            out.put(b" ");
            match number {
                Some(number) => out.number(number),
                None => out.put(b"NIL"),
            }
        }
        out.put(b")");
    }
}

fn numbered(name: &[u8], number: u64, out: &mut Writer<'_>) {
    out.put(name);
    out.number(number);
}

fn named(name: &[u8], text: &[u8], out: &mut Writer<'_>) {
    out.put(name);
    out.put(text);
}

fn sets(name: &[u8], validity: Option<u32>, sets: &[&UidSet], out: &mut Writer<'_>) {
    out.put(name);
    if let Some(validity) = validity {
        out.number(validity);
    }
    for set in sets {
        out.put(b" ");
        set.write(out);
    }
}

/// In parentheses, but for the closing one.
fn separated(texts: &[Text], out: &mut Writer<'_>) {
    for (index, text) in texts.iter().enumerate() {
        out.put(if index == 0 { b"(" } else { b" " });
        out.astring(text);
    }
}
