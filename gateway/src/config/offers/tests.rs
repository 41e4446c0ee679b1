//! The two tables of docs/sasl.md, cell by cell: what a directory can judge, and what a login can go on from.

use std::path::Path;

use crate::config::Config;

const MECHANISMS: [&str; 4] = ["PLAIN", "LOGIN", "CRAM-MD5", "NTLM"];

const MASTER: &str = "login = { method = \"master\", user = \"g\", password_env = \"PATH\" }";
const SAME: &str = "login = { method = \"same-credentials\" }";

/// A configuration of one listener, as its parts.
struct Setup<'a> {
    directory: &'a str,
    upstreams: &'a str,
    mtas: &'a str,
    protocol: &'a str,
}

impl Setup<'_> {
    /// Why a listener with this mechanism is refused, without file and line, if it is.
    fn refusal(&self, mechanism: &str) -> Option<String> {
        let Self {
            directory,
            upstreams,
            mtas,
            protocol,
        } = self;
        let text = format!(
            "[certificates.c]\nchain = \"c\"\nkey = \"k\"\n[directories.users]\n{directory}\n{upstreams}\n{mtas}\n\
             [sent_copy]\nmode = \"off\"\n[[listeners]]\nprotocol = \"{protocol}\"\naddresses = [\"127.0.0.1:0\"]\n\
             tls = \"implicit\"\ncertificates = [\"c\"]\ndirectory = \"users\"\nmechanisms = [\"{mechanism}\"]\n"
        );
        let error = Config::parse(Path::new("g.toml"), &text).err()?;
        let line = text.lines().count();
        assert_eq!(
            (error.line, error.key.as_str()),
            (line, "listeners[0].mechanisms"),
            "{error}"
        );
        Some(error.what)
    }
}

fn upstream(name: &str, login: &str) -> String {
    format!("[upstreams.{name}]\naddress = \"{name}.example.com:993\"\n{login}\n")
}

fn on_one(login: &str) -> String {
    upstream("one", login) + "[routing]\ndefault = \"one\"\n"
}

const FILE: &str = "kind = \"file\"\npath = \"users.toml\"";
/// All that an Active Directory needs.
const DOMAIN: &str = "kind = \"active-directory\"\nurls = [\"ldaps://dc1\"]\ndns_domain = \"corp.example.com\"\n\
                      netbios_domain = \"CORP\"\nbind_dn = \"g@corp.example.com\"\nbind_password_env = \"PATH\"";
const LDAP: &str = "kind = \"ldap\"\nurls = [\"ldaps://a\"]\nbase = \"dc=x\"\nbind_dn = \"cn=g\"\n\
                    bind_password_env = \"PATH\"";

/// A kind of directory, and what is said of CRAM-MD5 and NTLM where it cannot judge them.
struct Row {
    directory: String,
    cram_md5: Option<&'static str>,
    ntlm: Option<&'static str>,
}

fn rows() -> Vec<Row> {
    let ldap = |more: &str| format!("{LDAP}\n{more}");
    let cram_md5 = Some("a bind needs the password; give cram_md5_attribute or plaintext_attribute");
    let ntlm = Some("a bind needs the password; give nt_hash_attribute or plaintext_attribute");
    let row = |directory, cram_md5, ntlm| Row {
        directory,
        cram_md5,
        ntlm,
    };
    vec![
        // What a file can judge depends on its users' secrets, and is known once it is read.
        row(FILE.to_owned(), None, None),
        row(ldap(""), cram_md5, ntlm),
        row(ldap("nt_hash_attribute = \"sambaNTPassword\""), cram_md5, None),
        row(ldap("cram_md5_attribute = \"cram\""), None, ntlm),
        row(ldap("plaintext_attribute = \"clear\""), None, None),
        row(
            DOMAIN.to_owned(),
            Some("Active Directory keeps nothing that it could be judged with"),
            Some("only a domain controller can; give `netlogon`, a computer account to ask it with"),
        ),
        row(
            format!("{DOMAIN}\nnetlogon = {{ computer = \"GW1\", password_env = \"PATH\" }}"),
            Some("Active Directory keeps nothing that it could be judged with"),
            None,
        ),
    ]
}

