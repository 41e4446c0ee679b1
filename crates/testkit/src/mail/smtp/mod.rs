//! The SMTP side of the mail server: submission (RFC 6409) into the same store.
//!
//! Before the login it is `gatepost_smtp::server`. AUTH PLAIN takes users, and masters with an authorization identity;
//! AUTH LOGIN takes users and `user*master`. A recipient exists if the store has a user of that name, or of its local
//! part, whatever the domain is; others are 550 5.1.1. A message goes to the INBOX of its recipients as it came, and
//! nothing is put in front of it.
//!
//! [`Control`] makes the server fail at each [`Stage`], and remembers what clients did as [`Transaction`]s.
//!
//! ```
//! use std::time::Duration;
//!
//! use gatepost_testkit::mail::MailServer;
//! use gatepost_testkit::smtp_client::Client;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = MailServer::builder().user("alice", "secret").user("bob", "hunter2").build();
//!
//! let (near, far) = tokio::io::duplex(4096);
//! let serving = server.clone();
//! tokio::spawn(async move { serving.serve_smtp(far).await });
//! let (mut client, _greeting) = Client::greeted(near, Duration::from_secs(5)).await?;
//! client.ehlo().await?;
//! client.auth_plain("", "alice", "secret").await?;
//! client.send_mail("alice@example.org", &["bob@example.org"], b"Subject: hello\r\n\r\nHi!\r\n").await?;
//! assert_eq!(server.store().messages("bob", "INBOX")?.len(), 1);
//! assert_eq!(server.smtp().transactions()[0].sender, "alice@example.org");
//! # Ok(())
//! # }
//! ```

mod control;
mod fault;
mod login;
mod parameters;
mod receive;
mod serve;
mod session;
mod transaction;

pub use control::{Control, Pace};
pub use fault::{Fault, Stage};
pub use gatepost_smtp::{Extensions, Reply};
pub(super) use serve::run;
pub use transaction::{Outcome, Recipient, Transaction};

use super::server::Security;

/// The name in greetings.
const NAME: &str = "mail.example.org";
/// The largest message that is taken, even if SIZE is not announced.
const LARGEST: u64 = 256 << 20;

/// How mail is taken.
#[derive(Debug)]
pub(super) struct Submission {
    pub(super) control: Control,
    pub(super) security: Security,
    pub(super) mechanisms: Vec<String>,
}

impl Submission {
    pub(super) fn new() -> Self {
        Self {
            control: Control::new(),
            security: Security::None,
            mechanisms: vec!["PLAIN".into(), "LOGIN".into()],
        }
    }
}
