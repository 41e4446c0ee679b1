//! Days and moments.

use std::fmt;

use nom::branch::alt;
use nom::bytes::complete::take_while_m_n;
use nom::character::complete::{char, one_of};
use nom::combinator::{all_consuming, map, map_opt, map_res, opt};
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

use super::Invalid;
use crate::parse::{Allowance, Cursor, Parsing};
use crate::write::{Write, Writer};

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A day.
///
/// ```abnf
/// date-text = date-day "-" date-month "-" date-year        ; RFC 9051 section 9
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// `None` if `year` is above 9999, `month` not 1 to 12 or `day` not 1 to 31. Whether the month has so many days is
    /// not looked at.
    pub const fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        match (year, month, day) {
            (0..=9999, 1..=12, 1..=31) => Some(Self { year, month, day }),
            _ => None,
        }
    }

    /// Reads `17-Jul-1996`, which has no quotes.
    ///
    /// # Errors
    /// If it is not of this form.
    pub fn parse(text: &[u8]) -> Result<Self, Invalid> {
        let parsed = all_consuming(date).parse(text);
        parsed.map(|(_, day)| day).map_err(|_| Invalid { what: "date" })
    }

    /// The year, 0 to 9999.
    pub const fn year(self) -> u16 {
        self.year
    }

    /// The month, 1 to 12.
    pub const fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, 1 to 31.
    pub const fn day(self) -> u8 {
        self.day
    }

    fn month_name(self) -> &'static str {
        let index = usize::from(self.month).saturating_sub(1);
        MONTHS.get(index).copied().unwrap_or_default()
    }
}

/// `1-Feb-1994`
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{:04}", self.day, self.month_name(), self.year)
    }
}

/// A moment, in the time of a zone.
///
/// ```abnf
/// date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE        ; RFC 9051 section 9
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DateTime {
    date: Date,
    hour: u8,
    minute: u8,
    second: u8,
    zone_minutes: i16,
}

impl DateTime {
    /// 1970-01-01 00:00 UTC.
    pub const UNIX_EPOCH: Self = Self {
        date: Date {
            year: 1970,
            month: 1,
            day: 1,
        },
        hour: 0,
        minute: 0,
        second: 0,
        zone_minutes: 0,
    };

    /// `None` if `hour` is above 23, `minute` above 59, `second` above 60 (a leap second) or the zone not within 99
    /// hours and 59 minutes, in minutes east of UTC.
    pub const fn new(date: Date, time: (u8, u8, u8), zone_minutes: i16) -> Option<Self> {
        match (time, zone_minutes) {
            ((hour @ 0..=23, minute @ 0..=59, second @ 0..=60), -5999..=5999) => Some(Self {
                date,
                hour,
                minute,
                second,
                zone_minutes,
            }),
            _ => None,
        }
    }

    /// Reads `17-Jul-1996 02:44:25 -0700`, which has no quotes.
    ///
    /// # Errors
    /// If it is not of this form.
    pub fn parse(text: &[u8]) -> Result<Self, Invalid> {
        let parsed = all_consuming(date_time).parse(text);
        parsed
            .map(|(_, moment)| moment)
            .map_err(|_| Invalid { what: "date-time" })
    }

    /// The moment so many seconds after 1970-01-01 00:00 UTC, in the time of a zone so many minutes east of it. `None`
    /// if the year is not 0 to 9999, or the zone not within 99 hours and 59 minutes.
    pub fn from_unix_seconds(seconds: i64, zone_minutes: i16) -> Option<Self> {
        let local = seconds.checked_add(i64::from(zone_minutes) * 60)?;
        let date = day(local.div_euclid(86_400))?;
        let second = local.rem_euclid(86_400);
        let part = |number: i64| u8::try_from(number).ok();
        let time = (part(second / 3600)?, part(second / 60 % 60)?, part(second % 60)?);
        Self::new(date, time, zone_minutes)
    }

    /// The day there.
    pub const fn date(self) -> Date {
        self.date
    }

