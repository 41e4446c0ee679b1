//! A disk that can be full.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A file system of its own.
pub(crate) struct Mounted(PathBuf);

impl Mounted {
    /// Needs the right to mount.
    pub(crate) fn at(path: &Path, octets: usize) -> Self {
        std::fs::create_dir_all(path).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={octets},mode=0700"), "tmpfs"]);
        let mounted = mount.arg(path).status().is_ok_and(|status| status.success());
        assert!(
            mounted,
            "a tmpfs cannot be mounted: run this as root, with CAP_SYS_ADMIN"
        );
        Self(path.to_owned())
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}
