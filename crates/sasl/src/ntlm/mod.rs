//! NTLM (MS-NLMP), version 2 alone: its messages, its cryptography, and what a directory needs to judge it.
//!
//! ```text
//! client                          server
//!   NEGOTIATE_MESSAGE     ->                        NegotiateMessage
//!                         <-   CHALLENGE_MESSAGE    ChallengeMessage, made of a Target and 8 random octets
//!   AUTHENTICATE_MESSAGE  ->                        AuthenticateMessage, of which a server makes an Ntlm claim
//! ```
//!
//! A directory that has the user's [`NtHash`] judges an [`Ntlm`] claim by [`Ntlm::is_of`]. One that asks a domain
//! controller hands over what the controller wants to see, gets a [`SessionKey`] back, and passes that to
//! [`Ntlm::finish`]: only then the claim is true.
//!
//! What this crate refuses, whoever judges: NTLMv1 and LM responses, anonymous ones, messages over
//! [`MAX_MESSAGE_OCTETS`], and whatever reaches beyond its message.

mod authenticate;
mod av_pair;
mod bindings;
mod challenge;
mod charset;
mod claim;
mod crypt;
mod flags;
mod hash;
mod message;
mod mic;
mod negotiate;
mod response;
mod target;
mod upcase;

pub use self::authenticate::AuthenticateMessage;
pub use self::av_pair::{AvId, AvPair};
pub use self::bindings::{Bindings, binding_of_certificate};
pub use self::challenge::ChallengeMessage;
pub use self::charset::{Charset, WrongText};
pub use self::claim::Ntlm;
pub use self::flags::NegotiateFlags;
pub use self::hash::{NtHash, SessionKey};
pub use self::message::{MAX_MESSAGE_OCTETS, MessageError};
pub use self::mic::WrongMic;
pub use self::negotiate::NegotiateMessage;
pub use self::target::Target;

pub(crate) use self::authenticate::MIC_AT;
pub(crate) use self::crypt::rc4;
pub(crate) use self::mic::{Mic, mic_of};
pub(crate) use self::response::{Blob, MIC_PROVIDED, NtResponse, client_challenge, lm_response};
pub(crate) use self::target::file_time;

#[cfg(test)]
mod vectors;