    /// Hour, minute and second there.
    pub const fn time(self) -> (u8, u8, u8) {
        (self.hour, self.minute, self.second)
    }

    /// Minutes east of UTC.
    pub const fn zone_minutes(self) -> i16 {
        self.zone_minutes
    }

    /// Seconds since 1970-01-01 00:00 UTC; before it they are negative.
    pub fn unix_seconds(self) -> i64 {
        let time = i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second);
        days(self.date) * 86_400 + time - i64::from(self.zone_minutes) * 60
    }
}

/// Days since 1970-01-01 in the Gregorian calendar.
fn days(date: Date) -> i64 {
    let (month, day) = (i64::from(date.month), i64::from(date.day));
    // Years begin in March, so that a leap day is the last of its year.
    let year = i64::from(date.year) - i64::from(month < 3);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - 719_468
}

/// The inverse of [`days`].
fn day(days: i64) -> Option<Date> {
    let shifted = days.checked_add(719_468)?;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let leap_days = day_of_era / 1460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // From March on.
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year_of_era + i64::from(month > 9);
    let month = (month + 2) % 12 + 1;
    Date::new(
        u16::try_from(year).ok()?,
        u8::try_from(month).ok()?,
        u8::try_from(day).ok()?,
    )
}

/// `17-Jul-1996 02:44:25 -0700`
impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.zone_minutes < 0 { '-' } else { '+' };
        let zone = self.zone_minutes.unsigned_abs();
        write!(
            f,
            "{:2}-{}-{:04} {:02}:{:02}:{:02} {sign}{:02}{:02}",
            self.date.day,
            self.date.month_name(),
            self.date.year,
            self.hour,
            self.minute,
            self.second,
            zone / 60,
            zone % 60
        )
    }
}

/// So many digits as a number.
fn digits<'a>(
    least: usize,
    most: usize,
) -> impl Parser<&'a [u8], Output = u16, Error = nom::error::Error<&'a [u8]>> {
    let digits = take_while_m_n(least, most, |octet: u8| octet.is_ascii_digit());
    map_res(
        map_opt(digits, |digits| std::str::from_utf8(digits).ok()),
        str::parse,
    )
}

fn two<'a>() -> impl Parser<&'a [u8], Output = u8, Error = nom::error::Error<&'a [u8]>> {
    map_opt(digits(2, 2), |number| u8::try_from(number).ok())
}

/// `date-day "-" date-month "-" date-year`
fn date(input: &[u8]) -> IResult<&[u8], Date> {
    let day = map_opt(digits(1, 2), |number| u8::try_from(number).ok());
    let month = map_opt(
        take_while_m_n(3, 3, |octet: u8| octet.is_ascii_alphabetic()),
        month,
    );
    let parts = (
        terminated(day, char('-')),
        terminated(month, char('-')),
        digits(4, 4),
    );
    map_opt(parts, |(day, month, year)| Date::new(year, month, day)).parse(input)
}

fn month(name: &[u8]) -> Option<u8> {
    let found = MONTHS
        .iter()
        .position(|known| name.eq_ignore_ascii_case(known.as_bytes()))?;
    u8::try_from(found + 1).ok()
}

/// `date-day-fixed "-" date-month "-" date-year SP time SP zone`, the day with a space or a zero before it.
fn date_time(input: &[u8]) -> IResult<&[u8], DateTime> {
    let time = (two(), preceded(char(':'), two()), preceded(char(':'), two()));
    let sign = alt((map(char('+'), |_| 1), map(char('-'), |_| -1)));
    let zone = map((sign, two(), two()), |(sign, hours, minutes)| {
        sign * (i16::from(hours) * 60 + i16::from(minutes))
    });
    let parts = (
        preceded(opt(char(' ')), date),
        delimited(char(' '), time, one_of(" ")),
        zone,
    );
    map_opt(parts, |(date, time, zone)| DateTime::new(date, time, zone)).parse(input)
}

