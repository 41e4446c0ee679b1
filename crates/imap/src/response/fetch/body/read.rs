//! How body structures are read.

use super::{
    Body, BodyFields, BodyStructure, Disposition, Encoding, Media, MediaType, MessageType, Node, Parameter,
};
use crate::parse::octets::ATOM;
use crate::parse::{Allowance, Cursor, Parsing};
use crate::types::Text;

/// The bodies that were read, and those of them whose parts are still being read.
#[derive(Debug, Default)]
struct Reading {
    nodes: Vec<Node>,
    open: Vec<usize>,
}

impl Reading {
    #[inline]
    fn push(&mut self, body: Body) {
        if self.open.is_empty() {
            // The only one.
            self.nodes.reserve_exact(1);
        }
        self.nodes.push(Node { body, size: 1 });
    }

    /// A body of which parts follow.
    fn open(&mut self, body: Body) {
        self.open.push(self.nodes.len());
        self.nodes.push(Node { body, size: 1 });
    }

    fn last_open(&mut self) -> Option<&mut Body> {
        let last = self.nodes.get_mut(*self.open.last()?)?;
        Some(&mut last.body)
    }

    /// No more parts follow of the body that was opened last.
    fn close(&mut self) {
        let end = self.nodes.len();
        if let Some(index) = self.open.pop()
            && let Some(node) = self.nodes.get_mut(index)
        {
            node.size = end - index;
        }
    }
}

