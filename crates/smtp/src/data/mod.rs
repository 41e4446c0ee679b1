//! A message behind DATA (RFC 5321 section 4.5.2).
//!
//! Nothing but CRLF.CRLF ends a message; a bare CR, a bare LF and a NUL are errors wherever they are, so that no two
//! servers can disagree on where it ends (SMTP smuggling, CVE-2023-51764 to 51766).
//!
//! ```
//! use gatepost_smtp::data::Decoder;
//!
//! let mut message = Vec::new();
//! let stream = b"Subject: x\r\n\r\n..dot\r\n.\r\nQUIT\r\n";
//! let decoded = Decoder::new().decode(stream, |octets| message.extend_from_slice(octets)).unwrap();
//! assert!(decoded.ended);
//! assert_eq!(message, b"Subject: x\r\n\r\n.dot\r\n");
//! assert_eq!(&stream[decoded.consumed..], b"QUIT\r\n");
//! ```

mod block;
mod decoder;
mod encoder;
mod swallower;

use crate::{Error, PeerError, Rule};

pub(crate) use self::block::control;
pub use self::decoder::Decoder;
pub use self::encoder::Encoder;
pub use self::swallower::Swallower;

/// How far [`Decoder::decode`] or [`Swallower::swallow`] came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decoded {
    /// How many octets were consumed: all of them, unless the message ended.
    pub consumed: usize,
    /// Whether the message ended.
    pub ended: bool,
}

/// Why a message can be neither decoded nor delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{fault} at octet {offset}")]
pub struct DataError {
    /// Octets from the start of the message as it was sent.
    pub offset: u64,
    /// What is wrong there.
    pub fault: Fault,
    /// How many octets of this call were consumed. The rest is for [`Decoder::into_swallower`].
    pub consumed: usize,
}

/// What a message must not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A CR that no LF follows.
    #[error("bare CR")]
    BareCr,
    /// A LF that no CR precedes.
    #[error("bare LF")]
    BareLf,
    /// A NUL.
    #[error("NUL")]
    Nul,
}

impl From<DataError> for Error {
    fn from(error: DataError) -> Self {
        Self::Peer(PeerError {
            offset: usize::try_from(error.offset).unwrap_or(usize::MAX),
            rule: match error.fault {
                Fault::BareCr => Rule::BareCr,
                Fault::BareLf => Rule::BareLf,
                Fault::Nul => Rule::Nul,
            },
        })
    }
}

/// Where in a line the stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Behind CRLF, or at the very start.
    Start,
    /// Behind a dot at the start.
    Dot,
    /// Behind that dot and a CR.
    DotCr,
    /// Anywhere else.
    Middle,
    /// Behind a CR anywhere else.
    Cr,
}

impl Place {
    /// How many octets are held back until it is known what they are.
    const fn held(self) -> usize {
        match self {
            Self::Cr | Self::DotCr => 1,
            Self::Start | Self::Dot | Self::Middle => 0,
        }
    }
}
