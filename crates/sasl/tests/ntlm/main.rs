//! NTLM against what was recorded of others, and against ourselves.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod recorded;
mod server;
