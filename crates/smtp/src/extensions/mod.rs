//! What a server can do: the keywords of EHLO's answer.

mod extension;

use std::collections::HashSet;

use crate::Reply;
use crate::parameter::{is_keyword, size};

pub use self::extension::{Extension, SessionLimits, Words};

/// The extensions of a server in its order, each keyword once. Upper and lower case are the same.
///
/// ```abnf
/// ehlo-line    = ehlo-keyword *( SP ehlo-param )        ; RFC 5321 section 4.1.1.1
/// ehlo-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
/// ehlo-param   = 1*(%d33-126)
/// ```
///
/// ```
/// use gatepost_smtp::extensions::Extension;
/// use gatepost_smtp::{Extensions, reply};
///
/// let ours = Extensions::new().with("PIPELINING", "").with("SIZE", "1000");
/// assert!(ours.has("pipelining"));
/// assert_eq!(ours.size(), Some(1000));
///
/// let reply = reply::parse("250-mx.example.com\r\n250-CHUNKING\r\n250 LIMITS RCPTMAX=50\r\n").unwrap();
/// let theirs = Extensions::from_reply(&reply);
/// assert!(theirs.typed().any(|extension| extension == Extension::Chunking));
/// assert_eq!(theirs.limits().rcpt_max(), Some(50));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extensions(Vec<Line>);

/// A keyword and its parameters, separated by spaces.
#[derive(Debug, Clone)]
struct Line {
    keyword: String,
    parameters: String,
}

impl PartialEq for Line {
    fn eq(&self, other: &Self) -> bool {
        self.keyword.eq_ignore_ascii_case(&other.keyword) && self.parameters == other.parameters
    }
}

impl Eq for Line {}

impl Extensions {
    /// No extensions.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Reads the reply to EHLO, whose first line is the server's name. Lines that hold no keyword are left out; one with
    /// underscores, as Exim's `X_PIPE_CONNECT`, is kept. The old form `AUTH=PLAIN` is taken for `AUTH PLAIN`, and
    /// mechanisms of further AUTH lines are added to those of the first.
    pub fn from_reply(reply: &Reply) -> Self {
        let mut list = Self::new();
        let mut known = HashSet::new();
        for line in reply.lines().skip(1) {
            let line = line.trim();
            let end = line.find([' ', '=']).unwrap_or(line.len());
            let (keyword, parameters) = line.split_at(end);
            let parameters = parameters.get(1..).unwrap_or_default().trim();
            if keyword.eq_ignore_ascii_case("AUTH") {
                list.add_mechanisms(parameters, &mut known);
            } else if is_keyword(&keyword.replace('_', "-")) && !list.has(keyword) {
                list.insert(keyword, parameters);
            }
        }
        list
    }

    /// Adds to AUTH the mechanisms that are not `known`, in upper case. There may be thousands.
    fn add_mechanisms(&mut self, mechanisms: &str, known: &mut HashSet<String>) {
        let mut all = self.get("AUTH").unwrap_or_default().to_owned();
        let words = mechanisms.split_ascii_whitespace();
        for word in words.filter(|word| word.bytes().all(|octet| octet.is_ascii_graphic())) {
            if known.insert(word.to_ascii_uppercase()) {
                all.push(' ');
                all.push_str(word);
            }
        }
        self.insert("AUTH", &all);
    }

    /// The extensions with `keyword`, replaced if it is there. What could not be sent is left out.
    #[must_use]
    pub fn with(mut self, keyword: &str, parameters: &str) -> Self {
        if is_keyword(keyword) {
            self.insert(keyword, parameters);
        }
        self
    }

    /// What could not be sent is left out.
    fn insert(&mut self, keyword: &str, parameters: &str) {
        let parameters = parameters.trim_matches(' ');
        if !parameters.bytes().all(|octet| matches!(octet, b' '..=b'~')) {
            return;
        }
        let new = Line {
            keyword: keyword.to_owned(),
            parameters: parameters.to_owned(),
        };
        let mut lines = self.0.iter_mut();
        match lines.find(|known| known.keyword.eq_ignore_ascii_case(keyword)) {
            Some(known) => *known = new,
            None => self.0.push(new),
        }
    }

    /// The extensions but for `keyword`.
    #[must_use]
    pub fn without(mut self, keyword: &str) -> Self {
        self.0
            .retain(|known| !known.keyword.eq_ignore_ascii_case(keyword));
        self
    }

    /// Whether `keyword` is there.
    pub fn has(&self, keyword: &str) -> bool {
        self.get(keyword).is_some()
    }

