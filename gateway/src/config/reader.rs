//! Reads a TOML document key by key, so that every error names file, line, key and what is allowed.

use std::cell::RefCell;
use std::fmt;
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What is wrong with a configuration, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}:{line}: {key}{}{what}", file.display(), if key.is_empty() { "" } else { ": " })]
pub struct ConfigError {
    /// The file.
    pub file: PathBuf,
    /// The line, counted from 1; 0 if the file could not be read at all.
    pub line: usize,
    /// The key with its tables, such as `upstreams.main.login.method`.
    pub key: String,
    /// What is wrong, and what is allowed.
    pub what: String,
}

/// A document's name and text.
pub(super) struct Source<'a> {
    pub(super) file: &'a Path,
    pub(super) text: &'a str,
}

impl ConfigError {
    /// What came of reading a file, with its name in the error.
    pub(super) fn reading<T>(file: &Path, read: std::io::Result<T>) -> Result<T, Self> {
        read.map_err(|error| Self {
            file: file.to_path_buf(),
            line: 0,
            key: String::new(),
            what: format!("cannot be read: {error}"),
        })
    }
}

impl Source<'_> {
    /// A text that is no TOML.
    pub(super) fn syntax(&self, error: &toml::de::Error) -> ConfigError {
        self.error(error.span().map_or(0, |span| span.start), "", error.message())
    }

    pub(super) fn error(&self, offset: usize, key: &str, what: impl Into<String>) -> ConfigError {
        let before = self.text.as_bytes().get(..offset).unwrap_or_default();
        let line = 1 + before.iter().filter(|&&octet| octet == b'\n').count();
        ConfigError {
            file: self.file.to_path_buf(),
            line,
            key: key.to_owned(),
            what: what.into(),
        }
    }
}

/// One table of the document. It remembers which keys were asked for; [`Section::finish`] refuses all others.
pub(super) struct Section<'a> {
    source: &'a Source<'a>,
    path: String,
    table: Option<&'a DeTable<'a>>,
    offset: usize,
    asked: RefCell<Vec<&'static str>>,
}

/// A value with its place, for checks that come after reading.
pub(super) struct Value<'a, T> {
    source: &'a Source<'a>,
    offset: usize,
    key: String,
    pub(super) value: T,
}

impl<'a, T> Value<'a, T> {
    /// An error at this value.
    pub(super) fn error(&self, what: impl Into<String>) -> ConfigError {
        self.source.error(self.offset, &self.key, what)
    }

    /// The value through `convert`, whose error is what is wrong with it.
    pub(super) fn convert<U>(&self, convert: impl FnOnce(&T) -> Result<U, String>) -> Result<U, ConfigError> {
        convert(&self.value).map_err(|what| self.error(what))
    }
}

type Read<T> = Result<T, ConfigError>;

impl<'a> Section<'a> {
    /// The document's root table.
    pub(super) fn root(source: &'a Source<'a>, document: &'a Spanned<DeTable<'a>>) -> Self {
        Self::new(source, String::new(), Some(document.get_ref()), 0)
    }

    fn new(source: &'a Source<'a>, path: String, table: Option<&'a DeTable<'a>>, offset: usize) -> Self {
        Self {
            source,
            path,
            table,
            offset,
            asked: RefCell::default(),
        }
    }

    fn key(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    /// Its name: the key with its tables.
    pub(super) fn name(&self) -> &str {
        &self.path
    }

    /// Whether the document has it.
    pub(super) fn is_there(&self) -> bool {
        self.table.is_some()
    }

    /// An error at the section itself.
    pub(super) fn error(&self, what: impl Into<String>) -> ConfigError {
        self.source.error(self.offset, &self.path, what)
    }

    fn find(&self, name: &'static str) -> Option<(usize, &'a DeValue<'a>)> {
        self.asked.borrow_mut().push(name);
        let (key, value) = self.table?.iter().find(|(key, _)| key.get_ref() == name)?;
        Some((key.span().start, value.get_ref()))
    }

    fn read<T>(
        &self,
        name: &'static str,
        expected: &str,
        take: impl FnOnce(&'a DeValue<'a>) -> Option<T>,
    ) -> Read<Option<Value<'a, T>>> {
        let Some((offset, value)) = self.find(name) else {
            return Ok(None);
        };
        let key = self.key(name);
        match take(value) {
            Some(value) => Ok(Some(Value {
                source: self.source,
                offset,
                key,
                value,
            })),
            None => Err(self.source.error(offset, &key, format!("expected {expected}"))),
        }
    }

