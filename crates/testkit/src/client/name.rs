//! Mailbox names as they are sent.

use gatepost_wire::base64;

/// A mailbox's name, written as people read it, as an argument of a command: in modified UTF-7 (RFC 3501 section 5.1.3)
/// and between quotes.
pub fn mailbox_name(name: &str) -> String {
    let mut encoded = String::from("\"");
    let mut pending = Vec::new();
    for character in name.chars() {
        if !matches!(character, ' '..='~') {
            let mut units = [0; 2];
            let units = character.encode_utf16(&mut units).iter();
            pending.extend(units.flat_map(|unit| unit.to_be_bytes()));
            continue;
        }
        flush(&mut pending, &mut encoded);
        match character {
            '&' => encoded.push_str("&-"),
            '"' | '\\' => encoded.extend(['\\', character]),
            _ => encoded.push(character),
        }
    }
    flush(&mut pending, &mut encoded);
    encoded.push('"');
    encoded
}

/// Ends a run of characters that are not ASCII.
fn flush(pending: &mut Vec<u8>, encoded: &mut String) {
    if pending.is_empty() {
        return;
    }
    let mut run = Vec::new();
    base64::encode(pending, &mut run);
    pending.clear();
    let run = String::from_utf8_lossy(&run).replace('/', ",");
    encoded.extend(["&", run.trim_end_matches('='), "-"]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_encoded() {
        let names = [
            ("INBOX", "\"INBOX\""),
            ("INBOX.Gesendete Entwürfe", "\"INBOX.Gesendete Entw&APw-rfe\""),
            // RFC 3501 section 5.1.3
            ("~peter/mail/台北/日本語", "\"~peter/mail/&U,BTFw-/&ZeVnLIqe-\""),
            ("Q&A", "\"Q&-A\""),
            ("a\"b\\c", "\"a\\\"b\\\\c\""),
            ("📬", "\"&2D3c7A-\""),
        ];
        for (name, encoded) in names {
            assert_eq!(mailbox_name(name), encoded);
        }
    }
}
