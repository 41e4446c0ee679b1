//! Dates as IMAP writes them (RFC 3501 section 9, `date-time` and `date`).

use std::fmt;

use super::cursor::{Cursor, Unexpected};

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const DAY: i64 = 86_400;

/// A moment and the zone it was written in: `date-time`, the INTERNALDATE of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateTime {
    /// Seconds since 1970-01-01 00:00:00, as the clock in its zone showed.
    local: i64,
    /// The zone in minutes east of UTC.
    zone: i32,
}

/// A day, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day(i64);

impl DateTime {
    /// So many seconds after 1970-01-01 00:00:00 UTC.
    pub fn from_unix(seconds: i64) -> Self {
        Self {
            local: seconds,
            zone: 0,
        }
    }

    /// The moment of the call.
    #[expect(
        clippy::disallowed_methods,
        reason = "a mail server dates what is delivered to it"
    )]
    pub fn now() -> Self {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Self::from_unix(since.map_or(0, |elapsed| elapsed.as_secs().cast_signed()))
    }

    /// The day, without regard to the zone, as SEARCH wants it.
    pub(crate) fn day(self) -> Day {
        Day(self.local.div_euclid(DAY))
    }

    /// `date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE`
    pub(crate) fn parse(cursor: &mut Cursor<'_>) -> Result<Self, Unexpected> {
        cursor.expect(b'"', "a quoted date and time")?;
        while cursor.accept(b' ') {}
        let day = Day::parse_bare(cursor)?;
        cursor.space()?;
        let hours = below(cursor, 24)?;
        cursor.expect(b':', "a colon")?;
        let minutes = below(cursor, 60)?;
        cursor.expect(b':', "a colon")?;
        let seconds = below(cursor, 61)?;
        cursor.space()?;
        let zone = zone(cursor)?;
        cursor.expect(b'"', "the closing quote")?;
        let local = day.0 * DAY + i64::from(hours * 3600 + minutes * 60 + seconds);
        Ok(Self { local, zone })
    }
}

fn below(cursor: &mut Cursor<'_>, limit: u32) -> Result<u32, Unexpected> {
    let start = cursor.clone();
    match cursor.number()? {
        number if number < limit => Ok(number),
        _ => start.unexpected("a number within its range"),
    }
}

/// `zone = ("+" / "-") 4DIGIT`
fn zone(cursor: &mut Cursor<'_>) -> Result<i32, Unexpected> {
    let east = cursor.accept(b'+');
    if !east {
        cursor.expect(b'-', "a zone")?;
    }
    let digits = below(cursor, 10_000)?.cast_signed();
    let minutes = digits / 100 * 60 + digits % 100;
    Ok(if east { minutes } else { -minutes })
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.day().civil();
        let month = MONTHS.get(month).copied().unwrap_or("Jan");
        let time = self.local.rem_euclid(DAY);
        let (hours, minutes, seconds) = (time / 3600, time / 60 % 60, time % 60);
        let sign = if self.zone < 0 { '-' } else { '+' };
        let zone = self.zone.abs() / 60 * 100 + self.zone.abs() % 60;
        write!(
            f,
            "{day:2}-{month}-{year:04} {hours:02}:{minutes:02}:{seconds:02} {sign}{zone:04}"
        )
    }
}

impl Day {
    /// `date = date-text / DQUOTE date-text DQUOTE`
    pub(crate) fn parse(cursor: &mut Cursor<'_>) -> Result<Self, Unexpected> {
        let quoted = cursor.accept(b'"');
        let day = Self::parse_bare(cursor)?;
        if quoted {
            cursor.expect(b'"', "the closing quote")?;
        }
        Ok(day)
    }

    /// `date-text = date-day "-" date-month "-" date-year`
    fn parse_bare(cursor: &mut Cursor<'_>) -> Result<Self, Unexpected> {
        let day = below(cursor, 32)?;
        cursor.expect(b'-', "a hyphen")?;
        let start = cursor.clone();
        let name = cursor.run(|octet| octet.is_ascii_alphabetic(), "a month")?;
        let Some(month) = month(name) else {
            return start.unexpected("a month");
        };
        cursor.expect(b'-', "a hyphen")?;
        let year = below(cursor, 10_000)?;
        Ok(Self::from_civil(i64::from(year), month, i64::from(day)))
    }