    /// A required value.
    pub(super) fn required<T>(&self, name: &'static str, read: Option<T>) -> Read<T> {
        read.ok_or_else(|| self.error(format!("the key `{name}` is missing")))
    }

    /// A string.
    pub(super) fn text(&self, name: &'static str) -> Read<Option<Value<'a, &'a str>>> {
        self.read(name, "a string", |value| value.as_str())
    }

    /// A required string.
    pub(super) fn required_text(&self, name: &'static str) -> Read<Value<'a, &'a str>> {
        let read = self.text(name)?;
        self.required(name, read)
    }

    /// A whole number from `allowed`, or the default.
    pub(super) fn number(&self, name: &'static str, allowed: Range<u32>, default: u32) -> Read<u32> {
        let expected = format!("a whole number from {} to {}", allowed.start, allowed.end - 1);
        let read = self.read(name, &expected, |value| {
            let integer = value.as_integer()?;
            let number = u32::from_str_radix(integer.as_str(), integer.radix()).ok()?;
            allowed.contains(&number).then_some(number)
        })?;
        Ok(read.map_or(default, |read| read.value))
    }

    /// `true` or `false`, or the default.
    pub(super) fn switch(&self, name: &'static str, default: bool) -> Read<bool> {
        Ok(self
            .read(name, "true or false", DeValue::as_bool)?
            .map_or(default, |read| read.value))
    }

    /// A duration such as `"500ms"`, `"30s"`, `"5m"`, `"1h"` or `"5d"`, or the default.
    pub(super) fn duration(&self, name: &'static str, default: Duration) -> Read<Duration> {
        let expected = "a duration such as \"500ms\", \"30s\", \"5m\", \"1h\" or \"5d\"";
        let read = self.read(name, expected, |value| parse_duration(value.as_str()?))?;
        Ok(read.map_or(default, |read| read.value))
    }

    /// A number of octets such as `"500KiB"`, `"50MiB"` or `"1GiB"`, or the default.
    pub(super) fn size(&self, name: &'static str, allowed: RangeInclusive<u64>, default: u64) -> Read<u64> {
        let (least, most) = (Size(*allowed.start()), Size(*allowed.end()));
        let examples = "\"500KiB\", \"50MiB\" or \"1GiB\"";
        let expected = format!("a size from {least} to {most}, such as {examples}");
        let read = self.read(name, &expected, |value| {
            parse_size(value.as_str()?).filter(|size| allowed.contains(size))
        })?;
        Ok(read.map_or(default, |read| read.value))
    }

    /// A duration that is `allowed`, written as in the configuration, or the default.
    pub(super) fn duration_within(
        &self,
        name: &'static str,
        allowed: (&str, &str),
        default: Duration,
    ) -> Read<Duration> {
        let (shortest, longest) = allowed;
        let expected = format!("a duration from \"{shortest}\" to \"{longest}\"");
        let range = parse_duration(shortest).unwrap_or_default()..=parse_duration(longest).unwrap_or(A_YEAR);
        let read = self.read(name, &expected, |value| {
            parse_duration(value.as_str()?).filter(|duration| range.contains(duration))
        })?;
        Ok(read.map_or(default, |read| read.value))
    }

