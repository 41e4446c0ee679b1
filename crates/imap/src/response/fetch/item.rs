//! One thing that a server tells of a message.

use std::num::{NonZeroU32, NonZeroU64};

use super::body::{Extensions, write_body};
use super::data::write_data;
use super::other::{OtherItem, UnreadableItem};
use super::{BodyStructure, Data, Envelope, name};
use crate::parse::{Allowance, Cursor, Failed, Mark, Parsing};
use crate::types::{DateTime, Flag, ObjectId, Part, Section, Text};
use crate::write::{Write, Writer};

use name::Name;

/// One thing that a server tells of a message.
///
/// ```abnf
/// msg-att-dynamic =  "FLAGS" SP "(" [flag-fetch *(SP flag-fetch)] ")"                     ; RFC 9051 section 9
/// msg-att-static  =  "ENVELOPE" SP envelope / "INTERNALDATE" SP date-time / "RFC822.SIZE" SP number64 /
///                    "BODY" ["STRUCTURE"] SP body / "BODY" section ["<" number ">"] SP nstring /
///                    "BINARY" section-binary SP (nstring / literal8) /
///                    "BINARY.SIZE" section-binary SP number / "UID" SP uniqueid
/// msg-att-static  =/ "RFC822" [".HEADER" / ".TEXT"] SP nstring                            ; RFC 3501 section 9
/// msg-att-dynamic =/ "MODSEQ" SP "(" mod-sequence-value ")"                               ; RFC 7162 section 7
/// msg-att-static  =/ "EMAILID" SP "(" objectid ")" / "THREADID" SP ("(" objectid ")" / nil)
///                                                                                         ; RFC 8474 section 7
/// msg-att-dynamic =/ "PREVIEW" SP nstring                                                 ; RFC 8970 section 6
/// msg-att-static  =/ "SAVEDATE" SP (date-time / nil)                                      ; RFC 8514 section 6
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Item {
    /// `FLAGS`
    Flags(Vec<Flag>),
    /// `UID`
    Uid(NonZeroU32),
    /// `ENVELOPE`: the header, parsed.
    Envelope(Box<Envelope>),
    /// `BODY`: what the message is made of. It should have no extension data.
    Body(BodyStructure),
    /// `BODYSTRUCTURE`: what the message is made of, with extension data.
    BodyStructure(BodyStructure),
    /// `INTERNALDATE`: when the server got the message.
    InternalDate(DateTime),
    /// `RFC822.SIZE`: the size of the message in octets.
    Rfc822Size(u64),
    /// `RFC822`: the message (RFC 3501).
    Rfc822(Option<Data>),
    /// `RFC822.HEADER`: its header (RFC 3501).
    Rfc822Header(Option<Data>),
    /// `RFC822.TEXT`: what comes behind its header (RFC 3501).
    Rfc822Text(Option<Data>),
    /// `BODY[..]`, as it is in the message.
    BodySection {
        /// What of the message.
        section: Section,
        /// The first octet of it that is told, if not all was asked for.
        origin: Option<u64>,
        /// The octets. `None` if there is no such part.
        data: Option<Data>,
    },
    /// `BINARY[..]`: a part without its transfer encoding (RFC 3516).
    Binary {
        /// What of the message.
        part: Part,
        /// The first octet of it that is told, if not all was asked for.
        origin: Option<u64>,
        /// The octets. `None` if there is no such part.
        data: Option<Data>,
    },
    /// `BINARY.SIZE[..]`: how large a part is without its transfer encoding (RFC 3516).
    BinarySize {
        /// What of the message.
        part: Part,
        /// The size in octets.
        octets: u32,
    },
    /// `MODSEQ`: the mod-sequence (RFC 7162).
    ModSeq(NonZeroU64),
    /// `EMAILID`: what a message and its copies are known by (RFC 8474).
    EmailId(ObjectId),
    /// `THREADID`: what a thread is known by; `None` if the server has none (RFC 8474).
    ThreadId(Option<ObjectId>),
    /// `PREVIEW`: the first words (RFC 8970). `None` if there is none yet.
    Preview(Option<Text>),
    /// `SAVEDATE`: when the message came into the mailbox; `None` if the mailbox does not know (RFC 8514).
    SaveDate(Option<DateTime>),
    /// `X-GM-MSGID`: Gmail's number of the message.
    GmailMessageId(u64),
    /// `X-GM-THRID`: Gmail's number of the thread.
    GmailThreadId(u64),
    /// `X-GM-LABELS`: Gmail's labels, in modified UTF-7; those of the system begin with a backslash.
    GmailLabels(Vec<Text>),
    /// Any other.
    Other(OtherItem),
    /// One that breaks its grammar, which was forgiven ([`Allowance::Unreadable`]).
    Unreadable(UnreadableItem),
}

