//! Clients that others wrote: which of them get in by CRAM-MD5 and NTLM, and which send NTLMv1 and are refused.
//!
//! `scripts/install-test-deps` installs them. A machine without one of them fails its test.

use std::path::Path;
use std::process::{Output, Stdio};

use tokio::process::Command;
use tokio::time::timeout;

use crate::common::LIMIT;
use crate::site::{Kept, Site};
use crate::talk::Protocol;

const ALL: &[&str] = &["PLAIN", "LOGIN", "CRAM-MD5", "NTLM"];

/// Runs a program to its end, which has to come in time.
async fn run(program: &str, arguments: &[&str], home: &Path, input: Stdio) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).env("HOME", home).env("LC_ALL", "C.UTF-8");
    command.current_dir(home).stdin(input).kill_on_drop(true);
    let output = timeout(LIMIT, command.output())
        .await
        .unwrap_or_else(|_| panic!("{program} does not end"));
    output.unwrap_or_else(|error| panic!("{program}: {error}: run scripts/install-test-deps"))
}

/// A gateway that offers everything, and a folder for the client.
struct Desk {
    site: Site,
    home: tempfile::TempDir,
}

impl Desk {
    async fn start() -> Self {
        Self {
            site: Site::start(Kept::Plaintext, ALL).await,
            home: tempfile::tempdir().unwrap(),
        }
    }

    fn port(&self, protocol: Protocol) -> String {
        self.site.gateway.address(protocol as usize).port().to_string()
    }

    fn ca_file(&self) -> String {
        self.site.gateway.ca_file().to_str().unwrap().to_owned()
    }

    /// Writes a file that nobody else may read, as the clients want it.
    fn file(&self, name: &str, content: &str) -> String {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.home.path().join(name);
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn letter(&self) -> String {
        self.file(
            "letter",
            "Subject: hello\r\nFrom: alice@example.org\r\n\r\nhello\r\n",
        )
    }

    async fn run(&self, program: &str, arguments: &[&str]) -> Output {
        run(program, arguments, self.home.path(), Stdio::null()).await
    }

    /// Asserts that Alice was let in for the n-th time, by this mechanism.
    async fn assert_let_in(&self, mechanism: &str, times: usize) {
        let line = self.site.gateway.logged_times("event=login ", times).await;
        assert!(line.contains(&format!("mech={mechanism} ")), "{line}");
        assert!(line.contains("account=alice "), "{line}");
    }

    /// Asserts that nobody was, and that the last refusal says this.
    async fn assert_refused(&self, times: usize, what: &str) {
        let line = self.site.gateway.logged_times("event=login-failed", times).await;
        assert!(line.contains(what), "{line}");
        assert!(self.site.gateway.lines("event=login ").is_empty());
        self.site.assert_nobody_in();
    }

    /// curl on IMAP or SMTP.
    async fn curl(&self, protocol: Protocol, user: &str, more: &[&str]) -> Output {
        let (ca_file, port, letter) = (self.ca_file(), self.port(protocol), self.letter());
        let mut arguments = vec!["-sS", "--max-time", "20", "--cacert", &ca_file, "--user", user];
        arguments.extend(more);
        let url = match protocol {
            Protocol::Imap => format!("imaps://localhost:{port}/INBOX"),
            Protocol::Smtp => format!("smtps://localhost:{port}/client.example"),
        };
        let sends = [
            "--mail-from",
            "alice@example.org",
            "--mail-rcpt",
            "bob@example.org",
            "--upload-file",
            &letter,
        ];
        match protocol {
            Protocol::Imap => arguments.extend(["-X", "NOOP"]),
            Protocol::Smtp => arguments.extend(sends),
        }
        arguments.push(&url);
        self.run("curl", &arguments).await
    }
}

#[tokio::test]
async fn curl_gets_in_by_both() {
    let desk = Desk::start().await;
    let mut times = 0;
    for protocol in Protocol::BOTH {
        for (mechanism, user) in [
            ("NTLM", "alice:wonderland"),
            ("NTLM", "CORP\\alice:wonderland"),
            ("CRAM-MD5", "alice:wonderland"),
        ] {
            let login = format!("AUTH={mechanism}");
            for ir in [&[][..], &["--sasl-ir"]] {
                let more = [&["--login-options", &login][..], ir].concat();
                let output = desk.curl(protocol, user, &more).await;
                assert!(
                    output.status.success(),
                    "{protocol:?} {mechanism} {user}: {output:?}"
                );
                times += 1;
                desk.assert_let_in(mechanism, times).await;
            }
        }
        // Left to choose, it takes this.
        let output = desk.curl(protocol, "alice:wonderland", &[]).await;
        assert!(output.status.success(), "{output:?}");
        times += 1;
        desk.assert_let_in("CRAM-MD5", times).await;
    }
    assert_eq!(desk.site.smtp.smtp().transactions().len(), 7);
}

#[tokio::test]
async fn curl_is_refused_with_a_wrong_password() {
    let desk = Desk::start().await;
    let mut times = 0;
    for protocol in Protocol::BOTH {
        for login in ["AUTH=NTLM", "AUTH=CRAM-MD5"] {
            let output = desk
                .curl(protocol, "alice:builder", &["--login-options", login])
                .await;
            // "Access denied."
            assert_eq!(output.status.code(), Some(67), "{output:?}");
            times += 1;
            desk.assert_refused(times, "result=bad-credentials").await;
        }
    }
}

#[tokio::test]
async fn python_gets_in_by_cram_md5() {
    let desk = Desk::start().await;
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/mechanisms/scripts/cram_md5.py"
    );
    let ports = Protocol::BOTH.map(|protocol| desk.port(protocol));
    let output = desk
        .run("python3", &[script, &ports[0], &ports[1], &desk.ca_file()])
        .await;
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "OK\nOK\n(235, b'2.7.0 authentication successful')\n\
         [AUTHENTICATIONFAILED] authentication failed\n535 b'5.7.8 authentication failed'\n",
        "{output:?}"
    );
    for line in desk.site.gateway.lines("event=login ") {
        assert!(line.contains("mech=CRAM-MD5 "), "{line}");
    }
}

