//! CREATE.

use crate::parse::octets::Upper;
use crate::parse::{Cursor, Parsing};
use crate::types::{Atom, Mailbox, Parameter};
use crate::write::{Write, Writer};

/// The mailbox that is created, and what for.
///
/// ```abnf
/// create        = "CREATE" SP mailbox [create-params]                  ; RFC 4466 section 3
/// create-params = SP "(" create-param *(SP create-param) ")"
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Create {
    /// Its name.
    pub mailbox: Mailbox,
    /// What it is for.
    pub parameters: Vec<CreateParameter>,
}

/// What a mailbox is created for.
///
/// ```abnf
/// create-param =/ "USE" SP "(" [use-attr *(SP use-attr)] ")"        ; RFC 6154 section 6
/// use-attr     = "\All" / "\Archive" / "\Drafts" / "\Flagged" / "\Junk" / "\Sent" / "\Trash" / use-attr-ext
/// use-attr-ext = "\" atom
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CreateParameter {
    /// `USE (\Drafts ..)`: its special uses, without their backslashes.
    Use(Vec<Atom>),
    /// Any other.
    Other(Parameter),
}

impl From<Mailbox> for Create {
    fn from(mailbox: Mailbox) -> Self {
        Self {
            mailbox,
            parameters: Vec::new(),
        }
    }
}

impl Cursor<'_> {
    /// `mailbox [create-params]`
    pub(super) fn create_command(&mut self) -> Parsing<Create> {
        let mailbox = self.mailbox()?;
        let mut parameters = Vec::new();
        if self.is_before_more() {
            self.space()?;
            parameters = self
                .list("a list of parameters", Self::create_parameter)?
                .into_vec();
        }
        Ok(Create { mailbox, parameters })
    }

    fn create_parameter(&mut self) -> Parsing<CreateParameter> {
        const EXPECTED: &str = "a parameter of CREATE";
        let name = self.word(EXPECTED)?;
        if Upper::of(name).as_slice() != b"USE" {
            return self.parameter(name, EXPECTED).map(CreateParameter::Other);
        }
        self.space()?;
        let uses = self.list_or_none("a list of special uses", |cursor| {
            cursor.octet(b'\\', "a special use")?;
            cursor.atom("a special use")
        })?;
        Ok(CreateParameter::Use(uses))
    }
}

impl Write for Create {
    fn write(&self, out: &mut Writer<'_>) {
        self.mailbox.write(out);
        if !self.parameters.is_empty() {
            out.put(b" ");
            out.list(&self.parameters);
        }
    }
}

impl Write for CreateParameter {
    fn write(&self, out: &mut Writer<'_>) {
        match self {
            Self::Use(uses) => {
                out.put(b"USE (");
                for (index, name) in uses.iter().enumerate() {
                    out.put(if index == 0 { b"\\" } else { b" \\" });
                    out.put(name.as_bytes());
                }
                out.put(b")");
            }
            Self::Other(parameter) => parameter.write(out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Body;
    use crate::command::tests::{body, refused, same};

    /// RFC 9051 section 6.3.4, RFC 6154 section 5.3.
    #[test]
    fn creates_of_the_rfcs() {
        same(&[
            "CREATE owatagusiam/blurdybloop",
            "CREATE MyDrafts (USE (\\Drafts))",
            "CREATE Everything (USE (\\All))",
            "CREATE a (USE (\\Sent \\Important) X-OWNER (b))",
            "CREATE a (USE ())",
        ]);
        let Body::Create(create) = body("create a (use (\\sent))") else {
            panic!()
        };
        assert!(matches!(&create.parameters[..], [CreateParameter::Use(uses)] if uses[0].is("Sent")));
        refused(&[
            ("CREATE a (USE)", 13, "a space"),
            ("CREATE a (USE (Sent))", 15, "a special use"),
            ("CREATE a (CONDSTORE)", 19, "a parameter of CREATE"),
        ]);
    }
}