impl<'a> Cursor<'a> {
    /// One of `msg-att-dynamic` and `msg-att-static`.
    pub(super) fn fetch_item(&mut self) -> Parsing<Item> {
        let mark = self.mark();
        let Some(name) = Name::known(self.fetch_name()) else {
            self.reset(mark);
            return self
                .unknown_item()
                .map(|(name, value)| Item::Other(OtherItem::from_valid(name, value)));
        };
        match self.known_item(name) {
            Ok(Some(item)) => Ok(item),
            Ok(None) => self.unreadable_item(mark),
            Err(Failed) if self.is_over_a_limit() => Err(Failed),
            Err(Failed) => {
                self.reset(mark);
                match self.forgives(Allowance::Unreadable) {
                    true => self.unreadable_item(mark),
                    false => Err(Failed),
                }
            }
        }
    }

    #[cold]
    fn unreadable_item(&mut self, mark: Mark<'a>) -> Parsing<Item> {
        self.reset_place(mark);
        let (name, value) = self.unknown_item()?;
        Ok(Item::Unreadable(UnreadableItem::from_valid(name, value)))
    }

    /// What follows a name; `None` if it is none, which was forgiven.
    fn known_item(&mut self, name: Name) -> Parsing<Option<Item>> {
        match name {
            Name::Body if self.peek() == Some(b'[') => return self.body_section().map(Some),
            Name::Binary => return self.binary().map(Some),
            Name::BinarySize => return self.binary_size().map(Some),
            _ => self.space()?,
        }
        let item = match name {
            Name::Flags => Item::Flags(self.list_or_none("a list of flags", Self::flag)?),
            Name::Envelope => Item::Envelope(Box::new(self.envelope()?)),
            Name::Body => Item::Body(self.body()?),
            Name::BodyStructure => Item::BodyStructure(self.body()?),
            Name::Uid => Item::Uid(self.nz_number()?),
            Name::Rfc822Size => Item::Rfc822Size(self.number64()?),
            Name::InternalDate => match self.date_time()? {
                Some(moment) => Item::InternalDate(moment),
                None => return Ok(None),
            },
            Name::ModSeq => Item::ModSeq(self.mod_sequence()?),
            Name::Rfc822 => Item::Rfc822(self.data()?),
            Name::Rfc822Header => Item::Rfc822Header(self.data()?),
            Name::Rfc822Text => Item::Rfc822Text(self.data()?),
            Name::Preview => Item::Preview(self.nstring("a preview or NIL")?),
            Name::EmailId => Item::EmailId(self.object_id_in_parentheses()?),
            Name::ThreadId if self.nil() => Item::ThreadId(None),
            Name::ThreadId => Item::ThreadId(Some(self.object_id_in_parentheses()?)),
            Name::SaveDate if self.nil() => Item::SaveDate(None),
            Name::SaveDate => match self.date_time()? {
                Some(moment) => Item::SaveDate(Some(moment)),
                None => return Ok(None),
            },
            Name::GmailMessageId => Item::GmailMessageId(self.number64()?),
            Name::GmailThreadId => Item::GmailThreadId(self.number64()?),
            Name::GmailLabels => Item::GmailLabels(self.list_or_none("a list of labels", Self::label)?),
            Name::Binary | Name::BinarySize => return Ok(None),
        };
        Ok(Some(item))
    }

    /// `section ["<" number ">"] SP nstring`
    fn body_section(&mut self) -> Parsing<Item> {
        let section = self.section()?;
        let origin = self.origin()?;
        self.space()?;
        let data = self.data()?;
        Ok(Item::BodySection {
            section,
            origin,
            data,
        })
    }

    /// `section-binary ["<" number ">"] SP (nstring / literal8)`
    fn binary(&mut self) -> Parsing<Item> {
        let part = self.section_binary()?;
        let origin = self.origin()?;
        self.space()?;
        let data = self.data()?;
        Ok(Item::Binary { part, origin, data })
    }

    /// `section-binary SP number`
    fn binary_size(&mut self) -> Parsing<Item> {
        let part = self.section_binary()?;
        self.space()?;
        let octets = self.number()?;
        Ok(Item::BinarySize { part, octets })
    }

