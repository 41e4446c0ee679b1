//! Addresses of an envelope.

use std::borrow::Cow;
use std::fmt;

use crate::parse::{Allowance, Cursor, Parsing};
use crate::types::Text;
use crate::write::{Write, Writer};

/// An address, or the start or the end of a group of addresses.
///
/// ```abnf
/// address = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")"        ; RFC 9051 section 9
/// ```
/// The host of a group is NIL. Where one starts its name is the mailbox; where it ends the mailbox is NIL too.
/// [`Recipient::all`] puts groups together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Address {
    /// The name that is displayed, with its encoded words (RFC 2047).
    pub name: Option<Text>,
    /// The source route, which nobody uses any more.
    pub adl: Option<Text>,
    /// What stands before the `@`.
    pub mailbox: Option<Text>,
    /// What stands behind the `@`.
    pub host: Option<Text>,
}

impl Address {
    /// The address of `mailbox` at `host`.
    pub const fn new(mailbox: Text, host: Text) -> Self {
        Self {
            name: None,
            adl: None,
            mailbox: Some(mailbox),
            host: Some(host),
        }
    }

    /// `mailbox@host`; `None` for a group.
    pub fn email(&self) -> Option<String> {
        let (mailbox, host) = (self.mailbox.as_ref()?, self.host.as_ref()?);
        Some(format!(
            "{}@{}",
            mailbox.to_string_lossy(),
            host.to_string_lossy()
        ))
    }

    /// What to show to a human: the name, else `mailbox@host`, else the name of the group that starts, else nothing.
    /// Encoded words are left as they are.
    pub fn display(&self) -> Cow<'_, str> {
        match (&self.name, self.email()) {
            (Some(name), _) if !name.is_empty() => name.to_string_lossy(),
            (_, Some(email)) => email.into(),
            (_, None) => self
                .mailbox
                .as_ref()
                .map_or(Cow::Borrowed(""), Text::to_string_lossy),
        }
    }

    /// The name of the group that starts here (RFC 9051 section 7.5.2).
    pub const fn group_start(&self) -> Option<&Text> {
        match (&self.mailbox, &self.host) {
            (Some(name), None) => Some(name),
            _ => None,
        }
    }

    /// Whether a group ends here.
    pub const fn is_group_end(&self) -> bool {
        self.mailbox.is_none() && self.host.is_none()
    }
}

/// One recipient of a list of addresses.
///
/// ```
/// use gatepost_imap::response::fetch::{Address, Recipient};
/// use gatepost_imap::types::Text;
///
/// let text = |text: &'static str| Text::try_from(text).unwrap();
/// let list = [
///     Address { mailbox: Some(text("friends")), ..Address::default() },
///     Address::new(text("alice"), text("example.com")),
///     Address::default(),
///     Address::new(text("bob"), text("example.com")),
/// ];
/// let recipients: Vec<_> = Recipient::all(&list).collect();
/// assert_eq!(recipients, [
///     Recipient::Group { name: list[0].mailbox.as_ref().unwrap(), members: &list[1..2] },
///     Recipient::Address(&list[3]),
/// ]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipient<'a> {
    /// An address.
    Address(&'a Address),
    /// Several under a name (RFC 5322 section 3.4), or nobody, as in `undisclosed-recipients:;`.
    Group {
        /// The name.
        name: &'a Text,
        /// The addresses.
        members: &'a [Address],
    },
}

impl<'a> Recipient<'a> {
    /// The recipients in `list`. A group that does not end goes up to the next one or to the end of the list; an end
    /// without a start is left out.
    pub fn all(list: &'a [Address]) -> impl Iterator<Item = Self> {
        let mut rest = list;
        std::iter::from_fn(move || {
            loop {
                let (first, behind) = rest.split_first()?;
                rest = behind;
                if first.is_group_end() {
                    continue;
                }
                let Some(name) = first.group_start() else {
                    return Some(Self::Address(first));
                };
                let is_member = |address: &&Address| address.mailbox.is_some() && address.host.is_some();
                let count = behind.iter().take_while(is_member).count();
                let (members, behind) = behind.split_at_checked(count)?;
                rest = behind;
                return Some(Self::Group { name, members });
            }
        })
    }
}

/// `Alice <alice@example.com>`, or a part of it. It is for humans: nothing is quoted or decoded.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name.as_ref().filter(|name| !name.is_empty());
        match (name, self.email()) {
            (Some(name), Some(email)) => write!(f, "{} <{email}>", name.to_string_lossy()),
            _ => f.write_str(&self.display()),
        }
    }
}

impl Cursor<'_> {
    /// `"(" 1*address ")" / nil`
    pub(super) fn addresses(&mut self) -> Parsing<Vec<Address>> {
        if !self.eat(b'(') {
            return self.no_addresses();
        }
        if self.peek() == Some(b')') && self.forgives(Allowance::Nil) {
            self.advance(1);
            return Ok(Vec::new());
        }
        while self.peek() != Some(b'(') {
            self.between_addresses()?;
        }
        let mut addresses = vec![self.address()?];
        while !self.eat(b')') {
            match self.peek() {
                Some(b'(') => addresses.push(self.address()?),
                _ => self.between_addresses()?,
            }
        }
        Ok(addresses)
    }

    /// NIL, or a string of no octets.
    fn no_addresses(&mut self) -> Parsing<Vec<Address>> {
        const EXPECTED: &str = "a list of addresses or NIL";
        if self.nil() {
            return Ok(Vec::new());
        }
        if self.rest().starts_with(b"\"\"") && self.forgives(Allowance::Nil) {
            self.advance(2);
            return Ok(Vec::new());
        }
        self.expected(EXPECTED)
    }

    /// What may be forgiven between two addresses: a space, or NIL for one of them.
    #[cold]
    fn between_addresses(&mut self) -> Parsing<()> {
        let mark = self.mark();
        if self.eat(b' ') && self.forgives(Allowance::Spaces) {
            return Ok(());
        }
        self.reset(mark);
        if self.nil() && self.forgives(Allowance::Nil) {
            return Ok(());
        }
        self.expected_at(mark, "an address or a closing parenthesis")
    }

    fn address(&mut self) -> Parsing<Address> {
        const EXPECTED: &str = "a part of an address or NIL";
        self.element()?;
        self.advance(1);
        let name = self.nstring(EXPECTED)?;
        self.space()?;
        let adl = self.nstring(EXPECTED)?;
        self.space()?;
        let mailbox = self.nstring(EXPECTED)?;
        self.space()?;
        let host = self.nstring(EXPECTED)?;
        self.octet(b')', "a closing parenthesis")?;
        Ok(Address {
            name,
            adl,
            mailbox,
            host,
        })
    }
}

impl Write for Address {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(b"(");
        out.nstring(self.name.as_ref());
        for part in [&self.adl, &self.mailbox, &self.host] {
            out.put(b" ");
            out.nstring(part.as_ref());
        }
        out.put(b")");
    }
}

/// Writes `"(" 1*address ")" / nil`.
pub(super) fn write_addresses(addresses: &[Address], out: &mut Writer<'_>) {
    if addresses.is_empty() {
        return out.put(b"NIL");
    }
    out.put(b"(");
    for address in addresses {
        address.write(out);
    }
    out.put(b")");
}
