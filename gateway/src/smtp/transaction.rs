//! Message after message: drives the pure relay between a logged-in client and its MTA.
//!
//! Both links are flushed before anything is waited for, so nothing of a message stays with us but what the relay has
//! not decided yet; a slow MTA slows the client down.

use std::time::Duration;

use anyhow::{anyhow, bail};
use bytes::BytesMut;
use gatepost_directory::Account;
use gatepost_sasl::Claim;
use gatepost_smtp::Reply;
use gatepost_smtp::relay::{Answered, Data, Message, MessageStep, Relay, Step, Swallow, SwallowStep, Whole, Wires};
use gatepost_smtp::server::{Authenticated, Bye};
use time::OffsetDateTime;
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use super::copy::Copy;
use super::policy::SenderPolicy;
use super::received::Trace;
use crate::gateway::Gateway;
use crate::login::Session;
use crate::mta::{self, Mta};
use crate::pump::Summary;
use crate::stream::{Link, Stream};

/// How long a client may be silent between commands (RFC 5321 section 4.5.3.2.7).
const CLIENT_TIME: Duration = Duration::from_secs(300);
/// How long a piece of a message may take (section 4.5.3.2.5), in either direction.
const PIECE_TIME: Duration = Duration::from_secs(180);
/// How long an MTA may take for an answer (sections 4.5.3.2.2 and 4.5.3.2.3).
const ANSWER_TIME: Duration = Duration::from_secs(300);
/// How long it may take to accept a message (section 4.5.3.2.6).
const VERDICT_TIME: Duration = Duration::from_secs(600);
/// How long an MTA that hung up is listened to for its reason.
const LAST_WORDS_TIME: Duration = Duration::from_secs(1);

/// What a session that sends is made of.
pub(super) struct Parts<'a> {
    pub(super) gateway: &'a Gateway,
    pub(super) names: Session,
    pub(super) account: Account,
    /// Kept only for an MTA that wants the user's own password.
    pub(super) claim: Claim,
    pub(super) mta: std::sync::Arc<Mta>,
    pub(super) client: Link,
    pub(super) authenticated: Authenticated,
    pub(super) ready: mta::Ready,
}
