//! Programs that people use: curl's NTLM is version 2, fetchmail's is not.

use std::process::Command;

use gatepost_testkit::servers::Samba;

use crate::common::Gateway;
use crate::site::{Proof, Servers, log_in};
use crate::talk::Protocol;

struct Curl {
    url: String,
    ca_file: String,
}

impl Curl {
    fn new(gateway: &Gateway, protocol: Protocol) -> Self {
        let scheme = match protocol {
            Protocol::Imap => "imaps",
            Protocol::Smtp => "smtps",
        };
        Self {
            url: format!("{scheme}://{}", gateway.address(protocol as usize)),
            ca_file: gateway.ca_file().to_string_lossy().into_owned(),
        }
    }

    /// The exit code, and all that was shown.
    async fn run(&self, user: &str, password: &str, more: &[&str]) -> (i32, String) {
        let mut command = tokio::process::Command::new("curl");
        command.args(["--silent", "--show-error", "--verbose", "--max-time", "20"]);
        command.args(["--cacert", &self.ca_file, "--login-options", "AUTH=NTLM"]);
        command.args(["--user", &format!("{user}:{password}"), "--url", &self.url]);
        let output = command
            .args(more)
            .output()
            .await
            .expect("curl has to be installed");
        let shown = [output.stdout, output.stderr].concat();
        (
            output.status.code().unwrap(),
            String::from_utf8_lossy(&shown).into_owned(),
        )
    }
}

#[tokio::test]
async fn curl_reads_and_sends() {
    let servers = Servers::start();
    let gateway = servers.site().group("mail-users").start().await;
    let folder = tempfile::tempdir().unwrap();
    let message = folder.path().join("message");
    std::fs::write(
        &message,
        "From: alice@example.test\r\nSubject: by NTLM\r\n\r\nhello\r\n",
    )
    .unwrap();
    let message = message.to_string_lossy();
    let sending = [
        "--mail-from",
        "alice@example.test",
        "--mail-rcpt",
        "bob@example.test",
        "-T",
        &message,
    ];
    let reading = ["--request", "EXAMINE INBOX"];
    for user in ["alice", "CORP\\alice", "alice@corp.example.test"] {
        let password = Samba::password("alice");
        for (protocol, more) in [(Protocol::Imap, &reading[..]), (Protocol::Smtp, &sending)] {
            let curl = Curl::new(&gateway, protocol);
            let (code, shown) = curl.run(user, &password, more).await;
            assert_eq!(code, 0, "{user}: {shown}");
            let command = ["> AUTH NTLM", "AUTHENTICATE NTLM"][usize::from(protocol == Protocol::Imap)];
            assert!(shown.contains(command), "{shown}");
            // Exit code 67: the login failed.
            let (code, shown) = curl.run(user, "wrong", more).await;
            assert_eq!(code, 67, "{user}: {shown}");
        }
    }
    servers.postfix.drained().unwrap();
    let inbox = servers
        .dovecot
        .messages("bob@example.test", "INBOX")
        .await
        .unwrap();
    assert_eq!(inbox.len(), 3);
    // Each success took back the failure before it; the last one stays.
    assert_eq!(servers.samba.bad_pwd_count("alice").unwrap(), 1);
}

/// fetchmail's library knows the first version alone. It is refused before a controller hears of it.
#[tokio::test]
async fn fetchmail_is_refused() {
    let servers = Servers::start();
    let gateway = servers.site().start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("fetchmailrc");
    let address = gateway.address(Protocol::Imap as usize);
    let config = format!(
        "poll localhost protocol imap service {} auth ntlm username alice password {:?} ssl sslcertck sslcertfile {:?} \
         mda /bin/cat keep\n",
        address.port(),
        Samba::password("alice"),
        gateway.ca_file()
    );
    std::fs::write(&file, config).unwrap();
    let run = tokio::task::spawn_blocking(move || {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let mut fetchmail = Command::new("fetchmail");
        fetchmail
            .env("FETCHMAILHOME", folder.path())
            .args(["--verbose", "--fetchmailrc"])
            .arg(&file);
        fetchmail.output().expect("fetchmail has to be installed")
    });
    let output = run.await.unwrap();
    // Exit code 3: the login failed.
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let line = gateway.logged("event=login-failed").await;
    assert!(
        line.contains("mech=NTLM result=not-supported") && line.contains("NTLMv1"),
        "{line}"
    );
    assert!(!servers.samba.log().contains("Auth: [SamLogon"));
    assert!(
        log_in(
            &gateway,
            Protocol::Imap,
            Proof::Ntlm,
            ("alice", &Samba::password("alice"))
        )
        .await
        .starts_with("OK ")
    );
    servers.samba.logged("Auth: [SamLogon").unwrap();
}
