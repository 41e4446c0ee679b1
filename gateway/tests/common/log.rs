//! What a program writes to its standard error, in lines.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::sync::{Arc, Mutex};

use tokio::net::unix::pipe::Receiver;
use tokio::process::ChildStderr;
use tokio::sync::watch;

/// The lines of one run of the program after the other.
#[derive(Default)]
pub struct Log {
    lines: watch::Sender<Vec<String>>,
    /// The last run's.
    pipe: Mutex<Option<Arc<Pipe>>>,
}

impl Log {
    /// Goes on with what another run says. All that the one before has said is in the log then, if it is over.
    pub fn follow(&self, stderr: ChildStderr) {
        let stderr = stderr.into_owned_fd().unwrap();
        let file = File::from(stderr.try_clone().unwrap());
        let pipe = Arc::new(Pipe {
            file,
            begun: Mutex::default(),
        });
        if let Some(before) = self.pipe.lock().unwrap().replace(Arc::clone(&pipe)) {
            before.empty(&self.lines);
        }
        // Neither waits for the other: it is the same pipe, which does not block.
        let (receiver, lines) = (Receiver::from_owned_fd(stderr).unwrap(), self.lines.clone());
        tokio::spawn(async move {
            while receiver.readable().await.is_ok() {
                if pipe.empty_by(|octets| receiver.try_read(octets), &lines) {
                    return;
                }
            }
        });
    }

    /// All lines that were written until now, whether or not somebody has been woken for them.
    pub fn lines(&self) -> Vec<String> {
        if let Some(pipe) = &*self.pipe.lock().unwrap() {
            pipe.empty(&self.lines);
        }
        self.lines.borrow().clone()
    }

    /// Waits until something is found in the lines.
    pub async fn wait_for<T>(&self, find: impl Fn(&[String]) -> Option<T>) -> T {
        let mut lines = self.lines.subscribe();
        loop {
            if let Some(found) = find(&lines.borrow_and_update()) {
                return found;
            }
            // The sender is ours.
            lines.changed().await.unwrap();
        }
    }
}

/// What one run says, and the begin of the line that is not whole yet.
struct Pipe {
    file: File,
    begun: Mutex<Vec<u8>>,
}

impl Pipe {
    /// Reads all that is there, without waiting for more, and tells whether it is over.
    fn empty(&self, lines: &watch::Sender<Vec<String>>) -> bool {
        self.empty_by(|octets| (&self.file).read(octets), lines)
    }

    fn empty_by(
        &self,
        mut read: impl FnMut(&mut [u8]) -> io::Result<usize>,
        lines: &watch::Sender<Vec<String>>,
    ) -> bool {
        let mut begun = self.begun.lock().unwrap();
        let mut octets = [0; 16 * 1024];
        let is_over = loop {
            match read(&mut octets) {
                Ok(0) => break true,
                Ok(read) => begun.extend_from_slice(&octets[..read]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break false,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => panic!("{error}"),
            }
        };
        let end = begun.iter().rposition(|octet| *octet == b'\n');
        let whole = if is_over {
            begun.len()
        } else {
            end.map_or(0, |end| end + 1)
        };
        if whole > 0 {
            let whole: Vec<u8> = begun.drain(..whole).collect();
            let text = String::from_utf8_lossy(&whole);
            lines.send_modify(|lines| lines.extend(text.lines().map(str::to_owned)));
        }
        is_over
    }
}
