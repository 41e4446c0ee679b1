//! `gatepost sent`: shows what waits for its copy, and puts it back into the queue. The gateway may run meanwhile.

use std::io::{self, Read as _, Write};
use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::{Context as _, anyhow, bail, ensure};
use clap::{Args, Subcommand};
use gatepost_wire::Escaped;

use super::entry::CopyId;
use super::files::{Place, Visit};
use super::spool::Entry;
use crate::config::sent::spool_of;

/// How much of a message is looked through for the end of its header, in octets.
const HEADER: u64 = 64 * 1024;

/// What `gatepost sent` is told.
#[derive(Args)]
pub struct Options {
    /// The configuration file, which says where the spool is.
    #[arg(long, short, global = true, default_value = "/etc/gatepost/gatepost.toml")]
    config: PathBuf,
    /// The spool, whatever the configuration says.
    #[arg(long, global = true)]
    spool: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the copies that wait, that are in doubt, that failed, and whose messages the MTA has not answered yet.
    List,
    /// Show what is known of a copy, and the header of its message.
    Show {
        /// As `list` shows it.
        id: String,
        /// Write the message itself, octet for octet, and nothing else.
        #[arg(long)]
        raw: bool,
    },
    /// Put copies back into the queue; a running gateway notices within five seconds.
    Retry {
        /// As `list` shows them.
        #[arg(required_unless_present_any = ["all", "in_doubt"])]
        ids: Vec<String>,
        /// All that failed.
        #[arg(long)]
        all: bool,
        /// All that are in doubt: the MTA may or may not have their messages.
        #[arg(long)]
        in_doubt: bool,
    },
}

/// Does what it is told, and writes to standard output.
///
/// # Errors
/// If there is no spool, or no such copy, or it cannot be moved.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let spool = match &options.spool {
        Some(spool) => spool.clone(),
        None => spool_of(&options.config)?,
    };
    let visit = Visit::open(&spool).with_context(|| format!("the spool {}", spool.display()))?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    let done = obey(&options.command, &visit, &mut out);
    let flushed = out.flush();
    match done.and_then(|()| Ok(flushed?)) {
        // Whoever reads has read enough.
        Err(error) if is_broken_pipe(&error) => Ok(()),
        done => done,
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn obey(command: &Command, visit: &Visit, out: &mut impl Write) -> anyhow::Result<()> {
    match command {
        Command::List => list(visit, SystemTime::now(), out),
        Command::Show { id, raw } => show(visit, &find(visit, id)?, *raw, out),
        Command::Retry { ids, all, in_doubt } => {
            let mut found = ids
                .iter()
                .map(|id| find(visit, id))
                .collect::<Result<Vec<_>, _>>()?;
            for (place, _) in [(Place::Failed, all), (Place::Doubt, in_doubt)]
                .into_iter()
                .filter(|(_, wanted)| **wanted)
            {
                found.extend(visit.list(place)?.into_iter().map(|(id, _)| (id, place)));
            }
            retry(visit, &found, out)
        }
    }
}

fn find(visit: &Visit, id: &str) -> anyhow::Result<(CopyId, Place)> {
    let unknown = || anyhow!("there is no copy {}", Escaped(id.as_bytes()));
    let id = CopyId::parse(id).ok_or_else(unknown)?;
    let place = visit.find(&id).ok_or_else(unknown)?;
    ensure!(place != Place::Pending, "the message of {id} is being received");
    Ok((id, place))
}

fn list(visit: &Visit, now: SystemTime, out: &mut impl Write) -> anyhow::Result<()> {
    writeln!(
        out,
        "{:7}  {:25}  {:>4}  {:>10}  ACCOUNT, MESSAGE-ID",
        "PLACE", "ID", "AGE", "OCTETS"
    )?;
    for place in Place::ALL {
        for (id, entry) in visit.list(place)? {
            write!(out, "{:7}  {id:25}  ", place.name())?;
            match entry {
                Ok(entry) => line(&entry, now, out)?,
                Err(reason) => writeln!(out, "   -           -  broken: {reason}")?,
            }
        }
    }
    Ok(())
}

fn line(entry: &Entry, now: SystemTime, out: &mut impl Write) -> io::Result<()> {
    let copy = &entry.metadata;
    let age = now.duration_since(copy.received).unwrap_or_default().as_secs();
    let account = Escaped(copy.envelope.name.as_bytes());
    let message_id = Escaped(copy.message_id.as_deref().unwrap_or("-").as_bytes());
    writeln!(
        out,
        "{:>4}  {:>10}  {account}, {message_id}",
        shortened(age),
        copy.size
    )
}

/// Seconds in their largest unit.
pub(crate) fn shortened(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds}s"),
        120..=7_199 => format!("{}m", seconds / 60),
        7_200..=172_799 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

fn show(visit: &Visit, (id, place): &(CopyId, Place), raw: bool, out: &mut impl Write) -> anyhow::Result<()> {
    let (entry, mut file) = visit
        .load(id, *place)
        .with_context(|| format!("{id} in {}", place.name()))?;
    if raw {
        io::copy(&mut file, out)?;
        return Ok(());
    }
    let copy = &entry.metadata;
    let envelope = &copy.envelope;
    let received = time::OffsetDateTime::from(copy.received);
    let size = copy.size.to_string();
    for (key, value) in [
        ("place", place.name()),
        ("account", &envelope.name),
        ("id of the account", &envelope.account.0),
        ("directory", &envelope.directory),
        ("mail server", &envelope.backend),
        ("session", &envelope.session),
        ("sender", &envelope.sender),
        ("mode", envelope.mode.name()),
        ("received", &received.to_string()),
        ("message-id", copy.message_id.as_deref().unwrap_or("-")),
        ("octets", &size),
    ] {
        writeln!(out, "{key}: {}", Escaped(value.as_bytes()))?;
    }
    writeln!(out)?;
    let mut start = Vec::new();
    file.take(HEADER).read_to_end(&mut start)?;
    header(&start, out)?;
    Ok(())
}

/// The header's lines, with nothing in them that a terminal would obey.
fn header(start: &[u8], out: &mut impl Write) -> io::Result<()> {
    for line in start.split(|octet| *octet == b'\n') {
        let line = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line));
        if line.is_empty() {
            return Ok(());
        }
        let shown = |c: char| if c.is_control() && c != '\t' { '?' } else { c };
        writeln!(out, "{}", line.chars().map(shown).collect::<String>())?;
    }
    Ok(())
}

