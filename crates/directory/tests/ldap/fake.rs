//! A server that says the same to everybody.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gatepost_directory::ldap::{Config, LdapDirectory, ServerUrl};
use gatepost_testkit::servers::address;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// What is done with each connection.
#[derive(Clone, Copy)]
pub(crate) enum Behaviour {
    /// Nothing is ever said.
    Silent,
    /// Each request gets these octets.
    Says(&'static [u8]),
    /// The first request gets these octets, and the connection is closed.
    SaysAndCloses(&'static [u8]),
    /// The same, but the connection is closed when there is a second request.
    SaysOnce(&'static [u8]),
}

/// Heard where a second request begins, of which no more is read.
pub(crate) const AGAIN: &[u8] = b"<again>";

pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    accepted: Arc<AtomicUsize>,
    /// What was heard on each connection that has ended.
    ended: watch::Receiver<Vec<Vec<u8>>>,
}

impl Fake {
    pub(crate) async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind((address(), 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (end, ended) = watch::channel(Vec::new());
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&accepted);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                let end = end.clone();
                tokio::spawn(async move {
                    let (mut heard, mut is_first) = (Vec::new(), true);
                    while !matches!(stream.read_buf(&mut heard).await, Ok(0) | Err(_)) {
                        let says = match behaviour {
                            Behaviour::Silent => continue,
                            Behaviour::SaysOnce(_) if !is_first => {
                                heard.extend(AGAIN);
                                break;
                            }
                            Behaviour::Says(says)
                            | Behaviour::SaysAndCloses(says)
                            | Behaviour::SaysOnce(says) => says,
                        };
                        if stream.write_all(says).await.is_err()
                            || matches!(behaviour, Behaviour::SaysAndCloses(_))
                        {
                            break;
                        }
                        is_first = false;
                    }
                    end.send_modify(|ended| ended.push(heard));
                });
            }
        });
        Self {
            address,
            accepted,
            ended,
        }
    }

    /// How many connections there were.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }

    pub(crate) fn ldaps(&self) -> ServerUrl {
        ServerUrl::parse(&format!("ldaps://{}", self.address)).unwrap()
    }

    pub(crate) fn starttls(&self) -> ServerUrl {
        ServerUrl::parse(&format!("ldap://{}", self.address)).unwrap()
    }

    pub(crate) fn plain(&self) -> ServerUrl {
        self.starttls().without_tls().unwrap()
    }

    /// A directory without service account that asks this server alone.
    pub(crate) fn directory(&self, config: impl FnOnce(Config) -> Config) -> LdapDirectory {
        LdapDirectory::new(config(Config::new(vec![self.plain()], "dc=example,dc=org"))).unwrap()
    }

    /// Waits until so many connections have ended, and returns what was heard on them.
    pub(crate) async fn ended(&mut self, count: usize) -> Vec<Vec<u8>> {
        self.ended
            .wait_for(|ended| ended.len() >= count)
            .await
            .unwrap()
            .clone()
    }
}