    /// The day of a message's Date field (RFC 5322 section 3.3): `[day-name ","] day month year ...`
    pub(crate) fn from_header(value: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(value).ok()?;
        let text = text.split_once(',').map_or(text, |(_, date)| date);
        let mut words = text.split_ascii_whitespace();
        let day: u32 = words.next()?.parse().ok().filter(|day| *day < 32)?;
        let month = month(words.next()?.as_bytes())?;
        let year: u32 = words.next()?.parse().ok().filter(|year| *year < 10_000)?;
        Some(Self::from_civil(i64::from(year), month, i64::from(day)))
    }

    /// Days from 1970-01-01 in the Gregorian calendar. Years begin in March here, so that the leap day ends them.
    fn from_civil(year: i64, month: usize, day: i64) -> Self {
        let since_march = (month as i64 + 10) % 12;
        let year = if since_march >= 10 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * since_march + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Self(era * 146_097 + day_of_era - 719_468)
    }

    /// Year, month from 0, and day of the month.
    fn civil(self) -> (i64, usize, i64) {
        let shifted = self.0 + 719_468;
        let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let leap_days = day_of_era / 1460 - day_of_era / 36_524 + day_of_era / 146_096;
        let year_of_era = (day_of_era - leap_days) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let since_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * since_march + 2) / 5 + 1;
        let year = year_of_era + era * 400 + i64::from(since_march >= 10);
        (year, ((since_march + 2) % 12).unsigned_abs() as usize, day)
    }
}

/// The month's number from 0.
fn month(name: &[u8]) -> Option<usize> {
    MONTHS
        .iter()
        .position(|month| month.as_bytes().eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(text: &str) -> String {
        DateTime::parse(&mut Cursor::new(text.as_bytes()))
            .unwrap()
            .to_string()
    }

    #[test]
    fn what_is_read_is_written_again() {
        assert_eq!(
            round("\"17-Jul-1996 02:44:25 -0700\""),
            "17-Jul-1996 02:44:25 -0700"
        );
        assert_eq!(
            round("\" 1-feb-2024 00:00:00 +0530\""),
            " 1-Feb-2024 00:00:00 +0530"
        );
        assert_eq!(
            round("\"29-Feb-2000 23:59:59 +0000\""),
            "29-Feb-2000 23:59:59 +0000"
        );
        assert_eq!(
            DateTime::from_unix(1_000_000_000).to_string(),
            " 9-Sep-2001 01:46:40 +0000"
        );
        assert_eq!(DateTime::from_unix(-1).to_string(), "31-Dec-1969 23:59:59 +0000");
    }

    #[test]
    fn every_day_of_eight_centuries_survives() {
        for number in -146_097..146_097 {
            let (year, month, day) = Day(number).civil();
            assert_eq!(Day::from_civil(year, month, day), Day(number));
        }
    }

    #[test]
    fn days_are_read_with_and_without_quotes_and_from_headers() {
        let day = Day::parse(&mut Cursor::new(b"\"3-Jan-1970\"")).unwrap();
        assert_eq!(day, Day(2));
        assert_eq!(Day::parse(&mut Cursor::new(b"3-jan-1970")), Ok(day));
        assert_eq!(Day::from_header(b"Sat, 3 Jan 1970 12:00:00 +0000"), Some(day));
        assert_eq!(Day::from_header(b"3 Jan 1970"), Some(day));
        assert_eq!(Day::from_header(b"yesterday"), None);
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "17-Jul-1996",
            "\"17-Jol-1996 02:44:25 +0000\"",
            "\"17-Jul-1996 24:44:25 +0000\"",
            "\"\"",
        ] {
            assert!(
                DateTime::parse(&mut Cursor::new(text.as_bytes())).is_err(),
                "{text}"
            );
        }
    }
}
