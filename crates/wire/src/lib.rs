//! The parts every mail protocol shares and none owns: an input buffer with a cap and a memory of what was
//! searched, strict CRLF lines, base64 lines, and secrets that do not leak.
//!
//! - [`Input`] holds what a peer sent and was not consumed yet. It never grows past its cap and never searches the
//!   same octet twice, so a slow sender costs O(n).
//! - [`take_line`] takes one CRLF line off an [`Input`]. Bare CR, bare LF and NUL are errors with an offset.
//! - [`base64`] reads and writes the lines that SASL exchanges are made of (RFC 4648 section 4, strict).
//! - [`Escaped`] shows a peer's octets in a log without letting them do anything there.
//! - [`Secret`] keeps passwords: wiped when dropped, compared in constant time, never printed.
//!
//! Nothing here does I/O, reads a clock or depends on an async runtime.
//!
//! ```
//! use gatepost_wire::{Input, take_line};
//!
//! let mut input = Input::new(1024);
//! input.feed(b"a1 NOO").unwrap();
//! assert_eq!(take_line(&mut input, 512), Ok(None));
//! input.feed(b"P\r\na2 ").unwrap();
//! assert_eq!(take_line(&mut input, 512).unwrap().as_deref(), Some(&b"a1 NOOP"[..]));
//! assert_eq!(input.as_slice(), b"a2 ");
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing))]

pub mod base64;
mod escape;
mod input;
mod line;
mod secret;

pub use escape::Escaped;
pub use input::{Input, Overflow};
pub use line::{LineError, check_octets, take_line};
pub use secret::{Secret, wipe};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
