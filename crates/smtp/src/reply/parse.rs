//! Reading a reply that has arrived whole.

use bytes::Bytes;

use super::text::Text;
use super::{Code, EnhancedCode, Reply};
use crate::parse::{Allowance, Forgiven, Leniency};
use crate::{PeerError, Rule};

/// Reads one whole reply, such as [`crate::frame::Replies`] gives, as the grammar has it. Nothing is copied.
///
/// ```abnf
/// Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF  ; RFC 5321 section 4.2
/// textstring = 1*(%d09 / %d32-126)
/// ```
///
/// ```
/// use gatepost_smtp::reply;
///
/// let reply = reply::parse("550-5.7.1 no\r\n550 5.7.1 never\r\n").unwrap();
/// assert_eq!(reply.code(), 550);
/// assert_eq!(reply.enhanced().unwrap().to_string(), "5.7.1");
/// assert!(reply.lines().eq(["no", "never"]));
/// ```
///
/// # Errors
/// The first rule that is broken, with its offset from the start of the reply.
pub fn parse(octets: impl Into<Bytes>) -> Result<Reply, PeerError> {
    parse_with(octets, Leniency::STRICT).map(|(reply, _)| reply)
}

/// Reads one whole reply, and forgives what `leniency` allows.
///
/// ```
/// use gatepost_smtp::parse::{Allowance, Leniency};
/// use gatepost_smtp::reply;
///
/// let octets = &b"220 caf\xe9\r\n"[..];
/// assert_eq!(reply::parse(octets).unwrap_err().offset, 7);
///
/// let (reply, forgiven) = reply::parse_with(octets, Leniency::SERVERS).unwrap();
/// assert_eq!(reply.text(), "caf\u{fffd}");
/// assert_eq!(reply.octet_lines().next(), Some(&b"caf\xe9"[..]));
/// assert!(forgiven.iter().eq([(Allowance::EightBit, 7)]));
/// ```
///
/// # Errors
/// The first rule that is broken and not forgiven, with its offset from the start of the reply.
#[inline]
pub fn parse_with(octets: impl Into<Bytes>, leniency: Leniency) -> Result<(Reply, Forgiven), PeerError> {
    let octets = octets.into();
    match plain(&octets) {
        Some((code, enhanced)) => {
            let text = Text::Read { octets, shown: None };
            let reply = Reply { code, enhanced, text };
            Ok((reply, Forgiven::default()))
        }
        None => odd(octets, leniency),
    }
}

/// The codes of a reply in which there is nothing to judge; most are such.
fn plain(octets: &[u8]) -> Option<(Code, Option<EnhancedCode>)> {
    let (first, text) = octets.split_first_chunk::<3>()?;
    let code = Code::of_digits(*first).filter(|code| code.is_known())?;
    let digits = u32::from_le_bytes([first[0], first[1], first[2], 0]);
    let enhanced = EnhancedCode::leading_line(text.get(1..)?);
    if enhanced.is_some_and(|(enhanced, _)| enhanced.class() != code.class()) {
        return None;
    }
    let prefix = text.get(1..1 + enhanced.map_or(0, |(_, length)| length))?;
    let mut rest = octets;
    loop {
        let (head, text) = rest.split_first_chunk::<4>()?;
        let head = u32::from_le_bytes(*head);
        let count = printable(text);
        let [b'\r', b'\n', next @ ..] = text.get(count..)? else {
            return None;
        };
        if head & 0x00ff_ffff != digits || !(prefix.is_empty() || text.starts_with(prefix)) {
            return None;
        }
        match (head >> 24, next) {
            (HYPHEN, _) => rest = next,
            (SPACE, []) if count > 0 => return Some((code, enhanced.map(|(enhanced, _)| enhanced))),
            _ => return None,
        }
    }
}

const HYPHEN: u32 = b'-' as u32;
const SPACE: u32 = b' ' as u32;

