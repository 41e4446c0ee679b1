//! Mail addresses of accounts.

use std::collections::HashSet;

/// The longest mail address that is taken, in octets: a local part of 64, `@`, and a domain of 255 (RFC 5321 section
/// 4.5.3.1).
pub const MAX_ADDRESS_OCTETS: usize = 320;

/// Whether a text can be a mail address: something, `@`, something; not too long, and nothing unsafe on the wire or in
/// a log. What else is in it does not matter here: it is compared, never sent to.
pub(crate) fn is_address(text: &str) -> bool {
    let parts = text.rsplit_once('@');
    text.len() <= MAX_ADDRESS_OCTETS
        && parts.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
        && !text.chars().any(char::is_control)
}

/// The addresses in their order, without those that were there before in whatever case.
pub(crate) fn distinct<'a>(addresses: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut seen = HashSet::new();
    let new = |address: &&str| seen.insert(address.to_lowercase());
    addresses.into_iter().filter(new).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_something_on_both_sides() {
        for address in [
            "a@b",
            "\"a b\"@b.example",
            "a@[192.0.2.1]",
            "jörg@bücher.example",
            "\"a@b\"@c",
        ] {
            assert!(is_address(address), "{address}");
        }
        for other in ["", "alice", "@b", "a@", "@", "a@b\r\n", "a\0@b", "a@b\u{85}"] {
            assert!(!is_address(other), "{other:?}");
        }
        let of_length = |length: usize| "a".repeat(length - 2) + "@b";
        assert!(is_address(&of_length(MAX_ADDRESS_OCTETS)));
        assert!(!is_address(&of_length(MAX_ADDRESS_OCTETS + 1)));
    }

    #[test]
    fn the_first_spelling_stays() {
        let all = ["B@x", "a@x", "b@X", "Ü@x", "A@x", "ü@x", "c@x"];
        assert_eq!(distinct(all), ["B@x", "a@x", "Ü@x", "c@x"]);
    }
}
