//! The envelope of a message.

use super::address::{Address, write_addresses};
use crate::parse::{Allowance, Cursor, Parsing};
use crate::types::Text;
use crate::write::{Write, Writer};

/// The header of a message, as a server has parsed it.
///
/// ```abnf
/// envelope = "(" env-date SP env-subject SP env-from SP env-sender SP env-reply-to SP env-to SP env-cc SP env-bcc SP
///            env-in-reply-to SP env-message-id ")"        ; RFC 9051 section 9
/// ```
/// A field that is missing in the header is `None`, and a list empty. Text is as in the header, with its encoded words
/// (RFC 2047).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Envelope {
    /// `Date`
    pub date: Option<Text>,
    /// `Subject`
    pub subject: Option<Text>,
    /// `From`
    pub from: Vec<Address>,
    /// `Sender`; servers put `From` here if there is none.
    pub sender: Vec<Address>,
    /// `Reply-To`; servers put `From` here if there is none.
    pub reply_to: Vec<Address>,
    /// `To`
    pub to: Vec<Address>,
    /// `Cc`
    pub cc: Vec<Address>,
    /// `Bcc`
    pub bcc: Vec<Address>,
    /// `In-Reply-To`
    pub in_reply_to: Option<Text>,
    /// `Message-ID`
    pub message_id: Option<Text>,
}

impl Cursor<'_> {
    /// `envelope`
    pub(super) fn envelope(&mut self) -> Parsing<Envelope> {
        self.octet(b'(', "an opening parenthesis")?;
        let envelope = Envelope {
            date: self.nstring("a date or NIL")?,
            subject: self.envelope_text()?,
            from: self.envelope_addresses()?,
            sender: self.envelope_addresses()?,
            reply_to: self.envelope_addresses()?,
            to: self.envelope_addresses()?,
            cc: self.envelope_addresses()?,
            bcc: self.envelope_addresses()?,
            in_reply_to: self.envelope_text()?,
            message_id: self.envelope_text()?,
        };
        self.octet(b')', "a closing parenthesis")?;
        Ok(envelope)
    }

    /// `SP nstring`
    fn envelope_text(&mut self) -> Parsing<Option<Text>> {
        match self.is_next_field()? {
            true => self.nstring("a string or NIL"),
            false => Ok(None),
        }
    }

    /// `SP ("(" 1*address ")" / nil)`
    fn envelope_addresses(&mut self) -> Parsing<Vec<Address>> {
        match self.is_next_field()? {
            true => self.addresses(),
            false => Ok(Vec::new()),
        }
    }

    /// Reads the space before a field; says whether there is one.
    fn is_next_field(&mut self) -> Parsing<bool> {
        if self.peek() == Some(b')') && self.forgives(Allowance::Short) {
            return Ok(false);
        }
        self.space()?;
        Ok(true)
    }
}

impl Write for Envelope {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(b"(");
        out.nstring(self.date.as_ref());
        out.put(b" ");
        out.nstring(self.subject.as_ref());
        for list in [
            &self.from,
            &self.sender,
            &self.reply_to,
            &self.to,
            &self.cc,
            &self.bcc,
        ] {
            out.put(b" ");
            write_addresses(list, out);
        }
        out.put(b" ");
        out.nstring(self.in_reply_to.as_ref());
        out.put(b" ");
        out.nstring(self.message_id.as_ref());
        out.put(b")");
    }
}
