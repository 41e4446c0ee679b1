//! What the parsers read, the same octets on every machine.

use std::fmt::Write as _;

use gatepost_benches::{SMTP_COMMANDS, smtp_message};

use crate::cases::MESSAGE;

/// What an iPhone sends from its login to IDLE, one command a line, so far as imap-codec reads it too.
///
/// The rest of what phones send is left out, and `tests.rs` checks that this is still so: LIST with selection or
/// return options, SEARCH with RETURN. They would only be errors there.
pub(crate) const PHONE_MIX: &[&str] = &[
    "1 AUTHENTICATE PLAIN AGFsaWNlQGV4YW1wbGUuY29tAGNvcnJlY3QgaG9yc2UgYmF0dGVyeQ==",
    "2 CAPABILITY",
    "3 ID (\"name\" \"iPhone Mail\" \"version\" \"22F76\" \"os\" \"iOS\" \"os-version\" \"18.5 (22F76)\")",
    "4 NAMESPACE",
    "5 LIST \"\" \"*\"",
    "6 STATUS \"Sent Messages\" (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)",
    "7 SELECT INBOX (CONDSTORE)",
    "8 UID SEARCH 1:* NOT DELETED",
    "9 UID FETCH 2301:2325 (INTERNALDATE UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (date subject from to cc \
     message-id in-reply-to references content-type x-priority x-uniform-type-identifier)])",
    "10 UID FETCH 2301,2303,2305,2307 (BODYSTRUCTURE)",
    "11 UID FETCH 2325 BODY.PEEK[1]<0.393216>",
    "12 UID FETCH 1:2300 (UID FLAGS) (CHANGEDSINCE 4711)",
    "13 UID STORE 2325 +FLAGS.SILENT (\\Seen)",
    "14 UID MOVE 2291,2295:2297 \"Deleted Messages\"",
    "15 NOOP",
    "16 IDLE",
];

/// A stream's size, smaller where nothing is optimised: tests need only some of it.
const fn sized(size: usize, in_tests: usize) -> usize {
    if cfg!(debug_assertions) { in_tests } else { size }
}

/// How often the mixes of commands and of replies are repeated.
pub(crate) const TIMES: usize = sized(200, 20);

/// [`PHONE_MIX`], pipelined, [`TIMES`] times.
pub(crate) fn phone() -> Vec<u8> {
    let once: String = PHONE_MIX.iter().map(|line| format!("{line}\r\n")).collect();
    once.repeat(TIMES).into_bytes()
}

/// The messages in [`fetch`].
pub(crate) const MESSAGES: usize = sized(10_000, 240);

/// What a client hears that opens a large mailbox: FLAGS, UID, ENVELOPE and BODYSTRUCTURE of each message.
pub(crate) fn fetch() -> Vec<u8> {
    let mut stream = String::new();
    for number in 1..=MESSAGES {
        let _ = write!(stream, "* {number} FETCH (FLAGS ({}) ", pick(FLAGS, number));
        let _ = write!(stream, "UID {} ENVELOPE (", 2 * number + 17);
        envelope(&mut stream, number);
        let _ = write!(stream, ") BODYSTRUCTURE {})\r\n", body_structure(number));
    }
    stream.into_bytes()
}

const FLAGS: &[&str] = &[
    "\\Seen",
    "",
    "\\Seen \\Answered",
    "\\Seen $Forwarded",
    "\\Flagged \\Seen",
    "\\Recent",
];

const SUBJECTS: &[&str] = &[
    "\"Re: Minutes of the meeting on Thursday\"",
    "\"=?UTF-8?Q?Gr=C3=BC=C3=9Fe_aus_K=C3=B6ln_und_die_Bilder_vom_Wochenende?=\"",
    "\"[project/repository] Parser is slow on long lines (#4711)\"",
    "\"Your order 302-5550199-12 has been sent\"",
    "NIL",
    "\"He said \\\"no\\\", and that was that\"",
    "{33}\r\nA subject as some servers send it",
    "\"Fwd: Rechnung 2026-11\"",
];

const PEOPLE: &[&str] = &[
    "(\"Alice Liddell\" NIL \"alice\" \"example.com\")",
    "(\"Bob Builder\" NIL \"bob.builder\" \"mail.example.org\")",
    "(NIL NIL \"no-reply\" \"notifications.example.net\")",
    "(\"=?UTF-8?B?SsO8cmdlbiBNw7xsbGVy?=\" NIL \"juergen.mueller\" \"example.de\")",
    "(\"O\\\"Brien, Pat\" NIL \"pat\" \"example.ie\")",
];

fn envelope(stream: &mut String, number: usize) {
    let (day, hour, minute) = (number % 28 + 1, number % 24, number % 60);
    let from = pick(PEOPLE, number);
    let _ = write!(stream, "\"Mon, {day} Nov 2026 {hour:02}:{minute:02}:07 +0100\" ");
    let _ = write!(
        stream,
        "{} ({from}) ({from}) ({from}) ",
        pick(SUBJECTS, number / 3)
    );
    let _ = match number % 4 {
        0 => write!(
            stream,
            "({}{}) NIL NIL ",
            pick(PEOPLE, number + 1),
            pick(PEOPLE, number + 2)
        ),
        1 => write!(
            stream,
            "({}) ({}) NIL ",
            pick(PEOPLE, number + 3),
            pick(PEOPLE, number + 1)
        ),
        _ => write!(stream, "({}) NIL NIL ", pick(PEOPLE, number + 1)),
    };
    let _ = match number % 3 {
        0 => write!(stream, "\"<{:08x}.{number}@mail.example.org>\" ", number * 7919),
        _ => write!(stream, "NIL "),
    };
    let _ = write!(
        stream,
        "\"<{:08X}-5A0C-4B3F-9E57-{number:012}@example.com>\"",
        number * 104_729
    );
}

