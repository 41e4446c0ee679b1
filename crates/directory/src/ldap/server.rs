//! The servers: connecting to one of them, those that failed lately last.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError, StdStream};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout};

use super::config::{Config, ConfigError, ServerUrl, Transport};
use super::guard::{NOT_LDAP, contained};
use super::pool::Identity;
use crate::Unavailable;

/// How long a server that failed is tried after the others.
const BACK_OFF: Duration = Duration::from_secs(5);

pub(crate) struct Servers {
    config: Arc<Config>,
    tls: Arc<ClientConfig>,
    /// Until when each server comes last.
    failed_until: Mutex<Vec<Option<Instant>>>,
}

/// A connection with its driver. Dropping it closes both, whatever they were doing.
pub(crate) struct Connection {
    pub(crate) ldap: Ldap,
    /// Which server it leads to.
    pub(crate) server: usize,
    driver: AbortHandle,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Connection {
    /// Whether the server, or its driver, has ended it.
    pub(crate) fn is_closed(&self) -> bool {
        self.driver.is_finished()
    }
}

impl Servers {
    pub(crate) fn new(config: Arc<Config>) -> Result<Self, ConfigError> {
        let tls = Arc::new(tls(&config)?);
        let failed_until = Mutex::new(vec![None; config.urls.len()]);
        Ok(Self {
            config,
            tls,
            failed_until,
        })
    }

    pub(crate) fn url(&self, index: usize) -> &ServerUrl {
        // Indexes come from `order`, or from a count of the URLs.
        #[expect(clippy::indexing_slicing, reason = "indexes are of this very list")]
        &self.config.urls[index]
    }

    pub(crate) fn operation_time(&self) -> Duration {
        self.config.operation_time
    }

    pub(crate) fn count(&self) -> usize {
        self.config.urls.len()
    }

    /// A new connection to the first server that takes one.
    pub(crate) async fn connect(&self, identity: &Identity) -> Result<Connection, Unavailable> {
        let mut last = None;
        for index in self.order() {
            match self.connect_to(index, identity).await {
                Ok(connection) => {
                    self.mark(index, None);
                    return Ok(connection);
                }
                Err(why) => {
                    self.mark_failed(index);
                    last = Some(why);
                }
            }
        }
        Err(last.unwrap_or_else(|| Unavailable("there is no server".to_owned())))
    }

    /// A new connection to one server: TCP, TLS, and the bind of the service account.
    pub(crate) async fn connect_to(
        &self,
        index: usize,
        identity: &Identity,
    ) -> Result<Connection, Unavailable> {
        let url = self.url(index);
        let opened = timeout(self.config.connect_time, contained(self.open(index, identity))).await;
        match opened {
            Ok(Some(Ok(connection))) => Ok(connection),
            Ok(Some(Err(why))) => Err(Unavailable(format!("{url}: {why}"))),
            Ok(None) => Err(Unavailable(format!("{url}: {NOT_LDAP}"))),
            Err(_) => {
                let seconds = self.config.connect_time.as_secs_f32();
                Err(Unavailable(format!(
                    "{url}: connecting took longer than {seconds} s"
                )))
            }
        }
    }

    async fn open(&self, index: usize, identity: &Identity) -> Result<Connection, String> {
        let url = self.url(index);
        let stream = dial(url).await.map_err(|error| error.to_string())?;
        let settings = LdapConnSettings::new()
            .set_config(Arc::clone(&self.tls))
            .set_starttls(url.transport() == Transport::StartTls)
            .set_std_stream(StdStream::Tcp(stream));
        let opened = LdapConnAsync::with_settings(settings, &url.to_string()).await;
        let (connection, ldap) = opened.map_err(|error| in_words(&error))?;
        let driver = tokio::spawn(async move {
            // Why it ended is what the operation in flight reports.
            let _ = connection.drive().await;
        });
        let mut connection = Connection {
            ldap,
            server: index,
            driver: driver.abort_handle(),
        };
        if let Identity::Service(service) = identity {
            let password = service
                .password
                .expose_str()
                .map_err(|_| "the service password is not UTF-8")?;
            let bound = connection.ldap.simple_bind(&service.dn, password).await;
            let result = bound.map_err(|error| in_words(&error))?;
            if result.rc != 0 {
                return Err(format!("the service account is refused: {}", code(&result)));
            }
        }
        Ok(connection)
    }

    /// The servers in order, those that failed lately behind the others, the latest at the very end.
    fn order(&self) -> Vec<usize> {
        let now = Instant::now();
        let failed = self.failed_until.lock().unwrap_or_else(PoisonError::into_inner);
        let lately = |index: &usize| {
            let until = failed.get(*index).copied().flatten();
            until.filter(|until| *until > now)
        };
        let mut order: Vec<usize> = (0..failed.len()).collect();
        order.sort_by_key(lately);
        order
    }

    pub(crate) fn mark_failed(&self, index: usize) {
        self.mark(index, Some(Instant::now() + BACK_OFF));
    }

    fn mark(&self, index: usize, until: Option<Instant>) {
        let mut failed = self.failed_until.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = failed.get_mut(index) {
            *slot = until;
        }
    }
}

/// Small messages that follow each other are sent at once: a handshake and a bind else wait for acknowledgements that
/// come 40 ms late.
async fn dial(url: &ServerUrl) -> std::io::Result<std::net::TcpStream> {
    let stream = match url.address() {
        Some(address) => TcpStream::connect(address).await?,
        None => TcpStream::connect((url.host(), url.port())).await?,
    };
    stream.set_nodelay(true)?;
    stream.into_std()
}

/// A result code with the server's text, which is shown escaped.
pub(crate) fn code(result: &ldap3::LdapResult) -> String {
    let text: String = result.text.chars().take(200).collect();
    format!("result code {} {text:?}", result.rc)
}

/// An error of the connection in words for an administrator.
pub(crate) fn in_words(error: &LdapError) -> String {
    match error {
        LdapError::Io { source } => source.to_string(),
        LdapError::Timeout { .. } => "no answer within the time limit".to_owned(),
        LdapError::LdapResult { result } => code(result),
        LdapError::EndOfStream | LdapError::ResultRecv { .. } | LdapError::OpSend { .. } => {
            "the server closed the connection".to_owned()
        }
        other => other.to_string(),
    }
}

fn tls(config: &Config) -> Result<ClientConfig, ConfigError> {
    let wrong = |error: &dyn std::fmt::Display| ConfigError(format!("TLS: {error}"));
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(&error))?;
    Ok(builder
        .with_root_certificates(roots(config)?)
        .with_no_client_auth())
}

fn roots(config: &Config) -> Result<RootCertStore, ConfigError> {
    let mut roots = RootCertStore::empty();
    if config.urls.iter().all(|url| url.transport() == Transport::Plain) {
        return Ok(roots);
    }
    let Some(file) = &config.ca_file else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        return match roots.is_empty() {
            true => Err(ConfigError(
                "the system has no root certificates: install ca-certificates".to_owned(),
            )),
            false => Ok(roots),
        };
    };
    let wrong = |error: &dyn std::fmt::Display| ConfigError(format!("{}: {error}", file.display()));
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| wrong(&error))? {
        let certificate = certificate.map_err(|error| wrong(&error))?;
        roots.add(certificate).map_err(|error| wrong(&error))?;
    }
    if roots.is_empty() {
        Err(wrong(&"holds no certificate"))
    } else {
        Ok(roots)
    }
}
