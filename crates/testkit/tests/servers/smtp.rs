//! The least client that can tell what an SMTP server says.

use std::io::{BufRead as _, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use gatepost_testkit::servers::Identity;
use rustls::{ClientConnection, StreamOwned};

/// What a connection is made of, with TLS or without.
trait Stream: Read + Write {}

impl<S: Read + Write> Stream for S {}

/// A connection.
pub(crate) struct Smtp(BufReader<Box<dyn Stream>>);

impl Smtp {
    /// Connects, and returns the greeting too.
    pub(crate) fn connect(address: SocketAddr) -> (Self, String) {
        let mut smtp = Self(BufReader::new(Box::new(stream(address))));
        let greeting = smtp.reply();
        (smtp, greeting)
    }

    /// Connects, says EHLO, and returns what is offered too.
    pub(crate) fn ehlo(address: SocketAddr) -> (Self, String) {
        let (mut smtp, greeting) = Self::connect(address);
        assert!(greeting.starts_with("220 "), "{greeting}");
        let offered = smtp.say("EHLO client.example.org");
        (smtp, offered)
    }

    /// Connects, and says EHLO with TLS, by STARTTLS.
    pub(crate) fn starttls(address: SocketAddr, identity: &Identity) -> (Self, String) {
        let mut stream = stream(address);
        let mut plain = Self(BufReader::new(Box::new(stream.try_clone().unwrap())));
        plain.reply();
        plain.say("EHLO client.example.org");
        let reply = plain.say("STARTTLS");
        assert!(reply.starts_with("220 "), "{reply}");
        let config = Arc::clone(identity.connector().unwrap().config());
        let mut tls = ClientConnection::new(config, address.ip().into()).unwrap();
        tls.complete_io(&mut stream).unwrap();
        let mut smtp = Self(BufReader::new(Box::new(StreamOwned::new(tls, stream))));
        let offered = smtp.say("EHLO client.example.org");
        (smtp, offered)
    }

    /// Sends a line, and reads the reply.
    pub(crate) fn say(&mut self, line: &str) -> String {
        // One that has hung up is found out when its reply is read.
        let _ = self.0.get_mut().write_all(format!("{line}\r\n").as_bytes());
        self.reply()
    }

    /// All lines of a reply, and nothing if the server hung up.
    fn reply(&mut self) -> String {
        let mut reply = String::new();
        loop {
            let start = reply.len();
            let octets = match self.0.read_line(&mut reply) {
                Err(error) if error.kind() == ErrorKind::ConnectionReset => 0,
                read => read.unwrap(),
            };
            if octets == 0 || reply.as_bytes().get(start + 3) != Some(&b'-') {
                return reply.trim_end().replace("\r\n", "\n");
            }
        }
    }

    /// Sends a message that ends with a line, and returns the last reply: the first that is negative, or that to the whole message.
    pub(crate) fn send(&mut self, from: &str, to: &[&str], message: &str) -> String {
        let mail = format!("MAIL FROM:{from}");
        let rcpts = to.iter().map(|to| format!("RCPT TO:<{to}>"));
        for line in [mail].into_iter().chain(rcpts).chain(["DATA".to_owned()]) {
            let reply = self.say(&line);
            if !reply.starts_with(['2', '3']) {
                return reply;
            }
        }
        self.say(&format!("{message}."))
    }
}

fn stream(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

/// Sends a message with curl, which trusts the authority in a file; its exit code and what it heard.
pub(crate) fn curl(ca_file: &Path, arguments: &[&str], message: &str) -> (i32, String) {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--verbose", "--max-time", "10"]);
    command
        .args(["--upload-file", "-", "--cacert"])
        .arg(ca_file)
        .args(arguments);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("curl has to be installed");
    child.stdin.take().unwrap().write_all(message.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let heard = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().unwrap(), heard)
}
