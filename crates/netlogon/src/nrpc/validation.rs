//! What NetrLogonSamLogonEx answers: NETLOGON_VALIDATION_SAM_INFO4 (MS-NRPC 2.2.1.4.13), or a status.

use zeroize::Zeroizing;

use super::logon::VALIDATION;
use crate::answer::Identity;
use crate::ndr::{Error, Reader, Text};
use crate::sid::Sid;
use crate::status::NtStatus;

/// In UserFlags (MS-PAC 2.5): the user is unknown, and was let in as a guest.
const GUEST: u32 = 1;
/// An unknown user, so.
const GUEST_IS: NtStatus = NtStatus::NO_SUCH_USER;

/// A controller's answer to a logon.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Granted(Box<Identity>),
    /// Any other status than success, whatever it speaks of.
    Refused(NtStatus),
}

/// The fixed part, as far as it is needed.
struct Fixed {
    /// EffectiveName, and five more strings of which nothing is needed.
    names: [Text; 6],
    user_id: u32,
    group_count: usize,
    has_groups: bool,
    flags: u32,
    session_key: Zeroizing<[u8; 16]>,
    logon_server: Text,
    domain: Text,
    has_domain_id: bool,
    sid_count: usize,
    has_sids: bool,
    dns_domain: Text,
    upn: Text,
    /// ExpansionString1 to 10.
    expansions: [Text; 10],
}

/// Reads the results: a union with a pointer, Authoritative, ExtraFlags, and the status.
///
/// The order matters. Only a status that stands where it has to stand is believed: the length of the padding behind it
/// is not protected by the seal.
pub(crate) fn reply(stub: &[u8]) -> Result<Reply, Error> {
    let mut reader = Reader::new(stub);
    if reader.u16()? != VALIDATION {
        return Err(reader.error("not the validation level that was asked for"));
    }
    let granted = match reader.pointer()? {
        true => Some(validation(&mut reader)?),
        false => None,
    };
    let _authoritative = reader.u8()?;
    let _extra_flags = reader.u32()?;
    match (NtStatus(reader.u32()?), granted) {
        (NtStatus::SUCCESS, Some(granted)) => Ok(granted),
        (NtStatus::SUCCESS, None) => Err(reader.error("a success without an identity")),
        (status, _) => Ok(Reply::Refused(status)),
    }
}

fn validation(reader: &mut Reader<'_>) -> Result<Reply, Error> {
    let fixed = fixed(reader)?;
    let [effective_name, others @ ..] = fixed.names;
    let user = reader.unicode(effective_name)?;
    skip(reader, &others)?;
    let groups = groups(reader, &fixed)?;
    reader.unicode(fixed.logon_server)?;
    let domain = reader.unicode(fixed.domain)?;
    let domain_id = match fixed.has_domain_id {
        true => sid(reader)?,
        false => return Err(reader.error("an identity without a domain's SID")),
    };
    skip_sids(reader, &fixed)?;
    let dns_domain = reader.unicode(fixed.dns_domain)?;
    let upn = reader.unicode(fixed.upn)?;
    skip(reader, &fixed.expansions)?;
    let sid = domain_id.with(fixed.user_id);
    let sid = sid.ok_or_else(|| reader.error("a SID without room for an account"))?;
    if fixed.flags & GUEST != 0 {
        return Ok(Reply::Refused(GUEST_IS));
    }
    Ok(Reply::Granted(Box::new(Identity {
        user,
        domain,
        dns_domain,
        upn,
        sid,
        groups,
        session_key: *fixed.session_key,
    })))
}

/// Field by field, in the order of the structure: each read moves on.
fn fixed(reader: &mut Reader<'_>) -> Result<Fixed, Error> {
    // LogonTime, LogoffTime, KickOffTime, PasswordLastSet, PasswordCanChange, PasswordMustChange.
    reader.skip_u32s(12)?;
    let names = texts(reader)?;
    // LogonCount, BadPasswordCount.
    reader.skip_u32s(1)?;
    let user_id = reader.u32()?;
    let _primary_group = reader.u32()?;
    let (group_count, has_groups) = (reader.count()?, reader.pointer()?);
    let flags = reader.u32()?;
    let session_key = Zeroizing::new(reader.array()?);
    let (logon_server, domain) = (reader.text()?, reader.text()?);
    let has_domain_id = reader.pointer()?;
    // LMKey, UserAccountControl, SubAuthStatus, LastSuccessfulILogon, LastFailedILogon, FailedILogonCount, Reserved4.
    reader.skip_u32s(2 + 8)?;
    Ok(Fixed {
        names,
        user_id,
        group_count,
        has_groups,
        flags,
        session_key,
        logon_server,
        domain,
        has_domain_id,
        sid_count: reader.count()?,
        has_sids: reader.pointer()?,
        dns_domain: reader.text()?,
        upn: reader.text()?,
        expansions: texts(reader)?,
    })
}

fn texts<const N: usize>(reader: &mut Reader<'_>) -> Result<[Text; N], Error> {
    let mut texts = [Text::default(); N];
    for text in &mut texts {
        *text = reader.text()?;
    }
    Ok(texts)
}

fn skip(reader: &mut Reader<'_>, texts: &[Text]) -> Result<(), Error> {
    texts
        .iter()
        .try_for_each(|text| reader.counted(*text, 2).map(|_| ()))
}

/// GROUP_MEMBERSHIP (MS-PAC 2.2.2): relative ids, each with attributes.
fn groups(reader: &mut Reader<'_>, fixed: &Fixed) -> Result<Vec<u32>, Error> {
    if !fixed.has_groups {
        return Ok(Vec::new());
    }
    reader.conformant(fixed.group_count)?;
    let mut groups = Vec::new();
    for _ in 0..fixed.group_count {
        groups.push(reader.u32()?);
        let _attributes = reader.u32()?;
    }
    Ok(groups)
}

/// KERB_SID_AND_ATTRIBUTES (MS-PAC 2.2.1): groups of other domains.
fn skip_sids(reader: &mut Reader<'_>, fixed: &Fixed) -> Result<(), Error> {
    if !fixed.has_sids {
        return Ok(());
    }
    reader.conformant(fixed.sid_count)?;
    let mut present: usize = 0;
    for _ in 0..fixed.sid_count {
        present += usize::from(reader.pointer()?);
        let _attributes = reader.u32()?;
    }
    (0..present).try_for_each(|_| sid(reader).map(|_| ()))
}

/// RPC_SID (MS-DTYP 2.4.2.3): the number of sub-authorities, then the SID as anywhere.
fn sid(reader: &mut Reader<'_>) -> Result<Sid, Error> {
    let parts = reader.count()?;
    let length = parts.checked_mul(4).and_then(|octets| octets.checked_add(8));
    let length = length.ok_or_else(|| reader.error("a count is too large"))?;
    let sid = Sid::from_octets(reader.octets(length)?);
    sid.map_err(|_| reader.error("not a SID"))
}
