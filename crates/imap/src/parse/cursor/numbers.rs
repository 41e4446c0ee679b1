//! Numbers.

use std::num::{NonZeroU32, NonZeroU64};

use super::{Cursor, Mark, Parsing};
use crate::parse::octets::DIGIT;
use crate::parse::{Allowance, ErrorKind};

/// Numbers.
impl<'a> Cursor<'a> {
    /// `number64 = 1*DIGIT`
    #[inline]
    pub(crate) fn number64(&mut self) -> Parsing<u64> {
        let mark = self.mark();
        let mut number = 0_u64;
        let mut digits = 0;
        while let [octet @ b'0'..=b'9', rest @ ..] = self.rest {
            let digit = u64::from(octet - b'0');
            let Some(more) = number.checked_mul(10).and_then(|tens| tens.checked_add(digit)) else {
                return self.too_large(mark);
            };
            number = more;
            digits += 1;
            self.rest = rest;
        }
        if digits == 0 {
            return self.expected("a number");
        }
        Ok(number)
    }

    #[cold]
    fn too_large(&mut self, mark: Mark<'a>) -> Parsing<u64> {
        self.reset(mark);
        if self.forgives(Allowance::Number) {
            self.span(DIGIT);
            return Ok(u64::MAX);
        }
        self.fail(ErrorKind::Number, "a smaller number")
    }

    /// `number = 1*DIGIT`, below 4,294,967,296.
    #[inline]
    pub(crate) fn number(&mut self) -> Parsing<u32> {
        let mark = self.mark();
        let number = self.number64()?;
        match u32::try_from(number) {
            Ok(number) => Ok(number),
            Err(_) if self.forgives(Allowance::Number) => Ok(u32::MAX),
            Err(_) => {
                self.reset(mark);
                self.fail(ErrorKind::Number, "a smaller number")
            }
        }
    }

    /// `nz-number = digit-nz *DIGIT`
    #[inline]
    pub(crate) fn nz_number(&mut self) -> Parsing<NonZeroU32> {
        let mark = self.mark();
        let padded = self.peek() == Some(b'0');
        let number = self.number()?;
        match NonZeroU32::new(number) {
            Some(_) if padded && !self.forgives(Allowance::Number) => {
                self.expected_at(mark, "a number without zeros before it")
            }
            Some(number) => Ok(number),
            None => {
                self.reset(mark);
                self.fail(ErrorKind::Number, "a number above 0")
            }
        }
    }
}

/// Larger numbers.
impl Cursor<'_> {
    /// `mod-sequence-value = 1*DIGIT`, above 0 (RFC 7162 section 7).
    pub(crate) fn nz_number64(&mut self) -> Parsing<NonZeroU64> {
        let mark = self.mark();
        match NonZeroU64::new(self.number64()?) {
            Some(number) => Ok(number),
            None => {
                self.reset(mark);
                self.fail(ErrorKind::Number, "a number above 0")
            }
        }
    }
}
