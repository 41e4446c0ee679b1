//! Responses whose text is only text.

use crate::types::Status;

/// Whether a response's first line is a status response or a continuation request, whose text is only text.
///
/// `a1 NO too big {10}` does not announce a literal; a framer that thinks so gets out of step. No tag begins with `+`,
/// so whatever does is a continuation request. Spaces in front of a word are skipped, be there none or many.
///
/// ```abnf
/// continue-req    = "+" SP (resp-text / base64) CRLF               ; RFC 9051 section 9
/// response-tagged = tag SP resp-cond-state CRLF
/// response-data   = "*" SP (resp-cond-state / resp-cond-bye / ..) CRLF
/// greeting        = "*" SP (resp-cond-auth / resp-cond-bye) CRLF
/// ```
pub fn is_text_response(line: &[u8]) -> bool {
    let (first, rest) = word(line);
    first.starts_with(b"+") || Status::parse(word(rest).0).is_some()
}

/// The first word of `octets`, and what is behind it.
fn word(octets: &[u8]) -> (&[u8], &[u8]) {
    let start = octets.iter().position(|&octet| octet != b' ');
    let octets = octets.get(start.unwrap_or_default()..).unwrap_or_default();
    let end = memchr::memchr(b' ', octets).unwrap_or(octets.len());
    octets.split_at_checked(end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_status_or_a_continuation_is_text() {
        for line in [
            "a1 OK {5}",
            "a1 no [TRYCREATE] too big {10}",
            "A.1 Bad {1+}",
            "* OK [UIDNEXT 5] {5}",
            "* Bye {0}",
            "* PREAUTH ~{3}",
            "*  NO  too big {10}",
            " a1 OK {5}",
            "* OK",
            "+",
            "+ {5}",
            "+idling {5}",
            " +  {5}",
        ] {
            assert!(is_text_response(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn nothing_else_is() {
        for line in [
            "",
            "  ",
            "*",
            "* LIST () \"/\" {5}",
            "* 1 FETCH (BODY[] {5}",
            "* OKAY {5}",
            "* LIST () \"/\" OK {5}",
            "OK {5}",
            "a+ FETCH {5}",
            "* STATUS OK {5}",
        ] {
            assert!(!is_text_response(line.as_bytes()), "{line}");
        }
    }
}
