//! What is known of a message that waits for its copy, and how it is written in front of the message.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, SystemTime};

use gatepost_directory::EntryId;

use crate::config::SentMode;

/// The length of the block in front of a message, in octets.
pub(crate) const BLOCK: usize = 4096;
/// The longest Message-ID that is kept (RFC 5322 section 2.1.1: no line is longer).
pub(crate) const MAX_MESSAGE_ID: usize = 998;
/// The longest name of an entry.
const MAX_ID: usize = 48;
/// What is kept of an envelope sender, which is for people to read alone.
const MAX_SENDER: usize = 320;

/// The first line of a block: what it is, and which version.
const VERSION: &str = "gatepost-sent: 1";
const CHECKSUM: &str = "checksum: ";

/// Where the mark is among the blanks behind the lines: one octet, which is written or not, never half.
pub(crate) const MARK_AT: usize = BLOCK - 2;
/// It has no Message-ID to be searched for, and a mail server may have got the whole of it.
pub(crate) const MARK: u8 = b'*';

/// The name of an entry: when it was made, a count and something random, so that names never meet and sort by age.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct CopyId(String);

impl CopyId {
    /// A name that no entry has had.
    pub(crate) fn new(now: SystemTime) -> io::Result<Self> {
        static COUNT: AtomicU16 = AtomicU16::new(0);
        let mut random = [0; 4];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let (millis, count) = (millis(now), COUNT.fetch_add(1, Ordering::Relaxed));
        let random = u32::from_ne_bytes(random);
        Ok(Self(format!("{millis:011x}-{count:04x}-{random:08x}")))
    }

    /// A name as it stands in a folder or on a command line: nothing that could lead elsewhere.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let allowed = |octet: u8| matches!(octet, b'0'..=b'9' | b'a'..=b'f' | b'-');
        let fits = (1..=MAX_ID).contains(&text.len()) && text.bytes().all(allowed);
        fits.then(|| Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// When the entry was made, if the name tells.
    fn made(&self) -> Option<SystemTime> {
        let millis = u64::from_str_radix(self.0.split('-').next()?, 16).ok()?;
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(millis))
    }
}

impl fmt::Display for CopyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whose message it is: what is known when its data begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Envelope {
    /// The directory that knows the account, by its name in the configuration.
    pub(crate) directory: String,
    /// The account's stable id there.
    pub(crate) account: EntryId,
    /// The account's canonical name, for people.
    pub(crate) name: String,
    /// The account's mail server: the host if it is not the upstream's own, else the upstream's name.
    pub(crate) backend: String,
    /// The session that took the message.
    pub(crate) session: String,
    /// The envelope sender as in MAIL, to be read by people.
    pub(crate) sender: String,
    /// When it is filed. [`SentMode::Off`] is not kept to begin with.
    pub(crate) mode: SentMode,
}

impl Envelope {
    /// Whether a block has room for it, whatever the message.
    pub(crate) fn fits(&self) -> bool {
        let longest = Metadata {
            id: CopyId("0".repeat(MAX_ID)),
            envelope: Self {
                sender: String::new(),
                ..self.clone()
            },
            received: SystemTime::now(),
            message_id: None,
            size: u64::MAX,
        };
        longest.encode().is_ok()
    }
}

/// Everything that is known of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Metadata {
    pub(crate) id: CopyId,
    pub(crate) envelope: Envelope,
    /// When the message was whole, to the millisecond.
    pub(crate) received: SystemTime,
    /// Its Message-ID with the angle brackets, if it has one that can be searched for.
    pub(crate) message_id: Option<String>,
    /// Its octets.
    pub(crate) size: u64,
}

/// Why a block is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadBlock {
    /// It was never written.
    #[error("nothing is written in its first block")]
    Blank,
    /// It is of another version.
    #[error("its first block is not of this version")]
    Version,
    /// The checksum is wrong.
    #[error("its first block is damaged")]
    Damaged,
    /// A line is missing, or makes no sense.
    #[error("`{0}` is missing in its first block, or makes no sense")]
    Line(&'static str),
}

impl Metadata {
    /// How long the message took to come.
    pub(crate) fn came_in(&self) -> Duration {
        let made = self.id.made();
        let took = made.and_then(|made| self.received.duration_since(made).ok());
        took.unwrap_or_default()
    }

    /// The block: lines of a key and a value, the checksum, and blanks.
    ///
    /// # Errors
    /// If they do not fit.
    pub(crate) fn encode(&self) -> io::Result<Vec<u8>> {
        let mut block = self.lines();
        block.push_str(&format!("{CHECKSUM}{:016x}\n", checksum(block.as_bytes())));
        if block.len() > MARK_AT {
            let what = "names and ids of the account do not fit the spool's first block";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
        }
        let mut block = block.into_bytes();
        block.resize(BLOCK - 1, b' ');
        block.push(b'\n');
        Ok(block)
    }

