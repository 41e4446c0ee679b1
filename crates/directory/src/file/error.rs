//! What is wrong with a file of users, and where.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A file of users that cannot be used: names the line, the key, and what is allowed; never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError {
    file: Option<PathBuf>,
    line: Option<usize>,
    key: String,
    what: String,
}

impl FileError {
    /// An error of the file as a whole.
    pub(super) fn whole(what: impl Into<String>) -> Self {
        Self {
            file: None,
            line: None,
            key: String::new(),
            what: what.into(),
        }
    }

    /// An error of one line.
    pub(super) fn of_line(line: usize, what: impl Into<String>) -> Self {
        Self {
            line: Some(line),
            ..Self::whole(what)
        }
    }

    /// An error at an octet of the file.
    pub(super) fn at(text: &str, offset: usize, key: &str, what: impl Into<String>) -> Self {
        Self {
            key: key.to_owned(),
            ..Self::of_line(line_of(text.as_bytes(), offset), what)
        }
    }

    /// The file could not be read.
    pub(super) fn unreadable(path: &Path, error: &io::Error) -> Self {
        Self::whole(format!("cannot be read: {}", error.kind())).in_file(path)
    }

    /// The same error with the name of the file.
    pub(super) fn in_file(self, path: &Path) -> Self {
        Self {
            file: Some(path.to_path_buf()),
            ..self
        }
    }

    /// The line, counted from 1, if the error is of one line.
    pub fn line(&self) -> Option<usize> {
        self.line
    }

    /// The key with its table, such as `user[0].secret`; empty if the error is not of one key.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// The line that an octet is in, counted from 1.
pub(super) fn line_of(text: &[u8], offset: usize) -> usize {
    let before = text.get(..offset).unwrap_or_default();
    1 + before.iter().filter(|&&octet| octet == b'\n').count()
}

/// `users.toml:12: user[3].name: what is wrong`, with the parts that are known.
impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(f, "{}:{line}: ", file.display())?,
            (Some(file), None) => write!(f, "{}: ", file.display())?,
            (None, Some(line)) => write!(f, "line {line}: ")?,
            (None, None) => {}
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.what)
    }
}

impl std::error::Error for FileError {}
