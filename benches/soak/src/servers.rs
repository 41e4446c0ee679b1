//! What stands behind the gateway, and the gateway's configuration.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context as _;
use gatepost_testkit::servers::{self, Authority, Dovecot, Identity, Postfix, Slapd, reserve};

use crate::gateway::Peers;
use crate::ledger::{Found, Place};
use crate::letter;
use crate::people::{Home, Person, Realm};
use crate::phone::{COPY_WAIT, Door, Doors};

/// The account by which the gateway logs in for others.
const MASTER: &str = "gateway";

/// The connections to the directory that the gateway keeps.
const SEARCHES: usize = 4;
const BINDS: usize = 8;
pub(crate) const POOL: usize = SEARCHES + BINDS;

/// Two Dovecots, a Postfix that delivers to them, and an OpenLDAP.
pub(crate) struct Servers {
    pub(crate) one: Dovecot,
    pub(crate) two: Dovecot,
    pub(crate) postfix: Postfix,
    pub(crate) slapd: Slapd,
}

impl Servers {
    pub(crate) fn start(people: &[Person], master: &str) -> Result<Self, servers::Error> {
        let dovecot = |home| {
            let here = people.iter().filter(move |person| person.home == home);
            // Nobody logs in by these passwords but those who look what has come.
            let builder = Dovecot::builder().master(MASTER, master);
            here.fold(builder, |builder, person| builder.user(&person.name, "only-here"))
        };
        let one = dovecot(Home::One).start()?;
        let two = dovecot(Home::Two).namespace("INBOX.", '.', "Gesendete Entw\u{fc}rfe");
        let two = two.start()?;
        // Without somebody who judges passwords it believes no login, not even one that XCLIENT tells.
        let mut postfix = Postfix::builder().sasl(&one);
        for person in people {
            let home = match person.home {
                Home::One => &one,
                Home::Two => &two,
            };
            postfix = postfix.deliver(&person.address, home);
        }
        let mut slapd = Slapd::builder();
        for person in people.iter().filter(|person| person.realm == Realm::Ldap) {
            let entry = servers::Person::new(&person.name)
                .password(&person.password)
                .clear_password(&person.password);
            slapd = slapd.person(entry.mail(&person.address).mail_host(person.home.name()));
        }
        Ok(Self {
            postfix: postfix.start()?,
            slapd: slapd.start()?,
            one,
            two,
        })
    }

    pub(crate) fn dovecot(&self, home: Home) -> &Dovecot {
        match home {
            Home::One => &self.one,
            Home::Two => &self.two,
        }
    }

    pub(crate) fn dovecot_mut(&mut self, home: Home) -> &mut Dovecot {
        match home {
            Home::One => &mut self.one,
            Home::Two => &mut self.two,
        }
    }

    /// All messages in all mailboxes, by the mail servers' own word.
    pub(crate) async fn found(&self, people: &[Person]) -> Result<Vec<Found>, servers::Error> {
        let mut found = Vec::new();
        for (user, person) in people.iter().enumerate() {
            let dovecot = self.dovecot(person.home);
            let trash = match person.home {
                Home::One => "Trash",
                Home::Two => "INBOX.Trash",
            };
            let sent = dovecot.sent();
            for (place, mailbox) in [
                (Place::Inbox, "INBOX"),
                (Place::Sent, &sent),
                (Place::Empty, trash),
            ] {
                let messages = dovecot.messages(&person.name, mailbox).await?;
                found.extend(messages.iter().map(|message| Found {
                    user,
                    place,
                    seen: letter::read(&message.raw),
                }));
            }
        }
        Ok(found)
    }

    /// Their logs, by file name.
    pub(crate) fn logs(&self) -> [(&'static str, String); 4] {
        [
            ("dovecot-one.log", self.one.log()),
            ("dovecot-two.log", self.two.log()),
            ("postfix.log", self.postfix.log()),
            ("slapd.log", self.slapd.log()),
        ]
    }
}

/// The gateway's own side: where it listens, and as whom.
pub(crate) struct Front {
    identity: Identity,
    listeners: Vec<(Realm, &'static str, &'static str, SocketAddr)>,
}

impl Front {
    pub(crate) fn reserve() -> Result<Self, servers::Error> {
        let mut listeners = Vec::new();
        for realm in [Realm::Ldap, Realm::File] {
            for (protocol, tls) in [
                ("imap", "implicit"),
                ("imap", "starttls"),
                ("smtp", "implicit"),
                ("smtp", "starttls"),
            ] {
                listeners.push((realm, protocol, tls, reserve()?));
            }
        }
        Ok(Self {
            identity: Authority::new()?.issue(["localhost"])?,
            listeners,
        })
    }

