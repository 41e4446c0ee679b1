//! What a client sent.

use bytes::Bytes;

/// A transaction that came as far as DATA.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transaction {
    /// For whom the client is logged in.
    pub user: String,
    /// Who logged in: a master, or the user.
    pub login: String,
    /// What the client called itself.
    pub helo: String,
    /// The reverse-path without its brackets; empty for the null one.
    pub sender: String,
    /// The parameters of MAIL, such as `SIZE=1000`, as they were spelled.
    pub parameters: Vec<String>,
    /// The recipients that were accepted.
    pub recipients: Vec<Recipient>,
    /// The message, as much as came of it, with no dots stuffed.
    pub message: Bytes,
    /// What came of it.
    pub outcome: Outcome,
}

/// A recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recipient {
    /// The forward-path without its brackets.
    pub address: String,
    /// The parameters of RCPT, as they were spelled.
    pub parameters: Vec<String>,
}

/// What came of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It was delivered, and the answer 250 was due.
    Delivered,
    /// It was whole, and refused.
    Refused,
    /// It was cut short: the connection ended before it did.
    Cut,
    /// It held a bare CR, a bare LF or a NUL.
    Malformed,
}