    /// One word out of several, each with its meaning.
    pub(super) fn choice<T: Copy>(
        &self,
        name: &'static str,
        choices: &[(&str, T)],
    ) -> Read<Option<Value<'a, T>>> {
        let words: Vec<String> = choices.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        self.read(name, &words.join(" or "), |value| {
            let word = value.as_str()?;
            choices
                .iter()
                .find(|(choice, _)| *choice == word)
                .map(|(_, meaning)| *meaning)
        })
    }

    /// A list of strings; empty if the key is absent.
    pub(super) fn texts(&self, name: &'static str) -> Read<Vec<Value<'a, &'a str>>> {
        Ok(self.optional_texts(name)?.unwrap_or_default())
    }

    /// A list of strings, for keys whose default is not the empty list.
    pub(super) fn optional_texts(&self, name: &'static str) -> Read<Option<Vec<Value<'a, &'a str>>>> {
        let expected = "a list of strings";
        let Some(list) = self.read(name, expected, |value| value.as_array())? else {
            return Ok(None);
        };
        let texts = list.value.iter().map(|item| {
            let offset = item.span().start;
            let value = item
                .get_ref()
                .as_str()
                .ok_or_else(|| list.error(format!("expected {expected}")))?;
            Ok(Value {
                source: self.source,
                offset,
                key: list.key.clone(),
                value,
            })
        });
        texts.collect::<Read<_>>().map(Some)
    }

    /// A table; reads as empty if it is absent.
    pub(super) fn section(&self, name: &'static str) -> Read<Self> {
        let read = self.read(name, "a table", |value| value.as_table())?;
        let (offset, table) = read.map_or((self.offset, None), |read| (read.offset, Some(read.value)));
        Ok(Section::new(self.source, self.key(name), table, offset))
    }

    /// A table of named tables, such as `[upstreams.main]`.
    pub(super) fn named(&self, name: &'static str) -> Read<Vec<(String, Self)>> {
        let tables = self.section(name)?;
        let Some(table) = tables.table else {
            return Ok(Vec::new());
        };
        let named = table.iter().map(|(key, value)| {
            let path = tables.key(key.get_ref());
            let offset = key.span().start;
            let table = value.get_ref().as_table();
            let table = table.ok_or_else(|| self.source.error(offset, &path, "expected a table"))?;
            Ok((
                key.get_ref().to_string(),
                Section::new(self.source, path, Some(table), offset),
            ))
        });
        named.collect()
    }

    /// A table of strings.
    pub(super) fn text_table(&self, name: &'static str) -> Read<Vec<(String, Value<'a, &'a str>)>> {
        let tables = self.section(name)?;
        let Some(table) = tables.table else {
            return Ok(Vec::new());
        };
        let entries = table.iter().map(|(key, value)| {
            let (path, offset) = (tables.key(key.get_ref()), key.span().start);
            let value = value.get_ref().as_str();
            let value = value.ok_or_else(|| self.source.error(offset, &path, "expected a string"))?;
            Ok((
                key.get_ref().to_string(),
                Value {
                    source: self.source,
                    offset,
                    key: path,
                    value,
                },
            ))
        });
        entries.collect()
    }

    /// A list of tables, such as `[[listeners]]`.
    pub(super) fn list(&self, name: &'static str) -> Read<Vec<Self>> {
        let expected = "a list of tables";
        let Some(list) = self.read(name, expected, |value| value.as_array())? else {
            return Ok(Vec::new());
        };
        let sections = list.value.iter().enumerate().map(|(index, item)| {
            let table = item.get_ref().as_table();
            let table = table.ok_or_else(|| list.error(format!("expected {expected}")))?;
            let path = format!("{}[{index}]", list.key);
            Ok(Section::new(self.source, path, Some(table), item.span().start))
        });
        sections.collect()
    }

    /// Refuses every key that nobody asked for.
    pub(super) fn finish(self) -> Read<()> {
        let asked = self.asked.borrow();
        let Some(table) = self.table else { return Ok(()) };
        match table
            .keys()
            .find(|key| !asked.iter().any(|asked| key.get_ref() == asked))
        {
            None => Ok(()),
            Some(key) => {
                let what = format!("unknown key; allowed here: {}", asked.join(", "));
                Err(self
                    .source
                    .error(key.span().start, &self.key(key.get_ref()), what))
            }
        }
    }
}