impl Cursor<'_> {
    /// `date = date-text / DQUOTE date-text DQUOTE`
    pub(crate) fn date(&mut self) -> Parsing<Date> {
        const EXPECTED: &str = "a date such as 1-Feb-1994";
        let mark = self.mark();
        let quoted = self.eat(b'"');
        let before = self.rest();
        let Ok((rest, date)) = date(before) else {
            return self.expected_at(mark, EXPECTED);
        };
        self.advance(before.len() - rest.len());
        if quoted {
            self.octet(b'"', "a closing quote")?;
        }
        Ok(date)
    }

    /// `date-time`; `None` if it is none and that is forgiven.
    pub(crate) fn date_time(&mut self) -> Parsing<Option<DateTime>> {
        const EXPECTED: &str = "a date and time such as \"17-Jul-1996 02:44:25 -0700\"";
        let mark = self.mark();
        let Ok(text) = self.string(EXPECTED) else {
            return self.expected_at(mark, EXPECTED);
        };
        match DateTime::parse(&text) {
            Ok(moment) => Ok(Some(moment)),
            Err(_) if self.forgives(Allowance::Date) => Ok(None),
            Err(_) => self.expected_at(mark, EXPECTED),
        }
    }
}

impl Write for Date {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(self.to_string().as_bytes());
    }
}

impl Write for DateTime {
    fn write(&self, out: &mut Writer<'_>) {
        out.string(self.to_string().as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moment_of_rfc_9051() {
        let moment = DateTime::parse(b"17-Jul-1996 02:44:25 -0700").unwrap();
        assert_eq!(moment.unix_seconds(), 837_596_665);
        assert_eq!(moment.to_string(), "17-Jul-1996 02:44:25 -0700");
        let early = DateTime::parse(b" 1-Jan-1970 00:00:00 +0000").unwrap();
        assert_eq!((early.unix_seconds(), early.date().day()), (0, 1));
        assert_eq!(early.to_string(), " 1-Jan-1970 00:00:00 +0000");
        let leap = DateTime::parse(b"29-Feb-2000 12:00:00 +0530").unwrap();
        assert_eq!(leap.unix_seconds(), 951_805_800);
    }

    #[test]
    fn moments_are_made_of_seconds() {
        let shown = |seconds, zone| DateTime::from_unix_seconds(seconds, zone).unwrap().to_string();
        assert_eq!(shown(1_000_000_000, 0), " 9-Sep-2001 01:46:40 +0000");
        assert_eq!(shown(837_596_665, -420), "17-Jul-1996 02:44:25 -0700");
        assert_eq!(DateTime::from_unix_seconds(0, 0), Some(DateTime::UNIX_EPOCH));
        assert_eq!(shown(-1, 0), "31-Dec-1969 23:59:59 +0000");
        assert_eq!(DateTime::from_unix_seconds(i64::MAX, 0), None);
        assert_eq!(DateTime::from_unix_seconds(i64::MAX, 1), None);
        assert_eq!(DateTime::from_unix_seconds(0, 6000), None);
    }

    #[test]
    fn every_day_of_eight_centuries_survives() {
        for number in -146_097..146_097 {
            assert_eq!(days(day(number).unwrap()), number);
        }
    }

    #[test]
    fn what_is_no_moment() {
        for wrong in [
            "",
            "17-Jul-1996",
            "17-Jul-1996 02:44:25",
            "17-Jul-1996 02:44:25 GMT",
            "32-Jul-1996 02:44:25 +0000",
            "17-Jux-1996 02:44:25 +0000",
            "17-Jul-96 02:44:25 +0000",
            "17-Jul-1996 24:44:25 +0000",
            "17-Jul-1996 02:44:25 -0700 ",
            "17-Jul-1996  02:44:25 -0700",
        ] {
            assert!(DateTime::parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn days_are_written_short() {
        let day = Date::new(1994, 2, 1).unwrap();
        assert_eq!(day.to_string(), "1-Feb-1994");
        assert_eq!(Date::parse(b"01-feb-1994"), Ok(day));
        assert!(Date::parse(b"1-Feb-1994 ").is_err());
        assert_eq!(Date::new(1994, 13, 1), None);
        assert_eq!(Date::new(1994, 1, 0), None);
    }
}
