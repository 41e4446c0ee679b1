//! The questions that all tests of directories ask.

use gatepost_directory::{Account, Claim, Denial, Directory, Entry, Resolution, Unavailable, Verdict};

pub(crate) async fn found(directory: &dyn Directory, name: &str) -> Entry {
    match directory.resolve(name).await {
        Resolution::Found(entry) => entry,
        other => panic!("{name:?}: {other:?}"),
    }
}

/// Why there is nobody of that name.
pub(crate) async fn unknown(directory: &dyn Directory, name: &str) -> &'static str {
    match directory.resolve(name).await {
        Resolution::Unknown { why } => why,
        other => panic!("{name:?}: {other:?}"),
    }
}

/// Why nobody can say who that is.
pub(crate) async fn unavailable(directory: &dyn Directory, name: &str) -> String {
    match directory.resolve(name).await {
        Resolution::Unavailable(Unavailable(why)) => why,
        other => panic!("{name:?}: {other:?}"),
    }
}

pub(crate) async fn verify(directory: &dyn Directory, entry: &Entry, password: &str) -> Verdict {
    match Claim::password(entry.account.name.as_bytes(), password.as_bytes()) {
        Ok(claim) => directory.verify(entry, &claim).await,
        // What nobody can claim never gets to a directory.
        Err(_) => Verdict::Denied(Denial::BadCredentials),
    }
}

pub(crate) async fn granted(directory: &dyn Directory, entry: &Entry, password: &str) -> Account {
    match verify(directory, entry, password).await {
        Verdict::Granted(account) => account,
        other => panic!("{}: {other:?}", entry.handle),
    }
}

pub(crate) async fn denied(directory: &dyn Directory, entry: &Entry, password: &str) -> Denial {
    match verify(directory, entry, password).await {
        Verdict::Denied(denial) => denial,
        other => panic!("{}: {other:?}", entry.handle),
    }
}

/// Why nobody can judge the password.
pub(crate) async fn unjudged(directory: &dyn Directory, entry: &Entry, password: &str) -> String {
    match verify(directory, entry, password).await {
        Verdict::Unavailable(Unavailable(why)) => why,
        other => panic!("{}: {other:?}", entry.handle),
    }
}
