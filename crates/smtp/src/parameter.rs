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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Parameters<'_> {
        mail_parameters(text).unwrap().1
    }

    fn wrong(text: &str) -> (usize, &'static str) {
        match mail_parameters(text) {
            Err(nom::Err::Error(failure) | nom::Err::Failure(failure)) => {
                (text.len() - failure.rest.len(), failure.expected)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn typed_readers() {
        let parameters = read(" size=500 body=8bitmime SMTPUTF8");
        assert_eq!(
            (parameters.size(), parameters.body()),
            (Some(500), Some(Body::EightBitMime))
        );
        assert!(parameters.contains("smtputf8") && !parameters.contains("RET"));
        assert_eq!(parameters.len(), 3);
        assert_eq!(read(" BODY=7BIT").body(), Some(Body::SevenBit));
        assert_eq!(read(" BODY=BINARYMIME").body(), Some(Body::BinaryMime));
        assert_eq!(
            (read("").size(), read("").body(), read("").len()),
            (None, None, 0)
        );
    }

    #[test]
    fn sizes_over_all_measure_are_the_largest() {
        assert_eq!(read(" SIZE=0").size(), Some(0));
        assert_eq!(read(" SIZE=18446744073709551615").size(), Some(u64::MAX));
        assert_eq!(read(" SIZE=18446744073709551616").size(), Some(u64::MAX));
        assert_eq!(read(" SIZE=99999999999999999999").size(), Some(u64::MAX));
        assert_eq!(wrong(" SIZE=100000000000000000000"), (1, "SIZE with digits"));
    }

    #[test]
    fn the_examples_of_rfc_3461_and_4954() {
        let parameters = read(" RET=HDRS ENVID=QQ314159 AUTH=e+3Dmc2@example.com");
        let envid = parameters.get("ENVID").unwrap();
        assert_eq!((envid.keyword(), envid.value()), ("ENVID", Some("QQ314159")));
        let auth = parameters.get("auth").unwrap().value().unwrap();
        assert_eq!(crate::xtext::decode(auth).unwrap(), b"e=mc2@example.com");
        assert_eq!(read(" AUTH=<>").get("AUTH").unwrap().value(), Some("<>"));
        let (_, recipient) = parameters_of(" NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Bob@Example.COM");
        assert_eq!(
            recipient,
            ["NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;Bob@Example.COM"]
        );
    }

    fn parameters_of(text: &str) -> (&str, Vec<String>) {
        let (rest, parameters) = parameters(text).unwrap();
        (
            rest,
            parameters.iter().map(|parameter| parameter.to_string()).collect(),
        )
    }

    #[test]
    fn an_equals_sign_in_a_value_is_tolerated() {
        let parameters = read(" ENVID=a=b= X==");
        assert_eq!(parameters.get("ENVID").unwrap().value(), Some("a=b="));
        assert_eq!(parameters.get("X").unwrap().value(), Some("="));
        assert_eq!(parameters.to_string(), " ENVID=a=b= X==");
    }

    #[test]
    fn errors_say_where_and_what() {
        assert_eq!(wrong("SIZE=1"), (0, "a space"));
        assert_eq!(wrong("  SIZE=1"), (1, "a parameter"));
        assert_eq!(wrong(" =1"), (1, "a parameter"));
        assert_eq!(wrong(" -A=1"), (1, "a parameter"));
        assert_eq!(wrong(" SIZE="), (6, "a value"));
        assert_eq!(wrong(" SIZE"), (1, "SIZE with digits"));
        assert_eq!(wrong(" SIZE=1k"), (1, "SIZE with digits"));
        assert_eq!(wrong(" BODY=9BIT"), (1, "BODY with 7BIT, 8BITMIME or BINARYMIME"));
        assert_eq!(wrong(" A=1 B a=2"), (7, "each parameter only once"));
        assert_eq!(wrong(" A=1\tB"), (4, "a space"));
        assert_eq!(wrong(" A_B"), (2, "a space"));
    }

    #[test]
    fn there_is_a_limit_to_their_number() {
        let many = |count| (0..count).map(|number| format!(" P{number}")).collect::<String>();
        assert_eq!(read(&many(16)).len(), 16);
        assert_eq!(wrong(&many(17)), (many(16).len() + 1, "fewer parameters"));
    }

    #[test]
    fn ours_are_checked() {
        assert!(Parameter::new("SIZE", Some("1")).is_some() && Parameter::new("SMTPUTF8", None).is_some());
        for (keyword, value) in [
            ("", None),
            ("-A", None),
            ("A B", None),
            ("A=", None),
            ("A\r\n", None),
            ("A", Some("")),
            ("A", Some("b c")),
            ("A", Some("b\r\nDATA")),
            ("A", Some("\u{7f}")),
        ] {
            assert_eq!(Parameter::new(keyword, value), None, "{keyword} {value:?}");
        }
        let mut parameters = Parameters::new();
        let size = Parameter::new("SIZE", Some("1")).unwrap();
        assert_eq!(parameters.push(size), Ok(()));
        assert_eq!(parameters.push(size), Err(size));
        assert_eq!(parameters, read(" SIZE=1"));
    }

    #[test]
    fn retain_keeps_the_order() {
        let mut parameters = read(" A=1 AUTH=<> B SIZE=3");
        parameters.retain(|parameter| !parameter.is("auth"));
        assert_eq!(parameters.to_string(), " A=1 B SIZE=3");
        parameters.retain(|_| false);
        assert!(parameters.is_empty());
        assert_eq!(parameters, Parameters::new());
    }
}