impl Cursor<'_> {
    /// ```abnf
    /// body = "(" (body-type-1part / body-type-mpart) ")"        ; RFC 9051 section 9
    /// ```
    pub(in crate::response::fetch) fn body(&mut self) -> Parsing<BodyStructure> {
        let mut reading = Reading::default();
        loop {
            while !self.is_whole_body(&mut reading)? {}
            if self.ends_of_bodies(&mut reading)? {
                return Ok(BodyStructure { nodes: reading.nodes });
            }
        }
    }

    /// Reads a body up to those in it, or to its end. Says which.
    fn is_whole_body(&mut self, reading: &mut Reading) -> Parsing<bool> {
        self.octet(b'(', "an opening parenthesis")?;
        self.nested(reading.open.len() + 1)?;
        self.element()?;
        match self.peek() {
            Some(b'"' | b'{') => self.is_whole_single(reading),
            Some(b'(') => {
                reading.open(Body::new(Media::Multipart { subtype: Text::EMPTY }));
                Ok(false)
            }
            _ => self.is_whole_odd_body(reading),
        }
    }

    /// What may be forgiven where a body or a media type must be.
    #[cold]
    fn is_whole_odd_body(&mut self, reading: &mut Reading) -> Parsing<bool> {
        let mark = self.mark();
        if self.eat(b' ') && self.peek() == Some(b'(') && self.forgives(Allowance::Spaces) {
            reading.open(Body::new(Media::Multipart { subtype: Text::EMPTY }));
            return Ok(false);
        }
        self.reset(mark);
        let subtype = match self.rest() {
            [b')', ..] if self.forgives(Allowance::NoParts) => Text::EMPTY,
            [b' ', b'"', ..] if self.forgives(Allowance::NoParts) => {
                self.advance(1);
                self.string("a media subtype")?
            }
            _ if self.nil() && self.eat(b' ') && self.forgives(Allowance::NoParts) => {
                self.string("a media subtype")?
            }
            _ => return self.expected_at(mark, "a body or a media type"),
        };
        self.no_parts(subtype, reading)
    }

    /// A multipart of which no parts were told.
    #[cold]
    fn no_parts(&mut self, subtype: Text, reading: &mut Reading) -> Parsing<bool> {
        let mut body = Body::new(Media::Multipart { subtype });
        self.rest_of_body(&mut body)?;
        reading.push(body);
        Ok(true)
    }

    /// The ends of all bodies that end here. Says whether all have; if not, another body follows.
    ///
    /// ```abnf
    /// body-type-mpart = 1*body SP media-subtype [SP body-ext-mpart]
    /// ```
    fn ends_of_bodies(&mut self, reading: &mut Reading) -> Parsing<bool> {
        while let Some(body) = reading.last_open() {
            match &mut body.media {
                Media::Message { lines, .. } => *lines = self.lines()?,
                media => {
                    if self.rest().starts_with(b" (") && self.forgives(Allowance::Spaces) {
                        self.advance(1);
                    }
                    if self.peek() == Some(b'(') {
                        return Ok(false);
                    }
                    self.space()?;
                    let subtype = self.string("a media subtype")?;
                    *media = Media::Multipart { subtype };
                }
            }
            self.rest_of_body(body)?;
            reading.close();
        }
        Ok(true)
    }

    /// ```abnf
    /// body-type-1part = (body-type-basic / body-type-msg / body-type-text) [SP body-ext-1part]
    /// body-type-basic = media-basic SP body-fields
    /// body-type-text  = media-text SP body-fields SP body-fld-lines
    /// body-type-msg   = media-message SP body-fields SP envelope SP body SP body-fld-lines
    /// ```
    /// Of a message, up to its body. Says whether it is over.
    fn is_whole_single(&mut self, reading: &mut Reading) -> Parsing<bool> {
        if self.eat_word(b"\"TEXT\" ") {
            return self.text_body(reading);
        }
        let kind = self.string("a media type")?;
        if self.lacks_parts() {
            return self.no_parts(kind, reading);
        }
        self.space()?;
        if kind.eq_ignore_ascii_case(b"TEXT") {
            return self.text_body(reading);
        }
        let subtype = self.string("a media subtype")?;
        self.space()?;
        let parameters = self.body_parameters()?;
        let fields = self.body_fields()?;
        if let Some(message) = MessageType::known(&kind, &subtype)
            && self.is_before_envelope(message)?
        {
            self.space()?;
            let envelope = Box::new(self.envelope()?);
            self.space()?;
            let lines = 0;
            reading.open(Body {
                parameters,
                ..Body::new(Media::Message {
                    message,
                    envelope,
                    lines,
                    fields,
                })
            });
            return Ok(false);
        }
        let media_type = MediaType::from_valid(kind, subtype);
        let mut body = Body {
            parameters,
            ..Body::new(Media::Other { media_type, fields })
        };
        self.rest_of_body(&mut body)?;
        reading.push(body);
        Ok(true)
    }

    /// A text from its subtype on.
    fn text_body(&mut self, reading: &mut Reading) -> Parsing<bool> {
        let subtype = self.string("a media subtype")?;
        self.space()?;
        let parameters = self.body_parameters()?;
        let fields = self.body_fields()?;
        let lines = self.lines()?;
        let mut body = Body {
            parameters,
            ..Body::new(Media::Text {
                subtype,
                lines,
                fields,
            })
        };
        self.rest_of_body(&mut body)?;
        reading.push(body);
        Ok(true)
    }

    /// Whether a string that stands where a media type must be is the subtype of a multipart without parts.
    fn lacks_parts(&mut self) -> bool {
        let lacks = matches!(
            self.rest(),
            [b')', ..] | [b' ', b'(', ..] | [b' ', b'N' | b'n', ..]
        );
        lacks && self.forgives(Allowance::NoParts)
    }

    /// Whether the envelope of a message follows. Servers of before RFC 9051 tell none of a `message/global`.
    fn is_before_envelope(&mut self, message: MessageType) -> Parsing<bool> {
        if self.rest().starts_with(b" (") {
            return Ok(true);
        }
        if message == MessageType::Global || self.forgives(Allowance::Short) {
            return Ok(false);
        }
        self.expected("an envelope")
    }
}