    /// The block; if it is too long, without what people alone read, and in the end without the Message-ID.
    ///
    /// # Errors
    /// If not even that fits: [`Envelope::fits`] tells before.
    pub(crate) fn encode_or_shorten(&mut self) -> io::Result<Vec<u8>> {
        if let Ok(block) = self.encode() {
            return Ok(block);
        }
        self.envelope.sender.clear();
        if let Ok(block) = self.encode() {
            return Ok(block);
        }
        self.message_id = None;
        self.encode()
    }

    fn lines(&self) -> String {
        let envelope = &self.envelope;
        let (received, size) = (millis(self.received).to_string(), self.size.to_string());
        let lines = [
            ("id", self.id.as_str()),
            ("directory", &envelope.directory),
            ("account", &envelope.account.0),
            ("name", &envelope.name),
            ("backend", &envelope.backend),
            ("session", &envelope.session),
            ("sender", shortened(&envelope.sender)),
            ("mode", envelope.mode.name()),
            ("received", &received),
            ("size", &size),
        ];
        let mut text = format!("{VERSION}\n");
        let message_id = self.message_id.iter().map(|id| ("message-id", id.as_str()));
        for (key, value) in lines.into_iter().chain(message_id) {
            text.push_str(&format!("{key}: {}\n", escaped(value)));
        }
        text
    }

    /// Reads a block, whether it is marked or not.
    pub(crate) fn decode(block: &[u8]) -> Result<Self, BadBlock> {
        let block = if is_marked(block) {
            block.get(..MARK_AT).unwrap_or_default()
        } else {
            block
        };
        let text = std::str::from_utf8(block).map_err(|_| BadBlock::Damaged)?;
        let text = text.trim_end_matches(['\0', ' ', '\n']);
        if text.is_empty() {
            return Err(BadBlock::Blank);
        }
        let (lines, sum) = text.rsplit_once(CHECKSUM).ok_or(BadBlock::Damaged)?;
        if format!("{:016x}", checksum(lines.as_bytes())) != sum {
            return Err(BadBlock::Damaged);
        }
        let rest = lines
            .strip_prefix(VERSION)
            .and_then(|rest| rest.strip_prefix('\n'));
        let rest = rest.ok_or(BadBlock::Version)?;
        let pairs = rest.lines().filter_map(|line| line.split_once(": "));
        Self::from_lines(&Lines(pairs.collect()))
    }

    fn from_lines(lines: &Lines<'_>) -> Result<Self, BadBlock> {
        let mode = lines.text("mode")?;
        let mode = SentMode::ALL.iter().find(|(word, _)| *word == mode);
        let received = Duration::from_millis(lines.number("received")?);
        Ok(Self {
            id: CopyId::parse(&lines.text("id")?).ok_or(BadBlock::Line("id"))?,
            envelope: Envelope {
                directory: lines.text("directory")?,
                account: EntryId(lines.text("account")?),
                name: lines.text("name")?,
                backend: lines.text("backend")?,
                session: lines.text("session")?,
                sender: lines.text("sender")?,
                mode: mode.ok_or(BadBlock::Line("mode"))?.1,
            },
            received: SystemTime::UNIX_EPOCH
                .checked_add(received)
                .ok_or(BadBlock::Line("received"))?,
            message_id: lines.text("message-id").ok(),
            size: lines.number("size")?,
        })
    }
}

/// Whether a block has the mark.
pub(crate) fn is_marked(block: &[u8]) -> bool {
    block.get(MARK_AT) == Some(&MARK)
}

/// The lines of a block by key.
struct Lines<'a>(BTreeMap<&'a str, &'a str>);

impl Lines<'_> {
    fn text(&self, key: &'static str) -> Result<String, BadBlock> {
        self.0
            .get(key)
            .map(|value| unescaped(value))
            .ok_or(BadBlock::Line(key))
    }

    fn number(&self, key: &'static str) -> Result<u64, BadBlock> {
        self.text(key)?.parse().map_err(|_| BadBlock::Line(key))
    }
}

/// A value on one line.
fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('\n', "\\n")
        .replace('\r', "\\r")
}

fn unescaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match (character, character == '\\') {
            (_, false) => text.push(character),
            (_, true) => match characters.next() {
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                other => text.extend(other),
            },
        }
    }
    text
}

fn shortened(sender: &str) -> &str {
    let mut end = sender.len().min(MAX_SENDER);
    while !sender.is_char_boundary(end) {
        end -= 1;
    }
    sender.get(..end).unwrap_or_default()
}

