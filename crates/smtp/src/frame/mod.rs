//! Cutting a stream into frames: lines, pieces of messages and chunks of a client, whole replies of a server.
//!
//! Framing comes before grammar. It knows where something ends, and no more: what is in it is for
//! [`crate::command::parse`] and [`crate::reply::parse`]. There is no I/O here and no runtime; the buffer is the
//! caller's, who appends to it and calls `next` until that gives nothing.
//!
//! Nothing is searched twice: a line or a reply that arrives in pieces costs what it costs whole. Frames are slices of
//! the buffer, not copies, but for pieces of messages with stuffed dots in their midst.
//!
//! | who sends | read with | what ends a frame |
//! |---|---|---|
//! | client: commands, lines of SASL | [`Commands`] | CRLF |
//! | client: a message behind DATA | [`Commands::expect_message`] | CRLF.CRLF and nothing else |
//! | client: a chunk behind BDAT | [`Commands::expect_chunk`] | its size |
//! | server: replies | [`Replies`] | the first line without a hyphen behind its code |
//!
//! # A server
//! Which of them comes next only the session knows: whether DATA was answered with 354 is its business. So a frame is
//! taken, answered, and before the next is taken, [`Commands`] is told what to expect. What a client has pipelined
//! behind stays in the buffer until then.
//!
//! ```
//! use bytes::BytesMut;
//! use gatepost_smtp::frame::{Commands, Frame};
//! use gatepost_smtp::{Command, Limits, command};
//!
//! let mut commands = Commands::new(Limits::AFTER_LOGIN);
//! let mut input = BytesMut::from("DATA\r\n..dot\r\n.\r\nQUIT\r\n");
//! let Some(Frame::Line(line)) = commands.next(&mut input).unwrap() else { panic!() };
//! assert_eq!(command::parse(&line), Ok(Command::Data));
//! commands.expect_message(); // and answer 354
//! assert_eq!(commands.next(&mut input), Ok(Some(Frame::Octets(BytesMut::from(".dot\r\n")))));
//! assert_eq!(commands.next(&mut input), Ok(Some(Frame::End)));
//! assert_eq!(commands.next(&mut input), Ok(Some(Frame::Line(BytesMut::from("QUIT")))));
//! ```
//!
//! # A client
//! ```
//! use bytes::BytesMut;
//! use gatepost_smtp::frame::Replies;
//! use gatepost_smtp::{Limits, reply};
//!
//! let mut replies = Replies::new(Limits::default());
//! let mut input = BytesMut::from("250-mx.example.com\r\n250 SIZE 1000\r\n354 go");
//! let octets = replies.next(&mut input).unwrap().unwrap();
//! assert_eq!(reply::parse(octets).unwrap().code(), 250);
//! assert_eq!(replies.next(&mut input), Ok(None)); // until there is more
//! ```
//!
//! # LMTP
//! Behind the final dot, and behind `BDAT .. LAST`, a server of LMTP answers once for each recipient that it accepted,
//! in the order of their RCPT (RFC 2033 section 4.2). A frame is one such answer, so a client counts the positive
//! replies to RCPT and takes that many behind the message; those of refused recipients do not come again. Without
//! recipients DATA is refused with 503, and nothing follows. All other commands have one reply, as in SMTP.
//!
//! ```
//! use bytes::BytesMut;
//! use gatepost_smtp::frame::Replies;
//! use gatepost_smtp::{Limits, reply};
//!
//! let mut replies = Replies::new(Limits::default());
//! let mut next = |input: &mut BytesMut| reply::parse(replies.next(input).unwrap().unwrap()).unwrap();
//!
//! // Three recipients, the second of whom is unknown.
//! let recipients = ["<pat@foo.edu>", "<jones@foo.edu>", "<green@foo.edu>"];
//! let mut input = BytesMut::from("250 OK\r\n550 No such user here\r\n250 OK\r\n354 go\r\n");
//! let accepted: Vec<_> = recipients.iter().filter(|_| next(&mut input).is_positive()).collect();
//! assert!(next(&mut input).is_intermediate());
//!
//! // Behind the final dot:
//! input.extend_from_slice(b"250 OK\r\n452 <green@foo.edu> is temporarily over quota\r\n");
//! let delivered: Vec<_> = accepted.iter().map(|to| (**to, next(&mut input).is_positive())).collect();
//! assert_eq!(delivered, [("<pat@foo.edu>", true), ("<green@foo.edu>", false)]);
//! ```

mod buffer;
mod commands;
mod line_ends;
mod message;
mod replies;

pub use self::buffer::Buffer;
pub use self::commands::{Commands, Frame};
pub use self::replies::Replies;
