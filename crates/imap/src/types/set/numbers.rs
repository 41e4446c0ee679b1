//! Numbers in a row.

use std::fmt;
use std::num::NonZeroU32;

use bytes::{Bytes, BytesMut};

use super::{Bound, bound};
use crate::parse::octets::DIGIT;
use crate::parse::{Allowance, Cursor, Mark, Parsing};
use crate::types::Invalid;
use crate::write::{Write, Writer};
/// Numbers in a row, separated by spaces, as they were spelled: what SEARCH and SORT find.
///
/// ```abnf
/// *(SP nz-number)        ; RFC 3501 section 9, RFC 5256 section 4
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Numbers(Bytes);

impl Numbers {
    /// Reads numbers above 0, one space between any two.
    ///
    /// # Errors
    /// If there is anything else.
    pub fn new(octets: impl Into<Bytes>) -> Result<Self, Invalid> {
        let octets = octets.into();
        let is_number = |part| matches!(bound(part), Some(Bound::Number(_)));
        match octets.is_empty() || octets.split(|&octet| octet == b' ').all(is_number) {
            true => Ok(Self(octets)),
            false => Err(Invalid {
                what: "list of numbers",
            }),
        }
    }

    /// The numbers in order.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        let parts = self.0.split(|&octet| octet == b' ');
        parts.filter_map(|part| match bound(part)? {
            Bound::Number(number) => Some(number),
            Bound::Star => None,
        })
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The numbers as they were spelled.
    pub const fn as_bytes(&self) -> &Bytes {
        &self.0
    }
}

impl FromIterator<NonZeroU32> for Numbers {
    fn from_iter<I: IntoIterator<Item = NonZeroU32>>(numbers: I) -> Self {
        let mut octets = BytesMut::new();
        for number in numbers {
            if !octets.is_empty() {
                octets.extend_from_slice(b" ");
            }
            octets.extend_from_slice(number.to_string().as_bytes());
        }
        Self(octets.freeze())
    }
}

impl fmt::Debug for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Numbers({})", String::from_utf8_lossy(&self.0))
    }
}

impl<'a> Cursor<'a> {
    /// `*(SP nz-number)`, up to what is no number. The space before the first is not part of them.
    pub(crate) fn numbers(&mut self) -> Parsing<Numbers> {
        let start = self.mark();
        if !matches!(self.rest(), [b' ', b'0'..=b'9', ..]) {
            return self.odd_numbers(start);
        }
        self.advance(1);
        let mark = self.mark();
        loop {
            if self.peek() == Some(b'0') || self.valid_number()?.is_none() {
                return self.odd_numbers(start);
            }
            match self.rest() {
                [b' ', b'0'..=b'9', ..] => self.advance(1),
                [b' ', b' ', ..] => return self.odd_numbers(start),
                _ => return Ok(Numbers(self.bytes(self.since(mark)))),
            }
        }
    }

    /// Numbers with more than one space between them, or with zeros and larger ones than there can be, which are no
    /// messages.
    #[cold]
    fn odd_numbers(&mut self, start: Mark<'a>) -> Parsing<Numbers> {
        self.reset(start);
        let mut numbers = Vec::new();
        loop {
            let rest = self.rest();
            let spaces = rest.iter().take_while(|&&octet| octet == b' ').count();
            let before_number = rest.get(spaces).is_some_and(u8::is_ascii_digit);
            if !before_number || spaces == 0 || (spaces > 1 && !self.forgives(Allowance::Spaces)) {
                return Ok(numbers.into_iter().collect());
            }
            self.advance(spaces);
            let odd = self.peek() == Some(b'0');
            let number = self.valid_number()?;
            if (odd || number.is_none()) && !self.forgives(Allowance::Number) {
                return self.expected("a number from 1 to 4294967295");
            }
            if number.is_none() {
                self.span(DIGIT);
            }
            numbers.extend(number);
        }
    }
}

impl Write for Numbers {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(&self.0);
    }
}