/// All replies, whatever is in them.
#[cold]
fn odd(octets: Bytes, leniency: Leniency) -> Result<(Reply, Forgiven), PeerError> {
    let mut reader = Reader {
        octets: &octets,
        at: 0,
        leniency,
        is_ascii: true,
        forgiven: Forgiven::default(),
    };
    let (code, enhanced) = reader.reply()?;
    let Reader {
        is_ascii,
        mut forgiven,
        ..
    } = reader;
    let shown = match is_ascii {
        true => None,
        false => shown(&octets, leniency, &mut forgiven)?,
    };
    let text = Text::Read { octets, shown };
    Ok((Reply { code, enhanced, text }, forgiven))
}

/// Judges octets above ASCII.
#[cold]
fn shown(octets: &[u8], leniency: Leniency, forgiven: &mut Forgiven) -> Result<Option<Box<str>>, PeerError> {
    let (allowance, offset, shown) = match std::str::from_utf8(octets) {
        Ok(text) => {
            let offset = text.bytes().position(|octet| !octet.is_ascii());
            (Allowance::Utf8, offset.unwrap_or_default(), None)
        }
        Err(error) => {
            let shown = String::from_utf8_lossy(octets).into_owned().into_boxed_str();
            (Allowance::EightBit, error.valid_up_to(), Some(shown))
        }
    };
    forgive(leniency, forgiven, allowance, offset)?;
    Ok(shown)
}

#[cold]
fn forgive(
    leniency: Leniency,
    forgiven: &mut Forgiven,
    allowance: Allowance,
    offset: usize,
) -> Result<(), PeerError> {
    if !leniency.allows(allowance) {
        let rule = rule(allowance);
        return Err(PeerError { offset, rule });
    }
    forgiven.note(allowance, offset);
    Ok(())
}

/// The rule that is broken where something is not allowed.
const fn rule(allowance: Allowance) -> Rule {
    match allowance {
        Allowance::EmptyText => Rule::Expected("text behind the space"),
        Allowance::NoSpace | Allowance::Tab => Rule::Expected("a space or a hyphen"),
        Allowance::BareLf => Rule::BareLf,
        Allowance::MixedCodes => Rule::MixedCodes,
        Allowance::MixedEnhanced => Rule::MixedEnhancedCodes,
        Allowance::EnhancedClass => Rule::Expected("an enhanced code of the same class"),
        Allowance::SecondDigit => Rule::Expected("a reply code"),
        _ => Rule::Expected("printable ASCII"),
    }
}

/// The octets of a reply, and where the next line begins.
struct Reader<'a> {
    octets: &'a [u8],
    at: usize,
    leniency: Leniency,
    is_ascii: bool,
    forgiven: Forgiven,
}

/// One line.
struct Line<'a> {
    digits: [u8; 3],
    is_last: bool,
    /// Where the text begins.
    start: usize,
    text: &'a [u8],
}

impl<'a> Reader<'a> {
    fn reply(&mut self) -> Result<(Code, Option<EnhancedCode>), PeerError> {
        let first = self.line()?;
        let mut code = self.code(first.digits, 0)?;
        let enhanced = EnhancedCode::leading(first.text).map(|(enhanced, _)| enhanced);
        let mut line = first;
        let digits = line.digits;
        while !line.is_last {
            let at = self.at;
            line = self.line()?;
            if line.digits != digits {
                code = self.code(line.digits, at)?;
                self.forgive(Allowance::MixedCodes, at)?;
            }
            if enhanced.is_some() && !has(line.text, enhanced) {
                self.forgive(Allowance::MixedEnhanced, line.start)?;
            }
        }
        if self.at < self.octets.len() {
            return Err(self.error(self.at, Rule::Expected("the end of the reply")));
        }
        if enhanced.is_some_and(|enhanced| enhanced.class() != code.class()) {
            self.forgive(Allowance::EnhancedClass, 4)?;
        }
        Ok((code, enhanced))
    }

    /// The code of the line at `at`.
    fn code(&mut self, digits: [u8; 3], at: usize) -> Result<Code, PeerError> {
        let Some(code) = Code::of_digits(digits) else {
            return Err(self.error(at, Rule::Expected("a reply code")));
        };
        if !code.is_known() {
            self.forgive(Allowance::SecondDigit, at)?;
        }
        Ok(code)
    }

