//! How commands are written.

use std::fmt::{self, Write as _};

use bytes::BytesMut;

use super::{Command, Last};

impl Command<'_> {
    /// Appends the command with its CRLF.
    pub fn encode(&self, out: &mut BytesMut) {
        // A buffer that grows takes everything.
        let _ = self.encode_text(out);
        match self {
            Self::Auth {
                initial: Some(initial),
                ..
            } => {
                out.extend_from_slice(b" ");
                out.extend_from_slice(initial.as_wire());
            }
            Self::Other(other) => other.encode(out),
            _ => {}
        }
        out.extend_from_slice(b"\r\n");
    }

    /// All that is text.
    fn encode_text(&self, out: &mut BytesMut) -> fmt::Result {
        match self {
            Self::Ehlo(name) => write!(out, "EHLO {name}"),
            Self::Helo(name) => write!(out, "HELO {name}"),
            Self::Lhlo(name) => write!(out, "LHLO {name}"),
            Self::StartTls => out.write_str("STARTTLS"),
            Self::Auth { mechanism, .. } => write!(out, "AUTH {mechanism}"),
            Self::Mail { from, parameters } => write!(out, "MAIL FROM:{from}{parameters}"),
            Self::Rcpt { to, parameters } => write!(out, "RCPT TO:{to}{parameters}"),
            Self::Data => out.write_str("DATA"),
            Self::Bdat { size, last: Last::No } => write!(out, "BDAT {size}"),
            Self::Bdat {
                size,
                last: Last::Yes,
            } => write!(out, "BDAT {size} LAST"),
            Self::Rset => out.write_str("RSET"),
            Self::Noop(None) => out.write_str("NOOP"),
            Self::Noop(Some(text)) => write!(out, "NOOP {text}"),
            Self::Help(None) => out.write_str("HELP"),
            Self::Help(Some(text)) => write!(out, "HELP {text}"),
            Self::Vrfy(query) => write!(out, "VRFY {query}"),
            Self::Expn(query) => write!(out, "EXPN {query}"),
            Self::Quit => out.write_str("QUIT"),
            Self::Xclient(attributes) => write!(out, "XCLIENT{attributes}"),
            Self::Xforward(attributes) => write!(out, "XFORWARD{attributes}"),
            Self::Other(_) => Ok(()),
        }
    }
}
