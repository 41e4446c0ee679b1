//! The control socket.

use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::ConfigError;
use super::reader::{Section, Source};

/// What the address of a Unix socket has room for, in octets (unix(7): 108, with the zero behind it).
const LONGEST: usize = 107;

/// Where the socket is; `None`: there is none.
pub(super) fn read(section: Section<'_>, folder: &Path) -> Result<Option<PathBuf>, ConfigError> {
    let socket = read_socket(&section, folder)?;
    section.finish()?;
    Ok(socket)
}

fn read_socket(section: &Section<'_>, folder: &Path) -> Result<Option<PathBuf>, ConfigError> {
    let place = |path: &&str| {
        let place = folder.join(path);
        let fits = !path.is_empty() && place.as_os_str().len() <= LONGEST;
        let expected = || format!("expected a path of at most {LONGEST} octets");
        fits.then_some(place).ok_or_else(expected)
    };
    section
        .text("socket")?
        .map(|socket| socket.convert(place))
        .transpose()
}

/// Where the control socket of a configuration is, if it has one. Nothing else of the file is read, so that secrets may
/// be out of reach.
pub(crate) fn control_socket_of(file: &Path) -> Result<Option<PathBuf>, ConfigError> {
    let text = ConfigError::reading(file, std::fs::read_to_string(file))?;
    let source = Source { file, text: &text };
    let document = DeTable::parse(&text).map_err(|error| source.syntax(&error))?;
    let folder = file.parent().unwrap_or_else(|| Path::new(""));
    read_socket(&Section::root(&source, &document).section("control")?, folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Option<PathBuf>, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("g.toml");
        std::fs::write(&file, text).unwrap();
        control_socket_of(&file).map_err(|error| error.to_string())
    }

    #[test]
    fn a_socket_is_where_the_configuration_says() {
        assert_eq!(of(""), Ok(None));
        assert_eq!(of("[control]"), Ok(None));
        let socket = "[control]\nsocket = \"/run/gatepost/control.sock\"\n";
        // Whatever else is wrong or out of reach.
        let socket = of(&format!("nonsense = 1\n{socket}")).unwrap();
        assert_eq!(socket, Some(PathBuf::from("/run/gatepost/control.sock")));
        let relative = of("[control]\nsocket = \"control.sock\"").unwrap().unwrap();
        assert!(relative.is_absolute() && relative.ends_with("control.sock"));
    }

    #[test]
    fn a_path_that_no_socket_can_have_is_refused() {
        let of_length = |length: usize| of(&format!("[control]\nsocket = \"/{}\"\n", "a".repeat(length - 1)));
        assert!(of_length(107).is_ok());
        for error in [of_length(108), of("[control]\nsocket = \"\"\n")] {
            let error = error.unwrap_err();
            assert!(
                error.ends_with("control.socket: expected a path of at most 107 octets"),
                "{error}"
            );
        }
    }
}
