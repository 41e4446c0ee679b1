//! Mail transfer agents: where sent mail goes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gatepost_wire::Secret;

use super::reader::{Section, Value};
use super::upstreams::{UpstreamTls, read_tls, split_address};
use super::{ConfigError, secret};

/// An MTA, or several that are alike, and how to log in to it.
#[derive(Debug, Clone)]
pub struct MtaConfig {
    /// Its name in the configuration.
    pub name: String,
    /// Where it is: the first that can be logged in to is used.
    pub hosts: Vec<MtaHost>,
    /// How the connection is protected.
    pub tls: UpstreamTls,
    /// Certificate authorities to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// The name that the certificate must hold, instead of each host's own.
    pub server_name: Option<String>,
    /// How to log in.
    pub login: MtaLogin,
}

/// One address of an MTA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MtaHost {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

/// How the gateway may send for a user.
#[derive(Debug, Clone)]
pub enum MtaLogin {
    /// A master account: PLAIN with the user as authorization identity (RFC 4616).
    Master {
        /// The master's name.
        user: String,
        /// The master's password.
        password: Secret,
    },
    /// The password that the client gave.
    SameCredentials,
    /// One account for everybody.
    Stored {
        /// Its name.
        user: String,
        /// Its password.
        password: Secret,
    },
    /// XCLIENT tells who the user is (Postfix).
    Xclient,
    /// None: the MTA knows the gateway by its address.
    Trusted,
}

impl MtaLogin {
    /// Whether this login needs the user's own password.
    pub fn needs_password(&self) -> bool {
        matches!(self, Self::SameCredentials)
    }
}

#[derive(Clone, Copy)]
enum Method {
    Master,
    SameCredentials,
    Stored,
    Xclient,
    Trusted,
}

pub(super) fn read(root: &Section<'_>, folder: &Path) -> Result<BTreeMap<String, MtaConfig>, ConfigError> {
    let mut mtas = BTreeMap::new();
    for (name, section) in root.named("mtas")? {
        let mta = MtaConfig::read(name.clone(), section, folder)?;
        mtas.insert(name, mta);
    }
    Ok(mtas)
}

impl MtaConfig {
    fn read(name: String, section: Section<'_>, folder: &Path) -> Result<Self, ConfigError> {
        let addresses = section.texts("addresses")?;
        if addresses.is_empty() {
            return Err(
                section.error("the key `addresses` is missing: a list such as [\"mta.example.com:587\"]")
            );
        }
        let hosts = addresses.iter().map(read_host).collect::<Result<Vec<_>, _>>()?;
        let names = hosts.iter().map(|host| host.host.as_str());
        let tls = read_tls(&section, names)?;
        let ca_file = section.text("ca_file")?.map(|file| folder.join(file.value));
        let server_name = section.text("server_name")?.map(|name| name.value.to_owned());
        let login = MtaLogin::read(section.section("login")?, folder)?;
        section.finish()?;
        Ok(Self {
            name,
            hosts,
            tls,
            ca_file,
            server_name,
            login,
        })
    }
}

fn read_host(address: &Value<'_, &str>) -> Result<MtaHost, ConfigError> {
    let (host, port) = address.convert(|address| split_address(address))?;
    Ok(MtaHost { host, port })
}

impl MtaLogin {
    fn read(section: Section<'_>, folder: &Path) -> Result<Self, ConfigError> {
        let methods = [
            ("master", Method::Master),
            ("same-credentials", Method::SameCredentials),
            ("stored", Method::Stored),
            ("xclient", Method::Xclient),
            ("trusted", Method::Trusted),
        ];
        let method = section.choice("method", &methods)?;
        let login = match section.required("method", method)?.value {
            Method::SameCredentials => Self::SameCredentials,
            Method::Xclient => Self::Xclient,
            Method::Trusted => Self::Trusted,
            Method::Master => {
                let (user, password) = secret::account(&section, folder)?;
                Self::Master { user, password }
            }
            Method::Stored => {
                let (user, password) = secret::account(&section, folder)?;
                Self::Stored { user, password }
            }
        };
        section.finish()?;
        Ok(login)
    }
}
