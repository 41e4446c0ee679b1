//! A directory that is one TOML file of users.
//!
//! ```toml
//! [[user]]
//! name = "alice"
//! aliases = ["alice@example.com", "a.liddell"]   # what she may also log in with
//! secret = "$argon2id$v=19$m=..."                # also $2b$ (bcrypt), $6$ (sha512-crypt), {PLAIN}
//! mail_host = "imap2.example.com"                # for routing, as the attribute `mail_host`
//! login = "alice.liddell"                        # the name on the mail server; default: name
//! disabled = false
//! [user.attributes]                              # more, for routing
//! department = ["tea", "croquet"]
//! ```
//!
//! [`FileDirectory`] is such a file, read once: a value that never changes. Whoever watches a file reads a new one and
//! keeps the old one if that fails. Names compare without regard to case, and no two users share one. Hashes that would
//! take longer than about a second, or more than 256 MiB, are refused when the file is read.

mod reader;
pub mod secret;

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::io::Read as _;
use std::path::Path;
use std::sync::OnceLock;

use gatepost_sasl::{Claim, ClaimKinds};
use gatepost_wire::Secret;

use crate::{Account, Attributes, Denial, Entry, EntryId, Resolution, Unavailable, Verdict};
use secret::{Match, Stored};

/// The largest file that is read, in octets.
const MAX_FILE_OCTETS: u64 = 64 * 1024 * 1024;

/// A file of users, as it was read.
#[derive(Debug)]
pub struct FileDirectory {
    users: Vec<User>,
    /// Names and aliases in lower case.
    names: HashMap<String, usize>,
    /// Whose secret is checked for names that nobody has.
    decoy: usize,
}

#[derive(Debug)]
struct User {
    name: String,
    secret: Stored,
    login: String,
    disabled: bool,
    attributes: Attributes,
}

/// What is wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError {
    /// The line, counted from 1; 0 if it is the whole file.
    pub line: usize,
    /// The key, such as `user.secret`; empty if it is none.
    pub key: String,
    /// What is wrong, and what is allowed. Never holds a secret.
    pub what: String,
}

impl FileError {
    fn new(line: usize, key: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            line,
            key: key.into(),
            what: what.into(),
        }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}: ", self.line)?;
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.what)
    }
}

impl std::error::Error for FileError {}

impl FileDirectory {
    /// Reads a file's text.
    ///
    /// # Errors
    /// The first thing that is wrong: no TOML, an unknown key, a secret of no known kind, a name that two users have,
    /// no users at all.
    pub fn parse(text: &str) -> Result<Self, FileError> {
        let (mut users, mut names) = (Vec::new(), HashMap::new());
        let mut lines = HashMap::new();
        for read in reader::read(text)? {
            for (name, line) in read.names {
                let folded = name.to_lowercase();
                if let Some(first) = lines.insert(folded.clone(), line) {
                    let what = format!("\"{}\" is a name in line {first} already", name.escape_debug());
                    return Err(FileError::new(line, "user.name", what));
                }
                names.insert(folded, users.len());
            }
            users.push(read.user);
        }
        if users.is_empty() {
            return Err(FileError::new(0, "", "there are no users; expected [[user]]"));
        }
        let decoy = users.iter().position(|user| user.secret.is_slow()).unwrap_or(0);
        Ok(Self { users, names, decoy })
    }

    /// Reads a file of at most 64 MiB.
    ///
    /// # Errors
    /// If it cannot be read, or as [`FileDirectory::parse`]; the file is named.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let error = |reason| LoadError {
            path: path.display().to_string(),
            reason,
        };
        let mut text = String::new();
        let read = std::fs::File::open(path).and_then(|file| file.take(MAX_FILE_OCTETS + 1).read_to_string(&mut text));
        match read {
            Err(reason) => Err(error(reason.to_string())),
            Ok(octets) if octets as u64 > MAX_FILE_OCTETS => Err(error("is over 64 MiB".to_owned())),
            Ok(_) => Self::parse(&text).map_err(|reason| error(reason.to_string())),
        }
    }

    /// The number of users.
    pub fn len(&self) -> usize {
        self.users.len()
    }

    /// Whether there are no users, which [`FileDirectory::parse`] refuses.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    /// What can be judged for every user.
    pub fn accepts(&self) -> ClaimKinds {
        ClaimKinds::PASSWORD
    }

    /// Who is meant, by name or alias, in any case.
    pub fn resolve(&self, name: &str) -> Resolution {
        match self.user(name) {
            Some(user) => Resolution::Found(user.entry()),
            None => Resolution::Unknown {
                why: "no user has that name",
            },
        }
    }

    /// Judges a claim. Blocks for as long as the user's hash takes, up to about a second.
    pub fn verify(&self, entry: &Entry, claim: &Claim) -> Verdict {
        let Claim::Password(proof) = claim else {
            return Verdict::Denied(Denial::NotSupported);
        };
        // The user may have left with a newer file since.
        let Some(user) = self.user(&entry.handle) else {
            self.verify_unknown(claim);
            return Verdict::Denied(Denial::BadCredentials);
        };
        match user.secret.check(proof.password()) {
            Match::Wrong => Verdict::Denied(Denial::BadCredentials),
            Match::Unknown => Verdict::Unavailable(Unavailable("the password hash could not be computed".to_owned())),
            Match::Right if user.disabled => Verdict::Denied(Denial::Disabled),
            Match::Right => Verdict::Granted(user.account()),
        }
    }

    /// Does the work of [`FileDirectory::verify`] for a name that nobody has, so that time does not tell.
    pub fn verify_unknown(&self, claim: &Claim) {
        if let (Claim::Password(proof), Some(user)) = (claim, self.users.get(self.decoy)) {
            std::hint::black_box(user.secret.check(proof.password()));
        }
    }

    fn user(&self, name: &str) -> Option<&User> {
        self.users.get(*self.names.get(&name.to_lowercase())?)
    }
}

/// Why a file could not be loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct LoadError {
    path: String,
    reason: String,
}

impl User {
    fn entry(&self) -> Entry {
        Entry {
            id: self.id(),
            secret_version: Some(self.secret.version()),
            handle: self.name.clone(),
            account: self.account(),
        }
    }

    fn account(&self) -> Account {
        Account {
            id: self.id(),
            name: self.name.clone(),
            upstream_login: self.login.clone(),
            attributes: self.attributes.clone(),
        }
    }

    fn id(&self) -> EntryId {
        EntryId(self.name.to_lowercase())
    }
}

impl Stored {
    /// Changes with the secret and tells nothing about it: keyed with what only this process knows.
    fn version(&self) -> String {
        static KEY: OnceLock<RandomState> = OnceLock::new();
        let key = KEY.get_or_init(RandomState::new);
        let hash = match self {
            Self::Argon2id(hash) => key.hash_one(hash.to_string()),
            Self::Bcrypt(hash) | Self::Sha512Crypt(hash) => key.hash_one(hash),
            Self::Plain(password) => key.hash_one(Secret::expose(password)),
        };
        format!("{hash:016x}")
    }
}

#[cfg(test)]
mod tests;
