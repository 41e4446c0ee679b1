//! Sent copies.

mod entry;
mod files;
mod queue;
mod spool;
