//! Which user a name or alias means.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::error::line_of;
use super::reader::{Place, Read};

/// A name or alias as it is compared, and where it stands in the file.
pub(super) struct Named<'a> {
    pub(super) folded: String,
    pub(super) place: Place<'a>,
}

/// A name in the form in which names are compared: every character in lower case, whatever its neighbours are.
pub(super) fn fold(name: &str) -> String {
    name.chars().flat_map(char::to_lowercase).collect()
}

/// The names of a file while it is read.
pub(super) struct Index<'a> {
    text: &'a str,
    taken: HashMap<String, Taken>,
}

/// Whose a name is, and where in the file it was given.
struct Taken {
    user: usize,
    offset: usize,
}

/// The names of a file: for each the number of its user.
pub(super) struct Names(HashMap<String, usize>);

impl<'a> Index<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            taken: HashMap::new(),
        }
    }

    /// Adds a user's names, which nobody may have had before.
    pub(super) fn add(&mut self, user: usize, names: Vec<Named<'a>>) -> Read<()> {
        names.into_iter().try_for_each(|name| self.add_name(user, name))
    }

    fn add_name(&mut self, user: usize, name: Named<'a>) -> Read<()> {
        match self.taken.entry(name.folded) {
            Entry::Vacant(free) => {
                free.insert(Taken {
                    user,
                    offset: name.place.offset,
                });
                Ok(())
            }
            Entry::Occupied(taken) => {
                let line = line_of(self.text.as_bytes(), taken.get().offset);
                let what = format!("the name `{}` is given in line {line} already", taken.key());
                Err(name.place.error(what))
            }
        }
    }

    pub(super) fn finish(self) -> Names {
        Names(
            self.taken
                .into_iter()
                .map(|(name, taken)| (name, taken.user))
                .collect(),
        )
    }
}

impl Names {
    /// The number of the user whose name or alias it is.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.0.get(&fold(name)).copied()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}
