//! Sent copies.

mod entry;
mod files;
mod spool;
