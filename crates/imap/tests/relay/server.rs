//! A mail server that counts literals as the RFC says and runs whatever it takes for a command.

use gatepost_imap::frame::literal::{Mode, announced};

const REFUSED: [&str; 5] = ["COMPRESS", "STARTTLS", "AUTHENTICATE", "LOGIN", "UNAUTHENTICATE"];

/// The server, the choices that it makes, and what it should never have heard.
pub struct Server {
    choices: Vec<u8>,
    chosen: usize,
    line: Vec<u8>,
    command: Vec<u8>,
    literal: u64,
    idling: Option<String>,
    said: Vec<u8>,
    pub refused: Vec<String>,
}

impl Server {
    pub fn new(choices: Vec<u8>) -> Self {
        Self {
            choices,
            chosen: 0,
            line: Vec::new(),
            command: Vec::new(),
            literal: 0,
            idling: None,
            said: Vec::new(),
            refused: Vec::new(),
        }
    }

    /// What it has said since it was asked, or a part of it.
    pub fn say(&mut self) -> Vec<u8> {
        let all = self.said.len();
        let some = if self.choose().is_multiple_of(2) {
            all
        } else {
            all.div_ceil(2)
        };
        self.said.drain(..some).collect()
    }

    /// Whether it has said `+`, and the rest is up to the client.
    pub fn asked(&self) -> bool {
        self.literal > 0 || self.idling.is_some()
    }

    pub fn hear(&mut self, octets: &[u8]) {
        for &octet in octets {
            if self.literal > 0 {
                self.literal -= 1;
                continue;
            }
            self.line.push(octet);
            if self.line.ends_with(b"\r\n") {
                let mut line = std::mem::take(&mut self.line);
                line.truncate(line.len() - 2);
                self.line_end(&line);
            }
        }
    }

    fn choose(&mut self) -> u8 {
        self.chosen += 1;
        self.choices[self.chosen % self.choices.len()]
    }

    fn line_end(&mut self, line: &[u8]) {
        if let Some(tag) = self.idling.take() {
            if !line.eq_ignore_ascii_case(b"DONE") {
                self.refused.push(format!("{} while idling", line.escape_ascii()));
            }
            self.reply(&tag, "OK");
            return;
        }
        self.command.extend_from_slice(line);
        let announced = announced(line).map(Result::unwrap);
        match announced.map(|literal| (literal.mode, literal.octets)) {
            Some((Mode::NonSynchronizing, octets)) => self.literal = octets,
            Some((Mode::Synchronizing, octets)) if self.choose().is_multiple_of(2) => {
                self.said.extend_from_slice(b"+ go\r\n");
                self.literal = octets;
            }
            Some((Mode::Synchronizing, _)) => self.end("NO"),
            None => self.run(),
        }
    }

    fn run(&mut self) {
        let command = String::from_utf8_lossy(&self.command).to_uppercase();
        let name = command.split(' ').nth(1).unwrap_or_default().to_owned();
        if REFUSED.contains(&name.as_str()) {
            self.refused.push(command);
        }
        if name == "IDLE" && self.choose().is_multiple_of(2) {
            self.said.extend_from_slice(b"+ idling\r\n");
            self.idling = Some(self.tag());
            self.command.clear();
        } else {
            if name == "XASK" {
                self.said.extend_from_slice(b"+ more\r\n");
            }
            self.end("OK");
        }
    }

    fn end(&mut self, status: &str) {
        let tag = self.tag();
        self.reply(&tag, status);
        self.command.clear();
    }

    fn tag(&self) -> String {
        let tag = self.command.split(|&octet| octet == b' ').next();
        String::from_utf8_lossy(tag.unwrap_or_default()).into_owned()
    }

    fn reply(&mut self, tag: &str, status: &str) {
        self.said
            .extend_from_slice(format!("{tag} {status} {{4}}\r\n").as_bytes());
    }
}
