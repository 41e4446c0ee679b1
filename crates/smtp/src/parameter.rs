//! What stands behind an address: `SIZE=1000`, `BODY=8BITMIME` (RFC 5321 section 4.1.2).
//!
//! ```
//! use gatepost_smtp::{Parameter, Parameters};
//!
//! let mut parameters = Parameters::new();
//! parameters.push(Parameter::new("SIZE", Some("1000")).unwrap()).unwrap();
//! assert_eq!(parameters.to_string(), " SIZE=1000");
//! assert_eq!(parameters.get("size").unwrap().value(), Some("1000"));
//! ```

use std::borrow::Cow;
use std::fmt;

use crate::grammar::{Parsed, class, error, failure, is, run, space};

/// A keyword with or without a value.
///
/// ```abnf
/// esmtp-param   = esmtp-keyword ["=" esmtp-value]        ; RFC 5321 section 4.1.2
/// esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
/// esmtp-value   = 1*(%d33-60 / %d62-126 / UTF8-non-ascii)        ; RFC 6531 section 3.3
/// ```
/// A `=` in a value is tolerated: a value ends at the space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter<'a> {
    keyword: &'a str,
    value: Option<&'a str>,
}

impl<'a> Parameter<'a> {
    /// A parameter of ours; `None` if it could not be sent. XCLIENT wants its values as [`crate::xtext`].
    pub fn new(keyword: &'a str, value: Option<&'a str>) -> Option<Self> {
        let is_value =
            |value: &str| !value.is_empty() && value.bytes().all(|octet| is(octet, class::VISIBLE));
        let valid = is_keyword(keyword) && value.is_none_or(is_value);
        valid.then_some(Self { keyword, value })
    }

    /// The keyword as it was spelled.
    pub const fn keyword(&self) -> &'a str {
        self.keyword
    }

    /// What follows the `=`.
    pub const fn value(&self) -> Option<&'a str> {
        self.value
    }

    /// Whether this is the parameter `keyword`.
    pub const fn is(&self, keyword: &str) -> bool {
        self.keyword.eq_ignore_ascii_case(keyword)
    }

    /// Takes apart what is known to be one.
    fn split(text: &'a str) -> Self {
        match text.split_once('=') {
            Some((keyword, value)) => Self {
                keyword,
                value: Some(value),
            },
            None => Self {
                keyword: text,
                value: None,
            },
        }
    }
}

impl fmt::Display for Parameter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.keyword)?;
        match self.value {
            Some(value) => write!(f, "={value}"),
            None => Ok(()),
        }
    }
}

/// How the octets of a message are to be taken (RFC 6152, RFC 3030).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// `7BIT`
    SevenBit,
    /// `8BITMIME`
    EightBitMime,
    /// `BINARYMIME`
    BinaryMime,
}

impl Body {
    pub(crate) fn parse(value: &str) -> Option<Self> {
        const NAMES: [(&str, Body); 3] = [
            ("7BIT", Body::SevenBit),
            ("8BITMIME", Body::EightBitMime),
            ("BINARYMIME", Body::BinaryMime),
        ];
        NAMES
            .into_iter()
            .find(|(name, _)| value.eq_ignore_ascii_case(name))
            .map(|(_, body)| body)
    }
}

/// The parameters of a command in their order, each keyword once. They are kept as they were written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters<'a>(
    /// Each with a space before it.
    Cow<'a, str>,
);

impl<'a> Parameters<'a> {
    /// How many parameters a command may have.
    pub const MOST: usize = 16;

    /// No parameters.
    pub const fn new() -> Self {
        Self(Cow::Borrowed(""))
    }

