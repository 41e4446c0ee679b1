//! The parameters of a command.

use std::borrow::Cow;
use std::fmt;

use super::{
    Body, DeliverBy, EnvelopeId, Hold, Notify, OriginalRecipient, Parameter, Priority, Return, Submitter,
    ValidSince, Value, size,
};
use crate::parse::{ErrorKind, ParseError};

/// The parameters of a command in their order, each keyword once. They are kept as they were written.
///
/// What has a type is read by the methods that are named as its keyword. They give `None` if the parameter is not there.
/// The offset of their errors is in its value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters<'a>(
    /// Each with a space before it.
    pub(super) Cow<'a, str>,
);

impl Parameters<'_> {
    /// No parameters.
    pub const fn new() -> Self {
        Self(Cow::Borrowed(""))
    }

    /// Adds `parameter` at the end; gives it back if its keyword is there already.
    ///
    /// # Errors
    /// The parameter itself.
    pub fn push<'p>(&mut self, parameter: impl Into<Parameter<'p>>) -> Result<(), Parameter<'p>> {
        let parameter = parameter.into();
        if self.contains(parameter.keyword) {
            return Err(parameter);
        }
        self.0.to_mut().push_str(&format!(" {parameter}"));
        Ok(())
    }

    /// The parameter `keyword`, in upper or lower case.
    pub fn get(&self, keyword: &str) -> Option<Parameter<'_>> {
        self.iter().find(|parameter| parameter.is(keyword))
    }

    /// Whether the parameter `keyword` is there.
    pub fn contains(&self, keyword: &str) -> bool {
        self.get(keyword).is_some()
    }

    /// Keeps those parameters of which `keep` says so.
    pub fn retain(&mut self, mut keep: impl FnMut(&Parameter<'_>) -> bool) {
        let kept = self.iter().filter(|parameter| keep(parameter));
        self.0 = Cow::Owned(kept.map(|parameter| format!(" {parameter}")).collect());
    }

    /// The parameters in order.
    pub fn iter(&self) -> impl Iterator<Item = Parameter<'_>> {
        self.0.split(' ').skip(1).map(Parameter::split)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// The parameters without a borrow.
    pub fn into_owned(self) -> Parameters<'static> {
        Parameters(Cow::Owned(self.0.into_owned()))
    }

    /// `SIZE=` of MAIL: how many octets the message is going to have (RFC 1870). What is more than a `u64` is the
    /// largest.
    ///
    /// # Errors
    /// Where the value is none.
    pub fn size(&self) -> Result<Option<u64>, ParseError> {
        let expected = "1 to 20 digits";
        self.with_value("SIZE", expected, |value| {
            size(value).ok_or_else(|| ParseError::syntax(0, expected))
        })
    }

    /// `BODY=` of MAIL: what the octets of the message are (RFC 6152, RFC 3030).
    ///
    /// # Errors
    /// Where the value is none.
    pub fn body(&self) -> Result<Option<Body>, ParseError> {
        self.typed()
    }

    /// `SMTPUTF8` of MAIL: addresses and header may have all letters (RFC 6531 section 3.4).
    ///
    /// # Errors
    /// If it has a value.
    pub fn smtputf8(&self) -> Result<bool, ParseError> {
        self.flag("SMTPUTF8")
    }

    /// `RET=` of MAIL: what a notification brings back of the message (RFC 3461 section 4.3).
    ///
    /// # Errors
    /// Where the value is none.
    pub fn ret(&self) -> Result<Option<Return>, ParseError> {
        self.typed()
    }

    /// `ENVID=` of MAIL: what the sender calls the message (RFC 3461 section 4.4).
    ///
    /// # Errors
    /// Where the value is none.
    pub fn envid(&self) -> Result<Option<EnvelopeId<'_>>, ParseError> {
        self.typed()
    }

    /// `NOTIFY=` of RCPT: when the sender wants to hear of the recipient (RFC 3461 section 4.1).
    ///
    /// # Errors
    /// Where the value is none.
    pub fn notify(&self) -> Result<Option<Notify>, ParseError> {
        self.typed()
    }

    /// `ORCPT=` of RCPT: who the recipient was at first (RFC 3461 section 4.2, RFC 6533 section 3).
    ///
    /// # Errors
    /// Where the value is none.
    pub fn orcpt(&self) -> Result<Option<OriginalRecipient<'_>>, ParseError> {
        self.typed()
    }

    /// `AUTH=` of MAIL: who submitted the message (RFC 4954 section 5).
    ///
    /// # Errors
    /// Where the value is none.
    pub fn auth(&self) -> Result<Option<Submitter<'_>>, ParseError> {
        self.typed()
    }

    /// `REQUIRETLS` of MAIL: the message must not be sent without TLS (RFC 8689 section 2).
    ///
    /// # Errors
    /// If it has a value.
    pub fn requiretls(&self) -> Result<bool, ParseError> {
        self.flag("REQUIRETLS")
    }

    /// `BY=` of MAIL: when the message has to be delivered (RFC 2852 section 4).
    ///
    /// # Errors
    /// Where the value is none.
    pub fn by(&self) -> Result<Option<DeliverBy>, ParseError> {
        self.typed()
    }

    /// `MT-PRIORITY=` of MAIL: how urgent the message is (RFC 6710 section 3).
    ///
    /// # Errors
    /// Where the value is none.
    pub fn mt_priority(&self) -> Result<Option<Priority>, ParseError> {
        self.typed()
    }

    /// `HOLDFOR=` or `HOLDUNTIL=` of MAIL: when the message has to be sent (RFC 4865 section 3).
    ///
    /// # Errors
    /// Where the value is none; if both are there.
    pub fn hold(&self) -> Result<Option<Hold<'_>>, ParseError> {
        let seconds = self.with_value(Hold::FOR, "1 to 9 digits", Hold::read_seconds)?;
        let time = self.with_value(Hold::UNTIL, "a date and time", Hold::read_time)?;
        if seconds.is_some() && time.is_some() {
            return Err(ParseError {
                kind: ErrorKind::Repeated,
                offset: 0,
                expected: "either HOLDFOR or HOLDUNTIL",
            });
        }
        Ok(seconds.or(time))
    }

    /// `RRVS=` of RCPT: since when the mailbox must have been the recipient's (RFC 7293 section 3).
    ///
    /// # Errors
    /// Where the value is none.
    pub fn rrvs(&self) -> Result<Option<ValidSince<'_>>, ParseError> {
        self.typed()
    }

    /// `CONPERM` of MAIL: the content may be converted (RFC 4141).
    ///
    /// # Errors
    /// If it has a value.
    pub fn conperm(&self) -> Result<bool, ParseError> {
        self.flag("CONPERM")
    }

    fn typed<'s, V: Value<'s>>(&'s self) -> Result<Option<V>, ParseError> {
        self.with_value(V::KEYWORD, "a value", V::read)
    }

    fn with_value<'s, T>(
        &'s self,
        keyword: &str,
        expected: &'static str,
        read: impl FnOnce(&'s str) -> Result<T, ParseError>,
    ) -> Result<Option<T>, ParseError> {
        let Some(value) = self.find(keyword) else {
            return Ok(None);
        };
        read(value.ok_or_else(|| ParseError::syntax(0, expected))?).map(Some)
    }

    fn flag(&self, keyword: &str) -> Result<bool, ParseError> {
        match self.find(keyword) {
            None => Ok(false),
            Some(None) => Ok(true),
            Some(Some(_)) => Err(ParseError::syntax(0, "no value")),
        }
    }

    /// The value of the parameter `keyword`, if it is there and if it has one.
    fn find(&self, keyword: &str) -> Option<Option<&str>> {
        self.0.split(' ').skip(1).find_map(|text| {
            let (found, value) = text
                .split_once('=')
                .map_or((text, None), |(found, value)| (found, Some(value)));
            found.eq_ignore_ascii_case(keyword).then_some(value)
        })
    }
}

/// Each parameter with a space before it.
impl fmt::Display for Parameters<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
