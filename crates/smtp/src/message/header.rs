//! Looking at a header as it streams.

use super::field::{Field, Value};

/// Passes a message's header on and notes what a submission server wants to know of it (RFC 6409 section 8).
///
/// Give the message to [`Header::push`] until it says that the header is over. Then write what is missing and, if that
/// is anything, [`Header::separator`]; then [`Header::held`], then the rest of the message. If the message ends before
/// that, do the same at its end.
///
/// A Message-ID without a body is not passed on, and counts as missing (RFC 6409 section 8.3): nothing could be found by
/// it, and one that is added beside it would be the second.
///
/// ```
/// use gatepost_smtp::message::Header;
///
/// let (mut header, mut passed) = (Header::new(), Vec::new());
/// let message = b"Subject: x\r\nDate: now\r\n\r\nbody\r\n";
/// let consumed = header.push(message, |octets| passed.extend_from_slice(octets)).unwrap();
/// assert!(header.has_date() && !header.has_message_id());
/// assert_eq!(passed, b"Subject: x\r\nDate: now\r\n");
/// assert_eq!(header.held(), b"\r\n");
/// assert_eq!(&message[consumed..], b"body\r\n");
/// ```
///
/// ```abnf
/// fields  = *(field-name *WSP ":" unstructured CRLF)        ; RFC 5322 sections 2.2 and 4.5.8
/// message = fields [CRLF body]
/// ```
#[derive(Debug, Clone)]
pub struct Header {
    place: Place,
    /// What was consumed and not passed on.
    held: Vec<u8>,
    /// A Message-ID that is blank so far, and not passed on.
    blank: Vec<u8>,
    /// The field that the current line belongs to, once there was one.
    field: Option<Field>,
    has_date: bool,
    message_id: Option<Value>,
    from: Option<Value>,
    has_other_from: bool,
    separator: &'static [u8],
}

/// What there is of From.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From<'a> {
    /// There is no such field.
    Missing,
    /// Its body. See [`super::mailboxes`].
    Body(&'a [u8]),
    /// More than one such field (RFC 5322 section 3.6 allows one): who reads the message may see either.
    Several,
    /// More than [`Header::LONGEST_FROM`] octets.
    TooLong,
}

/// Where in the header the stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At the start of a line.
    Start,
    /// Behind a CR there.
    Cr,
    /// In a field's name.
    Name,
    /// In white space behind the name.
    Space,
    /// In a field's body.
    Body,
    /// Behind the header.
    Over,
}

impl Header {
    /// The longest From, in octets.
    pub const LONGEST_FROM: usize = 8192;
    /// The longest Message-ID, in octets.
    pub const LONGEST_MESSAGE_ID: usize = 998;
    /// The longest name of a field, in octets, with white space behind it. What is longer is no field.
    pub const LONGEST_NAME: usize = 998;

    /// The header of a message that begins.
    pub const fn new() -> Self {
        Self {
            place: Place::Start,
            held: Vec::new(),
            blank: Vec::new(),
            field: None,
            has_date: false,
            message_id: None,
            from: None,
            has_other_from: false,
            separator: b"",
        }
    }

    /// Passes `octets` on to `out`, but for the start of a line that may not belong to the header. `None` if all of
    /// them were consumed and the header may go on; once it is over, how many of them were consumed.
    pub fn push(&mut self, octets: &[u8], mut out: impl FnMut(&[u8])) -> Option<usize> {
        let mut rest = octets;
        while self.place != Place::Over {
            let &first = rest.first()?;
            let consumed = match self.place {
                Place::Body => self.body(rest, &mut out),
                _ => self.start_of_line(first, &mut out),
            };
            rest = rest.get(consumed..).unwrap_or_default();
        }
        Some(octets.len() - rest.len())
    }

