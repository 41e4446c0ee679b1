//! ID (RFC 2971).

use super::{Answer, Done, Request, Session};
use crate::mail::cursor::{Cursor, Unexpected};
use crate::mail::output::Output;

/// What a client says of itself: fields and values, in its order.
pub(crate) type Identity = Vec<(String, Option<String>)>;

impl Session {
    /// `id = "ID" SP ("(" [string SP nstring *(SP string SP nstring)] ")" / nil)`
    pub(super) fn id(&mut self, request: &mut Request<'_>, out: &mut Output) -> Answer {
        request.arguments.space()?;
        let identity = match request.arguments.accept_word("NIL") {
            true => Identity::new(),
            false => request.arguments.list(pair)?,
        };
        request.arguments.end()?;
        self.identity = Some(identity);
        out.push("* ID (\"name\" \"gatepost-testkit\")\r\n");
        Ok(Done::new("pleased to meet you"))
    }
}

fn pair(cursor: &mut Cursor<'_>) -> Result<(String, Option<String>), Unexpected> {
    let field = String::from_utf8_lossy(&cursor.astring()?).into_owned();
    cursor.space()?;
    let value = cursor
        .nstring()?
        .map(|value| String::from_utf8_lossy(&value).into_owned());
    Ok((field, value))
}
