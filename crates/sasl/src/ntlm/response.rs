//! NTLMv2_RESPONSE and NTLMv2_CLIENT_CHALLENGE (MS-NLMP sections 2.2.2.7 and 2.2.2.8).

use nom::Parser as _;
use nom::bytes::complete::{tag, take};
use nom::error::context;

use super::av_pair::list;
use super::crypt::hmac_md5;
use super::hash::SessionKey;
use super::message::{self, MessageError, Parsed};
use super::{AvId, AvPair};
use crate::key::Key;

/// The bit of MsvAvFlags that says that the client sent a MIC.
pub(crate) const MIC_PROVIDED: u32 = 2;

/// What of an NTLMv2 response is looked at before anybody knows whether it is right.
pub(crate) struct Blob<'a> {
    pairs: Vec<AvPair<'a>>,
}

impl<'a> Blob<'a> {
    /// Reads NtChallengeResponse: NTProofStr, a header of 28 octets, and AV pairs, which may be absent altogether.
    pub(crate) fn parse(nt_response: &'a [u8]) -> Result<Self, MessageError> {
        message::read(nt_response, blob)
    }

    /// Whether the client sent a MIC.
    pub(crate) fn has_mic(&self) -> bool {
        let mut flags = self.values(AvId::FLAGS);
        flags.any(|flags| is_set(flags, MIC_PROVIDED))
    }

    /// The channel that the client means to talk through. All zero is how Windows says that it knows of none
    /// (MS-NLMP section 3.1.5.1.2).
    pub(crate) fn channel_bindings(&self) -> Option<&'a [u8]> {
        let mut bindings = self.values(AvId::CHANNEL_BINDINGS);
        bindings.find(|binding| binding.iter().any(|octet| *octet != 0))
    }

    /// What the client says of that kind.
    pub(crate) fn values(&self, id: AvId) -> impl Iterator<Item = &'a [u8]> {
        let found = self.pairs.iter().filter(move |pair| pair.id == id);
        found.map(|pair| pair.value)
    }
}

fn is_set(flags: &[u8], bits: u32) -> bool {
    let flags = flags.first_chunk().map(|flags| u32::from_le_bytes(*flags));
    flags.is_some_and(|flags| flags & bits != 0)
}

fn blob(input: &[u8]) -> Parsed<'_, Blob<'_>> {
    let (rest, _) = context("NTLM response: expected NTProofStr", take(16usize)).parse(input)?;
    let version = tag(&[1, 1][..]);
    let (rest, _) = context("NTLM response: expected RespType and HiRespType 1", version).parse(rest)?;
    let (rest, _) = context("NTLM response: expected 28 octets before AvPairs", take(26usize)).parse(rest)?;
    if rest.is_empty() {
        return Ok((rest, Blob { pairs: Vec::new() }));
    }
    let (rest, pairs) = list(rest)?;
    Ok((rest, Blob { pairs }))
}

/// NTLMv2_CLIENT_CHALLENGE: what a client puts behind its proof.
///
/// `pairs` are a list with its end; MS-NLMP section 3.3.2 has four more octets of zero behind them.
pub(crate) fn client_challenge(file_time: [u8; 8], challenge: [u8; 8], pairs: &[u8]) -> Vec<u8> {
    const HEADER: [u8; 8] = [1, 1, 0, 0, 0, 0, 0, 0];
    [&HEADER[..], &file_time, &challenge, &[0; 4], pairs, &[0; 4]].concat()
}

/// LMv2_RESPONSE (MS-NLMP section 2.2.2.4), which a client sends if the server names no time.
pub(crate) fn lm_response(ntowf_v2: &Key, server_challenge: [u8; 8], challenge: [u8; 8]) -> Vec<u8> {
    let proof = hmac_md5(ntowf_v2.expose(), &[&server_challenge, &challenge]);
    [&proof.expose()[..], &challenge].concat()
}

/// What a response proves the password by.
pub(crate) struct NtResponse {
    /// NTProofStr
    pub(crate) proof: Key,
    pub(crate) session_key: SessionKey,
}

impl NtResponse {
    /// Computes it of NTOWFv2, the server's challenge, and what the client put behind its proof (MS-NLMP section 3.3.2).
    pub(crate) fn compute(ntowf_v2: &Key, server_challenge: &[u8; 8], temp: &[u8]) -> Self {
        let proof = hmac_md5(ntowf_v2.expose(), &[server_challenge, temp]);
        let session_key = SessionKey(hmac_md5(ntowf_v2.expose(), &[proof.expose()]));
        Self { proof, session_key }
    }
}
