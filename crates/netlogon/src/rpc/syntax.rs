//! Interfaces and representations have a UUID and a version.

/// A presentation syntax (C706 12.6.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Syntax {
    pub(crate) uuid: [u8; 16],
    pub(crate) major: u16,
}

/// 12345678-1234-abcd-ef00-01234567cffb version 1 (MS-NRPC 2.1).
pub(crate) const NETLOGON: Syntax = Syntax {
    uuid: uuid(0x12345678_1234_abcd_ef00_01234567cffb),
    major: 1,
};

/// e1af8308-5d1f-11c9-91a4-08002b14a0fa version 3 (C706 appendix O).
pub(crate) const ENDPOINT_MAPPER: Syntax = Syntax {
    uuid: uuid(0xe1af8308_5d1f_11c9_91a4_08002b14a0fa),
    major: 3,
};

/// 8a885d04-1ceb-11c9-9fe8-08002b104860 version 2: NDR (C706 appendix I).
pub(crate) const NDR: Syntax = Syntax {
    uuid: uuid(0x8a885d04_1ceb_11c9_9fe8_08002b104860),
    major: 2,
};

impl Syntax {
    /// As it stands in a bind: the minor version is zero.
    pub(crate) fn octets(self) -> [u8; 20] {
        let mut octets = [0; 20];
        let version = u32::from(self.major).to_le_bytes();
        let both = self.uuid.into_iter().chain(version);
        octets.iter_mut().zip(both).for_each(|(to, from)| *to = from);
        octets
    }
}

/// A UUID on the wire: its first three fields are little-endian.
const fn uuid(text: u128) -> [u8; 16] {
    let [a, b, c, d, e, f, g, h, rest @ ..] = text.to_be_bytes();
    let [i, j, k, l, m, n, o, p] = rest;
    [d, c, b, a, f, e, h, g, i, j, k, l, m, n, o, p]
}
