//! How commands are written.

use super::{Body, By};
use crate::types::{Mailbox, Text};
use crate::write::{Write, Writer};

impl Write for Body {
    fn write(&self, out: &mut Writer<'_>) {
        match self {
            Self::Capability => out.put(b"CAPABILITY"),
            Self::Noop => out.put(b"NOOP"),
            Self::Logout => out.put(b"LOGOUT"),
            Self::StartTls => out.put(b"STARTTLS"),
            Self::Namespace => out.put(b"NAMESPACE"),
            Self::Idle => out.put(b"IDLE"),
            Self::Check => out.put(b"CHECK"),
            Self::Close => out.put(b"CLOSE"),
            Self::Unselect => out.put(b"UNSELECT"),
            Self::Expunge => out.put(b"EXPUNGE"),
            Self::Unauthenticate => out.put(b"UNAUTHENTICATE"),
            Self::Search(by, search) => message_command(*by, b"SEARCH ", search, out),
            Self::Fetch(by, fetch) => message_command(*by, b"FETCH ", fetch, out),
            Self::Store(by, store) => message_command(*by, b"STORE ", store, out),
            Self::Replace(by, replace) => message_command(*by, b"REPLACE ", replace, out),
            Self::Sort(by, sort) => message_command(*by, b"SORT ", sort, out),
            Self::Thread(by, thread) => message_command(*by, b"THREAD ", thread, out),
            Self::Copy(by, set, mailbox) => {
                message_command(*by, b"COPY ", set, out);
                behind_space(mailbox, out);
            }
            Self::Move(by, set, mailbox) => {
                message_command(*by, b"MOVE ", set, out);
                behind_space(mailbox, out);
            }
            Self::UidExpunge(set) => {
                out.put(b"UID EXPUNGE ");
                set.write(out);
            }
            Self::Other(other) => other.write(out),
            body => session_or_mailbox(body, out),
        }
    }
}

fn session_or_mailbox(body: &Body, out: &mut Writer<'_>) {
    match body {
        Body::Id(parameters) => {
            out.put(b"ID ");
            parameters.write(out);
        }
        Body::Authenticate { mechanism, initial } => {
            out.put(b"AUTHENTICATE ");
            out.put(mechanism.as_bytes());
            if let Some(initial) = initial {
                behind_space(initial, out);
            }
        }
        Body::Login { user, password } => {
            out.put(b"LOGIN ");
            out.astring(user);
            out.put(b" ");
            out.astring(password.expose());
        }
        Body::Enable(capabilities) => {
            out.put(b"ENABLE");
            for capability in capabilities {
                out.put(b" ");
                out.put(capability.as_str().as_bytes());
            }
        }
        Body::Compress(mechanism) => {
            out.put(b"COMPRESS ");
            out.put(mechanism.as_bytes());
        }
        Body::Select(select) => command(b"SELECT ", select, out),
        Body::Examine(select) => command(b"EXAMINE ", select, out),
        Body::Create(create) => command(b"CREATE ", create, out),
        Body::Delete(mailbox) => command(b"DELETE ", mailbox, out),
        Body::Subscribe(mailbox) => command(b"SUBSCRIBE ", mailbox, out),
        Body::Unsubscribe(mailbox) => command(b"UNSUBSCRIBE ", mailbox, out),
        Body::Rename { from, to } => {
            command(b"RENAME ", from, out);
            behind_space(to, out);
        }
        Body::List(list) => command(b"LIST ", list, out),
        Body::Lsub { reference, pattern } => reference_and_pattern(b"LSUB ", reference, pattern, out),
        Body::Xlist { reference, pattern } => reference_and_pattern(b"XLIST ", reference, pattern, out),
        Body::Status { mailbox, items } => {
            command(b"STATUS ", mailbox, out);
            behind_space(items, out);
        }
        Body::Append(append) => command(b"APPEND ", append, out),
        body => management(body, out),
    }
}

fn management(body: &Body, out: &mut Writer<'_>) {
    match body {
        Body::GetQuota(root) => {
            out.put(b"GETQUOTA ");
            out.astring(root);
        }
        Body::GetQuotaRoot(mailbox) => command(b"GETQUOTAROOT ", mailbox, out),
        Body::SetQuota { root, limits } => {
            out.put(b"SETQUOTA ");
            out.astring(root);
            out.put(b" ");
            out.list(limits);
        }
        Body::SetAcl {
            mailbox,
            identifier,
            rights,
        } => {
            of_identifier(b"SETACL ", mailbox, identifier, out);
            behind_space(rights, out);
        }
        Body::DeleteAcl { mailbox, identifier } => of_identifier(b"DELETEACL ", mailbox, identifier, out),
        Body::GetAcl(mailbox) => command(b"GETACL ", mailbox, out),
        Body::ListRights { mailbox, identifier } => of_identifier(b"LISTRIGHTS ", mailbox, identifier, out),
        Body::MyRights(mailbox) => command(b"MYRIGHTS ", mailbox, out),
        Body::GetMetadata(get) => command(b"GETMETADATA ", get, out),
        Body::SetMetadata { mailbox, values } => {
            command(b"SETMETADATA ", mailbox, out);
            behind_space(values, out);
        }
        _ => {}
    }
}

fn command(verb: &[u8], arguments: &impl Write, out: &mut Writer<'_>) {
    out.put(verb);
    arguments.write(out);
}

fn message_command(by: By, verb: &[u8], arguments: &impl Write, out: &mut Writer<'_>) {
    if by == By::Uid {
        out.put(b"UID ");
    }
    command(verb, arguments, out);
}

fn behind_space(value: &impl Write, out: &mut Writer<'_>) {
    out.put(b" ");
    value.write(out);
}

fn reference_and_pattern(verb: &[u8], reference: &Mailbox, pattern: &Text, out: &mut Writer<'_>) {
    command(verb, reference, out);
    out.put(b" ");
    out.list_mailbox(pattern);
}

fn of_identifier(verb: &[u8], mailbox: &Mailbox, identifier: &Text, out: &mut Writer<'_>) {
    command(verb, mailbox, out);
    out.put(b" ");
    out.astring(identifier);
}
