//! Clients that others wrote: Python's imaplib and smtplib, curl, mbsync and mutt. A machine without them is told so.

use std::process::{Output, Stdio};

use gatepost_testkit::mail::{Running, demo};
use tokio::process::Command;
use tokio::time::timeout;

use crate::pair::{LIMIT, builder};

async fn with_demo_mail() -> Running {
    let running = builder().bind("127.0.0.1:0").await.unwrap();
    demo::fill(running.store()).unwrap();
    running
}

async fn run(program: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    let result = timeout(LIMIT, command.output())
        .await
        .expect("the client ends in time");
    result.unwrap_or_else(|error| panic!("{program} has to be installed: {error}"))
}

const IMAPLIB: &str = r#"
import imaplib, sys, time
imap = imaplib.IMAP4("127.0.0.1", int(sys.argv[1]))
imap.login("alice", "secret")
print(len(imap.list()[1]))
print(imap.select("INBOX"))
print(imap.search(None, "UNSEEN"))
print(imap.fetch("1", "(RFC822.SIZE)"))
text = imap.fetch("3", "(BODY.PEEK[TEXT])")[1][0][1].decode()
print("Käsefondue" in text)
message = b"Subject: from python\r\n\r\nhi\r\n"
print(imap.append('"Sent Messages"', "(\\Seen)", imaplib.Time2Internaldate(time.time()), message)[0])
imap.store("1", "+FLAGS", "(\\Deleted)")
print(imap.expunge())
print(imap.status('"Sent Messages"', "(MESSAGES)"))
print(imap.close()[0], imap.logout()[0])
"#;

#[tokio::test]
async fn python_imaplib() {
    let running = with_demo_mail().await;
    let port = running.address().port().to_string();
    let output = run("python3", &["-c", IMAPLIB, &port]).await;
    let size = {
        let letters = builder().build();
        demo::fill(letters.store()).unwrap();
        letters.store().messages("alice", "INBOX").unwrap()[0]
            .octets
            .len()
    };
    let expected = format!(
        "6\n('OK', [b'3'])\n('OK', [b'3'])\n('OK', [b'1 (RFC822.SIZE {size})'])\nTrue\nOK\n('OK', [b'1'])\n\
         ('OK', [b'\"Sent Messages\" (MESSAGES 2)'])\nOK BYE\n"
    );
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        expected,
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    running.stop().await;
}

#[tokio::test]
async fn curl() {
    let running = with_demo_mail().await;
    let base = format!("imap://{}", running.address());
    let fetch = |path: &str| {
        let url = format!("{base}{path}");
        async move { run("curl", &["-sS", "--max-time", "20", "-u", "alice:secret", &url]).await }
    };
    let first = fetch("/INBOX;MAILINDEX=1").await;
    let stored = running.store().messages("alice", "INBOX").unwrap();
    assert_eq!(
        first.stdout,
        stored[0].octets,
        "{}",
        String::from_utf8_lossy(&first.stderr)
    );
    let second = fetch("/INBOX;UID=2;SECTION=2").await;
    assert!(second.stdout.starts_with(b"bW9udGg"), "{second:?}");
    let listed = fetch("/").await;
    assert!(
        String::from_utf8_lossy(&listed.stdout).contains("\"Sent Messages\""),
        "{listed:?}"
    );
    assert!(!fetch("/INBOX;MAILINDEX=9").await.status.success());
    let refused = run("curl", &["-sS", "--max-time", "20", "-u", "alice:wrong", &base]).await;
    assert_eq!(refused.status.code(), Some(67), "{refused:?}");
    running.stop().await;
}

const SMTPLIB: &str = r#"
import smtplib, sys
smtp = smtplib.SMTP("127.0.0.1", int(sys.argv[1]), timeout=20)
smtp.ehlo()
print(smtp.esmtp_features["auth"].split(), smtp.has_extn("8bitmime"))
try:
    smtp.login("alice", "wrong")
except smtplib.SMTPAuthenticationError as error:
    print(error.smtp_code)
print(smtp.login("alice", "secret")[0])
message = "From: alice@example.org\r\nSubject: from python\r\n\r\n.\r\n..dots\r\n".encode()
print(smtp.sendmail("alice@example.org", ["bob@example.org", "nobody@example.org"], message))
print(smtp.quit()[0])
"#;

#[tokio::test]
async fn python_smtplib() {
    let server = builder().build();
    let running = server.bind_smtp("127.0.0.1:0").await.unwrap();
    let port = running.address().port().to_string();
    let output = run("python3", &["-c", SMTPLIB, &port]).await;
    let expected = "['PLAIN', 'LOGIN'] True\n535\n235\n\
                    {'nobody@example.org': (550, b'5.1.1 no such user')}\n221\n";
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        expected,
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let stored = server.store().messages("bob", "INBOX").unwrap();
    assert!(stored[0].octets.ends_with(b"\r\n\r\n.\r\n..dots\r\n"));
    running.stop().await;
}

