//! The relay, by transcripts and by cases.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod loss;
mod message;
mod model;
mod order;
mod random;
mod refused;
mod rig;
mod traces;
