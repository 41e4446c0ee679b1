//! Commands that are not known.

use crate::parse::{Cursor, Options, Source};
use crate::types::{Atom, Invalid, Raw};
use crate::write::{Write, Writer};

use super::Body;

/// A command that is not known: its name, and what follows.
///
/// ```
/// use gatepost_imap::command::Other;
/// use gatepost_imap::types::{Atom, Raw};
///
/// let other = |name, arguments| Other::new(Atom::new(name).unwrap(), Raw::new(arguments).unwrap());
/// assert!(other("XAPPLEPUSHSERVICE", "aps-version 2").is_ok());
/// assert!(other("LOGIN", "alice secret").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    name: Atom,
    arguments: Raw,
}

impl Other {
    /// A command of this name, without a space before the arguments.
    ///
    /// # Errors
    /// If it is one that is known, whether or not it can have these arguments.
    pub fn new(name: Atom, arguments: Raw) -> Result<Self, Invalid> {
        match is_known(&name, &arguments) {
            false => Ok(Self { name, arguments }),
            true => Err(Invalid {
                what: "unknown command",
            }),
        }
    }

    /// Of what was just read and is not known.
    pub(super) fn from_parts(name: Atom, arguments: Option<Raw>) -> Self {
        let arguments = arguments.unwrap_or_default();
        Self { name, arguments }
    }

    /// The first word, as it was spelled.
    pub const fn name(&self) -> &Atom {
        &self.name
    }

    /// What follows the space behind it.
    pub const fn arguments(&self) -> &Raw {
        &self.arguments
    }
}

/// Whether the command would be read as anything else.
fn is_known(name: &Atom, arguments: &Raw) -> bool {
    let mut line = name.as_bytes().to_vec();
    if !arguments.is_empty() {
        line.push(b' ');
        line.extend_from_slice(arguments.as_bytes());
    }
    let mut cursor = Cursor::new(Source::Borrowed(&line), Options::default());
    !matches!(cursor.command_body(), Ok(Body::Other(read)) if read.arguments == *arguments)
}

impl Write for Other {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(self.name.as_bytes());
        if !self.arguments.is_empty() {
            out.put(b" ");
            self.arguments.write(out);
        }
    }
}
