//! What a client says that it is.

use super::IdParameters;

/// The longest value that is kept, in characters.
const LONGEST: usize = 100;

/// The fields of a client's ID (RFC 2971) that tell an administrator which software it is. Each is text of at most 100
/// characters without controls, whatever the client sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// `name`: the program.
    pub name: Option<String>,
    /// `version`: of the program.
    pub version: Option<String>,
    /// `os`: the operating system.
    pub os: Option<String>,
    /// `os-version`: of the operating system.
    pub os_version: Option<String>,
}

impl Identity {
    /// Out of the fields of an ID command; `None` if it has none of these.
    pub(crate) fn of(parameters: &IdParameters) -> Option<Self> {
        let value = |name| parameters.value(name).map(|value| printable(value));
        let identity = Self {
            name: value("name"),
            version: value("version"),
            os: value("os"),
            os_version: value("os-version"),
        };
        (identity != Self::default()).then_some(identity)
    }
}

fn printable(value: &[u8]) -> String {
    let shown = |character: char| if character.is_control() { '?' } else { character };
    String::from_utf8_lossy(value)
        .chars()
        .take(LONGEST)
        .map(shown)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{self, Body};
    use crate::parse::{Leniency, Options};

    fn identity(command: &[u8]) -> Option<Identity> {
        let options = Options {
            leniency: Leniency::CLIENTS,
            ..Options::default()
        };
        match command::parse_with(command, &options).unwrap().value.body {
            Body::Id(parameters) => Identity::of(&parameters),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn fields_are_found_in_any_order_and_case() {
        let phone =
            identity(b"1 ID (\"version\" \"22C161\" \"NAME\" \"iPhone Mail\" \"event\" NIL \"os\" \"iOS\")");
        let text = |text: &str| Some(text.to_owned());
        let expected = Identity {
            name: text("iPhone Mail"),
            version: text("22C161"),
            os: text("iOS"),
            os_version: None,
        };
        assert_eq!(phone, Some(expected));
        for nothing in [
            &b"1 ID NIL"[..],
            b"1 ID (\"vendor\" \"x\")",
            b"1 ID (\"name\" NIL)",
        ] {
            assert_eq!(identity(nothing), None, "{}", nothing.escape_ascii());
        }
    }

    #[test]
    fn values_are_printable_and_short() {
        let long = format!("1 ID (\"name\" {{300}}\r\n{})", "a\r\n".repeat(100));
        let name = identity(long.as_bytes()).unwrap().name.unwrap();
        assert_eq!(name, "a??".repeat(34)[..LONGEST]);
        let name = identity(b"1 ID (\"name\" \"B\xc3\xbcro \xff\")").unwrap().name;
        assert_eq!(name.as_deref(), Some("B\u{fc}ro \u{fffd}"));
    }
}
