//! slapd's configuration, in the form of one file.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::{ADMIN, ADMIN_PASSWORD, BASE, Error, Identity, SERVICE};
use crate::servers::process::{Family, Plan};
use crate::servers::write;

/// Whether passwords are taken without TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Plaintext {
    #[default]
    Refused,
    Allowed,
}

/// Where other directories have further mail addresses: 389 Directory Server (by an OID that OpenLDAP has given away) and
/// Active Directory.
const MAIL_RECIPIENT: &str = "attributetype ( 1.3.6.1.4.1.4203.666.1.1 NAME 'mailAlternateAddress'
  EQUALITY caseIgnoreIA5Match SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 )
attributetype ( 1.2.840.113556.1.2.210 NAME 'proxyAddresses'
  EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
objectclass ( 1.2.840.113556.1.3.46 NAME 'mailRecipient' SUP top AUXILIARY
  MAY ( mailAlternateAddress $ proxyAddresses ) )";

/// Where secrets for challenge-response mechanisms are: Samba's own attributes, of which the real class has many more, and
/// two that every company names as it likes.
const SECRETS: &str = "attributetype ( 1.3.6.1.4.1.7165.2.1.20 NAME 'sambaSID'
  EQUALITY caseIgnoreIA5Match SYNTAX 1.3.6.1.4.1.1466.115.121.1.26{64} SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.7165.2.1.25 NAME 'sambaNTPassword'
  EQUALITY caseIgnoreIA5Match SYNTAX 1.3.6.1.4.1.1466.115.121.1.26{32} SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.7165.2.1.26 NAME 'sambaAcctFlags'
  EQUALITY caseIgnoreIA5Match SYNTAX 1.3.6.1.4.1.1466.115.121.1.26{16} SINGLE-VALUE )
objectclass ( 1.3.6.1.4.1.7165.2.2.6 NAME 'sambaSamAccount' SUP top AUXILIARY
  MUST ( uid $ sambaSID ) MAY ( sambaNTPassword $ sambaAcctFlags ) )
attributetype ( 1.3.6.1.4.1.4203.666.1.2 NAME 'cramMd5State'
  EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )
attributetype ( 1.3.6.1.4.1.4203.666.1.3 NAME 'clearPassword'
  EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )
objectclass ( 1.3.6.1.4.1.4203.666.1.4 NAME 'mailSecrets' SUP top AUXILIARY
  MAY ( cramMd5State $ clearPassword ) )";

/// Who may read secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Readers {
    /// The service account alone.
    #[default]
    Service,
    /// The service account may look for them, but is not shown them.
    Searched,
    Nobody,
}

impl Readers {
    fn rule(self) -> String {
        let access = match self {
            Self::Service => "read",
            Self::Searched => "search",
            Self::Nobody => "none",
        };
        format!(
            "access to attrs=sambaNTPassword,cramMd5State,clearPassword by dn.exact={SERVICE} {access} by * none"
        )
    }
}

/// What differs between one slapd and another.
pub(super) struct Config<'a> {
    pub(super) directory: &'a Path,
    pub(super) identity: &'a Identity,
    pub(super) plaintext: Plaintext,
    pub(super) readers: Readers,
    pub(super) ldap: SocketAddr,
    pub(super) ldaps: SocketAddr,
}

impl Config<'_> {
    fn file(&self) -> PathBuf {
        self.directory.join("slapd.conf")
    }

    /// The administrator's way in: a socket in the file system, of which only the server's own user knows.
    pub(super) fn admin_url(&self) -> String {
        let path = self.directory.join("socket");
        let mut url = "ldapi://".to_owned();
        for octet in path.as_os_str().as_encoded_bytes() {
            match octet {
                // Writing to a string cannot fail.
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => url.push(char::from(*octet)),
                _ => drop(write!(url, "%{octet:02X}")),
            }
        }
        url
    }

    pub(super) fn plan(&self) -> Plan {
        let urls = format!("ldap://{} ldaps://{} {}", self.ldap, self.ldaps, self.admin_url());
        let file = self.file().display().to_string();
        // With -d it stays in the foreground, and logs to standard error.
        let arguments = ["-h", &urls, "-f", &file, "-d", "stats"];
        Plan {
            program: "slapd",
            arguments: arguments.map(str::to_owned).to_vec(),
            log: self.directory.join("log"),
            listens: vec![self.ldap, self.ldaps],
            family: Family::Children,
        }
    }

    /// Writes the file, and makes the folder of the database.
    pub(super) fn write(&self) -> Result<(), Error> {
        let database = self.directory.join("database");
        std::fs::create_dir(&database).map_err(Error::file(&database))?;
        write(&self.file(), self.text())
    }

    fn text(&self) -> String {
        let directory = self.directory.display();
        let security = match self.plaintext {
            Plaintext::Refused => "security simple_bind=64",
            Plaintext::Allowed => "",
        };
        format!(
            "include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/misc.schema
include /etc/ldap/schema/nis.schema
{MAIL_RECIPIENT}
{SECRETS}
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload ppolicy
pidfile {directory}/pid
argsfile {directory}/arguments
TLSCertificateFile {chain}
TLSCertificateKeyFile {key}
{security}
sizelimit 200
threads 4
database mdb
suffix {BASE}
rootdn {ADMIN}
rootpw {ADMIN_PASSWORD}
directory {directory}/database
maxsize 33554432
dbnosync
index objectClass,uid,mail,mailLocalAddress eq
access to attrs=userPassword by anonymous auth by * none
{secrets}
access to * by dn.exact={SERVICE} read by * auth
overlay memberof
overlay ppolicy
ppolicy_default cn=policy,ou=services,{BASE}
ppolicy_use_lockout
",
            secrets = self.readers.rule(),
            chain = self.identity.chain_file().display(),
            key = self.identity.key_file().display(),
        )
    }
}
