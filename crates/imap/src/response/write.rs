//! How responses become octets.

use bytes::BytesMut;

use super::Response;
#[cfg(doc)]
use super::fetch::Data;
use super::fetch::Fetch;
use crate::frame::Gap;
use crate::types::Status;
use crate::write::{Write, Writer};

impl Response {
    /// Appends the response with its final CRLF. Messages that were streamed ([`Data::Streamed`]) are not here to be
    /// appended: they become `NIL`.
    pub fn encode(&self, out: &mut BytesMut) {
        self.encode_to(&mut Writer::server(out));
    }

    /// As [`Response::encode`], but messages that were streamed are announced. Gives the places in the output where
    /// their octets have to be put.
    #[must_use = "a literal without its octets takes what follows for them"]
    pub fn encode_streamed(&self, out: &mut BytesMut) -> Vec<Gap> {
        let mut out = Writer::streaming(out);
        self.encode_to(&mut out);
        out.gaps()
    }

    fn encode_to(&self, out: &mut Writer<'_>) {
        match self {
            Self::Tagged { tag, .. } => {
                out.put(tag.as_bytes());
                out.put(b" ");
            }
            Self::Continuation(_) => out.put(b"+ "),
            _ => out.put(b"* "),
        }
        self.write(out);
        out.put(b"\r\n");
    }
}

/// What stands behind the tag, `*` or `+` and a space.
impl Write for Response {
    fn write(&self, out: &mut Writer<'_>) {
        match self {
            Self::Tagged { status, text, .. } => {
                out.put(Status::from(*status).as_str().as_bytes());
                out.put(b" ");
                text.write(out);
            }
            Self::Status { status, text } => {
                out.put(status.as_str().as_bytes());
                out.put(b" ");
                text.write(out);
            }
            Self::Continuation(continuation) => continuation.text().write(out),
            Self::Exists(number) => numbered((*number).into(), b" EXISTS", out),
            Self::Recent(number) => numbered((*number).into(), b" RECENT", out),
            Self::Expunge(number) => numbered(number.get().into(), b" EXPUNGE", out),
            Self::Fetch(fetch) => fetched(fetch, b" FETCH ", out),
            Self::UidFetch(fetch) => fetched(fetch, b" UIDFETCH ", out),
            Self::Capability(list) => behind(b"CAPABILITY", list, out),
            Self::Enabled(list) => behind(b"ENABLED", list, out),
            Self::Id(parameters) => behind(b"ID ", parameters, out),
            Self::Search(search) => behind(b"SEARCH", search, out),
            Self::Sort(search) => behind(b"SORT", search, out),
            Self::Thread(threads) => behind(b"THREAD", threads, out),
            Self::Flags(flags) => {
                out.put(b"FLAGS ");
                out.list(flags);
            }
            Self::List(list) => list.write(out),
            Self::MailboxStatus(status) => status.write(out),
            Self::Namespaces(namespaces) => namespaces.write(out),
            Self::ESearch(search) => search.write(out),
            Self::Vanished(vanished) => vanished.write(out),
            Self::Quota(quota) => quota.write(out),
            Self::QuotaRoot(roots) => roots.write(out),
            Self::Acl(acl) => acl.write(out),
            Self::ListRights(rights) => rights.write(out),
            Self::MyRights(rights) => rights.write(out),
            Self::Metadata(metadata) => metadata.write(out),
            Self::Other(other) => other.write(out),
        }
    }
}

fn behind(name: &[u8], value: &impl Write, out: &mut Writer<'_>) {
    out.put(name);
    value.write(out);
}

fn numbered(number: u64, name: &[u8], out: &mut Writer<'_>) {
    out.number(number);
    out.put(name);
}

fn fetched(fetch: &Fetch, name: &[u8], out: &mut Writer<'_>) {
    out.number(fetch.number.get());
    out.put(name);
    fetch.write(out);
}
