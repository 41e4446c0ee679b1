//! CRAM-MD5 and NTLM by curl, judged by what OpenLDAP's slapd keeps of its people. The mail server is in memory, and
//! takes nothing but the gateway's own account.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "../common/mod.rs"]
mod common;

use std::fmt::Write as _;
use std::process::Output;

use gatepost_testkit::mail::{MailServer, Running};
use gatepost_testkit::servers::{Person, Slapd};
use tokio::process::Command;
use tokio::time::timeout;

use common::{Gateway, LIMIT};

/// The hash of `Password` (MS-NLMP section 4.2.2.1.2), as Samba writes it.
const NT_HASH: &str = "A4F49C406510BDCAB6824EE7C30FD852";
/// What `doveadm pw -s CRAM-MD5` prints for `tanstaaftanstaaf`.
const STATE: &str = "d06d4e1b26fccaa4b0b61801132340a354b21152711fb604ca3e035e7015116b";

/// Attributes, as the configuration names them.
const KEPT: &str = "nt_hash_attribute = \"sambaNTPassword\"\ncram_md5_attribute = \"cramMd5State\"";

/// A gateway between curl, slapd and the mail server.
struct Site {
    gateway: Gateway,
    slapd: Slapd,
    mail: Running,
    mta: Running,
}

/// alice has a secret for each mechanism, off too, and bare has none.
fn directory() -> Slapd {
    let person = |name: &str| {
        Person::new(name)
            .password("bind")
            .mail(&format!("{name}@example.org"))
    };
    let off = person("off").attribute("sambaAcctFlags", "[UD         ]");
    let with_secrets = |person: Person| person.nt_hash(NT_HASH).cram_md5_state(STATE);
    Slapd::builder()
        .person(with_secrets(person("alice")))
        .person(with_secrets(off))
        .person(person("bare"))
        .start()
        .unwrap()
}

fn config(slapd: &Slapd, mail: &Running, mta: &Running) -> String {
    let login = "login = { method = \"master\", user = \"gateway\", password_file = \"master\" }";
    let mut config = format!(
        "[limits]\nfailure_grid = \"0s\"\n[guard]\nenabled = false\n\
         [directories.users]\nkind = \"ldap\"\nurls = [\"{}\"]\nca_file = {:?}\nbase = \"{}\"\nbind_dn = \"{}\"\n\
         bind_password_file = \"service\"\n{KEPT}\n\
         [upstreams.main]\naddress = \"{}\"\ntls = \"none\"\n{login}\n[routing]\ndefault = \"main\"\n\
         [mtas.main]\naddresses = [\"{}\"]\ntls = \"none\"\n{login}\n[submission]\nmta = \"main\"\n\
         [sent_copy]\nmode = \"off\"\n",
        slapd.ldaps_url(),
        slapd.ca_file(),
        slapd.base(),
        slapd.service_dn(),
        mail.address(),
        mta.address(),
    );
    for protocol in ["imap", "smtp"] {
        let _ = write!(
            config,
            "[[listeners]]\nprotocol = \"{protocol}\"\naddresses = [\"127.0.0.1:0\"]\ntls = \"implicit\"\n\
             certificates = [\"main\"]\ndirectory = \"users\"\nmechanisms = [\"PLAIN\", \"CRAM-MD5\", \"NTLM\"]\n"
        );
    }
    config
}

impl Site {
    async fn start() -> Self {
        let slapd = directory();
        let server = ["alice", "off", "bare"]
            .into_iter()
            .fold(MailServer::builder(), |server, name| {
                server.user(name, "only-here")
            });
        let server = server.master("gateway", "master-secret").build();
        let mail = server.bind("127.0.0.1:0").await.unwrap();
        let mta = server.bind_smtp("127.0.0.1:0").await.unwrap();
        let files = [
            ("master", "master-secret"),
            ("service", slapd.service_password()),
            ("letter", "From: alice@example.org\r\n\r\nhello\r\n"),
        ];
        let gateway = Gateway::start(&config(&slapd, &mail, &mta), &files).await;
        Self {
            gateway,
            slapd,
            mail,
            mta,
        }
    }

    async fn imap(&self, mechanism: &str, user: &str) -> Output {
        let url = format!("imaps://localhost:{}/INBOX", self.gateway.address(0).port());
        self.curl(&[&url, "-X", "NOOP"], mechanism, user).await
    }

    async fn smtp(&self, mechanism: &str, user: &str) -> Output {
        let url = format!("smtps://localhost:{}", self.gateway.address(1).port());
        let letter = self.gateway.folder().join("letter");
        let sends = [
            url.as_str(),
            "--mail-from",
            "alice@example.org",
            "--mail-rcpt",
            "bare@example.org",
            "--upload-file",
            letter.to_str().unwrap(),
        ];
        self.curl(&sends, mechanism, user).await
    }

