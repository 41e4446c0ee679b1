//! Directories that cannot be asked.

use super::*;

/// Keys of an LDAP directory, and what is wrong with the first of them.
const LDAP_MISTAKES: &[(&str, &str)] = &[
    ("base = \"\"", "the key `urls` is missing"),
    (
        "urls = [\"ldap.example.com\"]\nbase = \"\"",
        "directories.users.urls: expected ldaps://HOST:PORT, or ldap://HOST:PORT for StartTLS",
    ),
    (
        "tls = \"none\"\nurls = [\"ldap://ldap.example.com\"]\nbase = \"\"",
        "directories.users.urls: plaintext is allowed for the loopback addresses 127.0.0.0/8 only",
    ),
    (
        "bind_dn = \"cn=g\"\nurls = [\"ldaps://a\"]\nbase = \"\"",
        "directories.users.bind_dn: its password is missing",
    ),
    (
        "bind_dn = \"\"\nurls = [\"ldaps://a\"]\nbase = \"\"",
        "directories.users.bind_dn: an empty name makes the bind anonymous",
    ),
    (
        "filter = \"(uid=alice)\"\nurls = [\"ldaps://a\"]\nbase = \"\"",
        "directories.users.filter: {name} is missing in it",
    ),
    (
        "filter = \"(uid={name}\"\nurls = [\"ldaps://a\"]\nbase = \"\"",
        "directories.users.filter: expected a search filter (RFC 4515)",
    ),
    (
        "required_filter = \"staff\"\nurls = [\"ldaps://a\"]\nbase = \"\"",
        "directories.users.required_filter: expected a search filter (RFC 4515)",
    ),
    (
        "required_group = \"staff\"\nurls = [\"ldaps://a\"]\nbase = \"\"",
        "directories.users.required_group: expected a distinguished name",
    ),
    (
        "search_connections = 0\nurls = [\"ldaps://a\"]\nbase = \"\"",
        "directories.users.search_connections: expected a whole number from 1 to 256",
    ),
    (
        "nt_hash_attribute = \"sambaNTPassword\"\nurls = [\"ldaps://a\"]\nbase = \"\"",
        "directories.users.nt_hash_attribute: only a service account that is allowed to can read sambaNTPassword",
    ),
    (
        "plaintext_attribute = \"clear\"\nattributes = [\"Clear\"]\nbind_dn = \"cn=g\"\nbind_password_file = \"master\"\n\
         urls = [\"ldaps://a\"]\nbase = \"\"",
        "directories.users.plaintext_attribute: clear keeps secrets, but \"Clear\" would read it for something else",
    ),
];

#[test]
fn mistakes_about_ldap_have_messages_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    for (keys, message) in LDAP_MISTAKES {
        let ldap = format!("kind = \"ldap\"\n{keys}");
        let config = RIGHT.replace("kind = \"file\"\npath = \"users.toml\"", &ldap);
        let file = written(folder.path(), &config);
        let output = gatepost(&["check", "--config", &file]).output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{keys}: {said}");
        assert!(said.contains(message), "{keys}: {said}");
    }
}

/// What an Active Directory needs, and nothing more.
const DOMAIN: &str = "kind = \"active-directory\"\ndns_domain = \"corp.example.com\"\nnetbios_domain = \"CORP\"\n\
                      bind_dn = \"g@corp.example.com\"\nbind_password_env = \"PATH\"\n";

/// Keys of an Active Directory: what is written instead of what, and what is wrong then.
const DOMAIN_MISTAKES: &[(&str, &str, &str)] = &[
    (
        "dns_domain = \"corp.example.com\"\n",
        "",
        "directories.users: the key `dns_domain` is missing",
    ),
    (
        "\"CORP\"",
        "\"CORP\\\\\"",
        "directories.users.netbios_domain: expected a domain such as \"CORP\"",
    ),
    (
        "bind_dn = \"g@corp.example.com\"\nbind_password_env = \"PATH\"\n",
        "",
        "directories.users: the key `bind_dn` is missing: the account that searches",
    ),
    (
        "kind",
        "site = \"dmz\"\nurls = [\"ldaps://dc1\"]\nkind",
        "directories.users.site: is for domain controllers that DNS names, and `urls` names them",
    ),
    (
        "kind",
        "dns_servers = [\"dc1\"]\nkind",
        "directories.users.dns_servers: expected an address such as \"10.0.0.1\" or \"10.0.0.1:53\"",
    ),
    (
        "kind",
        "tls = \"none\"\nkind",
        "directories.users.tls: expected \"implicit\" or \"starttls\"",
    ),
    (
        "kind",
        "global_catalog_base = \"\"\nkind",
        "directories.users.global_catalog_base: needs `global_catalog`",
    ),
    (
        "kind",
        "netlogon = { computer = \"GW1$\", password_env = \"PATH\" }\nkind",
        "directories.users.netlogon.computer: expected the computer's NetBIOS name without `$`",
    ),
    (
        "kind",
        "netlogon = { computer = \"GW1\" }\nkind",
        "directories.users.netlogon.computer: its password is missing",
    ),
    (
        "kind",
        "netlogon = { computer = \"GW1\", password = \"hunter2\" }\nkind",
        "directories.users.netlogon.password: a secret does not belong in this file",
    ),
    (
        "kind",
        "ntlm_domain = \"CORP\"\nkind",
        "directories.users.ntlm_domain: unknown key; allowed here: ",
    ),
];

#[test]
fn mistakes_about_active_directory_have_messages_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let with = |domain: &str| RIGHT.replace("kind = \"file\"\npath = \"users.toml\"\n", domain);
    let right = written(folder.path(), &with(DOMAIN));
    succeeded(&gatepost(&["check", "--config", &right]).output().unwrap());
    for (right, wrong, message) in DOMAIN_MISTAKES {
        assert!(DOMAIN.contains(right), "{right}");
        let file = written(folder.path(), &with(&DOMAIN.replacen(right, wrong, 1)));
        let output = gatepost(&["check", "--config", &file]).output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{wrong}: {said}");
        assert!(said.contains(message), "{wrong}: {said}");
        assert!(!said.contains("hunter2"));
    }
}
