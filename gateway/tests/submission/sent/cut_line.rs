//! A line to a server that breaks at a bad moment.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// What a side has said in a connection so far, the last piece of it just now.
#[derive(Clone, Copy)]
pub(super) enum Said<'a> {
    Client(&'a [u8]),
    Server(&'a [u8]),
}

/// What becomes of the last piece.
pub(super) enum Then {
    Pass,
    /// It does not get there, and the line is cut.
    Cut,
    /// The server gets it, but the line is cut before the answer.
    CutBehind,
}

/// Passes on to a server what clients say, and its answers, until its rule says otherwise.
pub(super) struct CutLine {
    address: SocketAddr,
    accepting: AbortHandle,
}

impl CutLine {
    pub(super) async fn to(
        server: SocketAddr,
        rule: impl Fn(Said<'_>) -> Then + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, rule) = (listener.local_addr().unwrap(), Arc::new(rule));
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let rule = Arc::clone(&rule);
                tokio::spawn(async move { pass(client, server, &*rule).await });
            }
        });
        Self {
            address,
            accepting: accepting.abort_handle(),
        }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for CutLine {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

pub(super) fn has(octets: &[u8], words: &str) -> bool {
    octets.windows(words.len()).any(|some| some == words.as_bytes())
}

async fn pass(
    mut client: TcpStream,
    server: SocketAddr,
    rule: &(impl Fn(Said<'_>) -> Then + Sync),
) -> io::Result<()> {
    let mut server = TcpStream::connect(server).await?;
    let (mut asked, mut answered) = (Vec::new(), Vec::new());
    loop {
        tokio::select! {
            size = server.read_buf(&mut answered) => {
                let piece = answered.len() - size?;
                match rule(Said::Server(&answered)) {
                    Then::Pass if piece < answered.len() => client.write_all(&answered[piece..]).await?,
                    _ => return Ok(()),
                }
            }
            size = client.read_buf(&mut asked) => {
                let piece = asked.len() - size?;
                match rule(Said::Client(&asked)) {
                    Then::Pass if piece < asked.len() => server.write_all(&asked[piece..]).await?,
                    Then::CutBehind => {
                        drop(client);
                        server.write_all(&asked[piece..]).await?;
                        // It has decided when it answers.
                        return server.read_u8().await.map(drop);
                    }
                    _ => return Ok(()),
                }
            }
        }
    }
}
