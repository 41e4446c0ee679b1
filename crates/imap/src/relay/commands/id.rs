//! Listens to what a client's ID says (RFC 2971), while it passes.

use crate::Identity;
use crate::command::{self, Body};
use crate::parse::{Leniency, Options};

/// The longest line that is listened to, in octets.
const CAP: usize = 2048;

/// Keeps `octets` behind those of `line` that went by before, up to the cap.
pub(super) fn keep(line: &mut Vec<u8>, octets: &[u8]) {
    let room = (CAP + 1).saturating_sub(line.len());
    line.extend_from_slice(octets.get(..room).unwrap_or(octets));
}

/// What a whole line says. A line that is too long, or the end of one with literals, says nothing.
pub(super) fn read(line: &[u8]) -> Option<Identity> {
    if line.len() > CAP {
        return None;
    }
    let options = Options {
        leniency: Leniency::CLIENTS,
        ..Options::default()
    };
    match command::parse_with(line, &options).ok()?.value.body {
        Body::Id(parameters) => Identity::of(&parameters),
        _ => None,
    }
}
