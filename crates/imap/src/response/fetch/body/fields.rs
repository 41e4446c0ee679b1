//! What is told of one body, without those in it.

use crate::response::fetch::Envelope;
use crate::types::{Invalid, Text, Value};

/// What is told of one body, without those in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// What it is.
    pub media: Media,
    /// The parameters of its type.
    pub parameters: Vec<Parameter>,
    /// How it is to be shown (RFC 2183).
    pub disposition: Option<Disposition>,
    /// In which languages it is (RFC 3282).
    pub language: Vec<Text>,
    /// Where it comes from (RFC 2557).
    pub location: Option<Text>,
    /// What no specification tells yet.
    pub extensions: Vec<Value>,
}

impl Body {
    /// A body of which nothing else is known.
    pub const fn new(media: Media) -> Self {
        Self {
            media,
            parameters: Vec::new(),
            disposition: None,
            language: Vec::new(),
            location: None,
            extensions: Vec::new(),
        }
    }

    /// The fields of a body that is no multipart.
    pub const fn fields(&self) -> Option<&BodyFields> {
        match &self.media {
            Media::Multipart { .. } => None,
            Media::Text { fields, .. } | Media::Message { fields, .. } | Media::Other { fields, .. } => {
                Some(fields)
            }
        }
    }

    pub(super) const fn fields_mut(&mut self) -> Option<&mut BodyFields> {
        match &mut self.media {
            Media::Multipart { .. } => None,
            Media::Text { fields, .. } | Media::Message { fields, .. } | Media::Other { fields, .. } => {
                Some(fields)
            }
        }
    }

    /// Whether it has parts.
    pub const fn is_multipart(&self) -> bool {
        matches!(self.media, Media::Multipart { .. })
    }

    /// The type and the subtype, such as `TEXT` and `PLAIN`.
    pub fn media_type(&self) -> (&[u8], &[u8]) {
        match &self.media {
            Media::Multipart { subtype } => (b"MULTIPART", subtype),
            Media::Text { subtype, .. } => (b"TEXT", subtype),
            Media::Message { message, .. } => (b"MESSAGE", message.subtype()),
            Media::Other { media_type, .. } => (&media_type.kind, &media_type.subtype),
        }
    }

    /// Whether it is of this type, in upper or lower case.
    ///
    /// ```
    /// use gatepost_imap::response::fetch::{Body, BodyFields, Media};
    /// use gatepost_imap::types::Text;
    ///
    /// let subtype = Text::try_from("Plain").unwrap();
    /// let body = Body::new(Media::Text { subtype, lines: 0, fields: BodyFields::default() });
    /// assert!(body.is("text", "plain") && !body.is("text", "html"));
    /// ```
    pub fn is(&self, kind: &str, subtype: &str) -> bool {
        let (own_kind, own_subtype) = self.media_type();
        own_kind.eq_ignore_ascii_case(kind.as_bytes()) && own_subtype.eq_ignore_ascii_case(subtype.as_bytes())
    }

    /// The value of a parameter of the type, such as `charset`.
    pub fn parameter(&self, name: &str) -> Option<&Text> {
        Parameter::find(&self.parameters, name)
    }

    /// The name of a file: the parameter `filename` of the disposition, else `name` of the type.
    ///
    /// Nothing is decoded: there may be encoded words in it (RFC 2047), and a name that is spread over parameters
    /// such as `filename*0*` (RFC 2231) is not found.
    pub fn file_name(&self) -> Option<&Text> {
        let disposition = self.disposition.as_ref();
        let name = disposition.and_then(|disposition| disposition.parameter("filename"));
        name.or_else(|| self.parameter("name"))
    }
}

/// What a body is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Media {
    /// Bodies in a row.
    ///
    /// ```abnf
    /// body-type-mpart = 1*body SP media-subtype [SP body-ext-mpart]        ; RFC 9051 section 9
    /// ```
    Multipart {
        /// `MIXED`, `ALTERNATIVE` or another one.
        subtype: Text,
    },
    /// Text.
    ///
    /// ```abnf
    /// body-type-text = media-text SP body-fields SP body-fld-lines        ; RFC 9051 section 9
    /// ```
    Text {
        /// `PLAIN`, `HTML` or another one.
        subtype: Text,
        /// How many lines it has.
        lines: u64,
        /// What is known of every body that is no multipart.
        fields: BodyFields,
    },
    /// A message, which has a body of its own.
    ///
    /// ```abnf
    /// body-type-msg = media-message SP body-fields SP envelope SP body SP body-fld-lines        ; RFC 9051 section 9
    /// ```
    Message {
        /// What kind of message.
        message: MessageType,
        /// Its envelope.
        envelope: Box<Envelope>,
        /// How many lines it has.
        lines: u64,
        /// What is known of every body that is no multipart.
        fields: BodyFields,
    },
    /// Anything else.
    ///
    /// ```abnf
    /// body-type-basic = media-basic SP body-fields        ; RFC 9051 section 9
    /// ```
    Other {
        /// The type and the subtype.
        media_type: MediaType,
        /// What is known of every body that is no multipart.
        fields: BodyFields,
    },
}