/// mbsync that lists the mailboxes.
async fn mbsync(desk: &Desk, mechanism: &str) -> Output {
    let configuration = format!(
        "IMAPAccount gateway\nHost localhost\nPort {}\nUser alice\nPass wonderland\nSSLType IMAPS\n\
         CertificateFile {}\nAuthMechs {mechanism}\n\nIMAPStore far\nAccount gateway\n\n\
         MaildirStore near\nPath {home}/\nInbox {home}/inbox\n\n\
         Channel mail\nFar :far:\nNear :near:\nPatterns *\nSyncState *\n",
        desk.port(Protocol::Imap),
        desk.ca_file(),
        home = desk.home.path().display()
    );
    let file = desk.file("mbsyncrc", &configuration);
    desk.run("mbsync", &["-c", &file, "-l", "mail"]).await
}

#[tokio::test]
async fn mbsync_gets_in_by_cram_md5_and_is_refused_with_ntlm_1() {
    let desk = Desk::start().await;
    let refused = mbsync(&desk, "NTLM").await;
    assert!(!refused.status.success(), "{refused:?}");
    desk.site.assert_nobody_in();
    let output = mbsync(&desk, "CRAM-MD5").await;
    assert!(output.status.success(), "{output:?}");
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("INBOX"),
        "{output:?}"
    );
    desk.assert_let_in("CRAM-MD5", 1).await;
}

/// fetchmail that looks whether there is mail.
async fn fetchmail(desk: &Desk, auth: &str) -> Output {
    let configuration = format!(
        "poll localhost service {} protocol imap auth {auth} user \"alice\" password \"wonderland\" ssl sslcertck \
         sslcertfile \"{}\" keep\n",
        desk.port(Protocol::Imap),
        desk.ca_file()
    );
    let file = desk.file("fetchmailrc", &configuration);
    let pid = desk.home.path().join("pid");
    desk.run(
        "fetchmail",
        &["-f", &file, "--pidfile", pid.to_str().unwrap(), "-c"],
    )
    .await
}

#[tokio::test]
async fn fetchmail_gets_in_by_cram_md5_and_is_refused_with_ntlm_1() {
    let desk = Desk::start().await;
    let refused = fetchmail(&desk, "ntlm").await;
    // "The user authentication step failed".
    assert_eq!(refused.status.code(), Some(3), "{refused:?}");
    desk.assert_refused(1, "result=not-supported reason=\"NTLM: NTLMv1 is refused\"")
        .await;
    let output = fetchmail(&desk, "cram-md5").await;
    // "There was no mail".
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    desk.assert_let_in("CRAM-MD5", 1).await;
}

async fn msmtp(desk: &Desk, auth: &str) -> Output {
    let configuration = format!(
        "account default\nhost localhost\nport {}\ntls on\ntls_starttls off\ntls_trust_file {}\n\
         auth {auth}\nuser alice\npassword wonderland\n",
        desk.port(Protocol::Smtp),
        desk.ca_file()
    );
    let file = desk.file("msmtprc", &configuration);
    let letter = std::fs::File::open(desk.letter()).unwrap();
    let arguments = ["-C", &file, "-f", "alice@example.org", "bob@example.org"];
    run("msmtp", &arguments, desk.home.path(), letter.into()).await
}

#[tokio::test]
async fn msmtp_gets_in_by_cram_md5_and_is_refused_with_ntlm_1() {
    let desk = Desk::start().await;
    let refused = msmtp(&desk, "ntlm").await;
    // EX_NOPERM
    assert_eq!(refused.status.code(), Some(77), "{refused:?}");
    desk.assert_refused(1, "result=not-supported reason=\"NTLM: NTLMv1 is refused\"")
        .await;
    let output = msmtp(&desk, "cram-md5").await;
    assert!(output.status.success(), "{output:?}");
    desk.assert_let_in("CRAM-MD5", 1).await;
    assert_eq!(desk.site.smtp.smtp().transactions().len(), 1);
}

#[tokio::test]
async fn swaks_gets_in_by_cram_md5() {
    let desk = Desk::start().await;
    let (port, ca_file) = (desk.port(Protocol::Smtp), desk.ca_file());
    for (password, status) in [("wonderland", 0), ("builder", 28)] {
        let arguments = [
            "--server",
            "localhost",
            "--port",
            &port,
            "--tls-on-connect",
            "--tls-verify",
            "--tls-ca-path",
            &ca_file,
            "--auth",
            "CRAM-MD5",
            "--auth-user",
            "alice",
            "--auth-password",
            password,
            "--from",
            "alice@example.org",
            "--to",
            "bob@example.org",
        ];
        let output = desk.run("swaks", &arguments).await;
        assert_eq!(output.status.code(), Some(status), "{output:?}");
    }
    desk.assert_let_in("CRAM-MD5", 1).await;
}
