//! Who the recipient was at first: ORCPT.

use std::borrow::Cow;
use std::fmt;

use super::notifications::{printable, within};
use super::{Parameter, Value};
use crate::grammar::{class, is};
use crate::parse::ParseError;
use crate::xtext;

/// Who a recipient was before addresses were rewritten: `ORCPT=`, at most 500 octets.
///
/// ```abnf
/// original-recipient-address = addr-type ";" xtext        ; RFC 3461 section 4.2
/// addr-type                  = atom
/// ```
///
/// An address of the type `utf-8` has a code of its own, `\x{4E2D}` (RFC 6533 section 3). It is read as letters and
/// written in ASCII, for servers without SMTPUTF8.
///
/// ```
/// use gatepost_smtp::parameter::OriginalRecipient;
///
/// let recipient = OriginalRecipient::rfc822("e=mc2@example.com").unwrap();
/// assert_eq!(recipient.to_string(), "rfc822;e+3Dmc2@example.com");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OriginalRecipient<'a> {
    addr_type: Cow<'a, str>,
    address: Cow<'a, str>,
}

impl<'a> OriginalRecipient<'a> {
    const LONGEST: usize = 500;

    /// An address of the type `addr_type`.
    ///
    /// # Errors
    /// If the type is no atom, or where the address has letters that it cannot have.
    pub fn new(addr_type: &'a str, address: &'a str) -> Result<Self, ParseError> {
        let recipient = Self::of(addr_type, Cow::Borrowed(address))?;
        within(recipient.to_string().len(), Self::LONGEST)?;
        Ok(recipient)
    }

    /// An address of the internet.
    ///
    /// # Errors
    /// Where the address has letters that it cannot have.
    pub fn rfc822(address: &'a str) -> Result<Self, ParseError> {
        Self::new("rfc822", address)
    }

    fn of(addr_type: &'a str, address: Cow<'a, str>) -> Result<Self, ParseError> {
        let is_atom = !addr_type.is_empty() && addr_type.is_ascii();
        if !is_atom
            || !addr_type
                .bytes()
                .all(|octet| is(octet, class::ATEXT) && octet != b'=')
        {
            return Err(ParseError::syntax(0, "a type of address"));
        }
        let address = match is_utf8(addr_type) {
            true if address.is_empty() || address.contains(char::is_control) => {
                return Err(ParseError::syntax(0, "printable letters"));
            }
            true => address,
            false => printable(address)?,
        };
        let addr_type = Cow::Borrowed(addr_type);
        Ok(Self { addr_type, address })
    }

    /// What the address is, such as `rfc822`.
    pub fn addr_type(&self) -> &str {
        &self.addr_type
    }

    /// The address, decoded.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The recipient without a borrow.
    pub fn into_owned(self) -> OriginalRecipient<'static> {
        OriginalRecipient {
            addr_type: Cow::Owned(self.addr_type.into_owned()),
            address: Cow::Owned(self.address.into_owned()),
        }
    }
}

fn is_utf8(addr_type: &str) -> bool {
    addr_type.eq_ignore_ascii_case("utf-8")
}

impl<'a> Value<'a> for OriginalRecipient<'a> {
    const KEYWORD: &'static str = "ORCPT";

    fn read(value: &'a str) -> Result<Self, ParseError> {
        within(value.len(), Self::LONGEST)?;
        let Some((addr_type, address)) = value.split_once(';') else {
            return Err(ParseError::syntax(value.len(), "a semicolon"));
        };
        let start = addr_type.len() + ";".len();
        let decoded = if is_utf8(addr_type) {
            letters(address)
        } else {
            xtext::text(address)
        };
        Self::of(addr_type, decoded.map_err(|error| error.behind(start))?)
    }
}

/// ```abnf
/// utf-8-addr-xtext     = 1*(QCHAR / EmbeddedUnicodeChar)        ; RFC 6533 section 3
/// utf-8-addr-unitext   = 1*(QUCHAR / EmbeddedUnicodeChar)
/// EmbeddedUnicodeChar  = "\x{" EmbeddedUnicodePoint "}"
/// ```
fn letters(text: &str) -> Result<Cow<'_, str>, ParseError> {
    if text.bytes().all(is_qchar) {
        return Ok(Cow::Borrowed(text));
    }
    let mut letters = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let offset = text.len() - rest.len();
        if letter.is_ascii() && !is_qchar(letter as u8) {
            let (behind, embedded) =
                embedded(rest).ok_or_else(|| ParseError::syntax(offset, "a letter or \\x{..}"))?;
            letters.push(embedded);
            rest = behind;
        } else {
            letters.push(letter);
            rest = rest.get(letter.len_utf8()..).unwrap_or_default();
        }
    }
    Ok(Cow::Owned(letters))
}

/// `QCHAR`, and what is beyond ASCII.
const fn is_qchar(octet: u8) -> bool {
    octet >= 0x80 || octet.is_ascii_graphic() && !matches!(octet, b'+' | b'=' | b'\\')
}

fn embedded(text: &str) -> Option<(&str, char)> {
    let (digits, rest) = text.strip_prefix("\\x{")?.split_once('}')?;
    let is_digit = |octet: u8| matches!(octet, b'0'..=b'9' | b'A'..=b'F');
    let is_number =
        (2..=6).contains(&digits.len()) && digits.bytes().all(is_digit) && !digits.starts_with('0');
    let number = u32::from_str_radix(digits, 16).ok().filter(|_| is_number)?;
    char::from_u32(number).map(|letter| (rest, letter))
}

impl fmt::Display for OriginalRecipient<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{};", self.addr_type)?;
        if !is_utf8(&self.addr_type) {
            return f.write_str(&xtext::encode(self.address.as_bytes()));
        }
        for letter in self.address.chars() {
            if letter.is_ascii() && is_qchar(letter as u8) {
                write!(f, "{letter}")?;
            } else {
                write!(f, "\\x{{{:X}}}", u32::from(letter))?;
            }
        }
        Ok(())
    }
}

impl From<OriginalRecipient<'_>> for Parameter<'static> {
    fn from(recipient: OriginalRecipient<'_>) -> Self {
        Self::of(OriginalRecipient::KEYWORD, recipient)
    }
}