    /// Where phones go, in the order in which [`Doors`] has them.
    pub(crate) fn doors(&self) -> anyhow::Result<Doors> {
        let connector = self.identity.connector()?;
        let of = |wanted: Realm| -> anyhow::Result<[Door; 4]> {
            let here = self.listeners.iter().filter(|(realm, ..)| *realm == wanted);
            let doors: Vec<Door> = here
                .map(|(_, _, tls, address)| Door {
                    address: *address,
                    starttls: *tls == "starttls",
                    connector: connector.clone(),
                })
                .collect();
            doors.try_into().ok().context("four listeners")
        };
        Ok(Doors {
            ldap: of(Realm::Ldap)?,
            file: of(Realm::File)?,
        })
    }

    pub(crate) fn peers(&self, servers: &Servers) -> Peers {
        Peers {
            listeners: self.listeners.iter().map(|(.., address)| *address).collect(),
            directories: [servers.slapd.ldaps(), servers.slapd.ldap()].into(),
            mail: [servers.one.imaps(), servers.two.imaps()].into(),
            mtas: [servers.postfix.submission(), servers.postfix.xclient()].into(),
        }
    }

    /// Writes the configuration with all its files.
    pub(crate) fn write(
        &self,
        folder: &Path,
        servers: &Servers,
        people: &[Person],
        master: &str,
    ) -> anyhow::Result<()> {
        let mut users = String::new();
        for person in people.iter().filter(|person| person.realm == Realm::File) {
            let Person {
                name,
                address,
                password,
                home,
                ..
            } = person;
            let home = home.name();
            let _ = writeln!(
                users,
                "[[user]]\nname = {name:?}\nsecret = \"{{PLAIN}}{password}\"\naddresses = [{address:?}]\n\
                 mail_host = {home:?}"
            );
        }
        let files = [
            ("users.toml", users),
            ("master", master.to_owned()),
            ("service", servers.slapd.service_password().to_owned()),
            ("gatepost.toml", self.config(servers)),
        ];
        for (name, content) in files {
            let path = folder.join(name);
            std::fs::write(&path, content).with_context(|| path.display().to_string())?;
        }
        Ok(())
    }

    fn config(&self, servers: &Servers) -> String {
        let Servers {
            one,
            two,
            postfix,
            slapd,
        } = servers;
        let (chain, key) = (self.identity.chain_file(), self.identity.key_file());
        let mut config = format!(
            "[server]\nname = \"localhost\"\nshutdown_grace = \"5s\"\n\
             [limits]\nrecheck = \"1m\"\n[control]\nsocket = \"control.sock\"\n\
             [certificates.main]\nchain = {chain:?}\nkey = {key:?}\n\
             [directories.file]\nkind = \"file\"\npath = \"users.toml\"\n\
             [directories.ldap]\nkind = \"ldap\"\nurls = [{:?}]\nca_file = {:?}\nbind_dn = {:?}\n\
             bind_password_file = \"service\"\nbase = {:?}\nattributes = [\"mailHost\"]\n\
             plaintext_attribute = \"clearPassword\"\nversion_attribute = \"pwdChangedTime\"\n\
             search_connections = {SEARCHES}\nbind_connections = {BINDS}\n\
             [routing]\nattribute = \"mailHost\"\n\
             [submission]\nmta = \"main\"\nmessages_per_hour = 0\nrecipients_per_hour = 0\n\
             [sent_copy]\nspool = \"spool\"\nwait = \"{}s\"\nrestart_wait = \"1s\"\nretry_first = \"1s\"\n\
             retry_max = \"3s\"\nretry_unanswered = \"3s\"\n\
             [mtas.main]\naddresses = [\"{}\"]\ntls = \"starttls\"\nca_file = {:?}\nlogin = {{ method = \"xclient\" }}\n",
            slapd.ldaps_url(),
            slapd.ca_file(),
            slapd.service_dn(),
            slapd.base(),
            COPY_WAIT.as_secs(),
            postfix.xclient(),
            postfix.ca_file(),
        );
        for (home, dovecot, mode) in [(Home::One, one, "if-missing"), (Home::Two, two, "always")] {
            // Writing to a string cannot fail.
            let _ = write!(
                config,
                "[upstreams.{}]\naddress = \"{}\"\nca_file = {:?}\nsent_copy = {mode:?}\n\
                 login = {{ method = \"master\", user = \"{MASTER}\", password_file = \"master\" }}\n",
                home.name(),
                dovecot.imaps(),
                dovecot.ca_file(),
            );
        }
        for (realm, protocol, tls, address) in &self.listeners {
            let directory = match realm {
                Realm::Ldap => "ldap",
                Realm::File => "file",
            };
            let _ = write!(
                config,
                "[[listeners]]\nprotocol = \"{protocol}\"\naddresses = [\"{address}\"]\ntls = \"{tls}\"\n\
                 certificates = [\"main\"]\ndirectory = \"{directory}\"\n\
                 mechanisms = [\"PLAIN\", \"LOGIN\", \"CRAM-MD5\", \"NTLM\"]\n"
            );
        }
        config
    }
}