/// Fields.
impl Cursor<'_> {
    /// ```abnf
    /// body-fields = body-fld-param SP body-fld-id SP body-fld-desc SP body-fld-enc SP body-fld-octets
    /// ```
    /// Without the parameters.
    fn body_fields(&mut self) -> Parsing<BodyFields> {
        let (mut id, mut description) = (None, None);
        if !self.eat_exactly(b" NIL NIL ") {
            self.space()?;
            id = self.nstring("a content id or NIL")?;
            self.space()?;
            description = self.nstring("a description or NIL")?;
            self.space()?;
        }
        let encoding = self.encoding()?;
        self.space()?;
        let octets = self.size()?;
        Ok(BodyFields {
            id,
            description,
            encoding,
            octets,
            md5: None,
        })
    }

    /// `body-fld-param = "(" string SP string *(SP string SP string) ")" / nil`
    fn body_parameters(&mut self) -> Parsing<Vec<Parameter>> {
        if !self.eat(b'(') {
            return self.no_parameters();
        }
        if self.peek() == Some(b')') && self.forgives(Allowance::Nil) {
            self.advance(1);
            return Ok(Vec::new());
        }
        let mut parameters = vec![self.body_parameter()?];
        while !self.eat(b')') {
            self.space()?;
            parameters.push(self.body_parameter()?);
        }
        Ok(parameters)
    }

    fn body_parameter(&mut self) -> Parsing<Parameter> {
        self.element()?;
        let name = self.string("the name of a parameter")?;
        let value = self.parameter_value()?;
        Ok(Parameter { name, value })
    }

    /// NIL, or a string of no octets.
    fn no_parameters(&mut self) -> Parsing<Vec<Parameter>> {
        if self.nil() {
            return Ok(Vec::new());
        }
        if self.rest().starts_with(b"\"\"") && self.forgives(Allowance::Nil) {
            self.advance(2);
            return Ok(Vec::new());
        }
        self.expected("a list of parameters or NIL")
    }

    /// `SP string`
    fn parameter_value(&mut self) -> Parsing<Text> {
        const EXPECTED: &str = "the value of a parameter";
        if self.peek() == Some(b')') && self.forgives(Allowance::Short) {
            return Ok(Text::EMPTY);
        }
        self.space()?;
        if self.is_at_string() {
            return self.string(EXPECTED);
        }
        let mark = self.mark();
        if self.nil() && self.forgives(Allowance::Nil) {
            return Ok(Text::EMPTY);
        }
        self.expected_at(mark, EXPECTED)
    }

    /// `body-fld-enc`
    fn encoding(&mut self) -> Parsing<Encoding> {
        let mark = self.mark();
        if let Some(encoding) = self.plain_quoted().and_then(Encoding::known) {
            return Ok(encoding);
        }
        self.reset(mark);
        if self.nil() && self.forgives(Allowance::Nil) {
            return Ok(Encoding::default());
        }
        self.reset(mark);
        self.string("a transfer encoding").map(Encoding::new)
    }

    /// `body-fld-octets = number`
    fn size(&mut self) -> Parsing<u32> {
        let mark = self.mark();
        if let Some(b'0'..=b'9') = self.peek() {
            let octets = self.number()?;
            if let Some(b' ' | b')') = self.peek() {
                return Ok(octets);
            }
            self.reset(mark);
        }
        let odd = self.odd_number()?;
        Ok(u32::try_from(odd).unwrap_or(u32::MAX))
    }

    /// `SP body-fld-lines`
    fn lines(&mut self) -> Parsing<u64> {
        let mark = self.mark();
        match self.rest() {
            [b' ', b'0'..=b'9', ..] => {
                self.advance(1);
                let lines = self.number64()?;
                if let Some(b' ' | b')') = self.peek() {
                    return Ok(lines);
                }
                self.reset(mark);
            }
            [b')', ..] | [b' ', b'"' | b'(', ..] if self.forgives(Allowance::Short) => return Ok(0),
            _ => {}
        }
        self.space()?;
        self.odd_number()
    }

    /// NIL, or a number that is none, such as `-1` and `1.8e+06`.
    #[cold]
    fn odd_number(&mut self) -> Parsing<u64> {
        let mark = self.mark();
        if self.nil() && self.forgives(Allowance::Nil) {
            return Ok(0);
        }
        self.reset(mark);
        let word = std::str::from_utf8(self.span(ATOM)).unwrap_or_default();
        let number = word.parse::<f64>().ok().filter(|number| number.is_finite());
        match number {
            // Saturates: what is negative is 0.
            Some(number) if self.forgives(Allowance::Number) => Ok(number as u64),
            _ => self.expected_at(mark, "a number"),
        }
    }
}