fn retry(visit: &Visit, found: &[(CopyId, Place)], out: &mut impl Write) -> anyhow::Result<()> {
    let mut wrong = 0;
    for (id, place) in found {
        let done = match place {
            Place::Queue => Ok("is in the queue already"),
            _ => visit.retry(id, *place).map(|()| "is in the queue"),
        };
        match done {
            Ok(what) => writeln!(out, "{id}: {what}")?,
            Err(reason) => {
                wrong += 1;
                writeln!(out, "{id}: {reason}")?;
            }
        }
    }
    match wrong {
        0 => Ok(()),
        count => bail!("{count} of {} could not be moved", found.len()),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::super::entry::tests::envelope;
    use super::super::files::Files;
    use super::super::spool::Spool;
    use super::*;

    fn put(files: &Files, name: &str, place: Place) -> CopyId {
        let mut draft = files.begin(envelope(name)).unwrap();
        draft
            .append(b"Subject: \x1b[2J\xff\r\n more\r\nTo: x\r\n\r\nbody\r\n")
            .unwrap();
        let received = SystemTime::UNIX_EPOCH + Duration::from_secs(1_754_553_600);
        draft
            .sync(received, Some(format!("<{name}@example.com>")))
            .unwrap();
        let id = draft.metadata().id.clone();
        match place {
            Place::Doubt => draft.doubt().unwrap(),
            _ => draft.queue().1.unwrap(),
        }
        if place == Place::Failed {
            files.fail(&id).unwrap();
        }
        id
    }

    fn said(spool: &Path, command: &Command) -> anyhow::Result<String> {
        let mut out = Vec::new();
        obey(command, &Visit::open(spool).unwrap(), &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    fn retry_of(ids: &[&CopyId], all: bool, in_doubt: bool) -> Command {
        let ids = ids.iter().map(ToString::to_string).collect();
        Command::Retry { ids, all, in_doubt }
    }

    #[test]
    fn the_list_has_a_line_for_each() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::open(folder.path(), None).unwrap();
        let queued = put(&files, "alice", Place::Queue);
        let doubtful = put(&files, "bob\n", Place::Doubt);
        let failed = put(&files, "carol", Place::Failed);
        std::fs::write(folder.path().join("failed").join("0"), b"x").unwrap();
        let mut out = Vec::new();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_754_553_600 + 7_300);
        list(&Visit::open(folder.path()).unwrap(), now, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let rest = "    2h          38  ";
        assert_eq!(
            lines[1],
            format!("queue    {queued}{rest}alice, <alice@example.com>")
        );
        assert_eq!(
            lines[2],
            format!("doubt    {doubtful}{rest}bob\\n, <bob\\n@example.com>")
        );
        assert!(
            lines[3].starts_with("failed   0 ") && lines[3].contains("  broken: "),
            "{text}"
        );
        assert_eq!(
            lines[4],
            format!("failed   {failed}{rest}carol, <carol@example.com>")
        );
        assert_eq!(lines.len(), 5);
    }

    #[test]
    fn a_copy_is_shown_without_its_body_and_without_what_a_terminal_obeys() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::open(folder.path(), None).unwrap();
        let id = put(&files, "alice", Place::Queue).to_string();
        let show = |raw| said(folder.path(), &Command::Show { id: id.clone(), raw });
        let text = show(false).unwrap();
        assert!(text.starts_with("place: queue\naccount: alice\n"), "{text}");
        assert!(
            text.contains("\nreceived: 2025-08-07 8:00:00.0 +00:00:00\n"),
            "{text}"
        );
        assert!(
            text.ends_with("\n\nSubject: ?[2J\u{fffd}\n more\nTo: x\n"),
            "{text:?}"
        );
        let mut out = Vec::new();
        let raw = Command::Show { id, raw: true };
        obey(&raw, &Visit::open(folder.path()).unwrap(), &mut out).unwrap();
        assert_eq!(out, b"Subject: \x1b[2J\xff\r\n more\r\nTo: x\r\n\r\nbody\r\n");
    }

    #[test]
    fn copies_go_back_into_the_queue_by_name_or_all_of_a_kind() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::open(folder.path(), None).unwrap();
        let queued = put(&files, "alice", Place::Queue);
        let doubtful = put(&files, "bob", Place::Doubt);
        let failed = put(&files, "carol", Place::Failed);
        let text = said(folder.path(), &retry_of(&[&queued], true, false)).unwrap();
        assert_eq!(
            text,
            format!("{queued}: is in the queue already\n{failed}: is in the queue\n")
        );
        let visit = Visit::open(folder.path()).unwrap();
        assert_eq!(visit.find(&doubtful), Some(Place::Doubt));
        said(folder.path(), &retry_of(&[&doubtful], false, false)).unwrap();
        assert_eq!(visit.find(&doubtful), Some(Place::Queue));
        let again = put(&files, "bob", Place::Doubt);
        said(folder.path(), &retry_of(&[], false, true)).unwrap();
        assert_eq!(visit.find(&again), Some(Place::Queue));
    }

    #[test]
    fn what_is_not_there_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::open(folder.path(), None).unwrap();
        for id in ["0-0-0", "../lock", "\x1b"] {
            let command = Command::Show {
                id: id.into(),
                raw: false,
            };
            let error = said(folder.path(), &command).unwrap_err().to_string();
            assert!(error.starts_with("there is no copy "), "{error}");
        }
        let mut draft = files.begin(envelope("alice")).unwrap();
        draft.append(b"x").unwrap();
        let id = draft.metadata().id.clone();
        let error = said(folder.path(), &retry_of(&[&id], false, false)).unwrap_err();
        assert!(error.to_string().ends_with("is being received"), "{error}");
        assert!(
            run(&Options {
                config: PathBuf::new(),
                spool: Some(folder.path().join("nowhere")),
                command: Command::List,
            })
            .is_err()
        );
    }
}
