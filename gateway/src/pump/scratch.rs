//! The buffers of a thread, which all its connections use in turn.

use std::cell::RefCell;

use gatepost_imap::Identity;
use gatepost_imap::relay::Sink;

/// What one read can bring, in octets.
pub(super) const SCRATCH_OCTETS: usize = 64 * 1024;

/// A mailbox and a Message-ID.
pub(super) type Append = (Box<[u8]>, Box<[u8]>);

/// Collects what the machine sends to either side.
#[derive(Default)]
pub(super) struct Outbox {
    pub(super) to_client: Vec<u8>,
    pub(super) to_server: Vec<u8>,
    pub(super) identity: Option<Identity>,
    pub(super) appended: Vec<Append>,
}

impl Outbox {
    pub(super) fn clear(&mut self) {
        self.to_client.clear();
        self.to_server.clear();
        self.identity = None;
        self.appended.clear();
    }
}

impl Sink for Outbox {
    fn to_client(&mut self, octets: &[u8]) {
        self.to_client.extend_from_slice(octets);
    }

    fn to_server(&mut self, octets: &[u8]) {
        self.to_server.extend_from_slice(octets);
    }

    fn identified(&mut self, identity: &Identity) {
        self.identity = Some(identity.clone());
    }

    fn appended(&mut self, mailbox: &[u8], message_id: &[u8]) {
        self.appended.push((mailbox.into(), message_id.into()));
    }
}

/// The buffers of a thread, shared by all its connections.
pub(super) struct Scratch {
    pub(super) read: Box<[u8]>,
    pub(super) outbox: Outbox,
}

thread_local! {
    pub(super) static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch {
        read: vec![0; SCRATCH_OCTETS].into_boxed_slice(),
        outbox: Outbox::default(),
    });
}
