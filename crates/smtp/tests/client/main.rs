//! The client session: with our server, by transcripts, and against random servers.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod pair;
mod random;
mod rig;
mod traces;
