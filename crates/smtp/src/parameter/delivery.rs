//! When the message has to be sent and delivered: BY, MT-PRIORITY, HOLDFOR and HOLDUNTIL.

use std::fmt;

use super::{DateTime, Parameter, Value};
use crate::parse::ParseError;

/// The most seconds that nine digits can say.
const MOST_SECONDS: u32 = 999_999_999;

/// Until when a message has to be delivered, in seconds from now: `BY=`.
///
/// ```abnf
/// by-value = by-time ";" by-mode [by-trace]        ; RFC 2852 section 4
/// by-time  = ["-" / "+"] 1*9DIGIT                  ; more than 0 if the mode is "R"
/// by-mode  = "N" / "R"
/// by-trace = "T"
/// ```
///
/// ```
/// use gatepost_smtp::parameter::{DeliverBy, NotInTime};
///
/// let by = DeliverBy::new(120, NotInTime::Return).unwrap().with_trace();
/// assert_eq!(by.to_string(), "120;RT");
/// assert_eq!(DeliverBy::new(0, NotInTime::Return), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeliverBy {
    seconds: i32,
    otherwise: NotInTime,
    trace: bool,
}

/// What becomes of a message that was not delivered in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotInTime {
    /// `N`: the sender is told, and it is tried on.
    Notify,
    /// `R`: it is given back.
    Return,
}

impl DeliverBy {
    /// `None` if that are more than nine digits, or if the message would have to be returned at once.
    pub fn new(seconds: i32, otherwise: NotInTime) -> Option<Self> {
        let valid = seconds.unsigned_abs() <= MOST_SECONDS && (seconds > 0 || otherwise == NotInTime::Notify);
        let trace = false;
        valid.then_some(Self {
            seconds,
            otherwise,
            trace,
        })
    }

    /// Servers are to report that they pass it on.
    #[must_use]
    pub fn with_trace(self) -> Self {
        Self { trace: true, ..self }
    }

    /// The seconds that are left, or that it is late by.
    pub fn seconds(&self) -> i32 {
        self.seconds
    }

    /// What becomes of it then.
    pub fn otherwise(&self) -> NotInTime {
        self.otherwise
    }

    /// Whether servers are to report that they pass it on.
    pub fn has_trace(&self) -> bool {
        self.trace
    }
}

impl Value<'_> for DeliverBy {
    const KEYWORD: &'static str = "BY";

    fn read(value: &str) -> Result<Self, ParseError> {
        let Some((time, mode)) = value.split_once(';') else {
            return Err(ParseError::syntax(value.len(), "a semicolon"));
        };
        let digits = time.strip_prefix(['-', '+']).unwrap_or(time);
        let is_time = (1..=9).contains(&digits.len()) && digits.bytes().all(|octet| octet.is_ascii_digit());
        let seconds = time.parse().ok().filter(|_| is_time);
        let seconds = seconds.ok_or_else(|| ParseError::syntax(0, "1 to 9 digits"))?;
        let (otherwise, trace) = match mode.to_ascii_uppercase().as_str() {
            "N" => (NotInTime::Notify, false),
            "NT" => (NotInTime::Notify, true),
            "R" => (NotInTime::Return, false),
            "RT" => (NotInTime::Return, true),
            _ => {
                return Err(ParseError::syntax(
                    time.len() + ";".len(),
                    "N or R, and perhaps T",
                ));
            }
        };
        let by = Self::new(seconds, otherwise).ok_or_else(|| ParseError::syntax(0, "a time to come"))?;
        Ok(Self { trace, ..by })
    }
}

impl fmt::Display for DeliverBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = match self.otherwise {
            NotInTime::Notify => "N",
            NotInTime::Return => "R",
        };
        let trace = if self.trace { "T" } else { "" };
        write!(f, "{};{mode}{trace}", self.seconds)
    }
}

impl From<DeliverBy> for Parameter<'static> {
    fn from(by: DeliverBy) -> Self {
        Self::of(DeliverBy::KEYWORD, by)
    }
}

/// How urgent a message is, from -9 to 9: `MT-PRIORITY=`.
///
/// ```abnf
/// priority-value = (["-"] NZDIGIT) / "0"        ; RFC 6710 section 3
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Priority(i8);

impl Priority {
    /// `None` if that is no priority.
    pub fn new(priority: i8) -> Option<Self> {
        (-9..=9).contains(&priority).then_some(Self(priority))
    }

    /// The number.
    pub fn value(self) -> i8 {
        self.0
    }
}

impl Value<'_> for Priority {
    const KEYWORD: &'static str = "MT-PRIORITY";

    fn read(value: &str) -> Result<Self, ParseError> {
        let priority = match value.as_bytes() {
            [b'0'] => Some(0),
            [b'-', b'1'..=b'9'] | [b'1'..=b'9'] => value.parse().ok(),
            _ => None,
        };
        priority
            .map(Self)
            .ok_or_else(|| ParseError::syntax(0, "a number from -9 to 9"))
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Priority> for Parameter<'static> {
    fn from(priority: Priority) -> Self {
        Self::of(Priority::KEYWORD, priority)
    }
}

/// How long a message is held before it is sent: `HOLDFOR=` or `HOLDUNTIL=`.
///
/// ```abnf
/// hold-param = "HOLDFOR=" future-release-interval / "HOLDUNTIL=" future-release-date-time    ; RFC 4865 section 3
/// future-release-interval  = %x31-39 *8DIGIT        ; seconds
/// future-release-date-time = date-time              ; RFC 3339 section 5.6, erratum 2040
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Hold<'a>(Until<'a>);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Until<'a> {
    Seconds(u32),
    Time(DateTime<'a>),
}

impl<'a> Hold<'a> {
    pub(super) const FOR: &'static str = "HOLDFOR";
    pub(super) const UNTIL: &'static str = "HOLDUNTIL";

    /// For so many seconds; `None` if there are none, or too many for nine digits.
    pub fn seconds(seconds: u32) -> Option<Self> {
        (1..=MOST_SECONDS)
            .contains(&seconds)
            .then_some(Self(Until::Seconds(seconds)))
    }

    /// Until `time`.
    pub fn until(time: DateTime<'a>) -> Self {
        Self(Until::Time(time))
    }

    /// The seconds of `HOLDFOR=`.
    pub fn as_seconds(&self) -> Option<u32> {
        match self.0 {
            Until::Seconds(seconds) => Some(seconds),
            Until::Time(_) => None,
        }
    }

    /// The time of `HOLDUNTIL=`.
    pub fn as_time(&self) -> Option<&DateTime<'a>> {
        match &self.0 {
            Until::Seconds(_) => None,
            Until::Time(time) => Some(time),
        }
    }

    pub(super) fn read_seconds(value: &str) -> Result<Self, ParseError> {
        let is_number =
            value.len() <= 9 && value.bytes().all(|octet| octet.is_ascii_digit()) && !value.starts_with('0');
        let seconds = value.parse().ok().filter(|_| is_number);
        seconds
            .and_then(Self::seconds)
            .ok_or_else(|| ParseError::syntax(0, "1 to 9 digits, the first not 0"))
    }

    pub(super) fn read_time(value: &'a str) -> Result<Self, ParseError> {
        DateTime::parse(value).map(Self::until)
    }
}

impl From<Hold<'_>> for Parameter<'static> {
    fn from(hold: Hold<'_>) -> Self {
        match hold.0 {
            Until::Seconds(seconds) => Self::of(Hold::FOR, seconds),
            Until::Time(time) => Self::of(Hold::UNTIL, time),
        }
    }
}