    async fn curl(&self, what: &[&str], mechanism: &str, user: &str) -> Output {
        let mut command = Command::new("curl");
        command
            .args(["-sS", "-v", "--user", user, "--cacert"])
            .arg(self.gateway.ca_file());
        command
            .args(["--login-options", &format!("AUTH={mechanism}")])
            .args(what);
        let output = timeout(LIMIT, command.kill_on_drop(true).output()).await;
        output
            .expect("curl does not end")
            .expect("curl has to be installed")
    }
}

#[tokio::test]
async fn the_right_password_gets_in() {
    let site = Site::start().await;
    for (mechanism, user) in [
        ("NTLM", "alice:Password"),
        ("CRAM-MD5", "alice:tanstaaftanstaaf"),
        ("PLAIN", "alice:bind"),
    ] {
        let output = site.imap(mechanism, user).await;
        assert!(output.status.success(), "{mechanism}: {output:?}");
        let login = site.mail.control().logins().pop().unwrap();
        assert_eq!(login.authzid.as_deref(), Some("alice"));
        let output = site.smtp(mechanism, user).await;
        assert!(output.status.success(), "{mechanism}: {output:?}");
        assert_eq!(site.gateway.lines(&format!("mech={mechanism} ")).len(), 2);
    }
    assert_eq!(site.mta.smtp().transactions().len(), 3);
    let log = site.gateway.log();
    for secret in [NT_HASH, &NT_HASH.to_lowercase(), STATE, "tanstaaf"] {
        assert!(!log.contains(secret), "{log}");
    }
}

#[tokio::test]
async fn a_wrong_one_does_not_and_nobody_hears_why() {
    let site = Site::start().await;
    for (mechanism, user) in [
        ("NTLM", "alice:password"),
        ("NTLM", "alice:bind"),
        ("CRAM-MD5", "alice:Password"),
        ("NTLM", "bare:bind"),
        ("CRAM-MD5", "bare:bind"),
        ("NTLM", "nobody:Password"),
        ("CRAM-MD5", "off:Password"),
    ] {
        for output in [site.imap(mechanism, user).await, site.smtp(mechanism, user).await] {
            assert!(!output.status.success(), "{mechanism} {user}");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(
                said.contains("[AUTHENTICATIONFAILED]") || said.contains("535 5.7.8 authentication failed"),
                "{mechanism} {user}: {said}"
            );
        }
    }
    assert!(site.mail.control().logins().is_empty() && site.mta.smtp().logins().is_empty());
}

#[tokio::test]
async fn only_the_right_proof_hears_that_the_account_is_disabled() {
    let site = Site::start().await;
    for (mechanism, user) in [
        ("NTLM", "off:Password"),
        ("CRAM-MD5", "off:tanstaaftanstaaf"),
        ("PLAIN", "off:bind"),
    ] {
        let output = site.imap(mechanism, user).await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("[CONTACTADMIN]"), "{mechanism}: {said}");
    }
}

/// A value that is no hash is for the administrator: a phone would ask for another password, which cannot help.
#[tokio::test]
async fn what_the_directory_got_wrong_is_no_wrong_password() {
    let site = Site::start().await;
    site.slapd.set("alice", "sambaNTPassword", "hunter2").unwrap();
    let output = site.imap("NTLM", "alice:Password").await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("[UNAVAILABLE]"), "{said}");
    let line = site
        .gateway
        .logged("expected an NT hash: 32 hexadecimal digits")
        .await;
    assert!(
        line.contains("sambaNTPassword of") && !line.contains("hunter2"),
        "{line}"
    );
}

#[tokio::test]
async fn the_checker_warns_of_secrets_that_cannot_be_read() {
    let site = Site::start().await;
    let file = site.gateway.folder().join("gatepost.toml");
    let check = async || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatepost"));
        command.args(["check", "--connect", "--config"]).arg(&file);
        String::from_utf8(command.output().await.unwrap().stdout).unwrap()
    };
    let said = check().await;
    assert!(said.contains("ok: directory `users`: "), "{said}");
    assert!(!said.contains("warning: directory"), "{said}");
    let config = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, config.replace("cramMd5State", "clearPassword")).unwrap();
    let said = check().await;
    let warning = "no entry below dc=example,dc=org shows clearPassword";
    assert!(
        said.contains(&format!(
            "warning: directory `users`: {}: {warning}",
            site.slapd.ldaps_url()
        )),
        "{said}"
    );
}
