//! A client that makes an exchange by hand, in either protocol.
#![allow(dead_code, reason = "shared by test programs that use parts of it")]

use std::time::Duration;

use gatepost_sasl::client::{Fresh, Ntlm};
use gatepost_testkit::{client, smtp_client};
use gatepost_wire::{Secret, base64};
use sasl::client::Mechanism;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::common::{Gateway, LIMIT};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Imap,
    Smtp,
}

impl Protocol {
    pub(crate) const BOTH: [Self; 2] = [Self::Imap, Self::Smtp];

    /// What a failed login hears.
    pub(crate) fn failed(self) -> &'static str {
        match self {
            Self::Imap => "NO [AUTHENTICATIONFAILED] authentication failed",
            Self::Smtp => "535 5.7.8 authentication failed",
        }
    }

    /// How the answer to a login begins that went all the way.
    pub(crate) fn let_in(self) -> &'static str {
        match self {
            Self::Imap => "OK ",
            Self::Smtp => "235 ",
        }
    }

    /// How the answer begins to what is no message of the mechanism.
    pub(crate) fn malformed(self) -> &'static str {
        match self {
            Self::Imap => "BAD ",
            Self::Smtp => "501 ",
        }
    }
}

/// What the gateway says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Challenge(Vec<u8>),
    /// The end of the exchange, without tag.
    Over(String),
}

impl Answer {
    pub(crate) fn challenge(self) -> Vec<u8> {
        match self {
            Self::Challenge(octets) => octets,
            Self::Over(text) => panic!("no challenge, but {text:?}"),
        }
    }

    pub(crate) fn over(self) -> String {
        match self {
            Self::Over(text) => text,
            Self::Challenge(octets) => panic!("a challenge of {} octets", octets.len()),
        }
    }
}

pub(crate) type Stream = TlsStream<TcpStream>;

pub(crate) enum Talk {
    Imap(client::Client<Stream>),
    Smtp(smtp_client::Client<Stream>),
}

impl Talk {
    /// Connects to the listener of the protocol, where IMAP's is the first and SMTP's the second.
    pub(crate) async fn begin(gateway: &Gateway, protocol: Protocol) -> Self {
        match protocol {
            Protocol::Imap => Self::over_imap(connected(gateway, 0).await).await,
            Protocol::Smtp => Self::over_smtp(gateway, 1).await,
        }
    }

    /// SMTP with the listener at that place.
    pub(crate) async fn over_smtp(gateway: &Gateway, place: usize) -> Self {
        let stream = connected(gateway, place).await;
        let (mut client, _) = smtp_client::Client::greeted(stream, LIMIT).await.unwrap();
        client.ehlo().await.unwrap();
        Self::Smtp(client)
    }

    /// IMAP over a connection to a gateway.
    pub(crate) async fn over_imap(stream: Stream) -> Self {
        Self::Imap(client::Client::greeted(stream, LIMIT).await.unwrap().0)
    }

    /// Sends a line and reads the answer.
    pub(crate) async fn line(&mut self, line: &str) -> Answer {
        self.send(&format!("{line}\r\n")).await;
        self.answer().await
    }

    async fn send(&mut self, octets: &str) {
        match self {
            Self::Imap(client) => client.send(octets.as_bytes()).await.unwrap(),
            Self::Smtp(client) => client.send(octets.as_bytes()).await.unwrap(),
        }
    }

    async fn answer(&mut self) -> Answer {
        let line = match self {
            Self::Imap(client) => {
                let text = client.response().await.unwrap().text().into_owned();
                match text.strip_prefix("+ ") {
                    Some(challenge) => format!("334 {challenge}"),
                    None => text.split_once(' ').unwrap().1.to_owned(),
                }
            }
            Self::Smtp(client) => {
                let reply = client.reply().await.unwrap();
                format!("{} {}", reply.code, reply.text())
            }
        };
        match line.strip_prefix("334 ") {
            Some(challenge) => {
                let octets = base64::decode(challenge.trim_end().as_bytes()).unwrap();
                Answer::Challenge(octets.expose().to_vec())
            }
            None => Answer::Over(line.trim_end().to_owned()),
        }
    }

    /// The command that begins an exchange.
    pub(crate) fn command(&self, mechanism: &str, initial: Option<&[u8]>) -> String {
        let command = match self {
            Self::Imap(_) => format!("a1 AUTHENTICATE {mechanism}"),
            Self::Smtp(_) => format!("AUTH {mechanism}"),
        };
        match initial {
            None => command,
            Some([]) => format!("{command} ="),
            Some(octets) => format!("{command} {}", encoded(octets)),
        }
    }

    pub(crate) async fn start(&mut self, mechanism: &str, initial: Option<&[u8]>) -> Answer {
        let command = self.command(mechanism, initial);
        self.line(&command).await
    }

    pub(crate) async fn respond(&mut self, response: &[u8]) -> Answer {
        self.line(&encoded(response)).await
    }

    /// A whole exchange. A first message of the client's goes along with the command, or behind an empty challenge.
    pub(crate) async fn log_in(&mut self, mut mechanism: impl Mechanism, at_once: bool) -> String {
        let name = mechanism.name().to_owned();
        let initial = mechanism.initial();
        let mut answer = match (initial.is_empty(), at_once) {
            (true, _) => self.start(&name, None).await,
            (false, true) => self.start(&name, Some(&initial)).await,
            (false, false) => {
                assert_eq!(self.start(&name, None).await.challenge(), b"");
                self.respond(&initial).await
            }
        };
        loop {
            match answer {
                Answer::Over(text) => return text,
                Answer::Challenge(challenge) => {
                    let response = mechanism.response(&challenge).unwrap();
                    answer = self.respond(&response).await;
                }
            }
        }
    }
}

async fn connected(gateway: &Gateway, place: usize) -> Stream {
    let stream = TcpStream::connect(gateway.address(place)).await.unwrap();
    gateway.tls(stream).await
}

/// A client of NTLM, which names its computer and asks for a key of its own, as Windows does.
pub(crate) fn ntlm(user: &str, domain: &str, password: &str) -> Ntlm {
    let login = match domain {
        "" => user.to_owned(),
        domain => format!("{domain}\\{user}"),
    };
    let fresh = Fresh {
        random: *b"sixteen octets!!",
        since_epoch: Duration::from_secs(1_800_000_000),
    };
    Ntlm::new(&login, &Secret::from(password), fresh)
        .unwrap()
        .with_workstation("PHONE")
        .with_key_exchange([0x55; 16])
}

pub(crate) fn encoded(octets: &[u8]) -> String {
    let mut text = Vec::new();
    base64::encode(octets, &mut text);
    String::from_utf8(text).unwrap()
}