/// `message/rfc822` or `message/global`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum MessageType {
    /// `message/rfc822`
    #[default]
    Rfc822,
    /// `message/global` (RFC 6532)
    Global,
}

impl MessageType {
    pub(super) fn known(kind: &[u8], subtype: &[u8]) -> Option<Self> {
        if !kind.eq_ignore_ascii_case(b"MESSAGE") {
            return None;
        }
        let both = [Self::Rfc822, Self::Global];
        both.into_iter()
            .find(|one| subtype.eq_ignore_ascii_case(one.subtype()))
    }

    pub(super) const fn subtype(self) -> &'static [u8] {
        match self {
            Self::Rfc822 => b"RFC822",
            Self::Global => b"GLOBAL",
        }
    }
}

/// The type of a [`Media::Other`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaType {
    kind: Text,
    subtype: Text,
}

impl MediaType {
    /// The type `kind/subtype`.
    ///
    /// # Errors
    /// If it is a text or a `message/rfc822`: of these more is told.
    pub fn new(kind: Text, subtype: Text) -> Result<Self, Invalid> {
        let is_message = kind.eq_ignore_ascii_case(b"MESSAGE") && subtype.eq_ignore_ascii_case(b"RFC822");
        match kind.eq_ignore_ascii_case(b"TEXT") || is_message {
            false => Ok(Self { kind, subtype }),
            true => Err(Invalid {
                what: "other media type",
            }),
        }
    }

    pub(super) const fn from_valid(kind: Text, subtype: Text) -> Self {
        Self { kind, subtype }
    }

    /// `APPLICATION`, `IMAGE` or another one.
    pub const fn kind(&self) -> &Text {
        &self.kind
    }

    /// The subtype.
    pub const fn subtype(&self) -> &Text {
        &self.subtype
    }
}

/// What is known of every body that is no multipart.
///
/// ```abnf
/// body-fields = body-fld-param SP body-fld-id SP body-fld-desc SP body-fld-enc SP body-fld-octets
///                                                                         ; RFC 9051 section 9
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BodyFields {
    /// The Content-ID (RFC 2045).
    pub id: Option<Text>,
    /// The description (RFC 2045).
    pub description: Option<Text>,
    /// The transfer encoding (RFC 2045).
    pub encoding: Encoding,
    /// The size in octets, in this encoding.
    pub octets: u32,
    /// The MD5 sum (RFC 1864).
    pub md5: Option<Text>,
}

/// A transfer encoding.
///
/// ```abnf
/// body-fld-enc = (DQUOTE ("7BIT" / "8BIT" / "BINARY" / "BASE64" / "QUOTED-PRINTABLE") DQUOTE) / string
///                                                                         ; RFC 9051 section 9
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Encoding {
    /// `7BIT`
    #[default]
    SevenBit,
    /// `8BIT`
    EightBit,
    /// `BINARY`
    Binary,
    /// `BASE64`
    Base64,
    /// `QUOTED-PRINTABLE`
    QuotedPrintable,
    /// Any other.
    Other(OtherEncoding),
}

/// The name of an [`Encoding::Other`]: none of those that are encodings of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherEncoding(Text);

impl OtherEncoding {
    /// The name.
    pub const fn name(&self) -> &Text {
        &self.0
    }
}

impl Encoding {
    /// The encoding of this name, in upper or lower case.
    pub fn new(name: Text) -> Self {
        Self::known(&name).unwrap_or(Self::Other(OtherEncoding(name)))
    }

    #[inline]
    pub(super) fn known(name: &[u8]) -> Option<Self> {
        let known = match name.len() {
            4 if matches!(name, [b'7', ..]) => Self::SevenBit,
            4 => Self::EightBit,
            6 if matches!(name, [b'B' | b'b', b'I' | b'i', ..]) => Self::Binary,
            6 => Self::Base64,
            16 => Self::QuotedPrintable,
            _ => return None,
        };
        name.eq_ignore_ascii_case(known.name()).then_some(known)
    }

    /// The name.
    pub fn name(&self) -> &[u8] {
        match self {
            Self::SevenBit => b"7BIT",
            Self::EightBit => b"8BIT",
            Self::Binary => b"BINARY",
            Self::Base64 => b"BASE64",
            Self::QuotedPrintable => b"QUOTED-PRINTABLE",
            Self::Other(other) => &other.0,
        }
    }
}

/// How a body is to be shown (RFC 2183).
///
/// ```abnf
/// body-fld-dsp = "(" string SP body-fld-param ")" / nil        ; RFC 9051 section 9
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disposition {
    /// `INLINE`, `ATTACHMENT` or another one.
    pub kind: Text,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
}

impl Disposition {
    /// The value of a parameter, such as `filename`.
    pub fn parameter(&self, name: &str) -> Option<&Text> {
        Parameter::find(&self.parameters, name)
    }
}

/// A parameter of a type or of a disposition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The name, in upper or lower case.
    pub name: Text,
    /// The value.
    pub value: Text,
}

impl Parameter {
    fn find<'a>(all: &'a [Self], name: &str) -> Option<&'a Text> {
        let found = all
            .iter()
            .find(|one| one.name.eq_ignore_ascii_case(name.as_bytes()));
        found.map(|one| &one.value)
    }
}
