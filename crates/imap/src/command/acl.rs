//! SETACL, DELETEACL, GETACL, LISTRIGHTS and MYRIGHTS.

use super::Body;
use crate::parse::{Cursor, Parsing};

impl Cursor<'_> {
    /// ```abnf
    /// setacl     = "SETACL" SP mailbox SP identifier SP mod-rights        ; RFC 4314 section 7
    /// deleteacl  = "DELETEACL" SP mailbox SP identifier
    /// getacl     = "GETACL" SP mailbox
    /// listrights = "LISTRIGHTS" SP mailbox SP identifier
    /// myrights   = "MYRIGHTS" SP mailbox
    /// identifier = astring
    /// ```
    pub(super) fn acl_command(&mut self, verb: &[u8]) -> Parsing<Body> {
        let mailbox = self.mailbox()?;
        match verb {
            b"GETACL" => return Ok(Body::GetAcl(mailbox)),
            b"MYRIGHTS" => return Ok(Body::MyRights(mailbox)),
            _ => {}
        }
        self.space()?;
        let identifier = self.astring("an identifier")?;
        match verb {
            b"DELETEACL" => Ok(Body::DeleteAcl { mailbox, identifier }),
            b"LISTRIGHTS" => Ok(Body::ListRights { mailbox, identifier }),
            _ => {
                self.space()?;
                let rights = self.rights_change()?;
                Ok(Body::SetAcl {
                    mailbox,
                    identifier,
                    rights,
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::command::tests::{becomes, refused, same};

    /// RFC 4314 section 3.
    #[test]
    fn rights_of_rfc_4314() {
        same(&[
            "SETACL INBOX/Drafts Byron lrswikda"
                .replace("lrswikda", "adiklrsw")
                .as_str(),
            "SETACL INBOX/Drafts Chris +cda".replace("+cda", "+acd").as_str(),
            "SETACL INBOX -fred -a",
            "DELETEACL INBOX \"Fred D\"",
            "GETACL INBOX",
            "LISTRIGHTS ~/Mail/saved smith",
            "MYRIGHTS INBOX",
        ]);
        becomes("SETACL INBOX $team \"\"", "SETACL INBOX $team \"\"");
        refused(&[
            ("SETACL a b", 10, "a space"),
            ("SETACL a b L", 11, "rights, or + or - and rights"),
            ("GETACL", 6, "a space"),
            ("MYRIGHTS a b", 10, "the end of the line"),
            ("LISTRIGHTS a", 12, "a space"),
            ("DELETEACL a", 11, "a space"),
        ]);
    }
}
