//! Changes of the directory, by a script that has its database open as the server has.

use std::path::Path;
use std::time::Duration;

use gatepost_wire::base64;

use crate::servers::{Error, process};

/// The interpreter that has Samba's modules.
const PYTHON: &str = "/usr/bin/python3";
pub(super) const SCRIPT: &str = include_str!("admin.py");

/// What is to be done, in this order.
#[derive(Debug, Default, Hash)]
pub(super) struct Orders(String);

impl Orders {
    /// Adds one: a verb of the script, and its words.
    pub(super) fn add(&mut self, words: &[&str]) {
        for word in words {
            let mut encoded = Vec::new();
            base64::encode(word.as_bytes(), &mut encoded);
            self.0.push_str(&String::from_utf8_lossy(&encoded));
            self.0.push(' ');
        }
        self.0.push('\n');
    }

    /// Adds others after these.
    pub(super) fn append(&mut self, others: &Self) {
        self.0.push_str(&others.0);
    }

    /// Locks accounts after so many wrong passwords within `window`, for as long.
    pub(super) fn lockout(&mut self, threshold: u32, window: Duration) {
        self.add(&[
            "lockout",
            &threshold.to_string(),
            &window.as_secs_f64().to_string(),
        ]);
    }

    /// Has them done to the directory of a configuration file, whether or not the server runs; returns what was asked.
    pub(super) fn carry_out(&self, config: &Path) -> Result<String, Error> {
        let config = config.to_string_lossy();
        process::run(PYTHON, &["-c", SCRIPT, &config], self.0.as_bytes())
    }
}
