//! Secrets never stand in the configuration itself: they come from a file, a variable or a systemd credential.

use std::path::{Path, PathBuf};

use gatepost_wire::Secret;

use super::ConfigError;
use super::reader::{Section, Value};

/// The longest secret, in octets.
const MAX_SECRET_OCTETS: u64 = 4096;

/// Reads the secret from `password_file`, `password_env` or `password_credential` of a section with that `prefix`
/// ("" or "bind_").
pub(super) fn read(section: &Section<'_>, keys: &Keys, folder: &Path) -> Result<Option<Secret>, ConfigError> {
    if let Some(inline) = section.text(keys.inline)? {
        let what = format!(
            "a secret does not belong in this file; use {}, {} or {}",
            keys.file, keys.env, keys.credential
        );
        return Err(inline.error(what));
    }
    let sources = [
        section
            .text(keys.file)?
            .map(|name| from_file(&name, &folder.join(name.value))),
        section.text(keys.env)?.map(|name| from_env(&name)),
        section.text(keys.credential)?.map(|name| from_credential(&name)),
    ];
    let mut given = sources.into_iter().flatten();
    match (given.next(), given.next()) {
        (None, _) => Ok(None),
        (Some(secret), None) => secret.map(Some),
        (Some(_), Some(_)) => Err(section.error(format!(
            "only one of {}, {} and {} may be given",
            keys.file, keys.env, keys.credential
        ))),
    }
}

/// The keys `user` and `password_*` of a login, both required.
pub(super) fn account(section: &Section<'_>, folder: &Path) -> Result<(String, Secret), ConfigError> {
    let user = section.required_text("user")?;
    let password = read(section, &PASSWORD, folder)?;
    let missing = "its password is missing: give password_file, password_env or password_credential";
    let password = password.ok_or_else(|| user.error(missing))?;
    Ok((user.value.to_owned(), password))
}

/// The names of a secret's keys.
pub(super) struct Keys {
    inline: &'static str,
    file: &'static str,
    env: &'static str,
    credential: &'static str,
}

/// The secret of an upstream login.
pub(super) const PASSWORD: Keys = Keys {
    inline: "password",
    file: "password_file",
    env: "password_env",
    credential: "password_credential",
};

/// The secret of a directory's service account.
pub(super) const BIND_PASSWORD: Keys = Keys {
    inline: "bind_password",
    file: "bind_password_file",
    env: "bind_password_env",
    credential: "bind_password_credential",
};

fn from_file(name: &Value<'_, &str>, file: &Path) -> Result<Secret, ConfigError> {
    let read = std::fs::metadata(file).and_then(|metadata| {
        if metadata.len() > MAX_SECRET_OCTETS {
            return Err(std::io::Error::other(format!(
                "holds more than {MAX_SECRET_OCTETS} octets"
            )));
        }
        std::fs::read(file)
    });
    let octets = read.map_err(|error| name.error(format!("{}: {error}", file.display())))?;
    checked(name, octets)
}

fn from_env(name: &Value<'_, &str>) -> Result<Secret, ConfigError> {
    let value = std::env::var_os(name.value);
    let value =
        value.ok_or_else(|| name.error(format!("the environment has no variable `{}`", name.value)))?;
    checked(name, value.into_encoded_bytes())
}

fn from_credential(name: &Value<'_, &str>) -> Result<Secret, ConfigError> {
    let folder = std::env::var_os("CREDENTIALS_DIRECTORY");
    let folder = folder.ok_or_else(|| {
        name.error("there is no CREDENTIALS_DIRECTORY: not started by systemd with LoadCredential=")
    })?;
    from_file(name, &PathBuf::from(folder).join(name.value))
}

/// One line end at the end is the editor's, not the secret's.
fn checked(name: &Value<'_, &str>, mut octets: Vec<u8>) -> Result<Secret, ConfigError> {
    if octets.last() == Some(&b'\n') {
        octets.pop();
        if octets.last() == Some(&b'\r') {
            octets.pop();
        }
    }
    let secret = Secret::new(octets);
    if secret.is_empty() {
        return Err(name.error("the secret is empty"));
    }
    if secret
        .expose()
        .iter()
        .any(|octet| matches!(octet, 0 | b'\r' | b'\n'))
    {
        return Err(name.error("the secret holds a NUL or a line end; expected one line"));
    }
    Ok(secret)
}
