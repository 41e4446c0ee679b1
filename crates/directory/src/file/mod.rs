//! Users from a file.
//!
//! The file is TOML, a list of `[[user]]` tables:
//!
//! | key | value | meaning |
//! |---|---|---|
//! | `name` | string, required | the canonical name; in lower case also the stable id |
//! | `aliases` | list of strings | other names that mean the same user |
//! | `addresses` | list of strings | mail addresses that the user may send from, the first being the usual one; names and aliases with an `@` are too |
//! | `secret` | string, required | `$argon2id$..`, `$2b$..` or `$2y$..` (bcrypt), `$6$..` (sha512-crypt), `{NTHASH}..`, `{CRAM-MD5}..`, `{PLAIN}..` |
//! | `secrets` | list of strings | instead of `secret`: one of the hashes, one `{NTHASH}` and one `{CRAM-MD5}` at most |
//! | `mail_host` | string | short for the attribute `mailHost` |
//! | `login` | string | the name to log in upstream with; default: `name` |
//! | `disabled` | boolean | the right password is told so, and not let in; default: false |
//! | `attributes` | table of strings or lists of strings | for routing and rules |
//!
//! Other keys are errors, and so are names given twice. Names compare without regard to case, octet for octet
//! otherwise: no Unicode normalisation, no mapping of domains. [`secret::make`] makes secrets. Their costs are capped
//! (argon2id: 256 MiB, 16 passes, 16 lanes; bcrypt: cost 14; sha512-crypt: 1 000 000 rounds), so that no edit of the
//! file can hang who reads it.
//!
//! | secret | password | CRAM-MD5 | NTLM |
//! |---|---|---|---|
//! | argon2id, bcrypt, sha512-crypt | yes | no | no |
//! | `{NTHASH}` and 32 hexadecimal digits: MD4 of the password in UTF-16LE (NTOWFv1, MS-NLMP section 3.3.1) | yes | no | yes |
//! | `{CRAM-MD5}` and 64 hexadecimal digits: the two MD5 states, as Dovecot has them | yes | yes | no |
//! | `{PLAIN}` and the password | yes | yes | yes |
//!
//! `{NTHASH}` and `{CRAM-MD5}` are as good as the password to whoever steals them. A user with several secrets is judged
//! by the one that is for the claim; a password by the hash, or else by `{NTHASH}`. Nothing checks that they are of the
//! same password.
//!
//! [`FileDirectory`] is one reading of the file, a value that never changes: whoever watches a file reads a new one, and
//! keeps the old if that fails.

mod error;
mod index;
mod load;
mod reader;
pub mod secret;
mod secrets;
mod stored;
mod user;

use std::collections::HashMap;
use std::fmt;
use std::hint::black_box;
use std::path::Path;

use gatepost_wire::Secret;

use crate::{
    Claim, ClaimKind, ClaimKinds, Denial, Entry, EntryId, Explanation, MAX_NAME_OCTETS, Resolution, Standing,
    Verdict,
};

pub use error::FileError;

use index::{Index, Names};
use reader::Table;
use secrets::{Secrets, needed};
use stored::Work;
use user::{State, User};

/// The longest file that is read, in octets.
pub const MAX_FILE_OCTETS: usize = 16 * 1024 * 1024;

/// The users of a file, as it was when it was read.
pub struct FileDirectory {
    users: Vec<User>,
    names: Names,
    accepts: ClaimKinds,
    /// The user whose secret stands in for that of an unknown one.
    decoy: usize,
    /// Whether the password of any user is.
    passwords_are_slow: bool,
}

impl FileDirectory {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// The first thing that is wrong with it, or that it has no users.
    pub fn parse(text: &str) -> Result<Self, FileError> {
        if text.len() > MAX_FILE_OCTETS {
            return Err(FileError::whole(format!("longer than {MAX_FILE_OCTETS} octets")));
        }
        let document = reader::parse(text)?;
        let root = Table::root(text, &document);
        root.only(&["user"])?;
        let (mut users, mut index) = (Vec::new(), Index::new(text));
        for table in root.tables("user")? {
            let (user, names) = User::read(&table)?;
            index.add(users.len(), names)?;
            users.push(user);
        }
        let decoy = decoy(&users).ok_or_else(|| root.error("no users; expected at least one [[user]]"))?;
        Ok(Self {
            accepts: accepts(&users),
            passwords_are_slow: users.iter().any(|user| user.secrets.work().is_slow()),
            users,
            names: index.finish(),
            decoy,
        })
    }

    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read, is too long or not UTF-8, or as for [`FileDirectory::parse`].
    pub fn load(path: &Path) -> Result<Self, FileError> {
        let text = load::read(path)?;
        let text = load::text(&text).map_err(|error| error.in_file(path))?;
        Self::parse(text).map_err(|error| error.in_file(path))
    }

