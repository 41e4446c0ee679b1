//! A domain that was made once: making one takes some seconds, a copy none.

use std::fs::File;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use super::config::{Config, OldPasswords};
use super::{ADMIN_PASSWORD, DOMAIN, HOST, REALM, SID, admin, cast};
use crate::servers::{Error, process, write};

/// What its names resolve to; a copy's are changed.
pub(super) const ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);

/// Says of which version it is, once it is complete.
const VERSION: &str = "version";

/// Copies a domain with the cast to `directory`, and makes one first if there is none. Only the address is the
/// template's still.
pub(super) fn copy(directory: &Path) -> Result<(), Error> {
    let folder = folder();
    std::fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
    let lock = folder.join("lock");
    let held = File::create(&lock).map_err(Error::file(&lock))?;
    held.lock().map_err(Error::file(&lock))?;
    let domain = folder.join("domain");
    let version = version()?;
    if std::fs::read_to_string(domain.join(VERSION)).ok().as_ref() != Some(&version) {
        make(&domain)?;
        write(&domain.join(VERSION), version)?;
    }
    let from = domain.join(".").to_string_lossy().into_owned();
    let to = directory.to_string_lossy();
    process::run("cp", &["--archive", "--reflink=auto", &from, &to], b"").map(drop)
}

/// In the target directory of the build, beside the tests, or else where temporary files are.
fn folder() -> PathBuf {
    let test = std::env::current_exe().unwrap_or_default();
    let deps = test.ancestors().find(|folder| folder.ends_with("deps"));
    let place = deps
        .and_then(Path::parent)
        .map_or_else(std::env::temp_dir, Path::to_owned);
    place.join("gatepost-samba")
}

/// Changes with whatever a domain is made of.
fn version() -> Result<String, Error> {
    let mut hasher = DefaultHasher::new();
    process::run("samba", &["--version"], b"")?.hash(&mut hasher);
    (admin::SCRIPT, cast::orders(), SID, ADMIN_PASSWORD).hash(&mut hasher);
    Ok(format!("{:016x}", hasher.finish()))
}

fn make(directory: &Path) -> Result<(), Error> {
    if directory.exists() {
        std::fs::remove_dir_all(directory).map_err(Error::file(directory))?;
    }
    let config = Config {
        directory,
        address: ADDRESS,
        old_passwords: OldPasswords::default(),
    };
    config.make_folders()?;
    config.write()?;
    let file = config.file();
    let options = [
        format!("--configfile={}", file.display()),
        format!("--realm={REALM}"),
        format!("--domain={DOMAIN}"),
        format!("--domain-sid={SID}"),
        format!("--host-name={HOST}"),
        format!("--host-ip={ADDRESS}"),
        format!("--adminpass={ADMIN_PASSWORD}"),
        "--server-role=dc".to_owned(),
        "--dns-backend=SAMBA_INTERNAL".to_owned(),
    ];
    let mut arguments = vec!["domain", "provision"];
    arguments.extend(options.iter().map(String::as_str));
    process::run("samba-tool", &arguments, b"")?;
    cast::orders().carry_out(&file).map(drop)
}
