//! The file directory through its public face.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../claims/mod.rs"]
mod claims;
mod errors;
mod example;
mod parse;
mod proofs;
mod secrets;
mod users;

use gatepost_directory::file::FileDirectory;
use gatepost_directory::{Claim, Denial, Entry, Resolution, Verdict};

/// A claim to be `name` with `password`.
fn claim(name: &str, password: impl AsRef<[u8]>) -> Claim {
    Claim::password(name.as_bytes(), password.as_ref()).unwrap()
}

/// The entry that `name` means; there has to be one.
fn entry(directory: &FileDirectory, name: &str) -> Entry {
    match directory.resolve(name) {
        Resolution::Found(entry) => entry,
        other => panic!("{name:?} is {other:?}"),
    }
}

/// What comes of a login with `name` and `password`, in one word. What cannot be claimed is wrong.
fn login(directory: &FileDirectory, name: &str, password: impl AsRef<[u8]>) -> Result<(), Denial> {
    let Ok(claim) = Claim::password(name.as_bytes(), password.as_ref()) else {
        return Err(Denial::BadCredentials);
    };
    match directory.verify(&entry(directory, name), &claim) {
        Verdict::Granted(_) => Ok(()),
        Verdict::Denied(denial) => Err(denial),
        Verdict::Unavailable(why) => panic!("{why}"),
    }
}

/// A file of one user, `alice`, with a secret.
fn file_of(secret: &str) -> String {
    format!(
        "[[user]]\nname = \"alice\"\nsecret = {}\n",
        toml::Value::String(secret.to_owned())
    )
}
