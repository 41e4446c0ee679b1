//! When messages came and were sent.

use gatepost_imap::types::{Date, DateTime};

/// The moment of the call.
#[expect(
    clippy::disallowed_methods,
    reason = "a mail server dates what is delivered to it"
)]
pub(crate) fn now() -> DateTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    at(since.map_or(0, |elapsed| elapsed.as_secs().cast_signed()))
}

/// So many seconds after 1970-01-01 00:00:00 UTC.
pub(crate) fn at(seconds: i64) -> DateTime {
    DateTime::from_unix_seconds(seconds, 0).unwrap_or(DateTime::UNIX_EPOCH)
}

/// The day of a message's Date field (RFC 5322 section 3.3): `[day-name ","] day month year ...`
pub(crate) fn of_header(value: &[u8]) -> Option<Date> {
    let text = std::str::from_utf8(value).ok()?;
    let text = text.split_once(',').map_or(text, |(_, date)| date);
    let words: Vec<&str> = text.split_ascii_whitespace().take(3).collect();
    Date::parse(words.join("-").as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_from_headers() {
        let day = Date::new(1970, 1, 3);
        assert_eq!(of_header(b"Sat, 3 Jan 1970 12:00:00 +0000"), day);
        assert_eq!(of_header(b"3 jan 1970"), day);
        assert_eq!(of_header(b"yesterday"), None);
    }
}
