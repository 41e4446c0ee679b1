//! APPEND and REPLACE.

use bytes::Bytes;

use crate::parse::octets::Upper;
use crate::parse::{Allowance, Cursor, Parsing};
use crate::types::{Bound, DateTime, Flag, Mailbox, NonEmpty, Parameter, Text, Value};
use crate::write::{Write, Writer};

/// Messages for a mailbox.
///
/// ```abnf
/// append         = "APPEND" SP mailbox 1*append-message              ; RFC 4466 section 3, RFC 3502 (MULTIAPPEND)
/// append-message = append-opts SP append-data
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// The mailbox.
    pub mailbox: Mailbox,
    /// The messages: one, unless the server offers MULTIAPPEND.
    pub messages: NonEmpty<Message>,
}

/// A message for a mailbox.
///
/// ```abnf
/// append-opts = [SP flag-list] [SP date-time] *(SP append-ext)        ; RFC 4466 section 3
/// append-ext  = append-ext-name SP append-ext-value
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The flags that it gets. [`Flag::Any`] and [`Flag::Recent`] are none.
    pub flags: Vec<Flag>,
    /// The moment that it gets as its INTERNALDATE; the server's clock if there is none.
    pub date: Option<DateTime>,
    /// Options that are not known, each with a value: without one they are not read.
    pub options: Vec<Parameter>,
    /// The message.
    pub data: Data,
}

/// The octets of a message.
///
/// ```abnf
/// append-data =  literal / literal8 / append-data-ext               ; RFC 9051 section 9, RFC 3516
/// append-data =/ "UTF8" SP "(" literal8 ")"                         ; RFC 6855 section 8
/// append-data =/ "CATENATE" SP "(" cat-part *(SP cat-part) ")"      ; RFC 4469 section 5
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Data {
    /// `{..}`: without NUL.
    Literal(Text),
    /// `~{..}`: of any octets (RFC 3516).
    Literal8(Bytes),
    /// `UTF8 (~{..})`: with headers in UTF-8 (RFC 6855).
    Utf8(Bytes),
    /// `CATENATE (..)`: out of parts (RFC 4469), which are not looked at.
    Catenate(Value),
}

impl From<Data> for Message {
    fn from(data: Data) -> Self {
        Self {
            flags: Vec::new(),
            date: None,
            options: Vec::new(),
            data,
        }
    }
}

/// A message for a mailbox, instead of one of the open mailbox.
///
/// ```abnf
/// replace = "REPLACE" SP seq-number SP mailbox append-message        ; RFC 8508 section 5
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replace {
    /// Which message goes.
    pub number: Bound,
    /// Where the new one goes.
    pub mailbox: Mailbox,
    /// The new one.
    pub message: Message,
}

impl Cursor<'_> {
    pub(super) fn append_command(&mut self) -> Parsing<Append> {
        let mailbox = self.mailbox()?;
        self.element()?;
        let mut messages = NonEmpty::of(self.append_message()?);
        while self.is_before_more() {
            self.element()?;
            messages.push(self.append_message()?);
        }
        Ok(Append { mailbox, messages })
    }

    /// The arguments of REPLACE with the space before them.
    pub(super) fn replace_command(&mut self) -> Parsing<Replace> {
        self.space()?;
        let number = match self.eat(b'*') {
            true => Bound::Star,
            false => Bound::Number(self.nz_number()?.get()),
        };
        self.space()?;
        let mailbox = self.mailbox()?;
        let message = self.append_message()?;
        Ok(Replace {
            number,
            mailbox,
            message,
        })
    }

    /// `append-message` with the space before it.
    fn append_message(&mut self) -> Parsing<Message> {
        self.space()?;
        let mut flags = Vec::new();
        if self.peek() == Some(b'(') {
            flags = self.list_or_none("a list of flags", Self::settable_flag)?;
            self.space()?;
        }
        let mut date = None;
        if self.peek() == Some(b'"') {
            date = self.date_time()?;
            self.space()?;
        }
        let mut options = Vec::new();
        loop {
            match self.append_part()? {
                Part::Option(option) => {
                    self.element()?;
                    options.push(option);
                    self.space()?;
                }
                Part::Data(data) => {
                    return Ok(Message {
                        flags,
                        date,
                        options,
                        data,
                    });
                }
            }
        }
    }

    /// `append-ext` or `append-data`
    fn append_part(&mut self) -> Parsing<Part> {
        const EXPECTED: &str = "the literal of a message";
        match self.rest() {
            [b'~', b'{', ..] => return Ok(Part::Data(Data::Literal8(self.message_octets()?))),
            [b'{', ..] => return self.plain_message().map(Part::Data),
            _ => {}
        }
        let name = self.word(EXPECTED)?;
        match Upper::of(name).as_slice() {
            b"UTF8" => {
                self.space()?;
                self.octet(b'(', "an opening parenthesis")?;
                if !matches!(self.rest(), [b'~', ..]) {
                    return self.expected("a literal8");
                }
                let octets = self.message_octets()?;
                self.octet(b')', "a closing parenthesis")?;
                Ok(Part::Data(Data::Utf8(octets)))
            }
            b"CATENATE" => {
                self.space()?;
                if self.peek() != Some(b'(') {
                    return self.expected("parts in parentheses");
                }
                self.value().map(Data::Catenate).map(Part::Data)
            }
            _ => {
                let option = self.parameter(name, EXPECTED)?;
                match option.value() {
                    Some(_) => Ok(Part::Option(option)),
                    None => self.expected("a value"),
                }
            }
        }
    }

    /// `literal`. One with NUL can be forgiven, and is then a literal8.
    fn plain_message(&mut self) -> Parsing<Data> {
        const EXPECTED: &str = "a literal without NUL";
        let mark = self.mark();
        let octets = self.message_octets()?;
        match Text::new(octets.clone()) {
            Ok(text) => Ok(Data::Literal(text)),
            Err(_) if self.forgives(Allowance::Controls) => Ok(Data::Literal8(octets)),
            Err(_) => self.expected_at(mark, EXPECTED),
        }
    }

    fn message_octets(&mut self) -> Parsing<Bytes> {
        let octets = self.literal("the literal of a message")?;
        Ok(self.bytes(octets))
    }

    /// `flag`: one that a client can set.
    pub(super) fn settable_flag(&mut self) -> Parsing<Flag> {
        let mark = self.mark();
        match self.flag()? {
            Flag::Any | Flag::Recent => self.expected_at(mark, "a flag that can be set"),
            flag => Ok(flag),
        }
    }
}

