//! The answer to a CHALLENGE_MESSAGE (MS-NLMP section 3.1.5.1.2).

use super::Ntlm;
use crate::key::Key;
use crate::ntlm::{
    AuthenticateMessage, AvId, AvPair, ChallengeMessage, Charset, MIC_AT, MIC_PROVIDED, MessageError,
    NegotiateFlags, NtResponse, client_challenge, file_time, lm_response, mic_of, rc4,
};

/// The responses to a challenge, and what follows from them.
struct Proven {
    nt_response: Vec<u8>,
    lm_response: Vec<u8>,
    session_key: Key,
    has_mic: bool,
}

/// The AUTHENTICATE_MESSAGE.
pub(super) fn answer(client: &Ntlm, octets: &[u8]) -> Result<Vec<u8>, MessageError> {
    let challenge = ChallengeMessage::parse(octets)?;
    let proven = prove(client, &challenge)?;
    let agreed = client.flags() & challenge.negotiate_flags;
    let (exported, encrypted) = exchange(client, &proven.session_key, agreed);
    let charset = Charset::of(challenge.negotiate_flags);
    let message = AuthenticateMessage {
        lm_challenge_response: &proven.lm_response,
        nt_challenge_response: &proven.nt_response,
        domain_name: &charset.encode(&client.domain),
        user_name: &charset.encode(&client.user),
        workstation: &charset.encode(&client.workstation),
        encrypted_random_session_key: &encrypted,
        negotiate_flags: agreed,
        mic: proven.has_mic.then_some([0; 16]),
    };
    let mut message = message.encode()?;
    if proven.has_mic {
        let mic = mic_of(&exported, [&client.negotiate(), octets, &message]);
        let place = message.iter_mut().skip(MIC_AT);
        place.zip(mic.expose()).for_each(|(to, from)| *to = *from);
    }
    Ok(message)
}

/// The exported session key, and what is sent of it: our own if both sides want one.
fn exchange(client: &Ntlm, session_key: &Key, agreed: NegotiateFlags) -> (Key, Vec<u8>) {
    match &client.key {
        Some(key) if agreed.contains(NegotiateFlags::KEY_EXCH) => {
            let encrypted = rc4(session_key.expose(), key.expose());
            (key.clone(), encrypted.expose().to_vec())
        }
        _ => (session_key.clone(), Vec::new()),
    }
}

fn prove(client: &Ntlm, challenge: &ChallengeMessage<'_>) -> Result<Proven, MessageError> {
    let theirs = match challenge.target_info {
        [] => Vec::new(),
        info => AvPair::parse_list(info)?,
    };
    let time = theirs.iter().find(|pair| pair.id == AvId::TIMESTAMP);
    let server_time = time.and_then(|pair| <[u8; 8]>::try_from(pair.value).ok());
    let pairs = pairs(client, theirs, server_time.is_some())?;
    let time = server_time.unwrap_or_else(|| file_time(client.fresh.since_epoch));
    let temp = client_challenge(time, client.fresh.challenge(), &pairs);

    let ntowf_v2 = client.hash.ntowf_v2(&client.user, &client.domain);
    let response = NtResponse::compute(&ntowf_v2, &challenge.server_challenge, &temp);
    Ok(Proven {
        nt_response: [response.proof.expose(), &temp[..]].concat(),
        lm_response: match server_time {
            Some(_) => vec![0; 24],
            None => lm_response(&ntowf_v2, challenge.server_challenge, client.fresh.challenge()),
        },
        session_key: response.session_key.0,
        has_mic: server_time.is_some(),
    })
}

/// The server's pairs, but for those that only a client says, and ours.
fn pairs(client: &Ntlm, theirs: Vec<AvPair<'_>>, has_mic: bool) -> Result<Vec<u8>, MessageError> {
    let flags = has_mic.then(|| MIC_PROVIDED.to_le_bytes());
    let ours = [
        (AvId::TARGET_NAME, client.target_name.as_deref()),
        (
            AvId::CHANNEL_BINDINGS,
            client.channel_bindings.as_ref().map(|value| &value[..]),
        ),
        (AvId::FLAGS, flags.as_ref().map(|value| &value[..])),
    ];
    let is_ours = |pair: &AvPair<'_>| ours.iter().any(|(id, _)| *id == pair.id);
    let mut pairs: Vec<AvPair<'_>> = theirs.into_iter().filter(|pair| !is_ours(pair)).collect();
    let ours = ours.into_iter();
    pairs.extend(ours.filter_map(|(id, value)| value.map(|value| AvPair { id, value })));
    AvPair::encode_list(&pairs)
}
