//! SASL mechanisms (RFC 4422) for mail servers and clients, without I/O.
//!
//! Every server exchange ends in a [`Claim`]: what the client says of itself and the proof it gave. Nothing in this
//! crate says "authenticated"; that word belongs to the directory that judges the claim.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing))]

mod claim;
mod mechanism;

pub use claim::{Claim, ClaimKind, ClaimKinds, Password};
pub use mechanism::{Mechanism, Side, UnknownMechanism};
