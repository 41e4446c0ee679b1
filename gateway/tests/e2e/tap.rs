//! Stands between the gateway and a mail server, and keeps what the gateway said.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::{TcpListener, TcpStream};

/// A relay without TLS that can be asked what it heard.
pub(crate) struct Tap {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Tap {
    /// Relays to `server` until the test is over.
    pub(crate) async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::default());
        let kept = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((gateway, _)) = listener.accept().await {
                let server = TcpStream::connect(server).await.unwrap();
                tokio::spawn(relay(gateway, server, Arc::clone(&kept)));
            }
        });
        Self { address, heard }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the gateway sent so far, in capital letters.
    pub(crate) fn heard(&self) -> String {
        String::from_utf8_lossy(&self.heard.lock().unwrap()).to_ascii_uppercase()
    }
}

async fn relay(gateway: TcpStream, server: TcpStream, heard: Arc<Mutex<Vec<u8>>>) {
    let (mut from_gateway, mut to_gateway) = gateway.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    tokio::spawn(async move {
        // Either side may go at any time.
        let _ = copy(&mut from_server, &mut to_gateway).await;
    });
    let mut octets = vec![0; 4096];
    while let Ok(count @ 1..) = from_gateway.read(&mut octets).await {
        heard.lock().unwrap().extend_from_slice(&octets[..count]);
        if to_server.write_all(&octets[..count]).await.is_err() {
            return;
        }
    }
}