    fn line(&mut self) -> Result<Line<'a>, PeerError> {
        let at = self.at;
        let octets = self.octets.get(at..).unwrap_or_default();
        let Some((&digits, rest)) = octets.split_first_chunk::<3>() else {
            return Err(self.error(at, Rule::Expected("a reply code")));
        };
        let (is_last, behind) = match rest {
            [b' ', ..] => (true, 1),
            [b'-', ..] => (false, 1),
            [b'\r' | b'\n', ..] => (true, 0),
            _ => (true, self.odd_separator(digits, rest, at)?),
        };
        let start = at + 3 + behind;
        let end = self.end(start)?;
        let text = self.octets.get(start..end).unwrap_or_default();
        if text.is_empty() && is_last && behind == 1 && digits != *b"334" {
            self.forgive(Allowance::EmptyText, start - 1)?;
        }
        Ok(Line {
            digits,
            is_last,
            start,
            text,
        })
    }

    /// How many octets of `rest` stand between code and text, where that is neither a space nor a hyphen.
    #[cold]
    fn odd_separator(&mut self, digits: [u8; 3], rest: &[u8], at: usize) -> Result<usize, PeerError> {
        // Before anything is forgiven there has to be a code.
        self.code(digits, at)?;
        match rest {
            [b'\t', ..] => self.forgive(Allowance::Tab, at + 3).map(|()| 1),
            [b'0'..=b'9', ..] | [] => Err(self.error(at + 3, Rule::Expected("a space or a hyphen"))),
            _ => self.forgive(Allowance::NoSpace, at + 3).map(|()| 0),
        }
    }

    /// The end of the text that begins at `start`. The next line begins behind its line end.
    fn end(&mut self, start: usize) -> Result<usize, PeerError> {
        let mut at = start;
        loop {
            let rest = self.octets.get(at..).unwrap_or_default();
            let count = printable(rest);
            at += count;
            match rest.get(count..).unwrap_or_default() {
                [b'\r', b'\n', ..] => {
                    self.at = at + 2;
                    return Ok(at);
                }
                [b'\n', ..] => {
                    self.forgive(Allowance::BareLf, at)?;
                    self.at = at + 1;
                    return Ok(at);
                }
                [b'\t', ..] => {}
                [octet, ..] => self.odd(*octet, at)?,
                [] => return Err(self.error(at, Rule::Expected("the end of the line"))),
            }
            at += 1;
        }
    }

    /// An octet that is neither printable nor a tab nor the end of the line.
    #[cold]
    fn odd(&mut self, octet: u8, at: usize) -> Result<(), PeerError> {
        match octet {
            b'\r' => Err(self.error(at, Rule::BareCr)),
            0 => Err(self.error(at, Rule::Nul)),
            0x80.. => {
                self.is_ascii = false;
                Ok(())
            }
            _ => self.forgive(Allowance::Controls, at),
        }
    }

    #[cold]
    fn forgive(&mut self, allowance: Allowance, offset: usize) -> Result<(), PeerError> {
        forgive(self.leniency, &mut self.forgiven, allowance, offset)
    }

    #[cold]
    fn error(&self, offset: usize, rule: Rule) -> PeerError {
        PeerError { offset, rule }
    }
}

/// Whether `text` begins with the enhanced code.
fn has(text: &[u8], enhanced: Option<EnhancedCode>) -> bool {
    EnhancedCode::leading(text).map(|(found, _)| found) == enhanced
}

/// How many octets at the start are `%d32-126`, eight at once.
fn printable(octets: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let (words, rest) = octets.as_chunks::<8>();
    let mut count = 0;
    for word in words {
        let word = u64::from_le_bytes(*word);
        // What is below a space borrows, and what is above a tilde carries, into the octets behind alone.
        let odd = (word.wrapping_sub(ONES * 0x20) | word.wrapping_add(ONES) | word) & (ONES * 0x80);
        if odd != 0 {
            return count + odd.trailing_zeros() as usize / 8;
        }
        count += 8;
    }
    let is_odd = |octet: &u8| !matches!(octet, b' '..=b'~');
    count + rest.iter().position(is_odd).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests;
