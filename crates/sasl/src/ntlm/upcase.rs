//! Upper case as Windows makes it of user names.

/// Upper case by Windows' table, which maps one UTF-16 unit to one. A letter whose upper case is not exactly one letter
/// stays as it is (`ß`), and so do `µ` and `ı`, whose upper case is in another alphabet, and whatever takes two units.
///
/// Measured against a domain controller: `straße` is `STRAßE`, `µser` is `µSER`, `ıdil` is `ıDIL`, `ÿves` is `ŸVES`.
pub(super) fn upcase(text: &str) -> String {
    text.chars().map(upcase_char).collect()
}

fn upcase_char(letter: char) -> char {
    let mut upper = letter.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(upper), None) if letter.len_utf16() == 1 && !matches!(letter, 'µ' | 'ı') => upper,
        _ => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each of these was let in by a domain controller.
    #[test]
    fn names_that_a_domain_controller_knew() {
        for (name, upper) in [
            ("alice", "ALICE"),
            ("Straße", "STRAßE"),
            ("\u{b5}ser", "\u{b5}SER"),
            ("ıdil", "ıDIL"),
            ("ÿves", "ŸVES"),
            ("müller", "MÜLLER"),
            ("alice@corp.example.test", "ALICE@CORP.EXAMPLE.TEST"),
        ] {
            assert_eq!(upcase(name), upper);
        }
    }

    #[test]
    fn one_unit_stays_one_unit() {
        // The ligature would become two letters, the Deseret letter is outside the BMP.
        assert_eq!(upcase("ﬁ \u{10428} ŉ ΐ"), "ﬁ \u{10428} ŉ ΐ");
        for letter in '\0'..=char::MAX {
            let upper = upcase_char(letter);
            assert_eq!(letter.len_utf16(), upper.len_utf16(), "{letter:?}");
        }
    }
}