#[test]
fn each_no_of_the_directories_is_a_sentence() {
    let upstreams = on_one(MASTER);
    for row in rows() {
        let setup = Setup {
            directory: &row.directory,
            upstreams: &upstreams,
            mtas: "",
            protocol: "imap",
        };
        for mechanism in MECHANISMS {
            let why = match mechanism {
                "CRAM-MD5" => row.cram_md5,
                "NTLM" => row.ntlm,
                _ => None,
            };
            let expected = why.map(|why| {
                format!("offers {mechanism}, but directory `users` cannot judge {mechanism}: {why}")
            });
            assert_eq!(setup.refusal(mechanism), expected, "{}", row.directory);
        }
    }
}

#[test]
fn imap_goes_on_from_a_challenge_and_response_by_a_master_alone() {
    let separator = MASTER.replace(" }", ", style = \"separator\" }");
    for (login, goes_on) in [(MASTER, true), (separator.as_str(), true), (SAME, false)] {
        let upstreams = on_one(login);
        let setup = Setup {
            directory: FILE,
            upstreams: &upstreams,
            mtas: "",
            protocol: "imap",
        };
        for mechanism in MECHANISMS {
            let expected = format!(
                "offers {mechanism}, but upstream `one` logs in with same-credentials: after {mechanism} there is no \
                 password to pass on; use login method \"master\""
            );
            let gives_none = matches!(mechanism, "CRAM-MD5" | "NTLM");
            let expected = (gives_none && !goes_on).then_some(expected);
            assert_eq!(setup.refusal(mechanism), expected, "{login}");
        }
    }
}

#[test]
fn smtp_goes_on_from_a_challenge_and_response_by_anything_but_the_same_credentials() {
    let stored = MASTER.replace("master", "stored");
    for (login, goes_on) in [
        (MASTER, true),
        (stored.as_str(), true),
        ("login = { method = \"xclient\" }", true),
        ("login = { method = \"trusted\" }", true),
        (SAME, false),
    ] {
        let mtas = format!(
            "[mtas.main]\naddresses = [\"mta.example.com:465\"]\n{login}\n[submission]\nmta = \"main\"\n"
        );
        let setup = Setup {
            directory: FILE,
            upstreams: "",
            mtas: &mtas,
            protocol: "smtp",
        };
        for mechanism in MECHANISMS {
            let expected = format!(
                "offers {mechanism}, but MTA `main` logs in with same-credentials: after {mechanism} there is no \
                 password to pass on; use login method \"master\", \"stored\", \"xclient\" or \"trusted\""
            );
            let gives_none = matches!(mechanism, "CRAM-MD5" | "NTLM");
            let expected = (gives_none && !goes_on).then_some(expected);
            assert_eq!(setup.refusal(mechanism), expected, "{login}");
        }
    }
}

/// A server that no account is routed to does not matter; one that the directory may name does.
#[test]
fn what_matters_is_where_accounts_can_be_routed() {
    let mta = "[mtas.main]\naddresses = [\"m:465\"]\nlogin = { method = \"trusted\" }\n\
               [mtas.same]\naddresses = [\"m:465\"]\nlogin = { method = \"same-credentials\" }\n\
               [submission]\nmta = \"main\"\n";
    let two = upstream("one", MASTER) + &upstream("two", &format!("{SAME}\nmta = \"same\""));
    for (routing, reached) in [
        ("[routing]\ndefault = \"one\"\n", false),
        ("[routing]\ndefault = \"two\"\n", true),
        ("[routing]\ndefault = \"one\"\nattribute = \"mailHost\"\n", true),
    ] {
        let upstreams = two.clone() + routing;
        for protocol in ["imap", "smtp"] {
            let setup = Setup {
                directory: FILE,
                upstreams: &upstreams,
                mtas: mta,
                protocol,
            };
            assert_eq!(setup.refusal("NTLM").is_some(), reached, "{protocol} {routing}");
            assert_eq!(setup.refusal("PLAIN"), None);
        }
    }
}
