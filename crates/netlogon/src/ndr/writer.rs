//! Writes values one after another.

/// Referent ids count up from here, as Windows has them; any number but zero would do.
const FIRST_REFERENT: u32 = 0x0002_0000;

/// Stub data as it grows.
pub(crate) struct Writer {
    octets: Vec<u8>,
    referent: u32,
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self {
            octets: Vec::with_capacity(512),
            referent: FIRST_REFERENT,
        }
    }

    pub(crate) fn into_octets(self) -> Vec<u8> {
        self.octets
    }

    /// Fills up with zeros to a multiple of `size`, which is a power of two.
    pub(crate) fn align(&mut self, size: usize) {
        let length = self.octets.len().next_multiple_of(size);
        self.octets.resize(length, 0);
    }

    pub(crate) fn octets(&mut self, octets: &[u8]) {
        self.octets.extend_from_slice(octets);
    }

    pub(crate) fn u16(&mut self, value: u16) {
        self.align(2);
        self.octets(&value.to_le_bytes());
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.align(4);
        self.octets(&value.to_le_bytes());
    }

    /// A length or count. None that we write comes near the limit.
    pub(crate) fn count(&mut self, count: usize) {
        self.u32(u32::try_from(count).unwrap_or(u32::MAX));
    }

    /// A unique pointer to something that follows.
    pub(crate) fn pointer(&mut self) {
        self.u32(self.referent);
        self.referent += 4;
    }

    /// A unique pointer to nothing.
    pub(crate) fn null(&mut self) {
        self.u32(0);
    }

    /// A string that NUL ends, as a conformant and varying array of UTF-16.
    pub(crate) fn string(&mut self, text: &str) {
        let mut units = utf16(text);
        units.extend_from_slice(&[0, 0]);
        self.varying(&units, 2);
    }

    /// The first half of a counted string with those octets (MS-DTYP 2.3.10).
    pub(crate) fn text(&mut self, octets: &[u8]) {
        let length = u16::try_from(octets.len()).unwrap_or(u16::MAX);
        self.u16(length);
        self.u16(length);
        match octets {
            [] => self.null(),
            _ => self.pointer(),
        }
    }

    /// The second half, whose elements have `size` octets.
    pub(crate) fn counted(&mut self, octets: &[u8], size: usize) {
        if !octets.is_empty() {
            self.varying(octets, size);
        }
    }

    fn varying(&mut self, octets: &[u8], size: usize) {
        let count = octets.len() / size;
        self.count(count);
        self.count(0);
        self.count(count);
        self.octets(octets);
    }
}

/// UTF-16, little-endian.
pub(crate) fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}