    /// The parameters of `keyword`, separated by spaces.
    pub fn get(&self, keyword: &str) -> Option<&str> {
        self.iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(keyword))
            .map(|(_, parameters)| parameters)
    }

    /// The largest message that SIZE declares (RFC 1870); `None` if there is no SIZE, or one without a limit.
    pub fn size(&self) -> Option<u64> {
        self.get("SIZE").and_then(size).filter(|&octets| octets > 0)
    }

    /// What a client may do in one session (RFC 9422).
    pub fn limits(&self) -> SessionLimits<'_> {
        self.typed()
            .find_map(|extension| match extension {
                Extension::Limits(limits) => Some(limits),
                _ => None,
            })
            .unwrap_or_default()
    }

    /// The SASL mechanisms (RFC 4954 section 3).
    pub fn mechanisms(&self) -> impl Iterator<Item = &str> {
        self.get("AUTH").unwrap_or_default().split_ascii_whitespace()
    }

    /// Whether the SASL mechanism is offered.
    pub fn offers(&self, mechanism: &str) -> bool {
        self.mechanisms()
            .any(|offered| offered.eq_ignore_ascii_case(mechanism))
    }

    /// Those extensions that `other` has too, with our parameters; of two limits in SIZE the smaller.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut both = Self(
            self.0
                .iter()
                .filter(|known| other.has(&known.keyword))
                .cloned()
                .collect(),
        );
        if let (true, Some(limit)) = (both.has("SIZE"), other.size()) {
            let limit = both.size().map_or(limit, |ours| ours.min(limit));
            both = both.with("SIZE", &limit.to_string());
        }
        both
    }

    /// The extensions by their meaning, in order.
    pub fn typed(&self) -> impl Iterator<Item = Extension<'_>> {
        self.iter()
            .map(|(keyword, parameters)| Extension::parse(keyword, parameters))
    }

    /// The keywords and their parameters in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|known| (known.keyword.as_str(), known.parameters.as_str()))
    }

    /// The reply to EHLO of a server called `name`. Controls in that become spaces.
    pub fn reply(&self, name: &str) -> Reply {
        let reply = Reply::new(250, "", name.replace('\n', " "));
        self.iter().fold(reply, |reply, (keyword, parameters)| {
            reply.with_line(format!("{keyword} {parameters}").trim_end())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &str) -> Extensions {
        Extensions::from_reply(&Reply::new(250, "", format!("mail.example.com\n{lines}")))
    }

    fn words(list: &Extensions) -> Vec<String> {
        list.iter()
            .map(|(keyword, parameters)| format!("{keyword} {parameters}").trim_end().to_owned())
            .collect()
    }

    #[test]
    fn what_postfix_tells() {
        let list = read(
            "PIPELINING\nSIZE 10240000\nAUTH PLAIN LOGIN\nAUTH=PLAIN LOGIN\nENHANCEDSTATUSCODES\n8BITMIME",
        );
        assert_eq!(
            words(&list),
            [
                "PIPELINING",
                "SIZE 10240000",
                "AUTH PLAIN LOGIN",
                "ENHANCEDSTATUSCODES",
                "8BITMIME"
            ]
        );
        assert_eq!(list.size(), Some(10_240_000));
        assert_eq!(list.mechanisms().collect::<Vec<_>>(), ["PLAIN", "LOGIN"]);
        assert!(list.offers("login") && !list.offers("LOG"));
    }

    #[test]
    fn the_name_of_the_server_is_no_extension() {
        let reply = Reply::new(250, "", "PIPELINING");
        assert!(words(&Extensions::from_reply(&reply)).is_empty());
    }

    #[test]
    fn odd_lines() {
        let list = read(" SIZE  5\n\nAUTH=LOGIN\nauth plain LOGIN\nX_Y\n-Z\nSIZE 7\nx-a  b c ");
        assert_eq!(words(&list), ["SIZE 5", "AUTH LOGIN plain", "X_Y", "x-a b c"]);
    }

    #[test]
    fn a_mechanism_that_is_none_is_left_out_alone() {
        let list = read("AUTH PLAIN L\u{d6}GIN\nAUTH=LOGIN plain X\u{e9}");
        assert_eq!(words(&list), ["AUTH PLAIN LOGIN"]);
        let many: String = (0..20_000).map(|number| format!(" X{number}")).collect();
        assert_eq!(
            read(&format!("AUTH{many}\nAUTH={many}")).get("AUTH"),
            many.get(1..)
        );
    }

    #[test]
    fn a_size_of_nought_is_no_limit() {
        assert_eq!(
            (read("SIZE 0").size(), read("SIZE").size(), read("SIZE x").size()),
            (None, None, None)
        );
        assert_eq!(read("size 99999999999999999999").size(), Some(u64::MAX));
    }

    #[test]
    fn what_both_have() {
        let ours = read("SIZE 100\nPIPELINING\nDSN\nAUTH PLAIN");
        let theirs = read("dsn\nauth LOGIN\nSIZE 50\n8BITMIME");
        assert_eq!(
            words(&ours.intersection(&theirs)),
            ["SIZE 50", "DSN", "AUTH PLAIN"]
        );
        assert_eq!(
            words(&theirs.intersection(&ours)),
            ["dsn", "AUTH LOGIN", "SIZE 50"]
        );
        assert_eq!(words(&ours.intersection(&read("SIZE 500"))), ["SIZE 100"]);
        assert_eq!(words(&ours.intersection(&read("SIZE"))), ["SIZE 100"]);
        assert_eq!(words(&read("SIZE").intersection(&ours)), ["SIZE 100"]);
        assert!(ours.intersection(&Extensions::new()).iter().next().is_none());
    }

    #[test]
    fn with_and_without() {
        let list = Extensions::new()
            .with("SIZE", "1")
            .with("DSN", "")
            .with("size", "2")
            .without("dsn");
        assert_eq!(words(&list), ["size 2"]);
        assert!(!list.clone().with("A B", "").has("A B"));
        assert!(!list.with("X", "a\r\nb").has("X"));
    }

    #[test]
    fn the_reply_is_read_back() {
        let list = read("PIPELINING\nSIZE 5\nAUTH PLAIN LOGIN");
        let reply = list.reply("mx.example.com");
        assert_eq!(
            reply.lines().collect::<Vec<_>>(),
            ["mx.example.com", "PIPELINING", "SIZE 5", "AUTH PLAIN LOGIN"]
        );
        assert_eq!(Extensions::from_reply(&reply), list);
        assert_eq!(Extensions::new().reply("x"), Reply::new(250, "", "x"));
    }
}
