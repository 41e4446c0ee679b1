//! Which command it is.

use super::{Body, By, Other};
use crate::parse::octets::Upper;
use crate::parse::{Cursor, Parsing};
use crate::types::{Atom, Capability};

impl<'a> Cursor<'a> {
    /// A command without its tag.
    pub(super) fn command_body(&mut self) -> Parsing<Body> {
        let verb = self.word("a command")?;
        let body = self.command_arguments(verb)?;
        self.end()?;
        Ok(body)
    }

    /// The arguments of the command `verb`, whose space before them was not read yet.
    fn command_arguments(&mut self, verb: &'a [u8]) -> Parsing<Body> {
        match Upper::of(verb).as_slice() {
            b"CAPABILITY" => Ok(Body::Capability),
            b"NOOP" => Ok(Body::Noop),
            b"LOGOUT" => Ok(Body::Logout),
            b"STARTTLS" => Ok(Body::StartTls),
            b"NAMESPACE" => Ok(Body::Namespace),
            b"IDLE" => Ok(Body::Idle),
            b"CHECK" => Ok(Body::Check),
            b"CLOSE" => Ok(Body::Close),
            b"UNSELECT" => Ok(Body::Unselect),
            b"EXPUNGE" => Ok(Body::Expunge),
            b"UNAUTHENTICATE" => Ok(Body::Unauthenticate),
            b"UID" => self.uid_command(verb),
            known => match known {
                b"ID" | b"AUTHENTICATE" | b"LOGIN" | b"ENABLE" | b"COMPRESS" => self.session_command(known),
                b"SELECT" | b"EXAMINE" | b"CREATE" | b"DELETE" | b"RENAME" | b"SUBSCRIBE"
                | b"UNSUBSCRIBE" | b"LIST" | b"LSUB" | b"XLIST" | b"STATUS" | b"APPEND" => {
                    self.mailbox_command(known)
                }
                b"GETQUOTA" | b"GETQUOTAROOT" | b"SETQUOTA" | b"SETACL" | b"DELETEACL" | b"GETACL"
                | b"LISTRIGHTS" | b"MYRIGHTS" | b"GETMETADATA" | b"SETMETADATA" => {
                    self.management_command(known)
                }
                known => match self.message_command(By::Sequence, known)? {
                    Some(body) => Ok(body),
                    None => self.other_command(verb),
                },
            },
        }
    }

    /// ```abnf
    /// uid = "UID" SP (copy / move / fetch / search / store / uid-expunge)        ; RFC 9051 section 9
    /// ```
    fn uid_command(&mut self, verb: &'a [u8]) -> Parsing<Body> {
        self.space()?;
        let mark = self.mark();
        let second = self.word("a command")?;
        let second = Upper::of(second);
        if second.as_slice() == b"EXPUNGE" {
            self.space()?;
            return self.sequence_set().map(Body::UidExpunge);
        }
        match self.message_command(By::Uid, second.as_slice())? {
            Some(body) => Ok(body),
            None => {
                self.reset(mark);
                let name = Atom::from_valid(self.bytes(verb));
                Ok(Body::Other(Other::from_parts(name, Some(self.raw()?))))
            }
        }
    }

    fn session_command(&mut self, verb: &[u8]) -> Parsing<Body> {
        self.space()?;
        match verb {
            b"ID" => self.id_parameters().map(Body::Id),
            b"AUTHENTICATE" => self.authenticate_command(),
            b"LOGIN" => self.login_command(),
            b"ENABLE" => self.spaced(Self::enabled_capability).map(Body::Enable),
            _ => self.atom("a compression mechanism").map(Body::Compress),
        }
    }

    fn enabled_capability(&mut self) -> Parsing<Capability> {
        let mark = self.mark();
        let word = self.word("a capability")?;
        match Capability::parse(word) {
            Ok(capability) => Ok(capability),
            Err(_) => self.expected_at(mark, "a capability"),
        }
    }

    fn mailbox_command(&mut self, verb: &[u8]) -> Parsing<Body> {
        self.space()?;
        match verb {
            b"SELECT" => self.select_command().map(Body::Select),
            b"EXAMINE" => self.select_command().map(Body::Examine),
            b"LIST" => self.list_command().map(Body::List),
            b"STATUS" => {
                let mailbox = self.mailbox()?;
                self.space()?;
                let items = self.list("a list of status items", Self::status_item)?;
                Ok(Body::Status { mailbox, items })
            }
            b"APPEND" => self.append_command().map(Body::Append),
            b"LSUB" => {
                let (reference, pattern) = self.reference_and_pattern()?;
                Ok(Body::Lsub { reference, pattern })
            }
            b"XLIST" => {
                let (reference, pattern) = self.reference_and_pattern()?;
                Ok(Body::Xlist { reference, pattern })
            }
            b"CREATE" => self.create_command().map(Body::Create),
            b"DELETE" => self.mailbox().map(Body::Delete),
            b"SUBSCRIBE" => self.mailbox().map(Body::Subscribe),
            b"UNSUBSCRIBE" => self.mailbox().map(Body::Unsubscribe),
            _ => {
                let from = self.mailbox()?;
                self.space()?;
                let to = self.mailbox()?;
                Ok(Body::Rename { from, to })
            }
        }
    }

    /// A command about messages of the open mailbox; `None` if `verb` is none.
    fn message_command(&mut self, by: By, verb: &[u8]) -> Parsing<Option<Body>> {
        Ok(Some(match verb {
            b"FETCH" => Body::Fetch(by, self.fetch_command()?),
            b"STORE" => Body::Store(by, self.store_command()?),
            b"SEARCH" => Body::Search(by, self.search_command()?),
            b"COPY" | b"MOVE" => {
                self.space()?;
                let set = self.sequence_set()?;
                self.space()?;
                let mailbox = self.mailbox()?;
                match verb {
                    b"COPY" => Body::Copy(by, set, mailbox),
                    _ => Body::Move(by, set, mailbox),
                }
            }
            b"SORT" => Body::Sort(by, self.sort_command()?),
            b"THREAD" => Body::Thread(by, self.thread_command()?),
            b"REPLACE" => Body::Replace(by, self.replace_command()?),
            _ => return Ok(None),
        }))
    }

    fn management_command(&mut self, verb: &[u8]) -> Parsing<Body> {
        self.space()?;
        match verb {
            b"GETQUOTA" => self.astring("a quota root").map(Body::GetQuota),
            b"GETQUOTAROOT" => self.mailbox().map(Body::GetQuotaRoot),
            b"SETQUOTA" => {
                let root = self.astring("a quota root")?;
                self.space()?;
                let limits = self.list_or_none("a list of limits", Self::resource_limit)?;
                Ok(Body::SetQuota { root, limits })
            }
            b"GETMETADATA" => self.get_metadata_command().map(Body::GetMetadata),
            b"SETMETADATA" => self.set_metadata_command(),
            verb => self.acl_command(verb),
        }
    }

    /// A command that is not known.
    #[cold]
    fn other_command(&mut self, verb: &'a [u8]) -> Parsing<Body> {
        let name = Atom::from_valid(self.bytes(verb));
        if !self.is_before_more() {
            return Ok(Body::Other(Other::from_parts(name, None)));
        }
        // Further ones are part of what is not known.
        self.octet(b' ', "a space")?;
        let arguments = self.raw()?;
        Ok(Body::Other(Other::from_parts(name, Some(arguments))))
    }
}