    /// Adds `parameter` at the end; gives it back if its keyword is there already.
    ///
    /// # Errors
    /// The parameter itself.
    pub fn push<'p>(&mut self, parameter: Parameter<'p>) -> Result<(), Parameter<'p>> {
        if self.contains(parameter.keyword) {
            return Err(parameter);
        }
        self.0.to_mut().push_str(&format!(" {parameter}"));
        Ok(())
    }

    /// The parameter `keyword`, in upper or lower case.
    pub fn get(&self, keyword: &str) -> Option<Parameter<'_>> {
        self.iter().find(|parameter| parameter.is(keyword))
    }

    /// Whether the parameter `keyword` is there.
    pub fn contains(&self, keyword: &str) -> bool {
        self.get(keyword).is_some()
    }

    /// `SIZE=`: how many octets the message is going to have (RFC 1870). What is more than a `u64` is the largest.
    pub fn size(&self) -> Option<u64> {
        self.get("SIZE")?.value().and_then(size)
    }

    /// `BODY=` (RFC 6152, RFC 3030).
    pub fn body(&self) -> Option<Body> {
        self.get("BODY")?.value().and_then(Body::parse)
    }

    /// Keeps those parameters of which `keep` says so.
    pub fn retain(&mut self, mut keep: impl FnMut(Parameter<'_>) -> bool) {
        let kept = self.iter().filter(|parameter| keep(*parameter));
        self.0 = Cow::Owned(kept.map(|parameter| format!(" {parameter}")).collect());
    }

    /// The parameters in order.
    pub fn iter(&self) -> impl Iterator<Item = Parameter<'_>> {
        self.0.split(' ').skip(1).map(Parameter::split)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// The parameters without a borrow.
    pub fn into_owned(self) -> Parameters<'static> {
        Parameters(Cow::Owned(self.0.into_owned()))
    }
}

/// Each parameter with a space before it.
impl fmt::Display for Parameters<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `*( SP esmtp-param )` up to the end of the line.
pub(crate) fn parameters(input: &str) -> Parsed<'_, Parameters<'_>> {
    checked(input, |_| None)
}

/// The parameters of MAIL, of which SIZE and BODY must be what they are for.
pub(crate) fn mail_parameters(input: &str) -> Parsed<'_, Parameters<'_>> {
    checked(input, |parameter| {
        let value = parameter.value();
        if parameter.is("SIZE") && value.and_then(size).is_none() {
            return Some("SIZE with digits");
        }
        if parameter.is("BODY") && value.and_then(Body::parse).is_none() {
            return Some("BODY with 7BIT, 8BITMIME or BINARYMIME");
        }
        None
    })
}

/// Parameters of which `wrong` says what should be there instead.
fn checked(
    input: &str,
    wrong: impl Fn(&Parameter<'_>) -> Option<&'static str>,
) -> Parsed<'_, Parameters<'_>> {
    let mut keywords = [""; Parameters::MOST];
    let mut rest = input;
    for count in 0.. {
        if rest.is_empty() {
            break;
        }
        let (start, ()) = space(rest)?;
        let (behind, found) = parameter(start)?;
        let is_known = |keyword: &&str| found.is(keyword);
        if keywords.iter().take(count).any(is_known) {
            return failure(start, "each parameter only once");
        }
        match keywords.get_mut(count) {
            Some(free) => *free = found.keyword,
            None => return failure(start, "fewer parameters"),
        }
        if let Some(expected) = wrong(&found) {
            return failure(start, expected);
        }
        rest = behind;
    }
    Ok((rest, Parameters(Cow::Borrowed(input))))
}

fn parameter(input: &str) -> Parsed<'_, Parameter<'_>> {
    let (rest, keyword) = run(class::KEYWORD, "a parameter")(input)?;
    if keyword.starts_with('-') {
        return error(input, "a parameter");
    }
    let Some(rest) = rest.strip_prefix('=') else {
        let value = None;
        return Ok((rest, Parameter { keyword, value }));
    };
    let (rest, value) = run(class::VISIBLE, "a value")(rest)?;
    let value = Some(value);
    Ok((rest, Parameter { keyword, value }))
}

/// ```abnf
/// size-value ::= 1*20DIGIT        ; RFC 1870 section 3
/// ```
pub(crate) fn size(value: &str) -> Option<u64> {
    let digits = (1..=20).contains(&value.len()) && value.bytes().all(|octet| octet.is_ascii_digit());
    digits.then(|| value.parse().unwrap_or(u64::MAX))
}

pub(crate) fn is_keyword(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('-') && text.bytes().all(|octet| is(octet, class::KEYWORD))
}