    /// `"(" mod-sequence-value ")"`
    fn mod_sequence(&mut self) -> Parsing<NonZeroU64> {
        self.octet(b'(', "an opening parenthesis")?;
        let mark = self.mark();
        let Some(number) = NonZeroU64::new(self.number64()?) else {
            return self.expected_at(mark, "a number above 0");
        };
        self.octet(b')', "a closing parenthesis")?;
        Ok(number)
    }

    /// `astring`, or a word behind a backslash.
    fn label(&mut self) -> Parsing<Text> {
        if self.peek() != Some(b'\\') {
            return self.astring("a label");
        }
        let mark = self.mark();
        self.advance(1);
        self.word("a label")?;
        Ok(Text::from_valid(self.bytes(self.since(mark))))
    }
}

impl Write for Item {
    fn write(&self, out: &mut Writer<'_>) {
        match self {
            Self::Flags(flags) => {
                out.put(b"FLAGS ");
                out.list(flags);
            }
            Self::Uid(uid) => {
                out.put(b"UID ");
                out.number(uid.get());
            }
            Self::Envelope(envelope) => {
                out.put(b"ENVELOPE ");
                Envelope::write(envelope, out);
            }
            Self::Body(body) => {
                out.put(b"BODY ");
                write_body(body, Extensions::Present, out);
            }
            Self::BodyStructure(body) => {
                out.put(b"BODYSTRUCTURE ");
                write_body(body, Extensions::All, out);
            }
            Self::InternalDate(moment) => named(b"INTERNALDATE ", moment, out),
            Self::Rfc822Size(octets) => {
                out.put(b"RFC822.SIZE ");
                out.number(*octets);
            }
            Self::Rfc822(data) => message(b"RFC822 ", data, out),
            Self::Rfc822Header(data) => message(b"RFC822.HEADER ", data, out),
            Self::Rfc822Text(data) => message(b"RFC822.TEXT ", data, out),
            Self::BodySection {
                section,
                origin,
                data,
            } => {
                out.put(b"BODY");
                section.write(out);
                write_origin(*origin, out);
                write_data(data.as_ref(), b"{", out);
            }
            Self::Binary { part, origin, data } => {
                out.put(b"BINARY");
                part.write(out);
                write_origin(*origin, out);
                write_data(data.as_ref(), b"~{", out);
            }
            Self::BinarySize { part, octets } => {
                out.put(b"BINARY.SIZE");
                part.write(out);
                out.put(b" ");
                out.number(*octets);
            }
            _ => self.write_extension(out),
        }
    }
}

impl Item {
    /// The items of no base specification.
    fn write_extension(&self, out: &mut Writer<'_>) {
        match self {
            Self::ModSeq(number) => {
                out.put(b"MODSEQ (");
                out.number(number.get());
                out.put(b")");
            }
            Self::EmailId(id) => {
                out.put(b"EMAILID (");
                id.write(out);
                out.put(b")");
            }
            Self::ThreadId(None) => out.put(b"THREADID NIL"),
            Self::ThreadId(Some(id)) => {
                out.put(b"THREADID (");
                id.write(out);
                out.put(b")");
            }
            Self::Preview(text) => {
                out.put(b"PREVIEW ");
                out.nstring(text.as_ref());
            }
            Self::SaveDate(None) => out.put(b"SAVEDATE NIL"),
            Self::SaveDate(Some(moment)) => named(b"SAVEDATE ", moment, out),
            Self::GmailMessageId(number) => {
                out.put(b"X-GM-MSGID ");
                out.number(*number);
            }
            Self::GmailThreadId(number) => {
                out.put(b"X-GM-THRID ");
                out.number(*number);
            }
            Self::GmailLabels(labels) => {
                out.put(b"X-GM-LABELS (");
                for (index, label) in labels.iter().enumerate() {
                    if index > 0 {
                        out.put(b" ");
                    }
                    out.astring(label);
                }
                out.put(b")");
            }
            Self::Other(other) => other.write(out),
            Self::Unreadable(unreadable) => unreadable.write(out),
            _ => {}
        }
    }
}

fn named(name: &[u8], value: &impl Write, out: &mut Writer<'_>) {
    out.put(name);
    value.write(out);
}

fn message(name: &[u8], data: &Option<Data>, out: &mut Writer<'_>) {
    out.put(name);
    write_data(data.as_ref(), b"{", out);
}

fn write_origin(origin: Option<u64>, out: &mut Writer<'_>) {
    if let Some(origin) = origin {
        out.put(b"<");
        out.number(origin);
        out.put(b">");
    }
    out.put(b" ");
}
