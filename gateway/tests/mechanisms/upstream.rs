//! Mail servers and MTAs that offer nothing but NTLM, as some Exchange servers do.

use gatepost_testkit::mail::{LoginCommand, LoginOutcome, MailServer, Running};

use crate::common::Gateway;
use crate::talk::{Protocol, Talk};

/// What the servers hold, and what the gateway is told to log in as.
const USERS: &str = "[[user]]\nname = \"alice\"\nlogin = \"CORP\\\\alice\"\nsecret = \"{PLAIN}Grüße\"\n\
                     addresses = [\"alice@example.org\"]\n\
                     [[user]]\nname = \"bob\"\nlogin = \"bob@corp.example\"\nsecret = \"{PLAIN}builder\"\n\
                     addresses = [\"bob@example.org\"]\n\
                     [[user]]\nname = \"carol\"\nsecret = \"{PLAIN}only-at-the-gateway\"\n\
                     addresses = [\"carol@example.org\"]\n";

fn mail() -> gatepost_testkit::mail::Builder {
    MailServer::builder()
        .user("alice", "Grüße")
        .user("bob@corp.example", "builder")
        .user("carol", "another")
        .user("relay", "service-secret")
}

/// One for each protocol, in the order of [`Protocol`].
fn listeners() -> String {
    let of = |protocol| {
        format!(
            "[[listeners]]\nprotocol = \"{protocol}\"\naddresses = [\"127.0.0.1:0\"]\ntls = \"implicit\"\n\
             certificates = [\"main\"]\ndirectory = \"users\"\n"
        )
    };
    of("imap") + &of("smtp")
}

/// What is behind the gateway: a mail server and an MTA, and how they are logged in to.
struct Servers {
    imap: Running,
    smtp: Running,
}

impl Servers {
    /// Servers with NTLM alone.
    async fn with_ntlm_alone() -> Self {
        let mail = mail()
            .mechanisms(&["NTLM"])
            .login_command(LoginCommand::Disabled)
            .smtp_mechanisms(&["NTLM"])
            .build();
        Self {
            imap: mail.bind("127.0.0.1:0").await.unwrap(),
            smtp: mail.bind_smtp("127.0.0.1:0").await.unwrap(),
        }
    }

    /// `login` is how the MTA is logged in to.
    async fn gateway(&self, login: &str) -> Gateway {
        let config = format!(
            "[limits]\nfailure_grid = \"0s\"\n[directories.users]\nkind = \"file\"\npath = \"users.toml\"\n\
             [upstreams.main]\naddress = \"{}\"\ntls = \"none\"\nlogin = {{ method = \"same-credentials\" }}\n\
             [routing]\ndefault = \"main\"\n[mtas.main]\naddresses = [\"{}\"]\ntls = \"none\"\nlogin = {{ {login} }}\n\
             [submission]\nmta = \"main\"\n[sent_copy]\nmode = \"off\"\n{}",
            self.imap.address(),
            self.smtp.address(),
            listeners()
        );
        let files = [("users.toml", USERS), ("service", "service-secret")];
        Gateway::start(&config, &files).await
    }
}

async fn log_in(gateway: &Gateway, protocol: Protocol, user: &str, password: &str) -> String {
    let mut talk = Talk::begin(gateway, protocol).await;
    let message = format!("\0{user}\0{password}");
    talk.start("PLAIN", Some(message.as_bytes())).await.over()
}

#[tokio::test]
async fn the_users_password_logs_in_by_ntlm() {
    let servers = Servers::with_ntlm_alone().await;
    let gateway = servers.gateway("method = \"same-credentials\"").await;
    for protocol in Protocol::BOTH {
        for (user, password, login) in [
            ("alice", "Grüße", "alice"),
            ("bob", "builder", "bob@corp.example"),
        ] {
            let said = log_in(&gateway, protocol, user, password).await;
            assert!(said.starts_with(protocol.let_in()), "{user}: {said}");
            let logins = match protocol {
                Protocol::Imap => servers.imap.control().logins(),
                Protocol::Smtp => servers.smtp.smtp().logins(),
            };
            let last = logins.last().unwrap();
            assert_eq!((last.mechanism, last.authcid.as_str()), ("NTLM", login));
            assert_eq!(last.outcome, LoginOutcome::Granted);
        }
    }
}

#[tokio::test]
async fn a_password_that_the_server_refuses_is_no_wrong_password() {
    let servers = Servers::with_ntlm_alone().await;
    let gateway = servers.gateway("method = \"same-credentials\"").await;
    for (protocol, expected) in [
        (Protocol::Imap, "NO [CONTACTADMIN]"),
        (Protocol::Smtp, "454 4.7.0"),
    ] {
        let said = log_in(&gateway, protocol, "carol", "only-at-the-gateway").await;
        assert!(said.starts_with(expected), "{said}");
    }
}

#[tokio::test]
async fn a_service_account_logs_in_by_ntlm() {
    let servers = Servers::with_ntlm_alone().await;
    let stored = "method = \"stored\", user = \"CORP\\\\relay\", password_file = \"service\"";
    let gateway = servers.gateway(stored).await;
    let said = log_in(&gateway, Protocol::Smtp, "alice", "Grüße").await;
    assert!(said.starts_with("235 "), "{said}");
    let logins = servers.smtp.smtp().logins();
    let last = logins.last().unwrap();
    assert_eq!((last.mechanism, last.authcid.as_str()), ("NTLM", "relay"));
    assert_eq!(last.outcome, LoginOutcome::Granted);
}

/// NTLM comes last: it costs a round trip more, and another server may have more than one.
#[tokio::test]
async fn ntlm_is_taken_only_where_there_is_nothing_else() {
    for (offered, command, taken) in [
        (&["NTLM", "PLAIN"][..], LoginCommand::Disabled, "PLAIN"),
        (&["NTLM"], LoginCommand::Offered, "LOGIN"),
    ] {
        let mail = mail()
            .mechanisms(offered)
            .login_command(command)
            .smtp_mechanisms(&["NTLM", taken])
            .build();
        let servers = Servers {
            imap: mail.bind("127.0.0.1:0").await.unwrap(),
            smtp: mail.bind_smtp("127.0.0.1:0").await.unwrap(),
        };
        let gateway = servers.gateway("method = \"same-credentials\"").await;
        for protocol in Protocol::BOTH {
            // Its name is an address, which is the same for every mechanism.
            let said = log_in(&gateway, protocol, "bob", "builder").await;
            assert!(said.starts_with(protocol.let_in()), "{said}");
        }
        assert_eq!(servers.imap.control().logins().last().unwrap().mechanism, taken);
        assert_eq!(servers.smtp.smtp().logins().last().unwrap().mechanism, taken);
    }
}
