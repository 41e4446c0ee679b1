//! Reads a file of users into memory that is wiped.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use gatepost_wire::Secret;

use super::MAX_FILE_OCTETS;
use super::error::{FileError, line_of};

/// The octets of a file, one more than is allowed at most.
pub(super) fn read(path: &Path) -> Result<Secret, FileError> {
    octets(path)
        .map(Secret::new)
        .map_err(|error| FileError::unreadable(path, &error))
}

/// Room for the whole file from the start: a vector that grows leaves copies behind.
fn octets(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let most = MAX_FILE_OCTETS + 1;
    let size = usize::try_from(file.metadata()?.len()).unwrap_or(most);
    let mut octets = Vec::with_capacity(size.min(most));
    file.take(most as u64).read_to_end(&mut octets)?;
    Ok(octets)
}

/// The octets as text.
pub(super) fn text(octets: &Secret) -> Result<&str, FileError> {
    octets.expose_str().map_err(|error| {
        let line = line_of(octets.expose(), error.valid_up_to());
        FileError::of_line(line, "not UTF-8")
    })
}
