//! METADATA (RFC 5464).

use bytes::Bytes;

use crate::parse::{Cursor, Parsing};
use crate::types::{Mailbox, NonEmpty, Text};
use crate::write::{Write, Writer};

/// What is noted about a mailbox, or about the server.
///
/// ```abnf
/// metadata-resp = "METADATA" SP mailbox SP (entry-values / entry-list)        ; RFC 5464 section 5
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// The mailbox; empty for the server.
    pub mailbox: Mailbox,
    /// The entries.
    pub entries: MetadataEntries,
}

/// What is told of entries.
///
/// ```abnf
/// entry-values = "(" entry-value *(SP entry-value) ")"        ; RFC 5464 section 5
/// entry-value  = entry SP value
/// entry-list   = entry *(SP entry)
/// entry        = astring
/// value        = nstring / literal8
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MetadataEntries {
    /// Their names and values. There is no value of an entry that does not exist.
    Values(NonEmpty<(Text, Option<Bytes>)>),
    /// These have changed.
    Changed(NonEmpty<Text>),
}

impl Cursor<'_> {
    /// `SP mailbox SP (entry-values / entry-list)`
    pub(super) fn metadata(&mut self) -> Parsing<Metadata> {
        self.space()?;
        let mailbox = self.mailbox()?;
        self.space()?;
        let entries = match self.eat(b'(') {
            true => MetadataEntries::Values(self.rest_of_list(Self::metadata_value)?),
            false => MetadataEntries::Changed(self.spaced(|cursor| cursor.astring("an entry"))?),
        };
        Ok(Metadata { mailbox, entries })
    }

    /// `entry SP value`
    fn metadata_value(&mut self) -> Parsing<(Text, Option<Bytes>)> {
        const EXPECTED: &str = "a string or NIL";
        let entry = self.astring("an entry")?;
        self.space()?;
        let value = match self.peek() {
            Some(b'~') => {
                let octets = self.literal(EXPECTED)?;
                Some(self.bytes(octets))
            }
            _ => self.nstring(EXPECTED)?.map(Text::into_bytes),
        };
        Ok((entry, value))
    }
}

impl Write for Metadata {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(b"METADATA ");
        self.mailbox.write(out);
        match &self.entries {
            MetadataEntries::Values(values) => {
                for (index, (entry, value)) in values.iter().enumerate() {
                    out.put(if index == 0 { b" (" } else { b" " });
                    out.astring(entry);
                    out.put(b" ");
                    match value {
                        Some(octets) if octets.contains(&0) => out.literal8(octets),
                        Some(octets) => out.string(octets),
                        None => out.put(b"NIL"),
                    }
                }
                out.put(b")");
            }
            MetadataEntries::Changed(entries) => {
                for entry in entries {
                    out.put(b" ");
                    out.astring(entry);
                }
            }
        }
    }
}