    /// Passes on the rest of a line; how many octets that is.
    fn body(&mut self, octets: &[u8], out: &mut impl FnMut(&[u8])) -> usize {
        let lf = memchr::memchr(b'\n', octets);
        let count = lf.map_or(octets.len(), |lf| lf + 1);
        let line = octets.get(..count).unwrap_or(octets);
        if let Some(value) = self.value() {
            value.push(line);
        }
        self.pass(line, out);
        if lf.is_some() {
            self.place = Place::Start;
        }
        count
    }

    fn pass(&mut self, line: &[u8], out: &mut impl FnMut(&[u8])) {
        let is_blank = !self.blank.is_empty() && self.field == Some(Field::MessageId);
        if is_blank && line.trim_ascii().is_empty() && self.blank.len() + line.len() <= Self::LONGEST_NAME {
            self.blank.extend_from_slice(line);
            return;
        }
        if is_blank {
            out(&self.blank);
            self.blank.clear();
        }
        out(line);
    }

    /// Where the current field's body is kept.
    fn value(&mut self) -> Option<&mut Value> {
        match self.field? {
            Field::MessageId => self.message_id.as_mut(),
            Field::From => self.from.as_mut(),
            Field::OtherMessageId | Field::OtherFrom | Field::Date | Field::Other => None,
        }
    }

    /// Looks at one octet before a field's body; how many were consumed.
    fn start_of_line(&mut self, octet: u8, out: &mut impl FnMut(&[u8])) -> usize {
        match (self.place, octet) {
            (Place::Start | Place::Cr, b'\n') => {
                self.held.push(octet);
                self.place = Place::Over;
            }
            (Place::Start, b'\r') => self.hold(octet, Place::Cr),
            (Place::Start, b' ' | b'\t') if self.field.is_some() => {
                self.place = Place::Body;
                return 0;
            }
            (Place::Name | Place::Space, b':') => self.begin_field(out),
            (Place::Name | Place::Space, b' ' | b'\t') if self.has_room() => self.hold(octet, Place::Space),
            (Place::Start | Place::Name, b'!'..=b'9' | b';'..=b'~') if self.has_room() => {
                self.hold(octet, Place::Name);
            }
            _ => {
                self.separator = b"\r\n";
                self.place = Place::Over;
                return 0;
            }
        }
        1
    }

    fn has_room(&self) -> bool {
        self.held.len() < Self::LONGEST_NAME
    }

    fn hold(&mut self, octet: u8, place: Place) {
        self.held.push(octet);
        self.place = place;
    }

    /// Passes on the name that is held, and the colon.
    fn begin_field(&mut self, out: &mut impl FnMut(&[u8])) {
        let field = match Field::of(self.held.trim_ascii_end()) {
            Field::MessageId if self.has_message_id() => Field::OtherMessageId,
            Field::From if self.from.is_some() => Field::OtherFrom,
            field => field,
        };
        match field {
            Field::Date => self.has_date = true,
            Field::MessageId => self.message_id = Some(Value::new(Self::LONGEST_MESSAGE_ID)),
            Field::From => self.from = Some(Value::new(Self::LONGEST_FROM)),
            Field::OtherFrom => self.has_other_from = true,
            Field::OtherMessageId | Field::Other => {}
        }
        self.field = Some(field);
        self.held.push(b':');
        if field == Field::MessageId {
            self.blank.clear();
            std::mem::swap(&mut self.blank, &mut self.held);
        } else {
            out(&self.held);
            self.held.clear();
        }
        self.place = Place::Body;
    }

    /// What was consumed and not passed on. It comes behind what is added to the header.
    pub fn held(&self) -> &[u8] {
        &self.held
    }

