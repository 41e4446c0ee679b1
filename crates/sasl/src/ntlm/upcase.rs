//! Upper case as Windows makes it of user names.

/// Upper case by Windows' table, which maps one UTF-16 unit to one.
///
/// Rust's own follows Unicode of today, so this takes from it only what Windows has too: a letter is changed if its
/// upper case is one letter whose lower case it is. So `ß` stays (it would become two letters), and so do `µ`, `ı` and
/// `ſ` (theirs are of other letters). The table is published as the "recommended up-case table" of exFAT (section
/// 7.2.5.1); for the names that were tried, domain controllers do the same.
pub(super) fn upcase(text: &str) -> String {
    text.chars().map(upcase_char).collect()
}

fn upcase_char(letter: char) -> char {
    if letter == 'ς' {
        return 'Σ';
    }
    if is_without_case(letter) {
        return letter;
    }
    let upper = only(letter.to_uppercase());
    let is_pair = |upper: &char| only(upper.to_lowercase()) == Some(letter);
    upper.filter(is_pair).unwrap_or(letter)
}

/// Alphabets that have got capitals in Unicode, but not in Windows' table: Georgian, Cherokee, and whatever takes two
/// units.
fn is_without_case(letter: char) -> bool {
    matches!(letter, '\u{587}'..='\u{1d7c}' | '\u{2d26}'..='\u{ff40}' | '\u{10000}'..)
}

/// The letter, if it is a single one.
fn only(mut letters: impl Iterator<Item = char>) -> Option<char> {
    let letter = letters.next();
    letter.filter(|_| letters.next().is_none())
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

    /// By the published table.
    #[test]
    fn alphabets() {
        for (name, upper) in [
            ("łukasz ștefan đorđe þór œuf", "ŁUKASZ ȘTEFAN ĐORĐE ÞÓR ŒUF"),
            ("γιώργος", "ΓΙΏΡΓΟΣ"),
            ("ёлка їжак ѐ", "ЁЛКА ЇЖАК Ѐ"),
            ("արամ", "ԱՐԱՄ"),
            ("გიორგი", "გიორგი"),
            ("ａｌｉｃｅ", "ＡＬＩＣＥ"),
            ("ⅷⓐ", "ⅧⒶ"),
        ] {
            assert_eq!(upcase(name), upper);
        }
    }

    #[test]
    fn letters_that_are_no_pair_stay() {
        for name in [
            "ŉ ΐ և ﬁ ẖ",
            "ſ ǅ ǈ ǋ ǲ \u{345} ϐ ϑ ϕ ϖ ϰ ϱ ϵ ẛ \u{1fbe}",
            "\u{10428}",
        ] {
            assert_eq!(upcase(name), name);
        }
    }

    #[test]
    fn one_unit_stays_one_unit() {
        for letter in '\0'..=char::MAX {
            let upper = upcase_char(letter);
            assert_eq!(letter.len_utf16(), upper.len_utf16(), "{letter:?}");
        }
    }
}
