//! How a command went.

/// The five status words.
///
/// ```abnf
/// resp-cond-state = ("OK" / "NO" / "BAD") SP resp-text        ; RFC 9051 section 9
/// resp-cond-auth  = ("OK" / "PREAUTH") SP resp-text
/// resp-cond-bye   = "BYE" SP resp-text
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// It worked.
    Ok,
    /// It did not work.
    No,
    /// It was not understood.
    Bad,
    /// The server closes the connection. Never tagged.
    Bye,
    /// The connection is logged in already. Never tagged.
    Preauth,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Ok, Self::No, Self::Bad, Self::Bye, Self::Preauth];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::No => "NO",
            Self::Bad => "BAD",
            Self::Bye => "BYE",
            Self::Preauth => "PREAUTH",
        }
    }

    /// The status that `word` means, in upper or lower case.
    pub fn parse(word: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|status| word.eq_ignore_ascii_case(status.as_str().as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_case_insensitive_and_whole() {
        assert_eq!(Status::parse(b"ok"), Some(Status::Ok));
        assert_eq!(Status::parse(b"PreAuth"), Some(Status::Preauth));
        assert_eq!(Status::parse(b"OKAY"), None);
        assert_eq!(Status::parse(b""), None);
    }
}