    /// What must stand between an added field and [`Header::held`]: CRLF if the message goes on without the empty line
    /// that ends a header, else nothing.
    pub const fn separator(&self) -> &'static [u8] {
        self.separator
    }

    /// Whether the header is over.
    pub fn is_over(&self) -> bool {
        self.place == Place::Over
    }

    /// Whether there is a Date.
    pub const fn has_date(&self) -> bool {
        self.has_date
    }

    /// Whether there is a Message-ID with a body.
    pub const fn has_message_id(&self) -> bool {
        self.message_id.is_some() && self.blank.is_empty()
    }

    /// The value of the first Message-ID, unfolded and without white space around it, if it is printable ASCII and not
    /// too long.
    pub fn message_id(&self) -> Option<&[u8]> {
        let value = self.message_id.as_ref()?.octets()?.trim_ascii();
        let printable = value.iter().all(|octet| matches!(octet, b' '..=b'~'));
        (printable && !value.is_empty()).then_some(value)
    }

    /// The From field.
    pub fn from(&self) -> From<'_> {
        match self.from.as_ref().map(Value::octets) {
            Some(_) if self.has_other_from => From::Several,
            None => From::Missing,
            Some(Some(body)) => From::Body(body),
            Some(None) => From::TooLong,
        }
    }
}

impl Default for Header {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was passed on, the header, and what is left of the message.
    fn read(message: &[u8]) -> (Vec<u8>, Header, &[u8]) {
        let (mut header, mut passed) = (Header::new(), Vec::new());
        let consumed = header.push(message, |octets| passed.extend_from_slice(octets));
        let rest = consumed.map_or(&b""[..], |consumed| &message[consumed..]);
        (passed, header, rest)
    }

    fn header(message: &[u8]) -> Header {
        read(message).1
    }

    #[test]
    fn an_empty_line_ends_the_header() {
        let (passed, header, rest) = read(b"Subject: a\r\n b\r\nDATE:\tnow\r\n\r\nFrom: x\r\n");
        assert_eq!(passed, b"Subject: a\r\n b\r\nDATE:\tnow\r\n");
        assert_eq!(
            (header.held(), header.separator(), rest),
            (&b"\r\n"[..], &b""[..], &b"From: x\r\n"[..])
        );
        assert!(header.has_date() && !header.has_message_id() && header.is_over());
        assert_eq!(header.from(), From::Missing);
    }

    #[test]
    fn what_is_no_field_ends_the_header_too() {
        for (message, held) in [
            (&b"A: b\r\nHello world\r\n"[..], &b"Hello "[..]),
            (b"A: b\r\nHello\r\n", b"Hello"),
            (b"A: b\r\n: c\r\n", b""),
            (b"A: b\r\nF\xc3\xbc: c\r\n", b"F"),
            (b"A: b\r\n\rX\r\n", b"\r"),
        ] {
            let (passed, header, rest) = read(message);
            assert_eq!(
                (passed.as_slice(), header.held()),
                (&b"A: b\r\n"[..], held),
                "{}",
                message.escape_ascii()
            );
            assert_eq!([&passed, header.held(), rest].concat(), message);
            assert_eq!(header.separator(), b"\r\n");
        }
    }

    #[test]
    fn a_message_without_a_header() {
        let (passed, header, rest) = read(b" folded: x\r\n");
        assert_eq!(
            (passed.len(), header.held(), rest),
            (0, &b""[..], &b" folded: x\r\n"[..])
        );
        assert_eq!(header.separator(), b"\r\n");
        let (_, header, rest) = read(b"\r\nbody");
        assert_eq!(
            (header.held(), header.separator(), rest),
            (&b"\r\n"[..], &b""[..], &b"body"[..])
        );
        assert!(!Header::new().is_over());
    }

    #[test]
    fn a_message_that_is_all_header() {
        let (passed, header, _) = read(b"A: b\r\nMessage-Id: <c@d>\r\n");
        assert_eq!(passed, b"A: b\r\nMessage-Id: <c@d>\r\n");
        assert!(!header.is_over() && header.held().is_empty() && header.separator().is_empty());
        assert_eq!(header.message_id(), Some(&b"<c@d>"[..]));
    }

