//! The domain controller's own clock, by which accounts expire.

/// Days from 1601-01-01, where Windows' time begins, to 1970-01-01.
const DAYS_BEFORE_1970: i64 = 134_774;
/// A second in the unit of Windows' time, 100 ns (MS-DTYP section 2.3.3).
const SECOND: i64 = 10_000_000;

/// The time in `currentTime` of the root DSE, `20261127165512.0Z` (RFC 4517 section 3.3.13, as Active Directory writes
/// it), in 100 ns since 1601.
pub(super) fn windows_time(text: &str) -> Option<i64> {
    let digits = text
        .split(['.', 'Z'])
        .next()
        .filter(|digits| digits.len() == 14)?;
    if !text.ends_with('Z') || !digits.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    let number = |from: usize, to: usize| digits.get(from..to)?.parse::<i64>().ok();
    let days = days_since_1970(number(0, 4)?, number(4, 6)?, number(6, 8)?);
    let seconds = number(8, 10)? * 3600 + number(10, 12)? * 60 + number(12, 14)?;
    Some(((days + DAYS_BEFORE_1970) * 86_400 + seconds) * SECOND)
}

/// In the Gregorian calendar. The year is taken to begin in March, so that the leap day is its last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let days_before_month = (153 * ((month + 9) % 12) + 2) / 5;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + days_before_month + day
        - 719_469
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_times() {
        for (text, time) in [
            ("16010101000000.0Z", 0),
            ("19700101000000.0Z", 116_444_736_000_000_000),
            ("20000229123456.0Z", 125_963_012_960_000_000),
            ("20261127165512Z", 134_402_721_120_000_000),
        ] {
            assert_eq!(windows_time(text), Some(time), "{text}");
        }
    }

    #[test]
    fn one_day_follows_the_other() {
        let mut last = days_since_1970(1970, 1, 1);
        assert_eq!(last, 0);
        for (year, february) in [(1970, 28), (1971, 28), (1972, 29), (1973, 28)] {
            let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
            for (month, length) in (1..).zip(lengths) {
                for day in 1..=length {
                    let today = days_since_1970(year, month, day);
                    assert!(today == last + 1 || today == 0, "{year}-{month}-{day}");
                    last = today;
                }
            }
        }
    }

    #[test]
    fn other_texts_are_no_time() {
        for text in [
            "",
            "2026",
            "20261127165512.0",
            "2026112716551x.0Z",
            "202611271655120Z",
            "Z",
        ] {
            assert_eq!(windows_time(text), None, "{text}");
        }
    }
}
