//! A domain, the servers behind the gateway, and gateways between them.

use gatepost_sasl::client::{Fresh, Ntlm};
use gatepost_testkit::servers::{Dovecot, Postfix, Samba, SambaBuilder};
use gatepost_wire::Secret;

use crate::common::Gateway;
use crate::talk::{Protocol, Talk};

const MASTER: &str = "gateway";
const MASTER_PASSWORD: &str = "master-secret";

/// Whose mail is here: the directory's addresses are the mail server's names.
const MAILBOXES: [&str; 8] = [
    "alice", "bob", "mueller", "strasse", "muser", "idil", "yves", "grace",
];

/// How somebody proves who he is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    Plain,
    Ntlm,
}

impl Proof {
    pub(crate) const BOTH: [Self; 2] = [Self::Plain, Self::Ntlm];
}

/// All that is not the gateway.
pub(crate) struct Servers {
    pub(crate) samba: Samba,
    pub(crate) dovecot: Dovecot,
    pub(crate) postfix: Postfix,
}

impl Servers {
    pub(crate) fn start() -> Self {
        Self::with(|samba| samba)
    }

    /// The same with a domain that differs.
    pub(crate) fn with(change: impl FnOnce(SambaBuilder) -> SambaBuilder) -> Self {
        let mut dovecot = Dovecot::builder().master(MASTER, MASTER_PASSWORD);
        for name in MAILBOXES {
            dovecot = dovecot.user(&format!("{name}@example.test"), "only-here");
        }
        let dovecot = dovecot.start().unwrap();
        let postfix = Postfix::builder()
            .sasl(&dovecot)
            .deliver("example.test", &dovecot);
        Self {
            samba: change(Samba::builder()).start().unwrap(),
            postfix: postfix.start().unwrap(),
            dovecot,
        }
    }

    /// A gateway in front of them.
    pub(crate) fn site(&self) -> Site<'_> {
        Site {
            servers: self,
            controllers: vec![self.samba.ldaps_url()],
            keys: String::new(),
            computer: "GW1",
            group: "",
            limits: "",
            guard: "enabled = false",
        }
    }
}

/// A gateway's configuration.
pub(crate) struct Site<'a> {
    servers: &'a Servers,
    /// None: those that DNS names.
    controllers: Vec<String>,
    keys: String,
    computer: &'static str,
    group: &'static str,
    limits: &'static str,
    guard: &'static str,
}

