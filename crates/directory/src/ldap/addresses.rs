//! The mail addresses of an entry.

use ldap3::SearchEntry;

use crate::address::{distinct, is_address};

/// What an address attribute holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value<'a> {
    /// `SMTP:` and an address: the one that Exchange sends from.
    Primary(&'a str),
    Address(&'a str),
    /// An address of another kind (`x500:`, `sip:`), or none at all.
    Other,
}

/// The addresses in the attributes of these names, in the order of names and values, the primary first.
pub(crate) fn addresses(found: &SearchEntry, names: &[String]) -> Vec<String> {
    let values = names.iter().flat_map(|name| texts(found, name)).map(read);
    let values: Vec<Value<'_>> = values.collect();
    let primary = values.iter().filter_map(|value| match value {
        Value::Primary(address) => Some(*address),
        _ => None,
    });
    let others = values.iter().filter_map(|value| match value {
        Value::Address(address) => Some(*address),
        _ => None,
    });
    distinct(primary.chain(others))
}

/// The values of an attribute that are text. One that is none makes ldap3 hand over all as octets.
fn texts<'a>(found: &'a SearchEntry, name: &'a str) -> impl Iterator<Item = &'a str> {
    let texts = found
        .attrs
        .iter()
        .filter(move |(key, _)| key.eq_ignore_ascii_case(name));
    let texts = texts.flat_map(|(_, values)| values).map(String::as_str);
    let octets = found
        .bin_attrs
        .iter()
        .filter(move |(key, _)| key.eq_ignore_ascii_case(name));
    let octets = octets.flat_map(|(_, values)| values);
    texts.chain(octets.filter_map(|value| std::str::from_utf8(value).ok()))
}

/// `alice@example.org`, or as in Active Directory's `proxyAddresses`: `SMTP:` before the primary, `smtp:` before others.
fn read(value: &str) -> Value<'_> {
    let value = value.trim_matches(' ');
    let (kind, address) = match value.split_once(':') {
        Some((kind, address)) if is_word(kind) => (Some(kind), address),
        _ => (None, value),
    };
    match kind {
        _ if !is_address(address) => Value::Other,
        None => Value::Address(address),
        Some("SMTP") => Value::Primary(address),
        Some(kind) if kind.eq_ignore_ascii_case("smtp") => Value::Address(address),
        Some(_) => Value::Other,
    }
}

/// Whether it can be the kind of an address; no address has a colon behind such a word, unless it is quoted.
fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn found(attributes: &[(&str, &[&str])], octets: &[(&str, &[&[u8]])]) -> SearchEntry {
        let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        let attrs = attributes
            .iter()
            .map(|(name, values)| ((*name).to_owned(), owned(values)));
        let octets = octets.iter().map(|(name, values)| {
            let values = values.iter().map(|value| value.to_vec()).collect();
            ((*name).to_owned(), values)
        });
        SearchEntry {
            dn: "uid=alice".to_owned(),
            attrs: attrs.collect::<HashMap<_, _>>(),
            bin_attrs: octets.collect(),
        }
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn kinds_are_told_apart() {
        assert_eq!(read("alice@example.org"), Value::Address("alice@example.org"));
        assert_eq!(read(" alice@example.org "), Value::Address("alice@example.org"));
        assert_eq!(read("SMTP:a@b"), Value::Primary("a@b"));
        assert_eq!(read("smtp:a@b"), Value::Address("a@b"));
        assert_eq!(read("Smtp:a@b"), Value::Address("a@b"));
        assert_eq!(read("\"smtp:a\"@b"), Value::Address("\"smtp:a\"@b"));
        assert_eq!(
            read("a@[IPv6:2001:db8::1]"),
            Value::Address("a@[IPv6:2001:db8::1]")
        );
        for other in [
            "x500:/o=Org/ou=Group/cn=Recipients/cn=a@b",
            "X400:c=US;a= ;p=Org;o=Exchange;s=A;",
            "sip:a@b",
            "EUM:a@b;phone-context=x",
            "SPO:SPO_1234@SPO_5678",
            "smtp:",
            "SMTP:alice",
            "smtp:smtp:a",
            "alice",
            "",
            "a@b\nc",
        ] {
            assert_eq!(read(other), Value::Other, "{other:?}");
        }
    }

    #[test]
    fn the_primary_is_first_and_everything_is_there_once() {
        let entry = found(
            &[
                (
                    "proxyAddresses",
                    &["smtp:second@x", "sip:alice@x", "SMTP:first@x", "smtp:THIRD@x"],
                ),
                ("Mail", &["third@x", "First@x"]),
                ("other", &["never@x"]),
            ],
            &[],
        );
        let all = addresses(&entry, &names(&["mail", "absent", "PROXYADDRESSES"]));
        assert_eq!(all, ["first@x", "third@x", "second@x"]);
        assert_eq!(addresses(&entry, &[]), [""; 0]);
    }

    #[test]
    fn a_value_that_is_no_text_spoils_no_other() {
        let entry = found(&[], &[("mail", &[b"a@x", b"\xff@x", b"b@x"])]);
        assert_eq!(addresses(&entry, &names(&["mail"])), ["a@x", "b@x"]);
    }
}
