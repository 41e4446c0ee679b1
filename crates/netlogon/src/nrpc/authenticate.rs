//! Authenticating as a computer account, and the controller to us (MS-NRPC 3.1.4.1).

use subtle::ConstantTimeEq as _;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::config::Account;
use crate::crypto::{self, Octets8, SessionKey};
use crate::error::Failure;
use crate::ndr::{Error, Reader, Writer};
use crate::rpc::Connection;
use crate::status::NtStatus;

/// The operation number of NetrServerReqChallenge.
pub(crate) const REQ_CHALLENGE: u16 = 4;
/// The operation number of NetrServerAuthenticate3.
pub(crate) const AUTHENTICATE: u16 = 26;

/// WorkstationSecureChannel (MS-NRPC 2.2.1.3.13).
const WORKSTATION: u16 = 2;
/// What we can do (MS-NRPC 3.1.4.2): AES and secure RPC among them.
const FLAGS: u32 = 0x612f_ffff;
/// The flag of AES and SHA2. There is no falling back from it.
pub(crate) const AES: u32 = 0x0100_0000;

/// What NetrServerAuthenticate3 answers.
struct Authenticated {
    credential: Octets8,
    flags: u32,
    status: NtStatus,
}

/// Agrees on a session key. Both sides have proved then that they know the account's password.
pub(crate) async fn authenticate<S>(
    netlogon: &mut Connection<S>,
    account: &Account,
) -> Result<SessionKey, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let client = crypto::client_challenge().map_err(Failure::Random)?;
    let stub = netlogon
        .call(REQ_CHALLENGE, &challenge_request(account, client))
        .await?;
    let (server, status) = challenge_reply(&stub)?;
    if status != NtStatus::SUCCESS {
        return Err(Failure::Authenticate(refused(status)));
    }
    if is_near(&client, &server) {
        let words = "the controller gives our challenge back, or nearly so: it is not what it says it is";
        return Err(Failure::Authenticate(words.to_owned()));
    }
    // `Config::check` has seen that it is UTF-8.
    let password = account.password.expose_str().unwrap_or_default();
    let key = SessionKey::new(password, &client, &server);
    let request = authenticate_request(account, key.credential(&client));
    let reply = authenticate_reply(&netlogon.call(AUTHENTICATE, &request).await?)?;
    check(&reply, &key.credential(&server))?;
    Ok(key)
}

/// Whether what we prove with our challenge tells too much of the proof for the controller's. Up to and with the first
/// octet in which the challenges differ it follows from ours, since CFB8 goes from octet to octet.
fn is_near(client: &Octets8, server: &Octets8) -> bool {
    client.first_chunk::<4>() == server.first_chunk::<4>()
}

fn check(reply: &Authenticated, expected: &Octets8) -> Result<(), Failure> {
    let wrong = |words: String| Err(Failure::Authenticate(words));
    if reply.status != NtStatus::SUCCESS {
        return wrong(refused(reply.status));
    }
    if !bool::from(reply.credential.ct_eq(expected)) {
        return wrong(
            "the controller does not know the computer account's password: it is not what it says it is"
                .to_owned(),
        );
    }
    if reply.flags & AES == 0 {
        return wrong("the controller offers no AES for the secure channel".to_owned());
    }
    Ok(())
}

/// A refusal in words for an administrator.
fn refused(status: NtStatus) -> String {
    match status {
        NtStatus::ACCESS_DENIED => {
            format!("the computer account's password is wrong, or the account is disabled: {status}")
        }
        NtStatus::NO_TRUST_SAM_ACCOUNT => format!("there is no such computer account: {status}"),
        _ => format!("the secure channel is refused: {status}"),
    }
}

/// NetrServerReqChallenge (3.5.4.4.1).
fn challenge_request(account: &Account, challenge: Octets8) -> Vec<u8> {
    let mut stub = Writer::new();
    stub.null();
    stub.string(&account.computer);
    stub.octets(&challenge);
    stub.into_octets()
}

fn challenge_reply(stub: &[u8]) -> Result<(Octets8, NtStatus), Error> {
    let mut reader = Reader::new(stub);
    Ok((reader.array()?, NtStatus(reader.u32()?)))
}

/// NetrServerAuthenticate3 (3.5.4.4.2).
fn authenticate_request(account: &Account, credential: Octets8) -> Vec<u8> {
    let mut stub = Writer::new();
    stub.null();
    stub.string(&format!("{}$", account.computer));
    stub.u16(WORKSTATION);
    stub.string(&account.computer);
    stub.octets(&credential);
    stub.u32(FLAGS);
    stub.into_octets()
}

fn authenticate_reply(stub: &[u8]) -> Result<Authenticated, Error> {
    let mut reader = Reader::new(stub);
    let (credential, flags) = (reader.array()?, reader.u32()?);
    let _account_rid = reader.u32()?;
    Ok(Authenticated {
        credential,
        flags,
        status: NtStatus(reader.u32()?),
    })
}
