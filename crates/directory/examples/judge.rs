//! Judges a login against a file of users: what a server does with the claim that an exchange ended in.
//!
//! ```text
//! $ echo -n 'wonderland' | cargo run -p gatepost-directory --example judge -- users.toml alice
//! granted: alice, whose mail is at imap2
//! ```

use std::error::Error;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use gatepost_directory::file::FileDirectory;
use gatepost_directory::{Claim, Resolution, Verdict};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [file, name] = &words[..] else {
        return Err("usage: judge FILE NAME < PASSWORD".into());
    };
    let users = FileDirectory::load(Path::new(file))?;
    let mut password = Vec::new();
    io::stdin().take(2048).read_to_end(&mut password)?;
    let claim = Claim::password(name.as_bytes(), &password)?;
    Ok(writeln!(io::stdout(), "{}", judge(&users, &claim))?)
}

/// Slow: a hash is computed, for names that nobody has too, so that the time does not tell who exists.
pub(crate) fn judge(users: &FileDirectory, claim: &Claim) -> String {
    let verdict = match users.resolve(claim.name()) {
        Resolution::Found(entry) => users.verify(&entry, claim),
        Resolution::Unknown { why } => {
            users.verify_unknown(claim);
            return format!("denied: {why}");
        }
        Resolution::Unavailable(unavailable) => Verdict::Unavailable(unavailable),
    };
    match verdict {
        Verdict::Granted(account) => {
            let host = account.attribute("mailHost").unwrap_or("the usual place");
            format!("granted: {}, whose mail is at {host}", account.upstream_login)
        }
        // The reasons are for a log; a client hears the same words whatever it is.
        Verdict::Denied(denial) => format!("denied: {}", denial.as_str()),
        // Nobody was judged: a client should try again later, with the same password.
        Verdict::Unavailable(unavailable) => format!("unavailable: {unavailable:?}"),
    }
}
