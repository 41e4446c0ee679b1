//! Dates, and since when a mailbox must have been the recipient's: RRVS.

use std::borrow::Cow;
use std::fmt;

use super::{Parameter, Value};
use crate::parse::ParseError;

/// A date and time as parameters have them, kept as it was written.
///
/// ```abnf
/// date-time = full-date "T" full-time        ; RFC 3339 section 5.6
/// full-time = time-hour ":" time-minute ":" time-second ["." 1*DIGIT] time-offset
/// time-offset = "Z" / ("+" / "-") time-hour ":" time-minute
/// ```
///
/// ```
/// use gatepost_smtp::parameter::DateTime;
///
/// let time = DateTime::parse("1996-12-19T16:39:57-08:00").unwrap();
/// assert_eq!(time.unix_seconds(), 851_042_397);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DateTime<'a> {
    text: Cow<'a, str>,
    seconds: i64,
}

impl<'a> DateTime<'a> {
    /// Reads a date and time.
    ///
    /// # Errors
    /// Where it is none.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        let mut digits = Digits { text, rest: text };
        let (year, month) = (
            digits.number(4, 0..=9999)?,
            digits.behind('-')?.number(2, 1..=12)?,
        );
        let day = digits.behind('-')?.number(2, 1..=days_of(year, month))?;
        let hour = digits.behind('T')?.number(2, 0..=23)?;
        let minute = digits.behind(':')?.number(2, 0..=59)?;
        let second = digits.behind(':')?.number(2, 0..=60)?;
        digits.fraction()?;
        let offset = digits.offset()?;
        if !digits.rest.is_empty() {
            return Err(digits.error("the end of the time"));
        }
        let minutes = (days_since_1970(year, month, day) * 24 + hour) * 60 + minute - offset;
        Ok(Self {
            text: Cow::Borrowed(text),
            seconds: minutes * 60 + second,
        })
    }

    /// The time as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The seconds since 1970, without fractions.
    pub fn unix_seconds(&self) -> i64 {
        self.seconds
    }

    /// The time without a borrow.
    pub fn into_owned(self) -> DateTime<'static> {
        DateTime {
            text: Cow::Owned(self.text.into_owned()),
            seconds: self.seconds,
        }
    }
}

impl fmt::Display for DateTime<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Counts years from March on, so that the leap day is the last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - 719_468
}

struct Digits<'a> {
    text: &'a str,
    rest: &'a str,
}

impl Digits<'_> {
    fn error(&self, expected: &'static str) -> ParseError {
        ParseError::syntax(self.text.len() - self.rest.len(), expected)
    }

    fn number(&mut self, count: usize, range: std::ops::RangeInclusive<i64>) -> Result<i64, ParseError> {
        let split = self.rest.split_at_checked(count);
        let split = split.filter(|(digits, _)| digits.bytes().all(|octet| octet.is_ascii_digit()));
        let number = split.and_then(|(digits, rest)| Some((digits.parse().ok()?, rest)));
        let (number, rest) = number
            .filter(|(number, _)| range.contains(number))
            .ok_or_else(|| self.error("digits of a time"))?;
        self.rest = rest;
        Ok(number)
    }

    /// What stands behind `letter`.
    fn behind(&mut self, letter: char) -> Result<&mut Self, ParseError> {
        match self.rest.strip_prefix([letter, letter.to_ascii_lowercase()]) {
            Some(rest) => self.rest = rest,
            None => return Err(self.error("a date and time of RFC 3339")),
        }
        Ok(self)
    }

    fn fraction(&mut self) -> Result<(), ParseError> {
        if let Some(digits) = self.rest.strip_prefix('.') {
            self.rest = digits;
            let rest = digits.trim_start_matches(|letter: char| letter.is_ascii_digit());
            if rest.len() == digits.len() {
                return Err(self.error("digits of a time"));
            }
            self.rest = rest;
        }
        Ok(())
    }

    /// The minutes that the clock is ahead of UTC.
    fn offset(&mut self) -> Result<i64, ParseError> {
        let sign = match self.rest.bytes().next() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return self.behind('Z').map(|_| 0),
        };
        self.rest = self.rest.get(1..).unwrap_or_default();
        let hours = self.number(2, 0..=23)?;
        let minutes = self.behind(':')?.number(2, 0..=59)?;
        Ok(sign * (hours * 60 + minutes))
    }
}

/// Since when a mailbox must have been the recipient's: `RRVS=`.
///
/// ```abnf
/// rrvs-param = "RRVS=" date-time [ ";" ( "C" / "R" ) ]        ; RFC 7293 section 3
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ValidSince<'a> {
    /// The time.
    pub time: DateTime<'a>,
    /// What a server does that has to pass the message to one without RRVS; to return it if nothing is said.
    pub unsupported: Option<Unsupported>,
}

/// What becomes of a message for a server without RRVS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unsupported {
    /// `C`: it is sent, with a field in its header.
    Continue,
    /// `R`: it is given back.
    Reject,
}

impl<'a> Value<'a> for ValidSince<'a> {
    const KEYWORD: &'static str = "RRVS";

    fn read(value: &'a str) -> Result<Self, ParseError> {
        let (time, action) = value
            .split_once(';')
            .map_or((value, None), |(time, action)| (time, Some(action)));
        let unsupported = match action {
            None => None,
            Some("C" | "c") => Some(Unsupported::Continue),
            Some("R" | "r") => Some(Unsupported::Reject),
            Some(_) => return Err(ParseError::syntax(time.len() + ";".len(), "C or R")),
        };
        let time = DateTime::parse(time)?;
        Ok(Self { time, unsupported })
    }
}

impl fmt::Display for ValidSince<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = match self.unsupported {
            None => "",
            Some(Unsupported::Continue) => ";C",
            Some(Unsupported::Reject) => ";R",
        };
        write!(f, "{}{action}", self.time)
    }
}

impl From<ValidSince<'_>> for Parameter<'static> {
    fn from(since: ValidSince<'_>) -> Self {
        Self::of(ValidSince::KEYWORD, since)
    }
}
