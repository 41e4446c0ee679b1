//! FETCH.

use std::num::NonZeroU64;

use crate::parse::octets::Upper;
use crate::parse::{Cursor, Parsing};
use crate::types::{Atom, Invalid, NonEmpty, Parameter, Part, Partial, PartialRange, Section, SequenceSet};
use crate::write::{Write, Writer};

/// Which messages, and what of them.
///
/// ```abnf
/// fetch           = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att /
///                   "(" fetch-att *(SP fetch-att) ")") [fetch-modifiers]            ; RFC 9051 section 9, RFC 4466
/// fetch-modifiers = SP "(" fetch-modifier *(SP fetch-modifier) ")"
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// The messages.
    pub set: SequenceSet,
    /// What of them.
    pub items: FetchItems,
    /// Under which conditions.
    pub modifiers: Vec<FetchModifier>,
}

impl Fetch {
    /// Without conditions.
    pub const fn new(set: SequenceSet, items: NonEmpty<Attribute>) -> Self {
        Self {
            set,
            items: FetchItems::These(items),
            modifiers: Vec::new(),
        }
    }
}

/// What FETCH asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchItems {
    /// `ALL`: FLAGS, INTERNALDATE, RFC822.SIZE and ENVELOPE.
    All,
    /// `FAST`: FLAGS, INTERNALDATE and RFC822.SIZE.
    Fast,
    /// `FULL`: ALL, and BODY.
    Full,
    /// These.
    These(NonEmpty<Attribute>),
}

impl FetchItems {
    /// What is asked for one by one.
    pub fn into_attributes(self) -> Vec<Attribute> {
        let fast = [Attribute::Flags, Attribute::InternalDate, Attribute::Rfc822Size];
        let more: &[Attribute] = match self {
            Self::These(attributes) => return attributes.into_vec(),
            Self::Fast => &[],
            Self::All => &[Attribute::Envelope],
            Self::Full => &[Attribute::Envelope, Attribute::Body],
        };
        [&fast, more].concat()
    }
}

/// Something of a message that FETCH asks for.
///
/// ```abnf
/// fetch-att =  "ENVELOPE" / "FLAGS" / "INTERNALDATE" / "RFC822.SIZE" / "BODY" ["STRUCTURE"] / "UID" /
///              "BODY" section [partial] / "BODY.PEEK" section [partial] /
///              "BINARY" [".PEEK"] section-binary [partial] / "BINARY.SIZE" section-binary    ; RFC 9051 section 9
/// fetch-att =/ "RFC822" [".HEADER" / ".TEXT"]                                                ; RFC 3501 section 9
/// fetch-att =/ "MODSEQ"                                                                      ; RFC 7162 section 7
/// fetch-att =/ "EMAILID" / "THREADID"                                                        ; RFC 8474 section 7
/// fetch-att =/ "SAVEDATE"                                                                    ; RFC 8514 section 6
/// fetch-att =/ "PREVIEW" [SP "(" "LAZY" ")"]                                                 ; RFC 8970 section 6
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Attribute {
    /// `ENVELOPE`
    Envelope,
    /// `FLAGS`
    Flags,
    /// `INTERNALDATE`
    InternalDate,
    /// `UID`
    Uid,
    /// `RFC822`, which is `BODY[]`.
    Rfc822,
    /// `RFC822.HEADER`, which is `BODY.PEEK[HEADER]`.
    Rfc822Header,
    /// `RFC822.SIZE`
    Rfc822Size,
    /// `RFC822.TEXT`, which is `BODY[TEXT]`.
    Rfc822Text,
    /// `BODY`: the structure without its extension fields.
    Body,
    /// `BODYSTRUCTURE`
    BodyStructure,
    /// `BODY[..]` or `BODY.PEEK[..]`: octets as they are.
    Section {
        /// Of what.
        section: Section,
        /// Which of them.
        partial: Option<Partial>,
        /// Whether `\Seen` is left as it is: `BODY.PEEK`.
        peek: bool,
    },
    /// `BINARY[..]` or `BINARY.PEEK[..]`: octets without their transfer encoding.
    Binary {
        /// Of what.
        part: Part,
        /// Which of them.
        partial: Option<Partial>,
        /// Whether `\Seen` is left as it is: `BINARY.PEEK`.
        peek: bool,
    },
    /// `BINARY.SIZE[..]`: how many octets without their transfer encoding.
    BinarySize(Part),
    /// `MODSEQ` (RFC 7162)
    ModSeq,
    /// `EMAILID` (RFC 8474)
    EmailId,
    /// `THREADID` (RFC 8474)
    ThreadId,
    /// `SAVEDATE` (RFC 8514)
    SaveDate,
    /// `PREVIEW` (RFC 8970)
    Preview,
    /// `PREVIEW (LAZY)`: if the server has it at hand.
    LazyPreview,
    /// `X-GM-MSGID` (Gmail)
    GmailMessageId,
    /// `X-GM-THRID` (Gmail)
    GmailThreadId,
    /// `X-GM-LABELS` (Gmail)
    GmailLabels,
    /// Any other.
    Other(OtherAttribute),
}

