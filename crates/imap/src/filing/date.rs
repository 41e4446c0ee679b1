//! When a message says that it was written.

use crate::message_id;

const NAME: &[u8] = b"date";

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// Zones with names, and their hours (RFC 5322 section 4.3).
const ZONES: [(&str, i64); 12] = [
    ("UT", 0),
    ("GMT", 0),
    ("UTC", 0),
    ("Z", 0),
    ("EDT", -4),
    ("EST", -5),
    ("CDT", -5),
    ("CST", -6),
    ("MDT", -6),
    ("MST", -7),
    ("PDT", -7),
    ("PST", -8),
];

/// The body of a Date field.
///
/// Two are the same if they mean the same second; if one of them means none, if they are spelled the same.
///
/// ```
/// use gatepost_imap::filing::Date;
///
/// let date = |text: &str| Date::of(format!("Date: {text}\r\n\r\n").as_bytes()).unwrap();
/// assert_eq!(date("Wed, 5 Nov 2025 10:00:00 +0100"), date("5 Nov 2025 09:00 GMT"));
/// assert_eq!(date("Thu, 1 Jan 1970 00:01:00 +0000").moment(), Some(60));
/// ```
#[derive(Debug, Clone)]
pub struct Date {
    text: Box<[u8]>,
    moment: Option<i64>,
}

impl Date {
    /// That of a message of which the start is here. It is looked for in the first 16 KiB.
    pub fn of(message: &[u8]) -> Option<Self> {
        let text = message_id::field_of(message, NAME)?;
        let moment = std::str::from_utf8(&text).ok().and_then(moment);
        Some(Self { text, moment })
    }

    /// In seconds since 1970, if it can be read.
    pub fn moment(&self) -> Option<i64> {
        self.moment
    }
}

impl PartialEq for Date {
    fn eq(&self, other: &Self) -> bool {
        match (self.moment, other.moment) {
            (Some(this), Some(other)) => this == other,
            _ => self.words().eq(other.words()),
        }
    }
}

impl Eq for Date {}

impl Date {
    fn words(&self) -> impl Iterator<Item = &[u8]> {
        let words = self.text.split(u8::is_ascii_whitespace);
        words.filter(|word| !word.is_empty())
    }
}

/// ```abnf
/// date-time   = [ day-of-week "," ] date time [CFWS]     ; RFC 5322 section 3.3
/// date        = day month year
/// time        = time-of-day zone
/// time-of-day = hour ":" minute [ ":" second ]
/// ```
fn moment(text: &str) -> Option<i64> {
    let text = text.split('(').next().unwrap_or_default();
    let text = text.split_once(',').map_or(text, |(_, rest)| rest);
    let mut words = text.split_ascii_whitespace();
    let day = number(words.next()?, 1..=31)?;
    let month = words.next()?;
    let month = MONTHS
        .iter()
        .position(|known| known.eq_ignore_ascii_case(month))?;
    let year = year(words.next()?)?;
    let time = time(words.next()?)?;
    let zone = zone(words.next()?)?;
    let days = days(year, i64::try_from(month).ok()? + 1, day);
    words.next().is_none().then_some(days * 86_400 + time - zone)
}

fn number(digits: &str, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
    let is_number = digits.len() <= 4 && digits.bytes().all(|octet| octet.is_ascii_digit());
    let number = digits.parse().ok().filter(|_| is_number)?;
    range.contains(&number).then_some(number)
}

/// Years of two and three digits are from old times (RFC 5322 section 4.3).
fn year(digits: &str) -> Option<i64> {
    let year = number(digits, 0..=9999)?;
    Some(match digits.len() {
        2 if year < 50 => year + 2000,
        2 | 3 => year + 1900,
        _ => year,
    })
}

fn time(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let hour = number(parts.next()?, 0..=23)?;
    let minute = number(parts.next()?, 0..=59)?;
    let second = parts.next().map_or(Some(0), |second| number(second, 0..=60))?;
    parts
        .next()
        .is_none()
        .then_some(hour * 3600 + minute * 60 + second)
}

/// How many seconds it is ahead of UTC.
fn zone(text: &str) -> Option<i64> {
    if let Some((_, hours)) = ZONES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)) {
        return Some(hours * 3600);
    }
    let (sign, digits) = text.split_at_checked(1)?;
    let (hours, minutes) = digits.split_at_checked(2).filter(|_| digits.len() == 4)?;
    let ahead = number(hours, 0..=99)? * 3600 + number(minutes, 0..=59)? * 60;
    match sign {
        "+" => Some(ahead),
        "-" => Some(-ahead),
        _ => None,
    }
}

/// Days since 1970 in the Gregorian calendar. Years are counted from March, so that a leap day is a year's last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month < 3 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        Date::of(format!("Subject: x\r\ndate: {text}\r\n\r\n").as_bytes()).unwrap()
    }

    #[test]
    fn moments() {
        for (text, moment) in [
            ("Thu, 1 Jan 1970 00:00:00 +0000", Some(0)),
            ("Fri, 21 Nov 1997 09:55:06 -0600", Some(880_127_706)),
            ("21 Nov 97 09:55:06 GMT", Some(880_106_106)),
            ("Tue, 29 Feb 2000 23:59:60 UT", Some(951_868_800)),
            ("Wed,\r\n 5 nov 2025\t10:00:00 +0100 (MEZ)", Some(1_762_333_200)),
            ("31 Dec 2024 16:00 PST", Some(1_735_689_600)),
            ("1 Mar 1900 00:00:00 z", Some(-2_203_891_200)),
            ("1 Jan 0000 00:00:00 +9959", Some(-62_167_579_140)),
            ("", None),
            ("5 Nov 2025 10:00:00", None),
            ("5 Nov 2025 10:00:00 MEZ", None),
            ("5 Nov 2025 10 +0100", None),
            ("5 Nov 2025 24:00 +0100", None),
            ("5 Nov 2025 10:00:00 +01000", None),
            ("5 Nov 2025 10:00:00 0100", None),
            ("-5 Nov 2025 10:00:00 +0100", None),
            ("5 Nov 99999 10:00:00 +0100", None),
            ("5-Nov-2025 10:00:00 +0100", None),
            ("5 Nov 2025 10:00:00 +0100 x", None),
        ] {
            assert_eq!(super::moment(text), moment, "{text}");
        }
    }

    #[test]
    fn the_same_second_is_the_same_however_it_is_spelled() {
        let ours = date("Wed, 5 Nov 2025 10:00:00 +0100");
        assert_eq!(ours, date("Wed,\r\n  5 Nov 2025 09:00:00 +0000 (UTC)"));
        assert_ne!(ours, date("Wed, 5 Nov 2025 10:00:01 +0100"));
        assert_ne!(ours, date("yesterday"));
        assert_eq!(date("at  noon"), date("at\r\n noon"));
        assert_ne!(date("at noon"), date("at night"));
        assert_eq!(Date::of(b"Subject: x\r\n\r\nDate: y\r\n"), None);
    }
}