/// Extension data.
impl Cursor<'_> {
    /// `[SP body-ext-1part] ")"` or `[SP body-ext-mpart] ")"`
    fn rest_of_body(&mut self, body: &mut Body) -> Parsing<()> {
        // Most have no more than that.
        if self.eat_exactly(b" NIL NIL NIL NIL)") {
            return Ok(());
        }
        self.body_extensions(body)?;
        self.octet(b')', "a space or a closing parenthesis")
    }

    /// ```abnf
    /// body-ext-1part  = body-fld-md5 [SP body-fld-dsp [SP body-fld-lang [SP body-fld-loc *(SP body-extension)]]]
    /// body-ext-mpart  = body-fld-param [SP body-fld-dsp [SP body-fld-lang [SP body-fld-loc *(SP body-extension)]]]
    /// ```
    fn body_extensions(&mut self, body: &mut Body) -> Parsing<()> {
        if !self.is_next_extension()? {
            return Ok(());
        }
        match body.fields_mut() {
            Some(fields) => fields.md5 = self.md5()?,
            None => body.parameters = self.body_parameters()?,
        }
        if self.rest().starts_with(b" NIL NIL NIL)") || !self.is_next_extension()? {
            self.eat_exactly(b" NIL NIL NIL");
            return Ok(());
        }
        body.disposition = self.disposition()?;
        if !self.is_next_extension()? {
            return Ok(());
        }
        body.language = self.language()?;
        if !self.is_next_extension()? {
            return Ok(());
        }
        body.location = self.nstring("a location or NIL")?;
        while self.is_next_extension()? {
            self.element()?;
            body.extensions.push(self.value()?);
        }
        Ok(())
    }

    /// Reads the space before a field; says whether there is one.
    fn is_next_extension(&mut self) -> Parsing<bool> {
        match self.rest() {
            [b' ', b')', ..] if self.forgives(Allowance::Spaces) => {
                self.advance(1);
                Ok(false)
            }
            [b' ', ..] => self.space().map(|()| true),
            _ => Ok(false),
        }
    }

    /// `body-fld-md5 = nstring`
    fn md5(&mut self) -> Parsing<Option<Text>> {
        if self.peek() == Some(b'(') && self.forgives(Allowance::Nil) {
            self.value()?;
            return Ok(None);
        }
        self.nstring("an MD5 sum or NIL")
    }

    /// `body-fld-dsp = "(" string SP body-fld-param ")" / nil`
    fn disposition(&mut self) -> Parsing<Option<Disposition>> {
        const EXPECTED: &str = "a disposition or NIL";
        if self.nil() {
            return Ok(None);
        }
        let mut parameters = Vec::new();
        if self.is_at_string() && self.forgives(Allowance::Nil) {
            let kind = self.string(EXPECTED)?;
            return Ok(Some(Disposition { kind, parameters }));
        }
        self.octet(b'(', EXPECTED)?;
        if self.peek() == Some(b')') && self.forgives(Allowance::Nil) {
            self.advance(1);
            return Ok(None);
        }
        let kind = self.string(EXPECTED)?;
        if self.peek() != Some(b')') || !self.forgives(Allowance::Short) {
            self.space()?;
            parameters = self.body_parameters()?;
        }
        self.octet(b')', "a closing parenthesis")?;
        Ok(Some(Disposition { kind, parameters }))
    }

    /// `body-fld-lang = nstring / "(" string *(SP string) ")"`
    fn language(&mut self) -> Parsing<Vec<Text>> {
        const EXPECTED: &str = "a language, a list of them or NIL";
        if self.nil() {
            return Ok(Vec::new());
        }
        if self.is_at_string() {
            return Ok(vec![self.string(EXPECTED)?]);
        }
        if self.rest().starts_with(b"()") && self.forgives(Allowance::Nil) {
            self.advance(2);
            return Ok(Vec::new());
        }
        let languages = self.list(EXPECTED, |cursor| cursor.string("a language"))?;
        Ok(languages.into_vec())
    }
}
