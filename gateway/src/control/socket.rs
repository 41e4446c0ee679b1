//! The socket in the file system: who may connect, and what becomes of one that is left over.

use std::fs::{self, Metadata, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use rustix::process::geteuid;
use socket2::{Domain, SockAddr, Socket as RawSocket, Type};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::sleep;
use tracing::{error, warn};

/// The owner alone may connect; root may anyway.
const MODE: u32 = 0o600;

/// A listening socket. Its file is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Socket {
    path: PathBuf,
    /// Device and inode.
    file: (u64, u64),
    listener: UnixListener,
}

/// Somebody who may ask.
pub(super) struct Peer {
    pub(super) stream: UnixStream,
    /// For the log.
    pub(super) user: u32,
    pub(super) process: Option<i32>,
}

impl Socket {
    /// Listens. A socket that a gateway has left over, at which nobody listens any more, is replaced.
    ///
    /// # Errors
    /// If somebody listens there, or something else than a socket is there, or the folder is missing.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let name = || format!("the control socket {}", path.display());
        make_room(path).with_context(name)?;
        let listener = UnixListener::bind(path).with_context(name)?;
        let file = fs::set_permissions(path, Permissions::from_mode(MODE)).and_then(|()| identity(path));
        Ok(Self {
            path: path.to_owned(),
            file: file.with_context(name)?,
            listener,
        })
    }

    /// The next peer that may ask; others are turned away.
    pub(super) async fn accept(&self) -> Peer {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    if let Some(peer) = admit(stream) {
                        return peer;
                    }
                }
                Err(reason) => {
                    // No file descriptors left, most likely.
                    error!(%reason, "control-failed");
                    sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Another gateway's may be there by now.
        if identity(&self.path).is_ok_and(|file| file == self.file) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The file's mode says the same; but it is there a moment before it has it.
fn admit(stream: UnixStream) -> Option<Peer> {
    let credentials = stream.peer_cred().ok()?;
    let (user, process) = (credentials.uid(), credentials.pid());
    if user != 0 && user != geteuid().as_raw() {
        warn!(user, process, "control-refused");
        return None;
    }
    Some(Peer {
        stream,
        user,
        process,
    })
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|file| (file.dev(), file.ino()))
}

fn make_room(path: &Path) -> anyhow::Result<()> {
    let is_socket = |file: &Metadata| file.file_type().is_socket();
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error.into()),
        Ok(file) if !is_socket(&file) => bail!("something else than a socket has that name"),
        Ok(_) if somebody_listens(path)? => bail!("another gateway listens there"),
        Ok(_) => Ok(fs::remove_file(path)?),
    }
}

fn somebody_listens(path: &Path) -> io::Result<bool> {
    let socket = RawSocket::new(Domain::UNIX, Type::STREAM, None)?;
    // One whose queue is full listens, too, and would be waited for.
    socket.set_nonblocking(true)?;
    match socket.connect(&SockAddr::unix(path)?) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(true),
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_socket_is_its_owners_and_goes_with_the_gateway() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let socket = Socket::open(&path).unwrap();
        let file = fs::symlink_metadata(&path).unwrap();
        assert!(file.file_type().is_socket());
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
        let error = format!("{:#}", Socket::open(&path).unwrap_err());
        let expected = format!(
            "the control socket {}: another gateway listens there",
            path.display()
        );
        assert_eq!(error, expected);
        drop(socket);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn what_is_left_over_is_replaced_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        // A socket of the standard library leaves its file.
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let first = Socket::open(&path).unwrap();
        // Somebody took the place of the first: it does not remove what is not its own.
        fs::remove_file(&path).unwrap();
        let second = Socket::open(&path).unwrap();
        drop(first);
        assert!(path.exists());
        drop(second);
        fs::write(&path, "precious").unwrap();
        let error = format!("{:#}", Socket::open(&path).unwrap_err());
        assert!(
            error.ends_with("something else than a socket has that name"),
            "{error}"
        );
        assert_eq!(fs::read(&path).unwrap(), b"precious");
        assert!(Socket::open(&folder.path().join("missing").join("socket")).is_err());
    }

    #[tokio::test]
    async fn one_with_a_full_queue_is_alive() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let listener = RawSocket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        let address = SockAddr::unix(&path).unwrap();
        listener.bind(&address).unwrap();
        listener.listen(0).unwrap();
        let mut waiting = Vec::new();
        loop {
            let client = RawSocket::new(Domain::UNIX, Type::STREAM, None).unwrap();
            client.set_nonblocking(true).unwrap();
            let connected = client.connect(&address);
            waiting.push(client);
            if connected.is_err() {
                break;
            }
        }
        assert!(somebody_listens(&path).unwrap());
    }

    #[tokio::test]
    async fn the_peer_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let socket = Socket::open(&path).unwrap();
        let _client = UnixStream::connect(&path).await.unwrap();
        let peer = socket.accept().await;
        assert_eq!(peer.user, geteuid().as_raw());
        assert_eq!(peer.process, i32::try_from(std::process::id()).ok());
    }
}