#[tokio::test]
async fn mbsync() {
    let running = with_demo_mail().await;
    let home = tempfile::tempdir().unwrap();
    let (folder, port) = (home.path().display(), running.address().port());
    let file = home.path().join("mbsyncrc");
    let configuration = format!(
        "IMAPAccount memory\nHost 127.0.0.1\nPort {port}\nUser alice\nPass secret\nSSLType None\n\n\
         IMAPStore far\nAccount memory\n\n\
         MaildirStore near\nPath {folder}/\nInbox {folder}/inbox\nSubFolders Verbatim\n\n\
         Channel mail\nFar :far:\nNear :near:\nPatterns *\nCreate Near\nSync All\nSyncState *\n"
    );
    std::fs::write(&file, configuration).unwrap();
    let synchronize = || async {
        let output = run("mbsync", &["-c", file.to_str().unwrap(), "-a"]).await;
        assert!(output.status.success(), "{output:?}");
    };
    let messages = |mailbox: &str| -> usize {
        let parts = ["cur", "new"].map(|part| home.path().join(mailbox).join(part));
        parts
            .iter()
            .map(|part| std::fs::read_dir(part).unwrap().count())
            .sum()
    };
    synchronize().await;
    assert_eq!((messages("inbox"), messages("Sent Messages")), (3, 1));
    let new = home.path().join("inbox/new/1.test.host");
    std::fs::write(new, "Subject: from mbsync\n\nhi\n").unwrap();
    let store = running.store();
    store
        .deliver("alice", "INBOX", "Subject: from elsewhere\r\n\r\nhi\r\n")
        .unwrap();
    synchronize().await;
    assert_eq!(messages("inbox"), 5);
    let stored = store.messages("alice", "INBOX").unwrap();
    assert!(
        stored
            .iter()
            .any(|message| message.octets.starts_with(b"Subject: from mbsync"))
    );
    running.stop().await;
}

#[tokio::test]
async fn curl_sends_mail() {
    let server = builder().build();
    let running = server.bind_smtp("127.0.0.1:0").await.unwrap();
    let file = std::env::temp_dir().join(format!("gatepost-curl-{}", running.address().port()));
    std::fs::write(&file, "Subject: from curl\r\n\r\n.\r\nhi\r\n").unwrap();
    let url = format!("smtp://{}/client.example", running.address());
    let send = |login: &'static str| {
        let arguments = [
            "-sS",
            "--max-time",
            "20",
            "-u",
            login,
            "--mail-from",
            "alice@example.org",
            "--mail-rcpt",
            "bob@example.org",
            "-T",
        ];
        let mut arguments = arguments.map(str::to_owned).to_vec();
        arguments.extend([file.display().to_string(), url.clone()]);
        async move {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            run("curl", &arguments).await
        }
    };
    let sent = send("alice:secret").await;
    assert!(sent.status.success(), "{sent:?}");
    let refused = send("alice:wrong").await;
    assert_eq!(refused.status.code(), Some(67), "{refused:?}");
    std::fs::remove_file(&file).unwrap();
    let transactions = server.smtp().transactions();
    assert_eq!(transactions.len(), 1);
    assert_eq!(transactions[0].message, "Subject: from curl\r\n\r\n.\r\nhi\r\n");
    running.stop().await;
}

#[tokio::test]
async fn mutt() {
    let running = with_demo_mail().await;
    let home = tempfile::tempdir().unwrap();
    let (file, copy) = (home.path().join("muttrc"), home.path().join("copy"));
    let url = format!("imap://{}/", running.address());
    let configuration = format!(
        "set imap_user = alice\nset imap_pass = secret\nset ssl_starttls = no\nset ssl_force_tls = no\n\
         set spoolfile = \"{url}INBOX\"\nset folder = \"{url}\"\nset mbox_type = mbox\nset confirmcreate = no\n\
         set confirmappend = no\nset copy = no\nset move = no\nset quit = yes\nset delete = yes\nset sleep_time = 0\n\
         set wait_key = no\n"
    );
    std::fs::write(&file, configuration).unwrap();
    let keys = format!(
        "2<enter><copy-message><kill-line>{}<enter><last-entry><delete-message><quit>",
        copy.display()
    );
    let command = format!(
        "env TERM=xterm HOME={} mutt -n -F {} -e 'push \"{keys}\"'",
        home.path().display(),
        file.display()
    );
    // A terminal of its own.
    let output = run("script", &["-qec", &command, "/dev/null"]).await;
    assert!(output.status.success(), "{output:?}");
    let copied = std::fs::read_to_string(&copy).unwrap();
    assert!(copied.contains("Subject: Figures for the summer"), "{copied}");
    assert_eq!(running.store().messages("alice", "INBOX").unwrap().len(), 2);
    running.stop().await;
}
