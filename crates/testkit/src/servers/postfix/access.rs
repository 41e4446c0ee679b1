//! Whom Postfix answers otherwise than usual, and at what moment.

use std::fmt::Write as _;
use std::path::Path;

use super::Error;
use super::config::write_settled;

/// When Postfix answers: to the connection, or to a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// The greeting. The rule is about the client's address, such as `127.0.0.1`, or its first octets, such as `127`.
    Greeting,
    /// HELO and EHLO. The rule is about the name that the client gives.
    Helo,
    /// MAIL. The rule is about the sender; `<>` is the null sender.
    Mail,
    /// RCPT. The rule is about the recipient.
    Rcpt,
    /// DATA. The rule is about the sender, or the recipient of a message that has but one.
    Data,
    /// The end of the message. The rule is about the sender, or the recipient of a message that has but one.
    EndOfData,
}

/// The setting whose table is for a stage, and by what that is searched.
type Table = (Stage, &'static str, &'static [&'static str]);

const TABLES: [Table; 6] = [
    (Stage::Greeting, "smtpd_client_restrictions", &["client"]),
    (Stage::Helo, "smtpd_helo_restrictions", &["helo"]),
    (Stage::Mail, "smtpd_sender_restrictions", &["sender"]),
    (Stage::Rcpt, "smtpd_recipient_restrictions", &["recipient"]),
    (Stage::Data, "smtpd_data_restrictions", &["sender", "recipient"]),
    (
        Stage::EndOfData,
        "smtpd_end_of_data_restrictions",
        &["sender", "recipient"],
    ),
];

/// An answer to be given.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) stage: Stage,
    /// What it is about, and what is done then.
    pub(super) entry: (String, String),
}

/// Writes the tables, and returns the settings that name them.
pub(super) fn tables(directory: &Path, rules: &[Rule]) -> Result<Vec<(&'static str, String)>, Error> {
    TABLES
        .iter()
        .map(|(stage, setting, keys)| {
            let file = directory.join(setting);
            let own = rules.iter().filter(|rule| rule.stage == *stage);
            write_settled(&file, &texthash(own.map(|rule| &rule.entry)))?;
            let check = |key| format!("check_{key}_access texthash:{}", file.display());
            let checks: Vec<String> = keys.iter().map(check).collect();
            Ok((*setting, checks.join(", ")))
        })
        .collect()
}

/// A table as Postfix reads it, without an index.
pub(super) fn texthash<'a>(entries: impl IntoIterator<Item = &'a (String, String)>) -> String {
    entries.into_iter().fold(String::new(), |mut text, (key, value)| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{} {value}", key.to_lowercase());
        text
    })
}
