//! A gateway between clients and a mail server in memory.

use std::fmt::Write as _;

use gatepost_sasl::cram_md5::State;
use gatepost_sasl::ntlm::NtHash;
use gatepost_testkit::mail::{MailServer, Running};
use gatepost_wire::Secret;

use crate::common::Gateway;
use crate::talk::{Protocol, Talk};

/// People and their passwords.
pub(crate) const PEOPLE: [(&str, &str); 4] = [
    ("alice", "wonderland"),
    ("müller", "Grüße, 100 %"),
    ("straße", "zwei Wörter"),
    ("carol liddell", "christmas"),
];

/// What the file holds of everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// `{PLAIN}`.
    Plaintext,
    /// `{NTHASH}`.
    NtHash,
    /// `{CRAM-MD5}`.
    CramState,
}

impl Kept {
    fn secret(self, password: &str) -> String {
        let password = Secret::from(password);
        match self {
            Self::Plaintext => format!("{{PLAIN}}{}", password.expose_str().unwrap()),
            Self::NtHash => {
                let hash = NtHash::of_password(&password).unwrap();
                format!("{{NTHASH}}{}", hash.to_hex().expose_str().unwrap())
            }
            Self::CramState => State::of_password(&password)
                .to_text()
                .expose_str()
                .unwrap()
                .to_owned(),
        }
    }

    /// The file of users: everybody, and somebody who may not log in.
    pub(crate) fn users(self) -> String {
        let mut users = String::new();
        for (name, password) in PEOPLE {
            let _ = writeln!(
                users,
                "[[user]]\nname = {name:?}\nlogin = \"mail-{name}\"\nsecret = {:?}\naddresses = [\"{}@example.org\"]",
                self.secret(password),
                name.replace(' ', ".")
            );
        }
        let _ = writeln!(
            users,
            "[[user]]\nname = \"eve\"\nsecret = {:?}\ndisabled = true",
            self.secret("apple")
        );
        users
    }
}

/// A gateway with an IMAP and an SMTP listener, and what is behind it.
pub(crate) struct Site {
    pub(crate) gateway: Gateway,
    pub(crate) imap: Running,
    pub(crate) smtp: Running,
}

/// What differs between one gateway and another.
pub(crate) struct Setup<'a> {
    pub(crate) kept: Kept,
    pub(crate) mechanisms: &'a [&'a str],
    /// More keys of the listeners.
    pub(crate) listener: &'a str,
    /// The login at the mail server.
    pub(crate) upstream: &'a str,
    /// The login at the MTA.
    pub(crate) mta: &'a str,
    pub(crate) failure_grid: &'a str,
}

const MASTER: &str = "method = \"master\", user = \"gateway\", password_file = \"master\"";

impl<'a> Setup<'a> {
    pub(crate) fn new(kept: Kept, mechanisms: &'a [&'a str]) -> Self {
        Self {
            kept,
            mechanisms,
            listener: "",
            upstream: MASTER,
            mta: MASTER,
            failure_grid: "0s",
        }
    }

    pub(crate) async fn start(&self) -> Site {
        let Self {
            kept,
            mechanisms,
            listener,
            upstream,
            mta,
            failure_grid,
        } = self;
        let mut mail = MailServer::builder()
            .master("gateway", "master-secret")
            .user("bob", "only-here");
        for (name, _) in PEOPLE {
            mail = mail.user(&format!("mail-{name}"), "only-here");
        }
        let mail = mail.build();
        let imap = mail.bind("127.0.0.1:0").await.unwrap();
        let smtp = mail.bind_smtp("127.0.0.1:0").await.unwrap();
        let mut config = format!(
            "[server]\nname = \"mail.corp.example\"\n[log]\nlevel = \"info,gatepost::exchange=debug\"\n\
             [limits]\nfailure_grid = \"{failure_grid}\"\nfailures_per_connection = 100\n\
             [guard]\nenabled = false\n\
             [directories.users]\nkind = \"file\"\npath = \"users.toml\"\nntlm_domain = \"CORP\"\n\
             [upstreams.main]\naddress = \"{}\"\ntls = \"none\"\nlogin = {{ {upstream} }}\n[routing]\ndefault = \"main\"\n\
             [mtas.main]\naddresses = [\"{}\"]\ntls = \"none\"\nlogin = {{ {mta} }}\n[submission]\nmta = \"main\"\n\
             [sent_copy]\nmode = \"off\"\n",
            imap.address(),
            smtp.address(),
        );
        for protocol in ["imap", "smtp"] {
            let _ = write!(
                config,
                "[[listeners]]\nprotocol = \"{protocol}\"\naddresses = [\"127.0.0.1:0\"]\ntls = \"implicit\"\n\
                 certificates = [\"main\"]\ndirectory = \"users\"\nmechanisms = {mechanisms:?}\n{listener}\n"
            );
        }
        let files = [
            ("users.toml", kept.users()),
            ("master", "master-secret".to_owned()),
            ("stored", "only-here".to_owned()),
        ];
        let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
        let gateway = Gateway::start(&config, &files).await;
        Site { gateway, imap, smtp }
    }
}

impl Site {
    /// Listeners that offer these mechanisms, and users of whom that is kept.
    pub(crate) async fn start(kept: Kept, mechanisms: &[&str]) -> Self {
        Setup::new(kept, mechanisms).start().await
    }

    pub(crate) async fn talk(&self, protocol: Protocol) -> Talk {
        Talk::begin(&self.gateway, protocol).await
    }

    /// Asserts that the last login behind the gateway was for this user, by the gateway's own account.
    pub(crate) fn assert_logged_in(&self, protocol: Protocol, name: &str) {
        let logins = match protocol {
            Protocol::Imap => self.imap.control().logins(),
            Protocol::Smtp => self.smtp.smtp().logins(),
        };
        let last = logins.last().expect("no login behind the gateway");
        assert_eq!(last.authcid, "gateway");
        assert_eq!(last.authzid.as_deref(), Some(format!("mail-{name}").as_str()));
    }

    /// Asserts that nobody got in behind the gateway.
    pub(crate) fn assert_nobody_in(&self) {
        assert!(self.imap.control().logins().is_empty());
        assert!(self.smtp.smtp().logins().is_empty());
    }
}
