//! What nginx asks who may log in, and where: its `auth_http`.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncWrite};

use crate::lines::Lines;
use crate::load::PASSWORD;

/// Answers one request. nginx makes a connection for each.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut lines: Lines<S>,
    imap: SocketAddr,
    smtp: SocketAddr,
) -> anyhow::Result<()> {
    let mut fields = BTreeMap::new();
    loop {
        let line = lines.line().await?;
        let line = std::str::from_utf8(&line)?.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(": ") {
            fields.insert(name.to_ascii_lowercase(), value.to_owned());
        }
    }
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    if field("auth-pass") != PASSWORD {
        return lines
            .send("HTTP/1.0 200 OK\r\nAuth-Status: wrong password\r\n\r\n")
            .await;
    }
    let server = match field("auth-protocol") {
        "smtp" => smtp,
        _ => imap,
    };
    let (host, port) = (server.ip(), server.port());
    lines
        .send(format!(
            "HTTP/1.0 200 OK\r\nAuth-Status: OK\r\nAuth-Server: {host}\r\nAuth-Port: {port}\r\n\r\n"
        ))
        .await
}
