//! Which Dovecot is installed.

use super::{Error, process};

/// What changed its configuration's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::servers::dovecot) enum Version {
    V2_3,
    V2_4,
}

impl Version {
    /// What is installed here.
    pub(in crate::servers::dovecot) fn installed() -> Result<Self, Error> {
        let text = process::run("dovecot", &["--version"], b"")?;
        match text.get(..4) {
            Some("2.3.") => Ok(Self::V2_3),
            Some("2.4.") => Ok(Self::V2_4),
            _ => Err(Error::Failed {
                program: "dovecot",
                output: format!("version {text} is not known"),
            }),
        }
    }
}
