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

    /// Reads the first three octets of `line`.
    pub(crate) fn leading(line: &[u8]) -> Option<Self> {
        let digits = line.first_chunk::<3>()?;
        let digit = |octet: u8| octet.is_ascii_digit().then(|| u16::from(octet - b'0'));
        let [hundreds, tens, ones] = digits.map(digit);
        Self::new(hundreds? * 100 + tens? * 10 + ones?)
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
        match octets {
            [class @ (b'2' | b'4' | b'5'), b'.', rest @ ..] => {
                let dot = memchr::memchr(b'.', rest)?;
                let subject = number(rest.get(..dot)?)?;
                let detail = number(rest.get(dot + 1..)?)?;
                Self::new(class - b'0', subject, detail)
            }
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

/// One to three digits, without needless zeros.
fn number(digits: &[u8]) -> Option<u16> {
    match digits {
        [b'0', _, ..] | [] | [_, _, _, _, ..] => None,
        digits => digits.iter().try_fold(0, |number, octet| {
            octet
                .is_ascii_digit()
                .then(|| number * 10 + u16::from(octet - b'0'))
        }),
    }
}
