//! A gateway that looks at its sessions every second, in front of a mail server in memory that takes messages too.

use crate::common::{Gateway, Sender, TlsClient};
use crate::memory::{Memory, SMTP};

pub(crate) const NOT_ALLOWED: &str = "this account is no longer allowed";
pub(crate) const CHANGED: &str = "the password has changed, log in again";

/// What a user in the file may be.
pub(crate) fn user(name: &str, secret: &str, more: &str) -> String {
    format!(
        "[[user]]\nname = \"{name}\"\nsecret = \"{{PLAIN}}{secret}\"\naddresses = [\"{name}@example.org\"]\n{more}\n"
    )
}

pub(crate) struct Site {
    pub(crate) memory: Memory,
    pub(crate) gateway: Gateway,
}

impl Site {
    /// With Alice and Bob in a file.
    pub(crate) async fn of_file() -> Self {
        Self::with_limits("recheck = \"1s\"").await
    }

    pub(crate) async fn with_limits(limits: &str) -> Self {
        let users = user("alice", "wonderland", "") + &user("bob", "builder", "");
        let directory = "kind = \"file\"\npath = \"users.toml\"";
        Self::start(limits, directory, &[("users.toml", &users)]).await
    }

    /// With users from elsewhere.
    pub(crate) async fn of(directory: &str, files: &[(&str, &str)]) -> Self {
        Self::start("recheck = \"1s\"", directory, files).await
    }

    async fn start(limits: &str, directory: &str, files: &[(&str, &str)]) -> Self {
        let config = format!("[limits]\nfailure_grid = \"0s\"\n{limits}\n[directories.users]\n{directory}\n");
        let memory = Memory::start().await;
        Self {
            gateway: memory.gateway(&config, "", files).await,
            memory,
        }
    }

    /// Somebody who waits for news.
    pub(crate) async fn idle(&self, user: &str, password: &str) -> TlsClient {
        let mut client = self.gateway.login(user, password).await;
        client.command("SELECT INBOX").await.unwrap();
        client.idle().await.unwrap();
        client
    }

    /// Somebody who may send.
    pub(crate) async fn sender(&self, user: &str, password: &str) -> Sender {
        let mut client = self.gateway.sender(SMTP).await;
        client.auth_plain("", user, password).await.unwrap();
        client
    }

    /// Other users stand in the file.
    pub(crate) fn edit(&self, users: &str) {
        // At once, as editors do.
        let (file, new) = (
            self.gateway.folder().join("users.toml"),
            self.gateway.folder().join("new"),
        );
        std::fs::write(&new, users).unwrap();
        std::fs::rename(new, file).unwrap();
    }
}

/// A client that hears BYE with these words, and nothing else.
pub(crate) async fn is_sent_away(client: &mut TlsClient, words: &str) {
    let heard = client.response().await.unwrap();
    assert_eq!(heard.text().trim_end(), format!("* BYE {words}"));
    client.closed().await.unwrap();
}

/// The same of one that sends.
pub(crate) async fn is_told_421(client: &mut Sender, words: &str) {
    let heard = client.reply().await.unwrap();
    assert_eq!((heard.code, heard.text()), (421, format!("4.7.0 {words}")));
    client.closed().await.unwrap();
}

/// A client that idles, and still can do something else.
pub(crate) async fn goes_on(client: &mut TlsClient) {
    client.done().await.unwrap();
    client.command("NOOP").await.unwrap();
    client.idle().await.unwrap();
}
