//! CRAM-MD5 (RFC 2195): one challenge, one response.

use std::fmt;

use super::{Challenge, Exchange, Fresh, State};
use crate::claim::check_name;
use crate::cram_md5::CramMd5;
use crate::key::Key;
use crate::{Claim, Error, hex};

/// A challenge that was sent, and waits for its one response.
pub(super) struct Sent(String);

/// Makes the challenge, which is a `msg-id` (RFC 2195 section 2): `<random.time@host>`.
pub(super) fn start(host: &str, fresh: &Fresh) -> Exchange {
    let random = u128::from_be_bytes(fresh.random);
    let seconds = fresh.since_epoch.as_secs();
    let host = host.chars().filter(|letter| is_of_host(*letter));
    let host: String = host.take(255).collect();
    let sent = Sent(format!("<{random}.{seconds}@{host}>"));
    Exchange::Challenge(Challenge(State::CramMd5(sent)))
}

fn is_of_host(letter: char) -> bool {
    letter.is_ascii_graphic() && !matches!(letter, '<' | '>' | '@')
}

impl Sent {
    pub(super) fn octets(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The name, a space and the digest. Names may hold spaces; the digest does not.
    ///
    /// # Errors
    /// If there is no space, or no 32 hexadecimal digits behind the last one, or nobody could have the name.
    pub(super) fn respond(self, response: &[u8]) -> Result<Claim, Error> {
        let malformed = Error::malformed("CRAM-MD5: expected a name, a space and 32 hexadecimal digits");
        let space = response.iter().rposition(|octet| *octet == b' ');
        let (name, rest) = space
            .and_then(|space| response.split_at_checked(space))
            .ok_or(malformed)?;
        let digits = rest.strip_prefix(b" ").unwrap_or_default();
        let digest = hex::decode(digits).ok_or(malformed)?;
        Ok(Claim::CramMd5(CramMd5 {
            name: check_name(name)?.to_owned(),
            challenge: self.0,
            digest: Key::new(digest),
        }))
    }
}

/// A challenge beside a digest in a log would let others guess the password.
impl fmt::Debug for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sent(..)")
    }
}