/// FNV-1a: enough to tell a block that was written whole from any other.
fn checksum(octets: &[u8]) -> u64 {
    let step = |sum: u64, octet: &u8| (sum ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01b3);
    octets.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// Milliseconds since 1970.
fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::sent) fn envelope(name: &str) -> Envelope {
        Envelope {
            directory: "users".into(),
            account: EntryId(format!("id-of-{name}")),
            name: name.into(),
            backend: "main".into(),
            session: "1f".into(),
            sender: format!("{name}@example.com"),
            mode: SentMode::IfMissing,
        }
    }

    pub(in crate::sent) fn metadata(name: &str) -> Metadata {
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(1_754_553_600_123);
        Metadata {
            id: CopyId::new(now).unwrap(),
            envelope: envelope(name),
            received: now,
            message_id: Some("<1@example.com>".into()),
            size: 7,
        }
    }

    #[test]
    fn a_block_is_read_as_it_was_written() {
        let mut metadata = metadata("alice");
        metadata.envelope.account = EntryId("cn=a\\,b\r\nchecksum: 0 \u{e9}".into());
        metadata.envelope.sender = String::new();
        let block = metadata.encode().unwrap();
        assert_eq!(block.len(), BLOCK);
        assert_eq!(Metadata::decode(&block), Ok(metadata.clone()));
        metadata.message_id = None;
        assert_eq!(Metadata::decode(&metadata.encode().unwrap()), Ok(metadata));
    }

    #[test]
    fn a_mark_changes_nothing_else() {
        let metadata = metadata("alice");
        let mut block = metadata.encode().unwrap();
        assert!(!is_marked(&block));
        block[MARK_AT] = MARK;
        assert!(is_marked(&block));
        assert_eq!(Metadata::decode(&block), Ok(metadata));
        assert!(!is_marked(b""));
    }

    #[test]
    fn an_entry_tells_how_long_its_message_took() {
        let mut metadata = metadata("alice");
        assert_eq!(metadata.came_in(), Duration::ZERO);
        metadata.received += Duration::from_millis(100_500);
        assert_eq!(metadata.came_in(), Duration::from_millis(100_500));
        metadata.received = SystemTime::UNIX_EPOCH;
        assert_eq!(metadata.came_in(), Duration::ZERO, "the clock was set");
        metadata.id = CopyId::parse("-").unwrap();
        assert_eq!(metadata.came_in(), Duration::ZERO);
    }

    #[test]
    fn people_can_read_it() {
        let block = metadata("alice").encode().unwrap();
        let text = String::from_utf8(block).unwrap();
        assert!(text.starts_with("gatepost-sent: 1\nid: 1988"), "{text}");
        for line in [
            "name: alice",
            "mode: if-missing",
            "received: 1754553600123",
            "message-id: <1@example.com>",
        ] {
            assert!(text.contains(&format!("\n{line}\n")), "{line}");
        }
    }

    #[test]
    fn any_changed_octet_is_noticed() {
        let whole = metadata("alice").encode().unwrap();
        let text = String::from_utf8_lossy(&whole).trim_end().len();
        for index in 0..text {
            let mut block = whole.clone();
            block[index] ^= 1;
            assert!(Metadata::decode(&block).is_err(), "octet {index}");
        }
        for written in 1..text {
            let mut block = whole.clone();
            block[written..].fill(0);
            assert!(Metadata::decode(&block).is_err(), "{written} octets");
        }
    }

    #[test]
    fn a_block_that_was_never_written_is_told_from_a_damaged_one() {
        assert_eq!(Metadata::decode(&[0; BLOCK]), Err(BadBlock::Blank));
        assert_eq!(Metadata::decode(b""), Err(BadBlock::Blank));
        assert_eq!(Metadata::decode(&[0xff; BLOCK]), Err(BadBlock::Damaged));
        let lines = "gatepost-sent: 2\n";
        let block = format!("{lines}checksum: {:016x}\n", checksum(lines.as_bytes()));
        assert_eq!(Metadata::decode(block.as_bytes()), Err(BadBlock::Version));
    }

    #[test]
    fn the_longest_values_fit_and_longer_ones_are_refused() {
        let mut metadata = metadata("alice");
        metadata.message_id = Some("x".repeat(MAX_MESSAGE_ID));
        metadata.envelope.sender = "\u{e9}".repeat(5000);
        metadata.envelope.name = "n".repeat(gatepost_directory::MAX_NAME_OCTETS);
        metadata.envelope.account = EntryId("i".repeat(gatepost_directory::MAX_NAME_OCTETS));
        metadata.envelope.backend = "b".repeat(253);
        let block = metadata.encode().unwrap();
        let sender = Metadata::decode(&block).unwrap().envelope.sender;
        assert_eq!(sender, "\u{e9}".repeat(MAX_SENDER / 2));
        metadata.envelope.account = EntryId("i".repeat(BLOCK));
        assert!(metadata.encode().is_err());
    }

    #[test]
    fn ids_sort_by_age_and_lead_nowhere_else() {
        let at = |millis| CopyId::new(SystemTime::UNIX_EPOCH + Duration::from_millis(millis)).unwrap();
        let (first, second) = (at(1_754_553_600_000), at(1_754_553_600_001));
        assert!(first < second);
        assert_ne!(at(5), at(5));
        assert_eq!(CopyId::parse(first.as_str()), Some(first));
        for wrong in ["", "..", "../a", "a/b", "lock", "A", &"a".repeat(49)] {
            assert_eq!(CopyId::parse(wrong), None, "{wrong}");
        }
    }
}