impl Site<'_> {
    /// Another controller of the domain, which is asked when the others do not answer.
    pub(crate) fn controller(mut self, samba: &Samba) -> Self {
        self.controllers.push(samba.ldaps_url());
        self
    }

    /// Finds the controller by the domain's own DNS server.
    pub(crate) fn by_dns(mut self) -> Self {
        self.controllers.clear();
        let server = self.servers.samba.dns().to_string();
        self.key("dns_servers", &[server])
    }

    /// Finds users in the global catalog.
    pub(crate) fn by_global_catalog(self) -> Self {
        let url = format!("ldaps://{}", self.servers.samba.global_catalog());
        self.key("global_catalog", &[url])
    }

    fn key(mut self, name: &str, values: &[String]) -> Self {
        self.keys.push_str(&format!("{name} = {values:?}\n"));
        self
    }

    /// Another computer account than `GW1`.
    pub(crate) fn computer(self, computer: &'static str) -> Self {
        Self { computer, ..self }
    }

    /// Asks the controller in plaintext for TLS.
    pub(crate) fn by_starttls(self) -> Self {
        let controllers = vec![self.servers.samba.ldap_url()];
        Self { controllers, ..self }
    }

    /// No computer account, and so no NTLM.
    pub(crate) fn without_netlogon(self) -> Self {
        self.computer("")
    }

    /// Lets in who is in a group, or in a group in it.
    pub(crate) fn group(self, group: &'static str) -> Self {
        Self { group, ..self }
    }

    /// Keys of `[limits]`.
    pub(crate) fn limits(self, limits: &'static str) -> Self {
        Self { limits, ..self }
    }

    /// Keys of `[guard]`, which is off otherwise.
    pub(crate) fn guard(self, guard: &'static str) -> Self {
        Self { guard, ..self }
    }

    fn directory(&self) -> String {
        let Servers { samba, .. } = self.servers;
        let group = match self.group {
            "" => String::new(),
            group => format!("required_group = {:?}\n", samba.dn(group).unwrap()),
        };
        let netlogon = match self.computer {
            "" => String::new(),
            computer => format!("netlogon = {{ computer = {computer:?}, password_file = \"computer\" }}\n"),
        };
        let urls = match self.controllers.is_empty() {
            true => String::new(),
            false => format!("urls = {:?}\n", self.controllers),
        };
        format!(
            "[directories.users]\nkind = \"active-directory\"\n{urls}{}ca_file = {:?}\n\
             dns_domain = {:?}\nnetbios_domain = {:?}\nbind_dn = {:?}\nbind_password_file = \"bind\"\n\
             login_attribute = \"mail\"\nconnect_time = \"2s\"\noperation_time = \"5s\"\n{group}{netlogon}",
            self.keys,
            samba.ca_file(),
            samba.dns_domain(),
            samba.domain(),
            samba.service_dn(),
        )
    }

    fn config(&self) -> String {
        let Servers { dovecot, postfix, .. } = self.servers;
        let login =
            format!("login = {{ method = \"master\", user = \"{MASTER}\", password_file = \"master\" }}");
        let mechanisms = match self.computer {
            "" => ["PLAIN", "LOGIN"].as_slice(),
            _ => &["PLAIN", "LOGIN", "NTLM"],
        };
        let listener = |protocol: &str| {
            format!(
                "[[listeners]]\nprotocol = \"{protocol}\"\naddresses = [\"127.0.0.1:0\"]\ntls = \"implicit\"\n\
                 certificates = [\"main\"]\ndirectory = \"users\"\nmechanisms = {mechanisms:?}\n"
            )
        };
        format!(
            "[server]\nname = \"mail.corp.example.test\"\n\
             [limits]\nfailure_grid = \"0s\"\nfailures_per_connection = 100\n{}\n[guard]\n{}\n{}\
             [upstreams.main]\naddress = \"{}\"\nca_file = {:?}\n{login}\n[routing]\ndefault = \"main\"\n\
             [mtas.main]\naddresses = [\"{}\"]\ntls = \"starttls\"\nca_file = {:?}\n{login}\n\
             [submission]\nmta = \"main\"\n[sent_copy]\nmode = \"off\"\n{}{}",
            self.limits,
            self.guard,
            self.directory(),
            dovecot.imaps(),
            dovecot.ca_file(),
            postfix.submission(),
            postfix.ca_file(),
            listener("imap"),
            listener("smtp"),
        )
    }

    pub(crate) async fn start(&self) -> Gateway {
        let files = [
            ("bind", self.servers.samba.service_password()),
            ("computer", Samba::password(self.computer)),
            ("master", MASTER_PASSWORD.to_owned()),
        ];
        let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
        let gateway = Gateway::start(&self.config(), &files).await;
        // What EHLO lists is not all before that.
        gateway.logged("event=mta-offers").await;
        gateway
    }
}

/// What somebody hears at the end of a login, on a connection of its own.
pub(crate) async fn log_in(
    gateway: &Gateway,
    protocol: Protocol,
    proof: Proof,
    (user, password): (&str, &str),
) -> String {
    let mut talk = Talk::begin(gateway, protocol).await;
    say(&mut talk, proof, (user, password)).await
}

/// The same, on a connection that there is already.
pub(crate) async fn say(talk: &mut Talk, proof: Proof, (user, password): (&str, &str)) -> String {
    match proof {
        Proof::Plain => {
            let message = format!("\0{user}\0{password}");
            talk.start("PLAIN", Some(message.as_bytes())).await.over()
        }
        Proof::Ntlm => {
            talk.log_in(ntlm(user, password).with_workstation("PHONE"), true)
                .await
        }
    }
}

/// A client of NTLM as Windows is one, that is, with a key of its own and a MIC. `login` may begin with a domain.
pub(crate) fn ntlm(login: &str, password: &str) -> Ntlm {
    let fresh = Fresh {
        random: *b"sixteen octets!!",
        since_epoch: std::time::Duration::from_secs(1_800_000_000),
    };
    Ntlm::new(login, &Secret::from(password), fresh)
        .unwrap()
        .with_target_name("imap/mail.corp.example.test")
        .with_key_exchange([0x55; 16])
}

/// All of them at once, in this task.
pub(crate) async fn at_once(work: impl Iterator<Item = impl Future<Output = ()>>) {
    let mut work: Vec<_> = work.map(Box::pin).collect();
    std::future::poll_fn(|cx| {
        work.retain_mut(|one| one.as_mut().poll(cx).is_pending());
        match work.is_empty() {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        }
    })
    .await;
}
