//! The mail server that Gatepost's demo, tests and benches log in to.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing))]
pub mod mail;