/// The name of an [`Attribute::Other`]: none of those that are attributes of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherAttribute(Atom);

impl OtherAttribute {
    /// The attribute that is called `name`.
    ///
    /// # Errors
    /// If it is one that is known, or has anything but letters, digits, dots, hyphens and underscores.
    pub fn new(name: Atom) -> Result<Self, Invalid> {
        let octets = name.as_bytes();
        let upper = Upper::of(octets);
        let known = simple(upper.as_slice()).is_some()
            || matches!(
                upper.as_slice(),
                b"ALL" | b"FAST" | b"FULL" | b"BODY.PEEK" | b"BINARY" | b"BINARY.PEEK" | b"BINARY.SIZE"
            );
        match !known && octets.iter().copied().all(is_name) {
            true => Ok(Self(name)),
            false => Err(Invalid {
                what: "unknown attribute",
            }),
        }
    }

    /// The name.
    pub const fn name(&self) -> &Atom {
        &self.0
    }
}

/// A condition of FETCH.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FetchModifier {
    /// `CHANGEDSINCE`: only messages with a greater mod-sequence (RFC 7162 section 3.1.4.1).
    ChangedSince(NonZeroU64),
    /// `VANISHED`: and which messages are gone (RFC 7162 section 3.2.6).
    Vanished,
    /// `PARTIAL`: only so many of them (RFC 9394 section 3.2).
    Partial(PartialRange),
    /// Any other.
    Other(Parameter),
}

const fn is_name(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'-' | b'_')
}

/// An attribute that is a word.
fn simple(name: &[u8]) -> Option<Attribute> {
    Some(match name {
        b"UID" => Attribute::Uid,
        b"FLAGS" => Attribute::Flags,
        b"BODY" => Attribute::Body,
        b"ENVELOPE" => Attribute::Envelope,
        b"INTERNALDATE" => Attribute::InternalDate,
        b"RFC822.SIZE" => Attribute::Rfc822Size,
        b"BODYSTRUCTURE" => Attribute::BodyStructure,
        b"RFC822" => Attribute::Rfc822,
        b"RFC822.HEADER" => Attribute::Rfc822Header,
        b"RFC822.TEXT" => Attribute::Rfc822Text,
        b"MODSEQ" => Attribute::ModSeq,
        b"EMAILID" => Attribute::EmailId,
        b"THREADID" => Attribute::ThreadId,
        b"SAVEDATE" => Attribute::SaveDate,
        b"PREVIEW" => Attribute::Preview,
        b"X-GM-MSGID" => Attribute::GmailMessageId,
        b"X-GM-THRID" => Attribute::GmailThreadId,
        b"X-GM-LABELS" => Attribute::GmailLabels,
        _ => return None,
    })
}

impl<'a> Cursor<'a> {
    /// The arguments of FETCH with the space before them.
    pub(super) fn fetch_command(&mut self) -> Parsing<Fetch> {
        self.space()?;
        let set = self.sequence_set()?;
        self.space()?;
        let items = self.fetch_items()?;
        let mut modifiers = Vec::new();
        if self.is_before_more() {
            self.space()?;
            modifiers = self.list("a list of modifiers", Self::fetch_modifier)?.into_vec();
        }
        Ok(Fetch {
            set,
            items,
            modifiers,
        })
    }

    fn fetch_items(&mut self) -> Parsing<FetchItems> {
        if self.eat(b'(') {
            return self.rest_of_list(Self::fetch_attribute).map(FetchItems::These);
        }
        let mark = self.mark();
        match Upper::of(self.attribute_name()).as_slice() {
            b"ALL" => return Ok(FetchItems::All),
            b"FAST" => return Ok(FetchItems::Fast),
            b"FULL" => return Ok(FetchItems::Full),
            _ => self.reset(mark),
        }
        self.fetch_attribute().map(NonEmpty::of).map(FetchItems::These)
    }

