//! What a running gateway can be asked, as a line.

use std::fmt;

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Request {
    /// How the gateway is: since when it runs, connections, refusals.
    Status,
    /// The accounts of which failures are known.
    List,
    /// Their failures are to be forgotten: of all of them.
    ClearAll,
    /// The same of those that have this name in a directory, or this id.
    Clear(String),
}

const STATUS: &str = "status";
const LIST: &str = "guard list";
const CLEAR_ALL: &str = "guard clear all";
const CLEAR: &str = "guard clear account ";

impl Request {
    /// From a line without its end.
    pub(super) fn parse(line: &str) -> Option<Self> {
        match line {
            STATUS => Some(Self::Status),
            LIST => Some(Self::List),
            CLEAR_ALL => Some(Self::ClearAll),
            line => line.strip_prefix(CLEAR).and_then(Self::clear),
        }
    }

    /// Of an account; `None` if its name cannot be one.
    pub(super) fn clear(account: &str) -> Option<Self> {
        let is_name = !account.is_empty() && !account.contains(char::is_control);
        is_name.then(|| Self::Clear(account.to_owned()))
    }
}

/// The line without its end.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status => f.write_str(STATUS),
            Self::List => f.write_str(LIST),
            Self::ClearAll => f.write_str(CLEAR_ALL),
            Self::Clear(account) => write!(f, "{CLEAR}{account}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read_as_they_are_written() {
        for request in [
            Request::Status,
            Request::List,
            Request::ClearAll,
            Request::clear("all").unwrap(),
            Request::clear(" CORP\\al ice ").unwrap(),
            Request::clear("m\u{fc}ller").unwrap(),
        ] {
            assert_eq!(Request::parse(&request.to_string()), Some(request));
        }
    }

    #[test]
    fn nothing_else_is_a_request() {
        for line in [
            "",
            "status ",
            "guard",
            "guard  list",
            "GUARD LIST",
            "guard list ",
            "guard clear",
            "guard clear account ",
            "guard clear account a\rb",
            "guard clear account a\0",
        ] {
            assert_eq!(Request::parse(line), None, "{line:?}");
        }
        assert_eq!(Request::clear(""), None);
        assert_eq!(Request::clear("a\nguard clear all"), None);
    }
}
