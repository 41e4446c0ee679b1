//! Secrets that judge challenge-response claims. Each is as good as the password itself for its mechanism.

use gatepost_sasl::cram_md5::State;
use gatepost_sasl::ntlm::NtHash;
use gatepost_wire::Secret;

/// NTOWFv1 of the empty password (MS-NLMP section 3.3.1).
const EMPTY_NT_HASH: &str = "31d6cfe0d16ae931b73c59d7e0c089c0";

/// What a CRAM-MD5 state begins with where it stands for itself, as in Dovecot's files.
pub(crate) const CRAM_MD5_SCHEME: &str = "{CRAM-MD5}";

/// Why a text is no secret; never holds the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// What it should have been.
    Form(&'static str),
    /// It is the secret of an empty password, which would let anybody in.
    Empty,
}

impl Wrong {
    pub(crate) fn in_words(self) -> &'static str {
        match self {
            Self::Form(expected) => expected,
            Self::Empty => "the secret is that of the empty password",
        }
    }
}

/// Reads an NT hash: 32 hexadecimal digits.
pub(crate) fn nt_hash(digits: &str) -> Result<NtHash, Wrong> {
    if digits.eq_ignore_ascii_case(EMPTY_NT_HASH) {
        return Err(Wrong::Empty);
    }
    NtHash::parse_hex(digits).map_err(|_| Wrong::Form("expected an NT hash: 32 hexadecimal digits"))
}

/// Reads a CRAM-MD5 state: [`CRAM_MD5_SCHEME`] and 64 hexadecimal digits.
pub(crate) fn cram_md5_state(text: &str) -> Result<State, Wrong> {
    let form = Wrong::Form("expected a CRAM-MD5 state: 64 hexadecimal digits");
    let state = State::parse(text).map_err(|_| form)?;
    if is_state_of(&state, &Secret::from("")) {
        return Err(Wrong::Empty);
    }
    Ok(state)
}

/// Whether the hash is of that password. In constant time but for the password's length.
pub(crate) fn is_nt_hash_of(hash: &NtHash, password: &Secret) -> bool {
    NtHash::of_password(password).is_ok_and(|other| other == *hash)
}

/// Whether the state is of that password. In constant time but for the password's length.
pub(crate) fn is_state_of(state: &State, password: &Secret) -> bool {
    State::of_password(password) == *state
}
