//! What the benches read: octets as phones and mail servers send them.

/// What an iPhone sends behind its login when it opens the inbox, one command a line.
pub const PHONE_COMMANDS: &[&str] = &[
    "3 ID (\"name\" \"iPhone Mail\" \"version\" \"22F76\" \"os\" \"iOS\" \"os-version\" \"18.5 (22F76)\")",
    "4 CAPABILITY",
    "5 LIST (SPECIAL-USE) \"\" \"*\"",
    "6 LIST \"\" \"*\" RETURN (STATUS (MESSAGES UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ))",
    "7 SELECT INBOX (CONDSTORE)",
    "8 UID SEARCH 1:* NOT DELETED",
    "9 UID FETCH 2301:2325 (INTERNALDATE UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (date subject from to cc \
     message-id in-reply-to references content-type x-priority x-uniform-type-identifier)])",
    "10 UID FETCH 2301,2303,2305,2307 (BODYSTRUCTURE)",
    "11 UID FETCH 2325 BODY.PEEK[1]<0.393216>",
    "12 UID STORE 2325 +FLAGS.SILENT (\\Seen)",
    "13 IDLE",
    "DONE",
    "14 NOOP",
];

/// [`PHONE_COMMANDS`] pipelined, so often.
pub fn phone_stream(times: usize) -> Vec<u8> {
    // IDLE and DONE need a server that answers.
    let lines = PHONE_COMMANDS
        .iter()
        .filter(|line| !["13 IDLE", "DONE"].contains(line));
    let once: String = lines.map(|line| format!("{line}\r\n")).collect();
    once.repeat(times).into_bytes()
}

/// FETCH responses with literals of `literal` octets, about `octets` in all.
pub fn fetch_stream(octets: usize, literal: usize) -> Vec<u8> {
    let body: Vec<u8> =
        b"The quick brown fox jumps over the lazy dog, and this line is as long as lines are.\r\n"
            .iter()
            .copied()
            .cycle()
            .take(literal)
            .collect();
    let mut stream = Vec::with_capacity(octets + literal);
    for number in 1.. {
        if stream.len() >= octets {
            break;
        }
        let head = format!("* {number} FETCH (UID {number} FLAGS (\\Seen) BODY[TEXT] {{{literal}}}\r\n");
        stream.extend_from_slice(head.as_bytes());
        stream.extend_from_slice(&body);
        stream.extend_from_slice(b")\r\n");
    }
    stream
}

/// FLAGS of many messages, as a client hears them that synchronizes: short lines and no literals.
pub fn flags_stream(lines: usize) -> Vec<u8> {
    let line =
        |number| format!("* {number} FETCH (UID {number} FLAGS (\\Seen \\Answered) MODSEQ (1234567))\r\n");
    (1..=lines).map(line).collect::<String>().into_bytes()
}

/// What a client says to submit a message, and what others say now and then, one command a line.
pub const SMTP_COMMANDS: &[&str] = &[
    "EHLO smtpclient.apple\r\n",
    "AUTH PLAIN AGFsaWNlQGV4YW1wbGUuY29tAGNvcnJlY3QgaG9yc2U=\r\n",
    "MAIL FROM:<alice@example.com> SIZE=123456 BODY=8BITMIME\r\n",
    "RCPT TO:<bob.builder@mail.example.org>\r\n",
    "RCPT TO:<\"alice b\"@example.com> NOTIFY=NEVER\r\n",
    "DATA\r\n",
    "MAIL FROM:<>\r\n",
    "BDAT 1000 LAST\r\n",
    "STARTTLS\r\n",
    "NOOP\r\n",
    "QUIT\r\n",
];

/// A message as it is on the wire behind DATA, about `octets` long, with lines such as `kind` says.
pub fn smtp_message(kind: &str, octets: usize) -> Vec<u8> {
    let base64 = format!("{}\r\n", "QUJD".repeat(19));
    let lines = match kind {
        "base64" => base64,
        "some dots" => format!("{}..and a dot\r\n", base64.repeat(12)),
        "lines of dots" => "..\r\n".to_owned(),
        _ => "<p>The quick brown fox</p>\r\n\r\n  jumps over\r\n<div class=\"dog\">the lazy dog</div>\r\n"
            .to_owned(),
    };
    let mut message = lines.repeat(octets.div_ceil(lines.len())).into_bytes();
    message.extend_from_slice(b".\r\n");
    message
}
