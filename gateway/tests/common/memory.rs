//! What tests have in common whose mail server is in memory and takes messages too.
#![allow(dead_code, reason = "shared by test programs that use parts of it")]

use std::net::SocketAddr;

use gatepost_testkit::mail::{MailServer, Running};

use crate::common::{Gateway, listener};

/// The place of the listener for SMTP, behind that for IMAP.
pub(crate) const SMTP: usize = 1;

/// What the gateway logs in with for others, as a file.
pub(crate) const MASTER: (&str, &str) = ("master", "master-secret");

/// A mail server of Alice's and Bob's, whom the gateway may log in for.
pub(crate) fn alice_and_bob() -> MailServer {
    let builder = MailServer::builder().master("gateway", MASTER.1);
    builder.user("alice", "x").user("bob", "y").build()
}

/// The sections of a mail server at these addresses. They end with `[submission]`, whose keys may follow.
pub(crate) fn sections(reads: SocketAddr, sends: SocketAddr) -> String {
    let login = "login = { method = \"master\", user = \"gateway\", password_file = \"master\" }";
    format!(
        r#"
[upstreams.main]
address = "{reads}"
tls = "none"
{login}
[routing]
default = "main"
[mtas.main]
addresses = ["{sends}"]
tls = "none"
{login}
[submission]
mta = "main"
"#
    )
}

/// Both listeners, with more keys of that for IMAP.
pub(crate) fn listeners(imap: &str) -> String {
    let listener = |protocol| listener(protocol, "implicit");
    format!("{}{imap}\n{}", listener("imap"), listener("smtp"))
}

/// The mail server while it runs.
pub(crate) struct Memory {
    pub(crate) mail: MailServer,
    imap: Running,
    smtp: Running,
}

impl Memory {
    pub(crate) async fn start() -> Self {
        let mail = alice_and_bob();
        Self {
            imap: mail.bind("127.0.0.1:0").await.unwrap(),
            smtp: mail.bind_smtp("127.0.0.1:0").await.unwrap(),
            mail,
        }
    }

    /// A gateway in front of it, without Sent copies. `config` is what else it has; `imap`, more keys of that listener.
    pub(crate) async fn gateway(&self, config: &str, imap: &str, files: &[(&str, &str)]) -> Gateway {
        let sections = sections(self.imap.address(), self.smtp.address());
        let config = format!(
            "{config}\n[sent_copy]\nmode = \"off\"\n{sections}{}",
            listeners(imap)
        );
        Gateway::start(&config, &[files, &[MASTER]].concat()).await
    }
}
