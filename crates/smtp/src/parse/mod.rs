//! How commands are read: how strictly, under which limits, and what is wrong with those that cannot be.
//!
//! [`crate::command::parse`] and [`crate::Mailbox::parse`] follow the grammar of the RFCs. Their siblings
//! [`crate::command::parse_with`] and [`crate::Mailbox::parse_with`] take [`Options`], and say what they forgave.
//!
//! ```
//! use gatepost_smtp::command;
//! use gatepost_smtp::parse::{Allowance, Options};
//!
//! let line = b"MAIL FROM: <alice@example.com>";
//! assert_eq!(command::parse(line).unwrap_err().to_string(), "expected an opening angle bracket at octet 10");
//!
//! let read = command::parse_with(line, &Options::CLIENTS).unwrap();
//! assert_eq!(read.forgiven.iter().collect::<Vec<_>>(), [(Allowance::PathSpace, 10)]);
//! ```
//!
//! They read from the first octet to the last and do not recurse.

mod cursor;
mod error;
mod leniency;

pub use self::error::{ErrorKind, ParseError};
pub use self::leniency::{Allowance, Forgiven, Leniency};

pub(crate) use self::cursor::Cursor;

/// How to read a command or an address.
///
/// ```
/// use gatepost_smtp::parse::{Allowance, Leniency, Options};
///
/// let options = Options {
///     leniency: Leniency::CLIENTS.with(Allowance::Brackets),
///     ..Options::CLIENTS
/// };
/// let read = gatepost_smtp::command::parse_with(b"RCPT TO:bob@example.org", &options).unwrap();
/// assert!(read.forgiven.contains(Allowance::Brackets));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// What is forgiven. [`Leniency::STRICT`] by default.
    pub leniency: Leniency,
    /// How many parameters or attributes a command may have.
    pub parameters: usize,
    /// The longest path in octets, with its angle brackets (RFC 5321 section 4.5.3.1.3).
    pub path: usize,
    /// The longest local part in octets, without quotes (section 4.5.3.1.1).
    pub local_part: usize,
    /// The longest domain or address literal in octets (section 4.5.3.1.2).
    pub domain: usize,
    /// The longest name that a client may have in EHLO, in octets: a domain, but where [`Allowance::Name`] forgives others.
    pub name: usize,
}

impl Options {
    /// The grammar and the sizes of RFC 5321.
    pub const STRICT: Self = Self {
        leniency: Leniency::STRICT,
        parameters: 16,
        path: 256,
        local_part: 64,
        domain: 255,
        name: 255,
    };

    /// What mail programs send that mean well: [`Leniency::CLIENTS`], longer paths, and names as long as a line allows.
    pub const CLIENTS: Self = Self {
        leniency: Leniency::CLIENTS,
        path: usize::MAX,
        local_part: 256,
        name: usize::MAX,
        ..Self::STRICT
    };
}

impl Default for Options {
    /// [`Options::STRICT`].
    fn default() -> Self {
        Self::STRICT
    }
}

/// What `read` finds in `text`, if there is nothing behind it.
pub(crate) fn whole<'a, T>(
    text: &'a str,
    options: &Options,
    read: impl FnOnce(&mut Cursor<'a, '_>) -> Result<T, ParseError>,
) -> Result<Parsed<T>, ParseError> {
    let mut forgiven = Forgiven::NONE;
    let mut cursor = Cursor::new(text, text.len(), options, &mut forgiven);
    let value = read(&mut cursor)?;
    cursor.end()?;
    Ok(Parsed { value, forgiven })
}

/// What was read, and what had to be forgiven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed<T> {
    /// The command or the address.
    pub value: T,
    /// What is wrong with it, and was allowed by [`Options::leniency`].
    pub forgiven: Forgiven,
}
