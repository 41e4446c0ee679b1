//! What stands behind an address: `SIZE=1000`, `BODY=8BITMIME` (RFC 5321 section 4.1.2).

use std::borrow::Cow;
use std::fmt;

use nom::Parser;
use nom::bytes::complete::take_while1;
use nom::character::complete::char;
use nom::combinator::{cut, map_opt, opt};
use nom::error::context;
use nom::sequence::preceded;

use crate::grammar::{Parsed, end, failure, space};

/// A keyword with or without a value.
///
/// ```abnf
/// esmtp-param   = esmtp-keyword ["=" esmtp-value]        ; RFC 5321 section 4.1.2
/// esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
/// esmtp-value   = 1*(%d33-60 / %d62-126 / UTF8-non-ascii)        ; RFC 6531 section 3.3
/// ```
/// A `=` in a value is tolerated: a value ends at the space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter<'a> {
    keyword: Cow<'a, str>,
    value: Option<Cow<'a, str>>,
}

impl<'a> Parameter<'a> {
    /// A parameter of ours; `None` if it could not be sent. XCLIENT wants its values as [`crate::xtext`].
    pub fn new(keyword: impl Into<Cow<'a, str>>, value: Option<Cow<'a, str>>) -> Option<Self> {
        let keyword = keyword.into();
        let is_value = |value: &Cow<'a, str>| !value.is_empty() && value.bytes().all(is_value_octet);
        let valid = is_keyword(&keyword) && value.as_ref().is_none_or(is_value);
        valid.then_some(Self { keyword, value })
    }

    /// The keyword as it was spelled.
    pub fn keyword(&self) -> &str {
        &self.keyword
    }

    /// What follows the `=`.
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// Whether this is the parameter `keyword`.
    pub fn is(&self, keyword: &str) -> bool {
        self.keyword.eq_ignore_ascii_case(keyword)
    }

    /// The parameter without a borrow.
    pub fn into_owned(self) -> Parameter<'static> {
        Parameter {
            keyword: Cow::Owned(self.keyword.into_owned()),
            value: self.value.map(|value| Cow::Owned(value.into_owned())),
        }
    }
}

impl fmt::Display for Parameter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.keyword)?;
        match &self.value {
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
    fn parse(value: &str) -> Option<Self> {
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

/// The parameters of a command in their order, each keyword once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters<'a>(Vec<Parameter<'a>>);

impl<'a> Parameters<'a> {
    /// No parameters.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds `parameter` at the end; gives it back if its keyword is there already.
    ///
    /// # Errors
    /// The parameter itself.
    pub fn push(&mut self, parameter: Parameter<'a>) -> Result<(), Parameter<'a>> {
        if self.contains(&parameter.keyword) {
            return Err(parameter);
        }
        self.0.push(parameter);
        Ok(())
    }

    /// The parameter `keyword`, in upper or lower case.
    pub fn get(&self, keyword: &str) -> Option<&Parameter<'a>> {
        self.0.iter().find(|parameter| parameter.is(keyword))
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
    pub fn retain(&mut self, keep: impl FnMut(&Parameter<'a>) -> bool) {
        self.0.retain(keep);
    }

    /// The parameters in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Parameter<'a>> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The parameters without a borrow.
    pub fn into_owned(self) -> Parameters<'static> {
        Parameters(self.0.into_iter().map(Parameter::into_owned).collect())
    }
}

impl<'p, 'a> IntoIterator for &'p Parameters<'a> {
    type Item = &'p Parameter<'a>;
    type IntoIter = std::slice::Iter<'p, Parameter<'a>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Each parameter with a space before it.
impl fmt::Display for Parameters<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|parameter| write!(f, " {parameter}"))
    }
}

/// `*( SP esmtp-param )` up to the end of the line.
pub(crate) fn parameters(mut input: &[u8]) -> Parsed<'_, Parameters<'_>> {
    let mut parameters = Parameters::new();
    while !input.is_empty() {
        let (start, ()) = space(input)?;
        let (rest, found) = parameter(start)?;
        if parameters.push(found).is_err() {
            return failure(start, "each parameter only once");
        }
        input = rest;
    }
    let (rest, ()) = end(input)?;
    Ok((rest, parameters))
}

/// The parameters of MAIL, of which SIZE and BODY must be what they are for.
pub(crate) fn mail_parameters(input: &[u8]) -> Parsed<'_, Parameters<'_>> {
    let (rest, parameters) = parameters(input)?;
    if parameters.contains("SIZE") && parameters.size().is_none() {
        return failure(input, "SIZE with digits");
    }
    if parameters.contains("BODY") && parameters.body().is_none() {
        return failure(input, "BODY with 7BIT, 8BITMIME or BINARYMIME");
    }
    Ok((rest, parameters))
}

fn parameter(input: &[u8]) -> Parsed<'_, Parameter<'_>> {
    let keyword = map_opt(take_while1(is_keyword_octet), |octets| {
        std::str::from_utf8(octets).ok().filter(|word| is_keyword(word))
    });
    let text = map_opt(take_while1(is_value_octet), |octets| {
        std::str::from_utf8(octets).ok()
    });
    let value_of = preceded(char('='), cut(context("a value", text)));
    let (rest, keyword) = context("a parameter", keyword).parse(input)?;
    let (rest, value) = opt(value_of).parse(rest)?;
    let parameter = Parameter {
        keyword: Cow::Borrowed(keyword),
        value: value.map(Cow::Borrowed),
    };
    Ok((rest, parameter))
}

/// ```abnf
/// size-value ::= 1*20DIGIT        ; RFC 1870 section 3
/// ```
pub(crate) fn size(value: &str) -> Option<u64> {
    let digits = (1..=20).contains(&value.len()) && value.bytes().all(|octet| octet.is_ascii_digit());
    digits.then(|| value.parse().unwrap_or(u64::MAX))
}

pub(crate) fn is_keyword(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('-') && text.bytes().all(is_keyword_octet)
}

fn is_keyword_octet(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || octet == b'-'
}

fn is_value_octet(octet: u8) -> bool {
    matches!(octet, b'!'..=b'~' | 0x80..)
}
