//! The buffers of a thread, shared by all its TLS connections.

use std::cell::RefCell;

use gatepost_wire::wipe;

/// What one read can bring, in octets.
pub(super) const READ_OCTETS: usize = 64 * 1024;

/// What one write takes of its caller, in octets.
pub(super) const WRITE_OCTETS: usize = 64 * 1024;

/// What may stand in front of what was read: an unfinished record or handshake message.
pub(super) const PARTIAL_OCTETS: usize = 64 * 1024;

/// What of our own may leave together with a write (tickets, an answer to a key update), in octets.
pub(super) const QUEUED_OCTETS: usize = 4 * 1024;

/// What the records of a write add to it: a header, a nonce, a content type and a tag each, in octets.
const RECORDS_OCTETS: usize = 64 * (WRITE_OCTETS / MAX_FRAGMENT_OCTETS + 1);

/// The plaintext of the largest record, in octets (RFC 8446 section 5.1).
const MAX_FRAGMENT_OCTETS: usize = 16 * 1024;

/// Reads up to so much are commands and replies, passwords among them, in octets.
const LINES_OCTETS: usize = 4 * 1024;

/// Buffers of which a connection needs one only while it is at work.
pub(super) struct Scratch {
    /// Ciphertext as it came, decrypted in place.
    pub(super) incoming: Box<[u8]>,
    /// Ciphertext to be sent.
    pub(super) outgoing: Box<[u8]>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch {
        incoming: vec![0; PARTIAL_OCTETS + READ_OCTETS].into_boxed_slice(),
        outgoing: vec![0; QUEUED_OCTETS + WRITE_OCTETS + RECORDS_OCTETS].into_boxed_slice(),
    });
}

/// Lends the thread's buffers. What is done with them must not come back here.
pub(super) fn with<T>(work: impl FnOnce(&mut Scratch) -> T) -> T {
    SCRATCH.with_borrow_mut(work)
}

/// Overwrites what is small enough to be a password, and cheap enough to overwrite. Larger reads are mail; they stay
/// until the next read, as they do in any buffer, and no core file is ever written of this process
/// (`process::keep_secrets`).
pub(super) fn forget(plaintext: &mut [u8]) {
    if plaintext.len() <= LINES_OCTETS {
        wipe(plaintext);
    }
}