enum Part {
    Option(Parameter),
    Data(Data),
}

impl Write for Append {
    fn write(&self, out: &mut Writer<'_>) {
        self.mailbox.write(out);
        for message in &self.messages {
            out.put(b" ");
            message.write(out);
        }
    }
}

impl Write for Replace {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(self.number.to_string().as_bytes());
        out.put(b" ");
        self.mailbox.write(out);
        out.put(b" ");
        self.message.write(out);
    }
}

impl Write for Message {
    fn write(&self, out: &mut Writer<'_>) {
        if !self.flags.is_empty() {
            out.list(&self.flags);
            out.put(b" ");
        }
        if let Some(date) = &self.date {
            date.write(out);
            out.put(b" ");
        }
        for option in &self.options {
            option.write(out);
            out.put(b" ");
        }
        match &self.data {
            Data::Literal(text) => out.literal(text),
            Data::Literal8(octets) => out.literal8(octets),
            Data::Utf8(octets) => {
                out.put(b"UTF8 (");
                out.literal8(octets);
                out.put(b")");
            }
            Data::Catenate(parts) => {
                out.put(b"CATENATE ");
                parts.write(out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Body;
    use crate::command::tests::{becomes, body, refused, same};

    /// RFC 9051 section 6.3.12, RFC 3502 section 3, RFC 3516 section 4, RFC 6855 section 4, RFC 4469 section 5.
    #[test]
    fn appends_of_the_rfcs() {
        same(&[
            "APPEND saved-messages (\\Seen) {5+}\r\nDate:",
            "APPEND INBOX {0+}\r\n",
            "APPEND a \"17-Jul-1996 02:44:25 -0700\" {1+}\r\n\r",
            "APPEND \"a b\" (\\Seen \\X $Junk) \" 1-Jan-2019 02:44:25 +0000\" {2+}\r\nab",
            "APPEND saved-messages (\\Seen) {2+}\r\nab (\\Seen) \" 7-Feb-1994 22:43:04 -0800\" {3+}\r\ncde",
            "APPEND foo (\\Seen) ~{3+}\r\na\0b",
            "APPEND foo UTF8 (~{4+}\r\n\u{fc}\u{fc})",
            "APPEND Drafts (\\Seen) CATENATE (URL \"/Drafts;UID=1\" TEXT {2+}\r\n\r\n)",
            "APPEND a ANNOTATION (/comment (value.priv \"x\")) X-N 5 {1+}\r\nx",
        ]);
        becomes("APPEND a () {1}\r\nx", "APPEND a {1+}\r\nx");
        let Body::Append(append) = body("append INBOX (\\seen) {3}\r\na)x {1}\r\nb") else {
            panic!()
        };
        let [first, second] = &*append.messages else {
            panic!()
        };
        assert_eq!(first.flags, [Flag::Seen]);
        assert_eq!(second.data, Data::Literal(Text::new("b").unwrap()));
    }

    /// RFC 8508 section 3.
    #[test]
    fn replacements() {
        same(&[
            "REPLACE 4 Drafts (\\Seen \\Draft) {2+}\r\nab",
            "UID REPLACE * \"a b\" ~{1+}\r\n\0",
        ]);
        refused(&[
            ("REPLACE 0 a {0}\r\n", 8, "a number above 0"),
            ("REPLACE 1:2 a {0}\r\n", 9, "a space"),
            ("REPLACE 1 a", 11, "a space"),
            ("REPLACE 1 a {0}\r\n {0}\r\n", 17, "the end of the line"),
        ]);
    }

    #[test]
    fn what_is_no_message() {
        refused(&[
            ("APPEND a", 8, "a space"),
            ("APPEND a ", 9, "the literal of a message"),
            (
                "APPEND a \"x\"",
                9,
                "a date and time such as \"17-Jul-1996 02:44:25 -0700\"",
            ),
            ("APPEND a (\\Recent) {0}\r\n", 10, "a flag that can be set"),
            ("APPEND a (\\*) {0}\r\n", 10, "a flag that can be set"),
            ("APPEND a {2}\r\na\0", 9, "a literal without NUL"),
            ("APPEND a {2}\r\na", 14, "as many octets as the literal announces"),
            ("APPEND a UTF8 ({2}\r\nab)", 15, "a literal8"),
            ("APPEND a UTF8 (~{2}\r\nab", 23, "a closing parenthesis"),
            ("APPEND a CATENATE x", 18, "parts in parentheses"),
            ("APPEND a X {0}\r\n", 10, "a value"),
            ("APPEND a {0}\r\nx", 14, "the end of the line"),
        ]);
    }
}
