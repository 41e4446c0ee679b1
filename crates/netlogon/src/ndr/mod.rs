//! NDR, the representation of values in RPC (C706 chapter 14; MS-RPCE 2.2.4): little-endian, aligned to their size.

mod reader;
mod writer;

pub(crate) use reader::{Reader, Text};
pub(crate) use writer::{Writer, utf16};

/// What is not NDR of the expected shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} at octet {offset}")]
pub(crate) struct Error {
    /// Which rule is broken.
    pub(crate) what: &'static str,
    /// Where, counted from the beginning of the stub data.
    pub(crate) offset: usize,
}

#[cfg(test)]
mod tests;
