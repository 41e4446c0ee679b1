//! The fields that a header is searched for.

/// A field by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Date,
    MessageId,
    /// A second Message-ID.
    OtherMessageId,
    From,
    /// A second From.
    OtherFrom,
    Other,
}

impl Field {
    /// The field called `name`, in upper or lower case.
    pub(super) fn of(name: &[u8]) -> Self {
        const NAMES: [(&[u8], Field); 3] = [
            (b"date", Field::Date),
            (b"message-id", Field::MessageId),
            (b"from", Field::From),
        ];
        NAMES
            .into_iter()
            .find(|(known, _)| name.eq_ignore_ascii_case(known))
            .map_or(Self::Other, |(_, field)| field)
    }
}

/// The unfolded body of a field, as far as it is within its limit.
#[derive(Debug, Clone)]
pub(super) struct Value {
    octets: Vec<u8>,
    limit: usize,
    is_cut: bool,
}

impl Value {
    pub(super) const fn new(limit: usize) -> Self {
        Self {
            octets: Vec::new(),
            limit,
            is_cut: false,
        }
    }

    /// Adds `octets` but for line ends, and white space at the front.
    pub(super) fn push(&mut self, octets: &[u8]) {
        let is_line_end = |octet: &u8| matches!(octet, b'\r' | b'\n');
        for part in octets.split(is_line_end) {
            let part = if self.octets.is_empty() {
                part.trim_ascii_start()
            } else {
                part
            };
            let room = self.limit - self.octets.len();
            let (part, rest) = part.split_at(part.len().min(room));
            self.octets.extend_from_slice(part);
            self.is_cut |= !rest.trim_ascii().is_empty();
        }
    }

    /// The octets, if none was cut off.
    pub(super) fn octets(&self) -> Option<&[u8]> {
        (!self.is_cut).then_some(self.octets.as_slice())
    }
}