/// Half are text and HTML, a quarter has an attachment beside them, a quarter is plain text.
fn body_structure(number: usize) -> String {
    let text = |subtype: &str, octets: usize| {
        format!(
            "(\"TEXT\" \"{subtype}\" (\"CHARSET\" \"utf-8\") NIL NIL \"QUOTED-PRINTABLE\" {octets} {} NIL NIL NIL NIL)",
            octets / 61
        )
    };
    let plain = text("PLAIN", 700 + number % 5000);
    if number.is_multiple_of(4) {
        return plain;
    }
    let boundary = format!("Apple-Mail=_{:08X}-1B2C", number * 31);
    let alternative = format!(
        "({plain}{} \"ALTERNATIVE\" (\"BOUNDARY\" \"{boundary}\") NIL NIL NIL)",
        text("HTML", 2100 + number % 9000)
    );
    if number % 4 != 1 {
        return alternative;
    }
    format!(
        "({alternative}(\"APPLICATION\" \"PDF\" (\"NAME\" \"report {number}.pdf\") NIL NIL \"BASE64\" {} NIL \
         (\"ATTACHMENT\" (\"FILENAME\" \"report {number}.pdf\")) NIL NIL) \"MIXED\" (\"BOUNDARY\" \"{boundary}-2\") NIL NIL NIL)",
        80_000 + number * 13
    )
}

fn pick<'a>(choices: &[&'a str], number: usize) -> &'a str {
    choices.get(number % choices.len()).copied().unwrap_or_default()
}

/// The octets of the message in [`literal`].
const LITERAL: usize = sized(50_000_000, 500_000);

/// One message of 50 MB, fetched whole.
pub(crate) fn literal() -> Vec<u8> {
    let line = b"The quick brown fox jumps over the lazy dog, and this line is as long as lines are.\r\n";
    let mut stream = format!("* 1 FETCH (UID 17 BODY[] {{{LITERAL}}}\r\n").into_bytes();
    stream.extend(line.iter().cycle().take(LITERAL));
    stream.extend_from_slice(b")\r\n");
    stream
}

/// The octets of [`line`], at least.
const LINE: usize = sized(512 * 1024, 64 * 1024);

/// A line of 512 KiB: the numbers of all messages that were found.
pub(crate) fn line() -> Vec<u8> {
    let mut stream = String::from("* SEARCH");
    for number in 100_001.. {
        if stream.len() >= LINE {
            break;
        }
        let _ = write!(stream, " {number}");
    }
    stream.push_str("\r\n");
    stream.into_bytes()
}

/// What clients say to submit messages, [`TIMES`] times.
pub(crate) fn smtp_commands() -> Vec<u8> {
    SMTP_COMMANDS.concat().repeat(TIMES).into_bytes()
}

/// What an MTA answers to a client that submits a message, and now and then to others.
pub(crate) const SMTP_REPLIES: &[&str] = &[
    "220 mail.example.com ESMTP Postfix\r\n",
    "250-mail.example.com\r\n250-PIPELINING\r\n250-SIZE 10485760\r\n250-ETRN\r\n250-AUTH PLAIN LOGIN\r\n\
     250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-DSN\r\n250 CHUNKING\r\n",
    "235 2.7.0 Authentication successful\r\n",
    "250 2.1.0 Ok\r\n",
    "250 2.1.5 Ok\r\n",
    "354 End data with <CR><LF>.<CR><LF>\r\n",
    "250 2.0.0 Ok: queued as 4F1A2B3C4D\r\n",
    "550 5.1.1 <nobody@example.com>: Recipient address rejected: User unknown\r\n",
    "550-5.7.1 rejected because of policy\r\n550 5.7.1 see https://example.com/\r\n",
    "221 2.0.0 Bye\r\n",
];

/// [`SMTP_REPLIES`], [`TIMES`] times.
pub(crate) fn smtp_replies() -> Vec<u8> {
    SMTP_REPLIES.concat().repeat(TIMES).into_bytes()
}

/// Lines of a letter, as they are wrapped. None begins with a dot.
const PROSE: &[&str] = &[
    "Dear all,",
    "",
    "thank you for the minutes of Thursday. I have added two remarks, on page 3",
    "and on page 7, and sent the file to Bob, who wants to read it once more...",
    "He will be back on Monday (see his calendar), so please have patience; I do",
    "not expect that anything of importance changes. Costs: about 1.500 a month.",
    "",
    "> Could you tell me until when the offer stands? Their web site says \"until",
    "> the end of November\", which may be too early for us.",
    "",
    "It stands until 15 December; I asked. See https://www.example.com/offers/17.",
    "",
    "Alice",
    "-- ",
    "Alice Liddell, Example Ltd., +44 20 7946 0999",
    "",
];

/// A message of 1 MiB of text, and its end.
pub(crate) fn data_text() -> Vec<u8> {
    let once: String = PROSE.iter().map(|line| format!("{line}\r\n")).collect();
    let mut message = once.repeat(MESSAGE.div_ceil(once.len())).into_bytes();
    message.extend_from_slice(b".\r\n");
    message
}

/// A message of 1 MiB of HTML in short lines, and its end.
pub(crate) fn data_html() -> Vec<u8> {
    smtp_message("text", MESSAGE)
}

/// A message of 1 MiB of nothing but lines of a stuffed dot, and its end.
pub(crate) fn data_dots() -> Vec<u8> {
    smtp_message("lines of dots", MESSAGE)
}
