//! What a peer may ask of us.

/// The caps of one connection.
///
/// A cap is checked before anything is buffered and before a client is invited (`+`) to send a literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest line in octets, without its CRLF. A command with literals has several lines.
    pub line: usize,
    /// The longest literal in octets. Streamed ones have a limit of their own, [`crate::frame::Streaming::limit`].
    pub literal: usize,
    /// The longest command or response in octets: its lines, their inner CRLFs and its literals, but streamed ones.
    pub message: usize,
    /// How deep lists, bodies, threads and search keys may nest.
    pub nesting: u8,
    /// How many elements all lists of a command or response may have together.
    pub elements: u32,
    /// The longest line of a SASL exchange in octets, without its CRLF.
    pub sasl_line: usize,
    /// How many commands a client may give before it is logged in; how many responses a server may send to a
    /// session of ours.
    pub commands: u32,
    /// How many octets of responses a server may send to a session of ours, all together.
    pub responses: usize,
    /// How many commands may be answered BAD before the connection is closed.
    pub bad_commands: u32,
    /// How many logins may fail before the connection is closed.
    pub failures: u32,
}

impl Limits {
    /// For peers who did not prove yet who they are.
    pub const BEFORE_LOGIN: Self = Self {
        line: 8192,
        literal: 4096,
        message: 16384,
        nesting: 20,
        elements: 1000,
        sasl_line: 12288,
        commands: 100,
        responses: 65536,
        bad_commands: 10,
        failures: 3,
    };

    /// For mail servers that we file a message with: they may have many mailboxes, and headers in their answers.
    pub const FILING: Self = Self {
        line: 65_536,
        literal: 65_536,
        message: 262_144,
        nesting: 100,
        elements: 100_000,
        sasl_line: 12288,
        commands: 100_000,
        responses: 32 << 20,
        bad_commands: 10,
        failures: 3,
    };

    /// For servers whose users are logged in and append messages.
    pub const AFTER_LOGIN: Self = Self {
        line: 65_536,
        literal: 64 << 20,
        message: 65 << 20,
        nesting: 100,
        elements: 100_000,
        sasl_line: 12288,
        commands: u32::MAX,
        responses: usize::MAX,
        bad_commands: 100,
        failures: 3,
    };

    /// The capacity of a [`gatepost_wire::Input`] that holds the longest message these limits allow.
    ///
    /// A smaller one works too: then it is the capacity that limits a message.
    pub const fn input_capacity(&self) -> usize {
        if self.message > self.sasl_line {
            self.message.saturating_add(2)
        } else {
            self.sasl_line.saturating_add(2)
        }
    }
}

impl Default for Limits {
    /// [`Limits::BEFORE_LOGIN`].
    fn default() -> Self {
        Self::BEFORE_LOGIN
    }
}
