//! Mail servers that stall, or talk without end.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gatepost_testkit::mail::{MailServer, Running};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::common::LIMIT;
use crate::crowd::SOCKET_OCTETS;
use crate::site::TRUDY;

/// What a server offers that says what it can do.
const CAPABLE: &str = "CAPABILITY IMAP4rev1 SASL-IR IDLE LITERAL+";

/// How far a server plays its part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The first words; of SMTP, too.
    Greeting,
    /// What it can do.
    Capability,
    /// The challenge of a login.
    Challenge,
    /// The answer to a login.
    Login,
    /// The first command behind the login.
    Command,
}

/// What it does then.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Nothing any more.
    Stall,
    /// It says the first, and the second again and again for ever.
    Flood(Vec<u8>, Vec<u8>),
    /// It says this, and nothing any more.
    Say(Vec<u8>),
    /// It says this octet by octet, as fast as it can, and nothing any more.
    Trickle(Vec<u8>),
}

/// An IMAP server that misbehaves at a stage, beside an SMTP server.
pub(crate) struct Fickle {
    pub(crate) imap: SocketAddr,
    /// Its own SMTP server, for what goes wrong there.
    pub(crate) mta: Running,
    /// What it does with those who come now.
    part: Arc<Mutex<(Stage, Act)>>,
    said: Arc<AtomicU64>,
    open: watch::Sender<usize>,
    _serving: JoinSet<()>,
}

impl Fickle {
    pub(crate) async fn start(stage: Stage, act: Act) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        // Those of its connections are as large.
        socket.set_recv_buffer_size(SOCKET_OCTETS).unwrap();
        socket.set_send_buffer_size(SOCKET_OCTETS).unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1024).unwrap();
        let imap = listener.local_addr().unwrap();
        let server = MailServer::builder().master("gateway", "m");
        let server = server.user(TRUDY.0, "nobody logs in with it").build();
        let mta = server.bind_smtp("127.0.0.1:0").await.unwrap();
        let (said, open) = (Arc::new(AtomicU64::new(0)), watch::Sender::new(0));
        let part = Arc::new(Mutex::new((stage, act)));
        let mut serving = JoinSet::new();
        let played = Arc::clone(&part);
        let (count, opened) = (Arc::clone(&said), open.clone());
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (stage, act) = played.lock().unwrap().clone();
                let part = Part {
                    stage,
                    act,
                    said: Arc::clone(&count),
                };
                opened.send_modify(|open| *open += 1);
                let opened = opened.clone();
                connections.spawn(async move {
                    let _ = part.play(stream).await;
                    opened.send_modify(|open| *open -= 1);
                });
            }
        });
        Self {
            imap,
            mta,
            part,
            said,
            open,
            _serving: serving,
        }
    }

    /// From now on it misbehaves like this.
    pub(crate) fn play(&self, stage: Stage, act: Act) {
        *self.part.lock().unwrap() = (stage, act);
    }

    /// Both, for a site's setup.
    pub(crate) fn addresses(&self) -> (SocketAddr, SocketAddr) {
        (self.imap, self.mta.address())
    }

    /// How much it got rid of in floods.
    pub(crate) fn said(&self) -> u64 {
        self.said.load(Ordering::Relaxed)
    }

    /// Waits until it gets rid of no more.
    pub(crate) async fn is_blocked(&self) {
        let mut before = u64::MAX;
        let blocked = async {
            while before != self.said() {
                before = self.said();
                sleep(Duration::from_millis(300)).await;
            }
        };
        timeout(LIMIT, blocked).await.unwrap();
    }

    /// Waits until so many connections are open.
    pub(crate) async fn has_open(&self, count: usize) {
        let mut open = self.open.subscribe();
        let reached = timeout(LIMIT, open.wait_for(|open| *open == count)).await;
        assert!(
            reached.is_ok(),
            "{} connections are open, not {count}",
            *self.open.borrow()
        );
    }
}

/// One connection's.
struct Part {
    stage: Stage,
    act: Act,
    said: Arc<AtomicU64>,
}

impl Part {
    async fn play(&self, stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let mut stream = BufReader::new(stream);
        if self.stage == Stage::Greeting {
            return self.act(&mut stream).await;
        }
        let greeting = match self.stage {
            Stage::Capability => "* OK hello\r\n".to_owned(),
            Stage::Challenge => "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello\r\n".to_owned(),
            _ => format!("* OK [{CAPABLE} AUTH=PLAIN] hello\r\n"),
        };
        stream.write_all(greeting.as_bytes()).await?;
        let mut logged_in = false;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let (tag, command) = line.trim_end().split_once(' ').unwrap_or((&line, ""));
            let due = match command {
                "CAPABILITY" if !logged_in => Stage::Capability,
                "AUTHENTICATE PLAIN" => Stage::Challenge,
                _ if !logged_in => Stage::Login,
                _ => Stage::Command,
            };
            if due == self.stage {
                return self.act(&mut stream).await;
            }
            logged_in = true;
            stream
                .write_all(format!("{tag} OK [{CAPABLE}] done\r\n").as_bytes())
                .await?;
        }
    }

    async fn act(&self, stream: &mut BufReader<TcpStream>) -> std::io::Result<()> {
        match &self.act {
            Act::Stall => {}
            Act::Say(words) => stream.write_all(words).await?,
            Act::Trickle(words) => {
                for octet in words {
                    stream.write_all(&[*octet]).await?;
                }
            }
            Act::Flood(first, words) => {
                stream.write_all(first).await?;
                loop {
                    stream.write_all(words).await?;
                    self.said.fetch_add(words.len() as u64, Ordering::Relaxed);
                }
            }
        }
        // Until the gateway has had enough.
        let mut dropped = [0; 1024];
        while stream.read(&mut dropped).await? > 0 {}
        Ok(())
    }
}
