//! ID (RFC 2971).

use super::{Answer, Done, Request, Session};
use crate::mail::cursor::{Cursor, Unexpected};
use crate::mail::output::Output;

/// What a client says of itself: fields and values, in its order.
pub(crate) type Identity = Vec<(String, Option<String>)>;

impl Session {
    /// `id = "ID" SP ("(" [string SP nstring *(SP string SP nstring)] ")" / nil)`
    pub(super) fn id(&mut self, request: &mut Request<'_>, out: &mut Output) -> Answer {
        self.identity = Some(parse(&mut request.arguments)?);
        out.push("* ID (\"name\" \"gatepost-testkit\")\r\n");
        Ok(Done::new("pleased to meet you"))
    }
}

/// What a command says of the client, if it is ID.
pub(crate) fn identity_in(command: &[u8]) -> Option<Identity> {
    let mut cursor = Cursor::new(command);
    super::tag(&mut cursor).ok()?;
    let verb = cursor.keyword("a command").ok()?;
    if verb == "ID" {
        parse(&mut cursor).ok()
    } else {
        None
    }
}

/// `SP ("(" .. ")" / nil)`
fn parse(cursor: &mut Cursor<'_>) -> Result<Identity, Unexpected> {
    cursor.space()?;
    let identity = match cursor.accept_word("NIL") {
        true => Identity::new(),
        false => cursor.list(pair)?,
    };
    cursor.end()?;
    Ok(identity)
}

fn pair(cursor: &mut Cursor<'_>) -> Result<(String, Option<String>), Unexpected> {
    let field = String::from_utf8_lossy(&cursor.astring()?).into_owned();
    cursor.space()?;
    let value = cursor
        .nstring()?
        .map(|value| String::from_utf8_lossy(&value).into_owned());
    Ok((field, value))
}
