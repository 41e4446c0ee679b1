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

mod decoder;
mod encoder;
mod swallower;

pub use self::decoder::{DataError, Decoded, Decoder, Fault};
pub use self::encoder::Encoder;
pub use self::swallower::Swallower;

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