    /// This directory, if it can judge what a listener offers.
    ///
    /// # Errors
    /// If there is a kind of claim in `required` that it cannot judge for every user; it names the first of them.
    pub fn require(self, required: ClaimKinds) -> Result<Self, FileError> {
        match required.iter().find(|kind| !self.accepts.contains(*kind)) {
            None => Ok(self),
            Some(kind) => Err(FileError::whole(self.lacking(kind))),
        }
    }

    /// Who keeps the directory from judging claims of a kind, and what it would take.
    fn lacking(&self, kind: ClaimKind) -> String {
        let lacks = |user: &&User| !user.secrets.accepts().contains(kind);
        let mut lacking = self.users.iter().filter(lacks);
        let name = lacking.next().map_or("", |user| &user.entry.handle);
        let others = match lacking.count() {
            0 => String::new(),
            count => format!(" (and {count} more)"),
        };
        format!(
            "{} cannot be judged for the user `{name}`{others}, who would need {}",
            kind.name(),
            needed(kind)
        )
    }

    /// The kinds of claims that can be judged for every user in the file.
    pub fn accepts(&self) -> ClaimKinds {
        self.accepts
    }

    /// The number of users.
    pub fn len(&self) -> usize {
        self.users.len()
    }

    /// Always false: a file without users is an error.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    /// Every name and alias in the form in which names are compared, in no order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter()
    }

    /// Who is meant by `name`: a user's name or alias, without regard to case.
    pub fn resolve(&self, name: &str) -> Resolution {
        let why = match name {
            "" => "empty name",
            name if name.contains('\0') => "name with NUL",
            name if name.len() > MAX_NAME_OCTETS => "name too long",
            name => match self.user(name) {
                Some(user) => return Resolution::Found(user.entry.clone()),
                None => "not in the file",
            },
        };
        Resolution::Unknown { why }
    }

    /// Who has that stable id: the user whose name it is, and nobody who has it for an alias.
    pub fn resolve_id(&self, id: &EntryId) -> Resolution {
        match self.user(&id.0).filter(|user| user.entry.id == *id) {
            Some(user) => Resolution::Found(user.entry.clone()),
            None => Resolution::Unknown {
                why: "not in the file",
            },
        }
    }

    /// Whether `claim` is true of `entry`. As slow for a wrong claim as for a true one, and that may be very slow:
    /// [`FileDirectory::is_slow`].
    ///
    /// A user who is disabled hears so after the right proof alone.
    pub fn verify(&self, entry: &Entry, claim: &Claim) -> Verdict {
        let Some(user) = self.user_of(entry) else {
            self.verify_unknown(claim);
            return Verdict::Denied(Denial::BadCredentials);
        };
        match judge(&user.secrets, claim) {
            Judged::Right if user.state == State::Disabled => Verdict::Denied(Denial::Disabled),
            Judged::Right => Verdict::Granted(user.entry.account.clone()),
            Judged::Not(verdict) => verdict,
        }
    }

    /// Whether to judge a claim of that kind can take milliseconds, which is too long for a thread that serves others meanwhile:
    /// a password does if any user's hash is slow on purpose. Everything else takes microseconds.
    ///
    /// It is the same for all names, so that waiting for a thread does not tell who exists.
    pub fn is_slow(&self, kind: ClaimKind) -> bool {
        kind == ClaimKind::Password && self.passwords_are_slow
    }

    /// Whether the entry may use mail: it is in the file and not disabled.
    pub fn standing(&self, entry: &Entry) -> Standing {
        match self.user_of(entry) {
            None => Standing::Denied(Denial::BadCredentials),
            Some(user) if user.state == State::Disabled => Standing::Denied(Denial::Disabled),
            Some(_) => Standing::Usable,
        }
    }

    /// What the file says of an entry: the kinds of its secrets, but not the secrets.
    pub fn explain(&self, entry: &Entry) -> Explanation {
        let user = self.user_of(entry);
        let judged = |&kind: &ClaimKind| match user {
            None => (kind, Err("not in the file any more".to_owned())),
            Some(user) if user.secrets.accepts().contains(kind) => (kind, Ok(())),
            Some(_) => (kind, Err(format!("the user would need {}", needed(kind)))),
        };
        Explanation {
            facts: user.map(facts).unwrap_or_default(),
            claims: ClaimKind::ALL.iter().map(judged).collect(),
        }
    }

    /// Does the work of [`FileDirectory::verify`] for a name that is not in the file: against a secret of the kind
    /// and cost that most users have, so that the time does not tell who exists.
    pub fn verify_unknown(&self, claim: &Claim) {
        if let Some(user) = self.users.get(self.decoy) {
            let _ = black_box(judge(&user.secrets, claim));
        }
    }

    fn user(&self, name: &str) -> Option<&User> {
        self.users.get(self.names.find(name)?)
    }

    /// Whose entry it is. It may be of an earlier reading of the file: whoever has the name now need not be who had it then.
    fn user_of(&self, entry: &Entry) -> Option<&User> {
        self.user(&entry.handle).filter(|user| user.entry.id == entry.id)
    }
}

