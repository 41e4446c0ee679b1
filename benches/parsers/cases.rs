//! Which parsers read what.

use crate::{inputs, ours, peers};

/// What one read of a socket brings, in octets.
pub(crate) const READ: usize = 16 * 1024;

/// How long the messages behind DATA are, in octets.
pub(crate) const MESSAGE: usize = 1 << 20;

/// What one segment of TCP brings, in octets.
const SEGMENT: usize = 1448;

/// One pass over a stream; how many messages it had.
pub(crate) type Run = Box<dyn FnMut() -> usize>;

/// A stream and those who read it.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) stream: fn() -> Vec<u8>,
    pub(crate) messages: usize,
    pub(crate) contenders: &'static [Contender],
}

/// One parser, or one way to use it.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    pub(crate) prepare: fn(&'static [u8]) -> Run,
}

const fn by(name: &'static str, prepare: fn(&'static [u8]) -> Run) -> Contender {
    Contender { name, prepare }
}

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "phone",
        stream: inputs::phone,
        messages: inputs::PHONE_MIX.len() * inputs::TIMES,
        contenders: &[
            by("frames", ours::command_frames),
            by("types", ours::commands),
            by("frames+types", ours::command_stream),
            by("imap-codec", |stream| peers::whole(stream, peers::codec_command)),
            by("imap-codec owned", |stream| {
                peers::whole(stream, peers::codec_owned_command)
            }),
            by("imap-codec fragments", |stream| peers::fragments(stream, READ)),
            by("imap-codec fragments+decode", peers::fragmented_commands),
            by("memchr", peers::memchr),
        ],
    },
    Case {
        name: "fetch",
        stream: inputs::fetch,
        messages: inputs::MESSAGES,
        contenders: &[
            by("frames", |stream| ours::response_frames(stream, READ)),
            by("types", ours::responses),
            by("frames+types", ours::response_stream),
            by("imap-codec", |stream| peers::whole(stream, peers::codec_response)),
            by("imap-codec owned", |stream| {
                peers::whole(stream, peers::codec_owned_response)
            }),
            by("imap-codec fragments", |stream| peers::fragments(stream, READ)),
            by("imap-codec fragments+decode", peers::fragmented_responses),
            by("imap-proto", |stream| peers::whole(stream, peers::proto_response)),
            by("imap-proto owned", |stream| {
                peers::whole(stream, peers::proto_owned_response)
            }),
            by("memchr", peers::memchr),
        ],
    },
    Case {
        name: "literal",
        stream: inputs::literal,
        messages: 1,
        contenders: &[
            by("frames", |stream| ours::response_frames(stream, READ)),
            by("frames, streamed", ours::streamed_frames),
            by("imap-codec", |stream| peers::whole(stream, peers::codec_response)),
            by("imap-codec fragments", |stream| peers::fragments(stream, READ)),
            by("imap-proto", |stream| peers::whole(stream, peers::proto_response)),
        ],
    },
    Case {
        name: "smtp commands",
        stream: inputs::smtp_commands,
        messages: gatepost_benches::SMTP_COMMANDS.len() * inputs::TIMES,
        contenders: &[
            by("frames", ours::smtp_lines),
            by("types", ours::smtp_commands),
            by("frames+types", ours::smtp_command_stream),
            by("smtp-proto", peers::smtp_requests),
            by("smtp-proto receiver", peers::smtp_receiver),
            by("memchr", peers::memchr),
        ],
    },
    Case {
        name: "smtp replies",
        stream: inputs::smtp_replies,
        messages: inputs::SMTP_REPLIES.len() * inputs::TIMES,
        contenders: &[
            by("frames", ours::smtp_reply_frames),
            by("types", ours::smtp_replies),
            by("frames+types", ours::smtp_reply_stream),
            by("smtp-proto", peers::smtp_replies),
        ],
    },
    Case {
        name: "data text",
        stream: inputs::data_text,
        messages: 1,
        contenders: DATA,
    },
    Case {
        name: "data html",
        stream: inputs::data_html,
        messages: 1,
        contenders: DATA,
    },
    Case {
        name: "data dots",
        stream: inputs::data_dots,
        messages: 1,
        contenders: DATA,
    },
    Case {
        name: "line whole",
        stream: inputs::line,
        messages: 1,
        contenders: &[
            by("frames", |stream| ours::response_frames(stream, usize::MAX)),
            by("imap-codec", |stream| peers::whole(stream, peers::codec_response)),
            by("imap-codec fragments", |stream| {
                peers::fragments(stream, usize::MAX)
            }),
            by("imap-proto", |stream| peers::whole(stream, peers::proto_response)),
        ],
    },
    Case {
        name: "line in segments",
        stream: inputs::line,
        messages: 1,
        contenders: &[
            by("frames", |stream| ours::response_frames(stream, SEGMENT)),
            by("imap-codec", |stream| {
                peers::pieces(stream, SEGMENT, peers::codec_response)
            }),
            by("imap-codec fragments", |stream| peers::fragments(stream, SEGMENT)),
            by("imap-proto", |stream| {
                peers::pieces(stream, SEGMENT, peers::proto_response)
            }),
        ],
    },
];

const DATA: &[Contender] = &[
    by("decoder", ours::data),
    by("decoder, no copy", ours::data_runs),
    by("frames", ours::data_frames),
    by("smtp-proto", peers::data),
];
