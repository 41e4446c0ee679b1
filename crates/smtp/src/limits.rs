//! What a peer may ask of us.

/// The caps of one connection.
///
/// A cap is checked before anything is buffered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest command line in octets, without its CRLF. RFC 5321 section 4.5.3.1.4 wants 510, and extensions
    /// add to it.
    pub command_line: usize,
    /// The longest line of a SASL exchange in octets, without its CRLF (RFC 4954 section 4 wants 12,286).
    pub sasl_line: usize,
    /// The longest line of a reply in octets, without its CRLF.
    pub reply_line: usize,
    /// How many lines one reply may have.
    pub reply_lines: usize,
    /// The longest reply in octets, all its lines and their CRLF but the last.
    pub reply: usize,
    /// How many replies a server may send before we are logged in.
    pub replies: u32,
    /// How many commands a client may give before it is logged in.
    pub commands: u32,
    /// How many commands may be refused as no commands before the connection is closed.
    pub bad_commands: u32,
    /// How many logins may fail before the connection is closed.
    pub failures: u32,
    /// How many recipients one message may have (RFC 5321 section 4.5.3.1.8 wants 100).
    pub recipients: u32,
}

impl Limits {
    /// For peers who did not prove yet who they are.
    pub const BEFORE_LOGIN: Self = Self {
        command_line: 2048,
        sasl_line: 12_288,
        reply_line: 2048,
        reply_lines: 128,
        reply: 65_536,
        replies: 100,
        commands: 100,
        bad_commands: 10,
        failures: 3,
        recipients: 0,
    };

    /// For users who are logged in and send messages.
    pub const AFTER_LOGIN: Self = Self {
        command_line: 4096,
        commands: u32::MAX,
        replies: u32::MAX,
        bad_commands: 100,
        recipients: 1000,
        ..Self::BEFORE_LOGIN
    };

    /// The capacity of a [`gatepost_wire::Input`] that holds the longest line these limits allow a client.
    pub const fn input_capacity(&self) -> usize {
        if self.command_line > self.sasl_line {
            self.command_line.saturating_add(2)
        } else {
            self.sasl_line.saturating_add(2)
        }
    }

    /// The capacity of a [`gatepost_wire::Input`] that holds the longest reply these limits allow a server.
    pub const fn reply_capacity(&self) -> usize {
        self.reply.saturating_add(2)
    }
}

impl Default for Limits {
    /// [`Limits::BEFORE_LOGIN`].
    fn default() -> Self {
        Self::BEFORE_LOGIN
    }
}