    fn attribute_name(&mut self) -> &'a [u8] {
        let rest = self.rest();
        let length = rest.iter().position(|&octet| !is_name(octet));
        let length = length.unwrap_or(rest.len());
        self.advance(length);
        rest.get(..length).unwrap_or_default()
    }

    /// `fetch-att`
    fn fetch_attribute(&mut self) -> Parsing<Attribute> {
        let mark = self.mark();
        let name = self.attribute_name();
        let upper = Upper::of(name);
        match (simple(upper.as_slice()), upper.as_slice()) {
            (Some(Attribute::Body), _) if self.peek() == Some(b'[') => self.body_attribute(false),
            (Some(Attribute::Preview), _) => self.preview_attribute(),
            (Some(attribute), _) => Ok(attribute),
            (None, b"BODY.PEEK") => self.body_attribute(true),
            (None, b"BINARY") => self.binary_attribute(false),
            (None, b"BINARY.PEEK") => self.binary_attribute(true),
            (None, b"BINARY.SIZE") => self.section_binary().map(Attribute::BinarySize),
            (None, _) if !name.is_empty() => self.other_attribute(name),
            _ => self.expected_at(mark, "an attribute of a message"),
        }
    }

    fn body_attribute(&mut self, peek: bool) -> Parsing<Attribute> {
        let section = self.section()?;
        let partial = self.partial()?;
        Ok(Attribute::Section {
            section,
            partial,
            peek,
        })
    }

    fn binary_attribute(&mut self, peek: bool) -> Parsing<Attribute> {
        let part = self.section_binary()?;
        let partial = self.partial()?;
        Ok(Attribute::Binary { part, partial, peek })
    }

    fn preview_attribute(&mut self) -> Parsing<Attribute> {
        Ok(match self.eat_word(b" (LAZY)") {
            true => Attribute::LazyPreview,
            false => Attribute::Preview,
        })
    }

    #[cold]
    fn other_attribute(&mut self, name: &'a [u8]) -> Parsing<Attribute> {
        let name = Atom::from_valid(self.bytes(name));
        match OtherAttribute::new(name) {
            Ok(other) => Ok(Attribute::Other(other)),
            Err(_) => self.expected("an attribute of a message"),
        }
    }

    fn fetch_modifier(&mut self) -> Parsing<FetchModifier> {
        const EXPECTED: &str = "a modifier of FETCH";
        let name = self.word(EXPECTED)?;
        match Upper::of(name).as_slice() {
            b"CHANGEDSINCE" => {
                self.space()?;
                self.mod_sequence_value().map(FetchModifier::ChangedSince)
            }
            b"VANISHED" => Ok(FetchModifier::Vanished),
            b"PARTIAL" => {
                self.space()?;
                self.partial_range().map(FetchModifier::Partial)
            }
            _ => self.parameter(name, EXPECTED).map(FetchModifier::Other),
        }
    }
}

impl Write for Fetch {
    fn write(&self, out: &mut Writer<'_>) {
        self.set.write(out);
        out.put(b" ");
        match &self.items {
            FetchItems::All => out.put(b"ALL"),
            FetchItems::Fast => out.put(b"FAST"),
            FetchItems::Full => out.put(b"FULL"),
            FetchItems::These(attributes) => attributes.write(out),
        }
        if !self.modifiers.is_empty() {
            out.put(b" ");
            out.list(&self.modifiers);
        }
    }
}

impl Write for Attribute {
    fn write(&self, out: &mut Writer<'_>) {
        match self {
            Self::Envelope => out.put(b"ENVELOPE"),
            Self::Flags => out.put(b"FLAGS"),
            Self::InternalDate => out.put(b"INTERNALDATE"),
            Self::Uid => out.put(b"UID"),
            Self::Rfc822 => out.put(b"RFC822"),
            Self::Rfc822Header => out.put(b"RFC822.HEADER"),
            Self::Rfc822Size => out.put(b"RFC822.SIZE"),
            Self::Rfc822Text => out.put(b"RFC822.TEXT"),
            Self::Body => out.put(b"BODY"),
            Self::BodyStructure => out.put(b"BODYSTRUCTURE"),
            Self::Section {
                section,
                partial,
                peek,
            } => {
                out.put(if *peek { b"BODY.PEEK" } else { b"BODY" });
                section.write(out);
                write_partial(partial.as_ref(), out);
            }
            Self::Binary { part, partial, peek } => {
                out.put(if *peek { b"BINARY.PEEK" } else { b"BINARY" });
                part.write(out);
                write_partial(partial.as_ref(), out);
            }
            Self::BinarySize(part) => {
                out.put(b"BINARY.SIZE");
                part.write(out);
            }
            Self::ModSeq => out.put(b"MODSEQ"),
            Self::EmailId => out.put(b"EMAILID"),
            Self::ThreadId => out.put(b"THREADID"),
            Self::SaveDate => out.put(b"SAVEDATE"),
            Self::Preview => out.put(b"PREVIEW"),
            Self::LazyPreview => out.put(b"PREVIEW (LAZY)"),
            Self::GmailMessageId => out.put(b"X-GM-MSGID"),
            Self::GmailThreadId => out.put(b"X-GM-THRID"),
            Self::GmailLabels => out.put(b"X-GM-LABELS"),
            Self::Other(other) => out.put(other.0.as_bytes()),
        }
    }
}

fn write_partial(partial: Option<&Partial>, out: &mut Writer<'_>) {
    if let Some(partial) = partial {
        partial.write(out);
    }
}

impl Write for FetchModifier {
    fn write(&self, out: &mut Writer<'_>) {
        match self {
            Self::ChangedSince(mod_sequence) => {
                out.put(b"CHANGEDSINCE ");
                out.number(mod_sequence.get());
            }
            Self::Vanished => out.put(b"VANISHED"),
            Self::Partial(range) => {
                out.put(b"PARTIAL ");
                range.write(out);
            }
            Self::Other(parameter) => parameter.write(out),
        }
    }
}

#[cfg(test)]
mod tests;
