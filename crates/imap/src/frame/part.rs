//! Messages whose large literals are not collected, but handed on as they come.

use bytes::BytesMut;

use super::literal::Announced;

/// Which literals a [`super::Framer`] streams, and how large these may be.
///
/// Streamed octets pass through the input and count for no other limit: a message needs room for everything else
/// only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Streaming {
    /// A literal of more octets is streamed. So is a smaller one that [`crate::Limits`] or the input have no room for.
    pub above: usize,
    /// The largest literal that may be streamed, in octets. One that is larger is over the limit.
    pub limit: u64,
}

impl Streaming {
    /// Every literal but the empty ones, and none is too large: for a proxy that passes on whatever comes.
    pub const EVERYTHING: Self = Self {
        above: 0,
        limit: u64::MAX,
    };
}

impl Default for Streaming {
    /// Literals above 64 KiB, up to the 4 GiB that IMAP4rev1 can count.
    fn default() -> Self {
        Self {
            above: 65_536,
            limit: u64::from(u32::MAX),
        }
    }
}

/// A part of a message with streamed literals, in the order of the wire.
///
/// ```text
/// Open, Literal, Literal, ..,  Open, Literal, ..,  Close
/// ```
///
/// The octets of all parts together are those of the message, its final CRLF included.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    /// What stands in front of a streamed literal: the message from its start, or from the last streamed literal, up
    /// to the CRLF of the announcement, which is included.
    Open {
        /// The octets. Smaller literals may be among them.
        octets: BytesMut,
        /// The literal that follows.
        literal: Announced,
    },
    /// Some octets of the literal that the last [`Part::Open`] announced, never none.
    Literal {
        /// The octets.
        octets: BytesMut,
        /// How many are still to come. 0 with the last.
        left: u64,
    },
    /// What stands behind the last streamed literal, with the final CRLF. The message is over.
    Close {
        /// The octets. None if the last literal does not come: see [`super::Framer::answered`].
        octets: BytesMut,
        /// The whole message without its streamed literals.
        outline: Box<Outline>,
    },
}

impl Part {
    /// The octets of the stream that this part is.
    pub fn octets(&self) -> &BytesMut {
        let (Self::Open { octets, .. } | Self::Literal { octets, .. } | Self::Close { octets, .. }) = self;
        octets
    }
}

/// A message without its streamed literals and without its final CRLF: what is left to be parsed.
///
/// Their announcements stand in it, and [`Outline::gaps`] says which of them no octets follow.
///
/// ```
/// use gatepost_imap::frame::{Frame, Framer, Gap, Part, Streaming};
/// use gatepost_imap::Limits;
/// use gatepost_wire::Input;
///
/// let streaming = Streaming { above: 3, ..Streaming::default() };
/// let mut framer = Framer::responses(Limits::AFTER_LOGIN).streaming(streaming);
/// let mut input = Input::new(1024);
/// input.feed(b"* 1 FETCH (BODY[1] {2}\r\nab BODY[2] {5}\r\nhello UID 7)\r\n").unwrap();
///
/// let mut file = Vec::new();
/// let outline = loop {
///     match framer.next(&mut input).unwrap() {
///         Some(Frame::Part(Part::Literal { octets, .. })) => file.extend_from_slice(&octets),
///         Some(Frame::Part(Part::Close { outline, .. })) => break outline,
///         Some(_) => {}
///         None => panic!("more input is needed"),
///     }
/// };
/// assert_eq!(file, b"hello");
/// assert_eq!(outline.octets, &b"* 1 FETCH (BODY[1] {2}\r\nab BODY[2] {5}\r\n UID 7)"[..]);
/// assert_eq!(outline.gaps, [Gap { offset: 40, octets: 5 }]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// The octets. They may hold a password: overwrite them with [`gatepost_wire::wipe`] when they have been read.
    pub octets: BytesMut,
    /// The streamed literals in their order.
    pub gaps: Vec<Gap>,
}

/// Where a streamed literal is missing in an [`Outline`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The offset in [`Outline::octets`] at which the literal would begin: behind the CRLF of its announcement.
    pub offset: usize,
    /// How many octets it had.
    pub octets: u64,
}

/// What is remembered of a message of which a literal is streamed.
#[derive(Debug, Default)]
pub(super) struct Streamed {
    pub(super) outline: Box<Outline>,
    /// Octets of the message that are gone from the input, for offsets in errors.
    pub(super) gone: usize,
    /// How many octets at the front of the input are in the outline already.
    copied: usize,
}

impl Streamed {
    /// Takes the `front` of the input into the outline, as far as it is not there yet.
    pub(super) fn copy(&mut self, front: &[u8]) {
        let new = front.get(self.copied..).unwrap_or_default();
        self.outline.octets.extend_from_slice(new);
        self.copied = front.len();
    }

    /// Octets of the outline that are not at the front of the input any more.
    pub(super) fn outside(&self) -> usize {
        self.outline.octets.len().saturating_sub(self.copied)
    }

    /// A literal of so many octets follows, and all that was copied is to leave the input. Says how much it is.
    pub(super) fn open(&mut self, octets: u64) -> usize {
        self.outline.gaps.push(Gap {
            offset: self.outline.octets.len(),
            octets,
        });
        self.gone = self.gone.saturating_add(self.copied);
        std::mem::take(&mut self.copied)
    }

    /// The outline of a command that ends with the announcement of a literal, which does not come.
    pub(super) fn without_last(mut self) -> Box<Outline> {
        let length = self.outline.octets.len();
        self.outline.gaps.pop_if(|gap| gap.offset == length);
        self.outline.octets.truncate(length.saturating_sub(2));
        self.outline
    }
}
