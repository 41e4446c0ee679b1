//! The gateway's side: a request, an answer, the end.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::info;

use super::accounts::{self, Answer, Failures};
use super::request::Request;
use super::socket::{Peer, Socket};
use super::table::{lines, shown};
use super::{ERROR, OK, REQUEST_OCTETS};
use crate::directory::Directories;

/// How long a request may take to come, and an answer to leave.
const PEER_TIME: Duration = Duration::from_secs(5);

/// How long directories may take.
const WORK_TIME: Duration = Duration::from_secs(60);

/// Requests at once; more wait.
const AT_ONCE: usize = 8;

/// What knows how the gateway is.
pub(crate) trait Status: Send + Sync {
    /// Keys, which stay, and values.
    fn status(&self) -> Vec<(String, String)>;
}

/// What can be asked and told of.
pub(crate) struct Control {
    status: Arc<dyn Status>,
    /// `None`: nobody counts them.
    failures: Option<Arc<dyn Failures>>,
    directories: Directories,
}

impl Control {
    pub(crate) fn new(
        status: Arc<dyn Status>,
        failures: Option<Arc<dyn Failures>>,
        directories: Directories,
    ) -> Arc<Self> {
        Arc::new(Self {
            status,
            failures,
            directories,
        })
    }

    /// Serves for ever.
    pub(crate) async fn serve(self: Arc<Self>, socket: Socket) {
        let mut peers = JoinSet::new();
        loop {
            let has_room = peers.len() < AT_ONCE;
            tokio::select! {
                peer = socket.accept(), if has_room => {
                    let control = Arc::clone(&self);
                    peers.spawn(async move { control.serve_one(peer).await });
                }
                Some(_) = peers.join_next() => {}
            }
        }
    }

    /// A peer that is too slow, or gone, is left.
    async fn serve_one(&self, peer: Peer) {
        let Peer {
            mut stream,
            user,
            process,
        } = peer;
        let Ok(Ok(line)) = timeout(PEER_TIME, read_line(&mut stream)).await else {
            return;
        };
        let answer = match line.as_deref().and_then(Request::parse) {
            None => Err("no such request".to_owned()),
            Some(request) => {
                info!(user, process, request = %request, "control");
                let late = |_| Err("it takes too long".to_owned());
                timeout(WORK_TIME, self.obey(&request)).await.unwrap_or_else(late)
            }
        };
        let said = text(answer);
        let _ = timeout(PEER_TIME, stream.write_all(said.as_bytes())).await;
    }

    async fn obey(&self, request: &Request) -> Answer {
        match request {
            Request::Status => Ok(status(&*self.status)),
            Request::List => Ok(accounts::list(self.failures()?)),
            Request::ClearAll => Ok(accounts::clear_all(self.failures()?)),
            Request::Clear(who) => accounts::clear(self.failures()?, &self.directories, who).await,
        }
    }

    fn failures(&self) -> Result<&dyn Failures, String> {
        let off = || "the guard is switched off ([guard] enabled = false)".to_owned();
        self.failures.as_deref().ok_or_else(off)
    }
}

fn status(status: &dyn Status) -> Vec<String> {
    let rows = status.status().into_iter();
    let rows: Vec<[String; 2]> = rows.map(|(key, value)| [key, shown(&value)]).collect();
    lines(&rows)
}

/// A line without its end; `None` if it is too long, not whole, or not text.
async fn read_line(stream: &mut UnixStream) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    let mut reader = BufReader::new(stream).take(REQUEST_OCTETS as u64);
    reader.read_until(b'\n', &mut line).await?;
    Ok(line
        .strip_suffix(b"\n")
        .and_then(|line| String::from_utf8(line.to_vec()).ok()))
}

fn text(answer: Answer) -> String {
    let (lines, last) = match answer {
        Ok(lines) => (lines, OK.to_owned()),
        Err(why) => (Vec::new(), format!("{ERROR}{why}")),
    };
    lines
        .iter()
        .chain([&last])
        .map(|line| format!("{line}\n"))
        .collect()
}
