//! A mail server that keeps its mail in memory: IMAP (RFC 3501, after login; before it, `gatepost_imap::server`), and
//! [`smtp`] to submit mail.
//!
//! [`MailServer::builder`] sets it up, [`Store`] holds the mail, [`Running`] is a server that listens, and [`Control`]
//! makes it misbehave and tells what clients did. It is a test double: nothing is written to a disk, nothing is ever
//! `\Recent`, and passwords are kept as they are.
//!
//! Of the extensions it serves those that real clients use: IDLE (RFC 2177), NAMESPACE (2342), ID (2971), UNSELECT
//! (3691), UIDPLUS (4315), ESEARCH (4731), LIST-EXTENDED (5258), LIST-STATUS (5819), SPECIAL-USE (6154), MOVE (6851),
//! LITERAL+ (7888) and STATUS=SIZE (8438). Left out are CONDSTORE and QRESYNC (SELECT reads and ignores them), SORT and
//! THREAD, ACL, QUOTA, BINARY, CATENATE, and MULTIAPPEND.
//!
//! ```
//! use std::time::Duration;
//!
//! use gatepost_testkit::client::Client;
//! use gatepost_testkit::mail::MailServer;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = MailServer::builder().user("alice", "secret").build();
//! server.store().deliver("alice", "INBOX", "Subject: hello\r\n\r\nHi!\r\n")?;
//!
//! let (near, far) = tokio::io::duplex(4096);
//! tokio::spawn(async move { server.serve(far).await });
//! let (mut client, _greeting) = Client::greeted(near, Duration::from_secs(5)).await?;
//! client.login("alice", "secret").await?;
//! client.command("SELECT INBOX").await?;
//! let reply = client.command("FETCH 1 BODY[TEXT]").await?;
//! assert_eq!(reply.literal().as_deref(), Some(&b"Hi!\r\n"[..]));
//! # Ok(())
//! # }
//! ```

mod accounts;
mod connection;
mod connections;
mod control;
mod date;
pub mod demo;
mod flags;
mod login;
mod message;
mod ntlm;
mod output;
mod running;
mod serve;
mod server;
mod session;
pub mod smtp;
mod special_use;
mod store;

pub use control::{Control, Greeting, LoginAttempt, LoginOutcome};
pub use flags::Flags;
pub use gatepost_imap::server::{LoginCommand, RefusalCode};
pub use gatepost_imap::types::{DateTime, Flag};
pub use running::Running;
pub use server::{Announcement, Builder, MailServer};
pub use special_use::SpecialUse;
pub use store::{Refused, Store, StoredMessage};
