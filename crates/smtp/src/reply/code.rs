//! Reply codes and enhanced status codes.

use std::fmt;

/// The three digits of a reply: 200 to 599.
///
/// ```abnf
/// Reply-code = %x32-35 %x30-35 %x30-39        ; RFC 5321 section 4.2
/// ```
/// A second digit above 5 can be forgiven ([`crate::parse::Allowance::SecondDigit`]).
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

    /// The code that three octets are.
    pub(super) const fn of_digits(digits: [u8; 3]) -> Option<Self> {
        let [hundreds @ b'2'..=b'5', tens @ b'0'..=b'9', ones @ b'0'..=b'9'] = digits else {
            return None;
        };
        let hundreds = (hundreds - b'0') as u16;
        Some(Self(hundreds * 100 + ((tens - b'0') * 10 + ones - b'0') as u16))
    }

    /// Whether the second digit is one of the grammar's.
    pub(super) const fn is_known(self) -> bool {
        self.0 % 100 < 60
    }

    /// The three octets that the code is.
    pub(super) const fn digits(self) -> [u8; 3] {
        [
            b'0' + (self.0 / 100) as u8,
            b'0' + (self.0 / 10 % 10) as u8,
            b'0' + (self.0 % 10) as u8,
        ]
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

    /// Reads a code at the start of `line`, which has more octets behind; the code, and its length with the octet that
    /// ends it.
    #[inline]
    pub(super) fn leading_line(line: &[u8]) -> Option<(Self, usize)> {
        match line {
            [
                class @ (b'2' | b'4' | b'5'),
                b'.',
                subject @ b'0'..=b'9',
                b'.',
                detail @ b'0'..=b'9',
                b' ',
                ..,
            ] => {
                let code = Self {
                    class: class - b'0',
                    subject: u16::from(subject - b'0'),
                    detail: u16::from(detail - b'0'),
                };
                Some((code, 6))
            }
            [b'2' | b'4' | b'5', b'.', ..] => {
                let end = line
                    .iter()
                    .position(|octet| matches!(octet, b' ' | b'\r' | b'\n'))?;
                Some((Self::parse(line.get(..end)?)?, end + 1))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_within_their_classes() {
        assert_eq!(Code::new(199), None);
        assert_eq!(Code::new(600), None);
        let class = |code| Code::new(code).unwrap().class();
        assert_eq!(
            [
                class(200),
                class(299),
                class(300),
                class(354),
                class(499),
                class(599)
            ],
            [2, 2, 3, 3, 4, 5]
        );
        for code in 200..600 {
            let code = Code::new(code).unwrap();
            assert_eq!(Code::of_digits(code.digits()), Some(code));
            assert_eq!(code.digits()[..], *code.to_string().as_bytes());
        }
        for wrong in [b"25x", b"2x0", b"x50", b"150", b"650", b"2:0", b" 25", b"\xff50"] {
            assert_eq!(Code::of_digits(*wrong), None, "{}", wrong.escape_ascii());
        }
    }

    #[test]
    fn enhanced_codes_of_rfc_3463() {
        for text in ["2.1.5", "4.7.0", "5.7.11", "5.0.0", "2.999.999", "5.10.100"] {
            assert_eq!(EnhancedCode::parse(text.as_bytes()).unwrap().to_string(), text);
        }
        for wrong in [
            "", "5", "5.7", "5.7.", "5..1", "3.1.1", "1.1.1", "5.7.1 ", "5.7.1.1", "5.01.1", "5.1000.1",
            "55.1.1", "5.7.-1", "5.7.1x", " 5.7.1",
        ] {
            assert_eq!(EnhancedCode::parse(wrong.as_bytes()), None, "{wrong}");
        }
        assert_eq!(EnhancedCode::new(3, 0, 0), None);
        assert_eq!(EnhancedCode::new(5, 1000, 0), None);
    }
}
