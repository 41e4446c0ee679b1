//! The server session, by transcripts and against random clients.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod driver;
mod random;
mod traces;
