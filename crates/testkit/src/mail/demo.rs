//! Mail to look at: what the mailboxes of the demo hold.

use gatepost_wire::base64;

use super::date;
use super::flags::Flags;
use super::{Flag, Refused, SpecialUse, Store};

/// The users whom [`fill`] gives mail to.
pub const USERS: [&str; 2] = ["alice", "bob"];

/// The mailboxes that an iPhone would make, with their uses.
const MAILBOXES: [(&str, SpecialUse); 5] = [
    ("Archive", SpecialUse::Archive),
    ("Deleted Messages", SpecialUse::Trash),
    ("Drafts", SpecialUse::Drafts),
    ("Junk", SpecialUse::Junk),
    ("Sent Messages", SpecialUse::Sent),
];

/// 2026-09-01 08:00:00 UTC, when the first message came.
const FIRST: i64 = 1_788_249_600;
/// The messages came so many seconds apart.
const APART: i64 = 5_400;

/// Adds [`USERS`] with the usual mailboxes and some messages to a store that does not have them.
///
/// # Errors
/// [`Refused::Exists`] if a user is there and has such mailboxes.
pub fn fill(store: &Store) -> Result<(), Refused> {
    for user in USERS {
        store.add_user(user);
        for (mailbox, special_use) in MAILBOXES {
            store.create(user, mailbox, Some(special_use))?;
        }
    }
    for (index, letter) in letters().into_iter().enumerate() {
        let date = date::at(FIRST + APART * index as i64);
        let flags: Flags = letter.seen.then_some(Flag::Seen).into_iter().collect();
        store.append(letter.user, letter.mailbox, letter.message, flags, date)?;
    }
    Ok(())
}

/// A message and where it is.
struct Letter {
    user: &'static str,
    mailbox: &'static str,
    seen: bool,
    message: String,
}

fn letters() -> [Letter; 8] {
    let unread = |user, mailbox, message| Letter {
        user,
        mailbox,
        seen: false,
        message,
    };
    let read = |user, mailbox, message| Letter {
        user,
        mailbox,
        seen: true,
        message,
    };
    [
        read("alice", "INBOX", welcome("alice")),
        read("bob", "INBOX", welcome("bob")),
        read("alice", "INBOX", figures()),
        read("alice", "Sent Messages", thanks()),
        unread("bob", "INBOX", thanks()),
        unread("alice", "INBOX", invitation()),
        unread("alice", "Drafts", draft()),
        unread("alice", "Junk", prize()),
    ]
}

/// Lines with CRLF.
fn lines(lines: &[&str]) -> String {
    lines.iter().map(|line| format!("{line}\r\n")).collect()
}

fn welcome(user: &str) -> String {
    let body = [
        "",
        "Welcome,",
        "",
        "this message sits in the memory of a mail server behind the gateway.",
        "You have read it through the gateway: it checked your password against",
        "the directory, and logged in to the mail server on your behalf.",
        "",
        "-- ",
        "The postmaster",
    ];
    let head = lines(&[
        "Date: Tue, 01 Sep 2026 10:00:00 +0200",
        "From: Postmaster <postmaster@example.org>",
        &format!("To: {user}@example.org"),
        "Subject: Welcome to your mailbox",
        &format!("Message-ID: <welcome.{user}@example.org>"),
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=us-ascii",
    ]);
    head + &lines(&body)
}

/// Text, its twin in HTML, and an attachment.
fn figures() -> String {
    let mut table = Vec::new();
    base64::encode(
        b"month,visits\r\njune,1204\r\njuly,987\r\naugust,1411\r\n",
        &mut table,
    );
    lines(&[
        "Date: Tue, 01 Sep 2026 13:00:00 +0200",
        "From: Bob <bob@example.org>",
        "To: Alice <alice@example.org>",
        "Subject: Figures for the summer",
        "Message-ID: <figures@example.org>",
        "MIME-Version: 1.0",
        "Content-Type: multipart/mixed; boundary=\"=_mixed\"",
        "",
        "--=_mixed",
        "Content-Type: multipart/alternative; boundary=\"=_alternative\"",
        "",
        "--=_alternative",
        "Content-Type: text/plain; charset=utf-8",
        "",
        "Hi Alice, the table is attached. August was a good month.",
        "",
        "--=_alternative",
        "Content-Type: text/html; charset=utf-8",
        "",
        "<p>Hi Alice, the table is attached. <b>August</b> was a good month.</p>",
        "",
        "--=_alternative--",
        "",
        "--=_mixed",
        "Content-Type: text/csv; charset=us-ascii; name=\"visits.csv\"",
        "Content-Transfer-Encoding: base64",
        "Content-Disposition: attachment; filename=\"visits.csv\"",
        "",
        &String::from_utf8_lossy(&table),
        "--=_mixed--",
    ])
}

fn thanks() -> String {
    lines(&[
        "Date: Tue, 01 Sep 2026 14:30:00 +0200",
        "From: Alice <alice@example.org>",
        "To: Bob <bob@example.org>",
        "Subject: Re: Figures for the summer",
        "Message-ID: <thanks@example.org>",
        "In-Reply-To: <figures@example.org>",
        "References: <figures@example.org>",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        "Thanks! I will show them on Thursday.",
    ])
}

/// A subject and a body beyond ASCII.
fn invitation() -> String {
    lines(&[
        "Date: Tue, 01 Sep 2026 17:30:00 +0200",
        "From: =?utf-8?q?Zo=C3=AB?= <zoe@example.net>",
        "To: Alice <alice@example.org>",
        "Subject: =?utf-8?b?R3LDvMOfZSBhdXMgWsO8cmljaCDinIk=?=",
        "Message-ID: <zuerich@example.net>",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        "Grüezi Alice,",
        "",
        "kommst du am Sonntag zum Käsefondue? 🫕",
        "",
        "Zoë",
    ])
}

fn draft() -> String {
    lines(&[
        "Date: Tue, 01 Sep 2026 19:00:00 +0200",
        "From: Alice <alice@example.org>",
        "To: =?utf-8?q?Zo=C3=AB?= <zoe@example.net>",
        "Subject: Re: =?utf-8?b?R3LDvMOfZSBhdXMgWsO8cmljaCDinIk=?=",
        "Message-ID: <draft@example.org>",
        "In-Reply-To: <zuerich@example.net>",
        "",
        "Gladly,",
    ])
}

fn prize() -> String {
    lines(&[
        "Date: Tue, 01 Sep 2026 20:30:00 +0200",
        "From: \"Prize Office\" <winner@example.com>",
        "To: undisclosed-recipients:;",
        "Subject: You have won",
        "Message-ID: <prize@example.com>",
        "",
        "Nothing, as usual.",
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_users_have_mail_to_read() {
        let store = Store::new();
        fill(&store).unwrap();
        assert_eq!(store.messages("alice", "INBOX").unwrap().len(), 3);
        assert_eq!(store.messages("bob", "INBOX").unwrap().len(), 2);
        assert_eq!(store.mailboxes("bob").unwrap().len(), 6);
        assert_eq!(fill(&store), Err(Refused::Exists));
    }

    #[test]
    fn every_line_ends_in_crlf() {
        for letter in letters() {
            assert!(
                letter
                    .message
                    .split_inclusive('\n')
                    .all(|line| line.ends_with("\r\n"))
            );
        }
    }
}