/// No duration is longer: it could not be added to a point in time any more.
const A_YEAR: Duration = Duration::from_secs(8760 * 3600);

/// `"500ms"`, `"30s"`, `"5m"`, `"1h"`, `"5d"`: a whole number and a unit.
fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    let duration = Duration::from_millis(number.checked_mul(millis)?);
    (duration <= A_YEAR).then_some(duration)
}

/// The units of sizes, the largest first.
const SIZES: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

/// `"500KiB"`, `"50MiB"`, `"1GiB"`, `"1000B"`: a whole number and a unit.
fn parse_size(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let (_, octets) = SIZES.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*octets)
}

/// A size in its largest unit.
struct Size(u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |(_, octets): &&(&str, u64)| self.0.is_multiple_of(*octets);
        let (name, octets) = SIZES.iter().find(fits).unwrap_or(&("B", 1));
        write!(f, "{}{name}", self.0 / octets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(text: &str, read: impl Fn(&Section<'_>) -> Read<()>) -> String {
        let source = Source {
            file: Path::new("g.toml"),
            text,
        };
        let document = DeTable::parse(text).unwrap();
        let section = Section::root(&source, &document);
        let result = read(&section).and_then(|()| section.finish());
        result.unwrap_err().to_string()
    }

    #[test]
    fn errors_name_file_line_key_and_what_is_allowed() {
        let unknown = error_of("a = 1\nbee = 2\n", |section| {
            section.number("a", 0..5, 0).map(drop)
        });
        assert_eq!(unknown, "g.toml:2: bee: unknown key; allowed here: a");
        let range = error_of("\na = 5", |section| section.number("a", 0..5, 0).map(drop));
        assert_eq!(range, "g.toml:2: a: expected a whole number from 0 to 4");
        let choice = error_of("[x]\na = \"d\"", |section| {
            section.section("x")?.choice("a", &[("b", 1), ("c", 2)]).map(drop)
        });
        assert_eq!(choice, "g.toml:2: x.a: expected \"b\" or \"c\"");
        let missing = error_of("\n[x]\n", |section| {
            section.section("x")?.required_text("a").map(drop)
        });
        assert_eq!(missing, "g.toml:2: x: the key `a` is missing");
    }

    #[test]
    fn durations_have_units() {
        assert_eq!(parse_duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(parse_duration("2m"), Some(Duration::from_secs(120)));
        assert_eq!(parse_duration("2d"), Some(Duration::from_secs(172_800)));
        assert_eq!(parse_duration("2"), None);
        assert_eq!(parse_duration("s"), None);
        assert_eq!(parse_duration("2 s"), None);
        assert_eq!(parse_duration("18446744073709551615h"), None);
        assert_eq!(parse_duration("8760h"), Some(A_YEAR));
        assert_eq!(parse_duration("8761h"), None);
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(parse_size("50MiB"), Some(50 << 20));
        assert_eq!(parse_size("1GiB"), Some(1 << 30));
        assert_eq!(parse_size("1000B"), Some(1000));
        for wrong in [
            "50",
            "MiB",
            "50 MiB",
            "50MB",
            "50mib",
            "-1B",
            "1.5GiB",
            "17179869184GiB",
            "",
        ] {
            assert_eq!(parse_size(wrong), None, "{wrong}");
        }
        for size in ["1B", "1023B", "1KiB", "1500KiB", "64GiB", "1025B"] {
            assert_eq!(Size(parse_size(size).unwrap()).to_string(), size);
        }
        let range = error_of("\na = \"1KiB\"", |section| {
            section.size("a", 2048..=1 << 30, 0).map(drop)
        });
        assert_eq!(
            range,
            "g.toml:2: a: expected a size from 2KiB to 1GiB, such as \"500KiB\", \"50MiB\" or \"1GiB\""
        );
    }
}