/// The number of users alone.
impl fmt::Debug for FileDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileDirectory")
            .field("users", &self.users.len())
            .finish_non_exhaustive()
    }
}

/// What came of a proof, before the user's standing is looked at.
enum Judged {
    Right,
    Not(Verdict),
}

fn judge(secrets: &Secrets, claim: &Claim) -> Judged {
    match claim {
        Claim::Password(claim) => judge_password(secrets, claim.password()),
        Claim::CramMd5(claim) => judge_proof(secrets.is_cram_md5(claim)),
        Claim::Ntlm(claim) => judge_proof(secrets.is_ntlm(claim)),
        _ => judge_proof(None),
    }
}

fn judge_password(secrets: &Secrets, password: &Secret) -> Judged {
    if password.is_empty() || password.expose().contains(&0) {
        return judge_proof(Some(false));
    }
    match secrets.is_password(password) {
        Ok(right) => judge_proof(Some(right)),
        Err(unavailable) => Judged::Not(Verdict::Unavailable(unavailable)),
    }
}

/// Whether the proof is right; `None` if there is no secret that can tell.
fn judge_proof(right: Option<bool>) -> Judged {
    match right {
        Some(true) => Judged::Right,
        Some(false) => Judged::Not(Verdict::Denied(Denial::BadCredentials)),
        None => Judged::Not(Verdict::Denied(Denial::NotSupported)),
    }
}

/// What an administrator may know of a user.
fn facts(user: &User) -> Vec<(String, String)> {
    let fact = |name: &str, value: String| (name.to_owned(), value);
    let mut facts = vec![fact("secrets", user.secrets.kinds())];
    if user.state == State::Disabled {
        facts.push(fact("disabled", "true".to_owned()));
    }
    facts
}

/// What can be judged for every user.
fn accepts(users: &[User]) -> ClaimKinds {
    let any = ClaimKind::ALL.iter().copied().collect();
    users.iter().fold(any, |kinds: ClaimKinds, user| {
        kinds.intersection(user.secrets.accepts())
    })
}

/// The first user whose secret takes the work that most users' do; of two such works, the stronger.
fn decoy(users: &[User]) -> Option<usize> {
    let mut counts: HashMap<Work, usize> = HashMap::new();
    for user in users {
        *counts.entry(user.secrets.work()).or_default() += 1;
    }
    let (&commonest, _) = counts.iter().max_by_key(|&(&work, &count)| (count, work))?;
    users.iter().position(|user| user.secrets.work() == commonest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BCRYPT: &str = "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    const COSTLY: &str = "$2b$06$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    const ARGON2: &str =
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";

    const NT_HASH: &str = "{NTHASH}a4f49c406510bdcab6824ee7c30fd852";
    const CRAM_MD5: &str = "{CRAM-MD5}d06d4e1b26fccaa4b0b61801132340a354b21152711fb604ca3e035e7015116b";

    fn decoy_among(secrets: &[&str]) -> usize {
        let user = |(index, secret)| format!("[[user]]\nname = \"u{index}\"\nsecret = \"{secret}\"\n");
        let text: String = secrets.iter().enumerate().map(user).collect();
        FileDirectory::parse(&text).unwrap().decoy
    }

    #[test]
    fn the_decoy_is_of_the_commonest_work_then_of_the_strongest() {
        assert_eq!(decoy_among(&["{PLAIN}x"]), 0);
        assert_eq!(decoy_among(&["{PLAIN}x", BCRYPT]), 1);
        assert_eq!(decoy_among(&[CRAM_MD5, NT_HASH]), 1);
        assert_eq!(decoy_among(&[NT_HASH, "{PLAIN}x", CRAM_MD5]), 1);
        assert_eq!(decoy_among(&[ARGON2, BCRYPT, BCRYPT]), 1);
        assert_eq!(decoy_among(&[BCRYPT, COSTLY]), 1);
        assert_eq!(decoy_among(&[COSTLY, BCRYPT]), 0);
        assert_eq!(decoy_among(&[COSTLY, BCRYPT, ARGON2]), 2);
    }
}