    #[test]
    fn the_first_message_id_counts_if_it_is_printable() {
        let message_id = |body: &[u8]| {
            let header = header(&[b"Message-ID", body, b"\r\n\r\n"].concat());
            assert!(header.has_message_id());
            header.message_id().map(<[u8]>::to_vec)
        };
        assert_eq!(message_id(b": <a@b> ").unwrap(), b"<a@b>");
        assert_eq!(message_id(b"  :\r\n  <a@b>\r\n\t").unwrap(), b"<a@b>");
        assert_eq!(message_id(b":<a@b>\r\nMESSAGE-ID: <c@d>").unwrap(), b"<a@b>");
        assert_eq!(message_id(b":\r\nMessage-ID: <c@d>").unwrap(), b"<c@d>");
        assert_eq!(message_id(b": <a\x7f@b>"), None);
        assert_eq!(message_id(b": <\xc3\xa4@b>"), None);
        let long = |length| [b": ", &b"x".repeat(length)[..], b" "].concat();
        assert_eq!(message_id(&long(998)).unwrap().len(), 998);
        assert_eq!(message_id(&long(999)), None);
    }

    #[test]
    fn a_message_id_without_a_body_is_left_out() {
        for blank in ["Message-ID:", "message-id : \t", "MESSAGE-ID:\r\n \r\n\t"] {
            for (before, behind, over) in [
                ("", "\r\nA: b\r\n\r\n", true),
                ("A: b\r\n", "\r\n\r\n", true),
                ("A: b\r\n", "\r\n", false),
                ("A: b\r\n", "", false),
                ("A: b\r\n", "\r\nno field\r\n", true),
            ] {
                let message = format!("{before}{blank}{behind}");
                let rest = behind.strip_prefix("\r\n").unwrap_or_default();
                for size in [usize::MAX, 1, 3] {
                    let (mut header, mut passed, mut consumed) = (Header::new(), Vec::new(), None);
                    let mut seen = 0;
                    for piece in message.as_bytes().chunks(size.min(message.len())) {
                        if consumed.is_some() {
                            break;
                        }
                        consumed = header.push(piece, |octets| passed.extend_from_slice(octets));
                        seen += consumed.unwrap_or(piece.len());
                    }
                    assert!(
                        !header.has_message_id() && header.message_id().is_none(),
                        "{message}"
                    );
                    assert_eq!(header.is_over(), over, "{message}");
                    let all = [&passed, header.held(), &message.as_bytes()[seen..]].concat();
                    assert_eq!(
                        String::from_utf8(all).unwrap(),
                        format!("{before}{rest}"),
                        "{message}"
                    );
                }
            }
        }
        // What is endless is passed on.
        let long = format!("Message-ID:{}\r\n\r\n", " ".repeat(2000));
        let (passed, header, _) = read(long.as_bytes());
        assert!(header.has_message_id() && header.message_id().is_none());
        assert_eq!(passed.len(), long.len() - 2);
    }

    #[test]
    fn from_is_kept_up_to_a_limit() {
        assert_eq!(
            header(b"From: a\r\n <a@b>\r\nResent-From: x@y\r\n").from(),
            From::Body(b"a <a@b>")
        );
        assert_eq!(
            header(b"From: a@b\r\nTo: x@y\r\nFrom: c@d\r\n").from(),
            From::Several
        );
        assert_eq!(header(b"From:\r\n\r\n").from(), From::Body(b""));
        let long = [b"From: ", &b"a".repeat(Header::LONGEST_FROM)[..], b"\r\n"].concat();
        assert!(matches!(header(&long).from(), From::Body(body) if body.len() == Header::LONGEST_FROM));
        let long = [b"From: a", &b"a".repeat(Header::LONGEST_FROM)[..], b"\r\n"].concat();
        assert_eq!(header(&long).from(), From::TooLong);
    }

    #[test]
    fn a_name_that_never_ends_is_not_kept() {
        let message = b"x".repeat(5000);
        let (_, header, rest) = read(&message);
        assert!(header.is_over());
        assert_eq!((header.held().len(), rest.len()), (998, 4002));
    }
}
