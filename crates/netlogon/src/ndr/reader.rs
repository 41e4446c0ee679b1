//! Reads values one after another. Nothing is allocated that is longer than what is there.

use super::Error;

/// Stub data, and how far it has been read.
pub(crate) struct Reader<'a> {
    octets: &'a [u8],
    at: usize,
}

/// The first half of an RPC_UNICODE_STRING or STRING (MS-DTYP 2.3.10): its octets come later, if there is a pointer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Text {
    length: u16,
    maximum: u16,
    present: bool,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(octets: &'a [u8]) -> Self {
        Self { octets, at: 0 }
    }

    pub(crate) fn error(&self, what: &'static str) -> Error {
        Error {
            what,
            offset: self.at,
        }
    }

    /// Skips to a multiple of `size`, which is a power of two. The padding's octets are not looked at.
    pub(crate) fn align(&mut self, size: usize) -> Result<(), Error> {
        let padding = self.at.wrapping_neg() & (size - 1);
        self.octets(padding).map(|_| ())
    }

    pub(crate) fn octets(&mut self, count: usize) -> Result<&'a [u8], Error> {
        let taken = self.octets.get(self.at..).and_then(|rest| rest.get(..count));
        let taken = taken.ok_or_else(|| self.error("the data ends early"))?;
        self.at += count;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let octets = self.octets(N)?;
        <[u8; N]>::try_from(octets).map_err(|_| self.error("the data ends early"))
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Error> {
        self.array().map(u8::from_le_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Error> {
        self.align(2)?;
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Error> {
        self.align(4)?;
        self.array().map(u32::from_le_bytes)
    }

    /// A length or count.
    pub(crate) fn count(&mut self) -> Result<usize, Error> {
        let count = self.u32()?;
        usize::try_from(count).map_err(|_| self.error("a count is too large"))
    }

    /// A unique pointer (C706 14.3.10): whether what it points to follows.
    pub(crate) fn pointer(&mut self) -> Result<bool, Error> {
        Ok(self.u32()? != 0)
    }

    /// Some unsigned longs of which nothing is needed.
    pub(crate) fn skip_u32s(&mut self, count: usize) -> Result<(), Error> {
        self.align(4)?;
        self.octets(count * 4).map(|_| ())
    }

    /// The lengths before a conformant and varying array (C706 14.3.3.4): how many elements could and do follow.
    pub(crate) fn varying(&mut self) -> Result<(usize, usize), Error> {
        let (maximum, offset, actual) = (self.count()?, self.count()?, self.count()?);
        if offset != 0 || actual > maximum {
            return Err(self.error("an array's lengths contradict each other"));
        }
        Ok((maximum, actual))
    }

    /// The length before a conformant array (C706 14.3.3.2), which has been announced as `count`.
    pub(crate) fn conformant(&mut self, count: usize) -> Result<(), Error> {
        match self.count()? == count {
            true => Ok(()),
            false => Err(self.error("an array has not the announced length")),
        }
    }

    /// The first half of a counted string.
    pub(crate) fn text(&mut self) -> Result<Text, Error> {
        Ok(Text {
            length: self.u16()?,
            maximum: self.u16()?,
            present: self.pointer()?,
        })
    }

    /// The second half of an RPC_UNICODE_STRING; without a pointer it is empty. Unpaired surrogates are replaced.
    pub(crate) fn unicode(&mut self, text: Text) -> Result<String, Error> {
        let octets = self.counted(text, 2)?;
        let (units, _) = octets.as_chunks::<2>();
        let units: Vec<u16> = units.iter().copied().map(u16::from_le_bytes).collect();
        Ok(String::from_utf16_lossy(&units))
    }

    /// The second half of a string whose elements have `size` octets; its lengths are in octets.
    pub(crate) fn counted(&mut self, text: Text, size: usize) -> Result<&'a [u8], Error> {
        if !text.present {
            return match text.length {
                0 => Ok(&[]),
                _ => Err(self.error("a string has a length and no octets")),
            };
        }
        let (maximum, actual) = self.varying()?;
        if actual * size != usize::from(text.length) || maximum != usize::from(text.maximum) / size {
            return Err(self.error("a string has not the announced length"));
        }
        self.octets(actual * size)
    }
}
