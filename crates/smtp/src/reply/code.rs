//! Reply codes and enhanced status codes.

use std::fmt;

/// The three digits of a reply: 200 to 599.
///
/// ```abnf
/// Reply-code = %x32-35 %x30-35 %x30-39        ; RFC 5321 section 4.2
/// ```
/// A second digit above 5 is tolerated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(u16);

impl Code {
    /// 451: an error in processing, not the client's fault.
    pub(crate) const LOCAL_ERROR: Self = Self(451);

    /// `None` if `code` is not within 200 to 599.
    pub const fn new(code: u16) -> Option<Self> {
        match code {
            200..=599 => Some(Self(code)),
            _ => None,
        }
    }

    /// The code as a number.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Its first digit: 2 done, 3 go on, 4 not now, 5 never.
    pub const fn class(self) -> u8 {
        match self.0 {
            ..300 => 2,
            300..400 => 3,
            400..500 => 4,
            500.. => 5,
        }
    }

    /// Reads the first three octets of `line`; the code, and what is behind it.
    pub(crate) fn leading(line: &[u8]) -> Option<(Self, &[u8])> {
        let (digits, rest) = line.split_first_chunk::<3>()?;
        let [hundreds, tens, ones] = digits.map(|octet| u16::from(octet.wrapping_sub(b'0')));
        let code = Self::new(hundreds * 100 + tens * 10 + ones)?;
        (tens < 10 && ones < 10).then_some((code, rest))
    }
}

impl PartialEq<u16> for Code {
    fn eq(&self, other: &u16) -> bool {
        self.0 == *other
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// An enhanced status code, such as 5.7.1.
///
/// ```abnf
/// status-code = class "." subject "." detail        ; RFC 3463 section 2
/// class       = "2"/"4"/"5"
/// subject     = 1*3digit
/// detail      = 1*3digit
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EnhancedCode {
    class: u8,
    subject: u16,
    detail: u16,
}

impl EnhancedCode {
    /// `None` if `class` is not 2, 4 or 5, or another number is over 999.
    pub const fn new(class: u8, subject: u16, detail: u16) -> Option<Self> {
        match (class, subject, detail) {
            (2 | 4 | 5, 0..1000, 0..1000) => Some(Self {
                class,
                subject,
                detail,
            }),
            _ => None,
        }
    }

    /// Reads `5.7.1`.
    pub fn parse(octets: &[u8]) -> Option<Self> {
        match Self::leading(octets)? {
            (code, []) if octets.last() != Some(&b' ') => Some(code),
            _ => None,
        }
    }

    /// Reads a code at the start of `text`; the code, and the text behind it without the space.
    pub(crate) fn leading(text: &[u8]) -> Option<(Self, &[u8])> {
        let [class @ (b'2' | b'4' | b'5'), b'.', rest @ ..] = text else {
            return None;
        };
        let (subject, rest) = number(rest)?;
        let (detail, rest) = number(rest.strip_prefix(b".")?)?;
        let code = Self::new(class - b'0', subject, detail)?;
        match rest {
            [] => Some((code, rest)),
            [b' ', rest @ ..] => Some((code, rest)),
            _ => None,
        }
    }

    /// 2 done, 4 not now, 5 never.
    pub const fn class(self) -> u8 {
        self.class
    }

    /// What it is about, such as 7: security.
    pub const fn subject(self) -> u16 {
        self.subject
    }

    /// What exactly.
    pub const fn detail(self) -> u16 {
        self.detail
    }
}

impl fmt::Display for EnhancedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// One to three digits, without needless zeros, and what is behind them.
fn number(octets: &[u8]) -> Option<(u16, &[u8])> {
    let digit = |octet: u8| u16::from(octet - b'0');
    match octets {
        [b'0', b'0'..=b'9', ..] => None,
        [a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', rest @ ..] => {
            Some((digit(*a) * 100 + digit(*b) * 10 + digit(*c), rest))
        }
        [a @ b'0'..=b'9', b @ b'0'..=b'9', rest @ ..] => Some((digit(*a) * 10 + digit(*b), rest)),
        [a @ b'0'..=b'9', rest @ ..] => Some((digit(*a), rest)),
        _ => None,
    }
}
