//! NetrLogonSamLogonEx (MS-NRPC 3.5.4.5.1): a network logon with a challenge and its responses.

use crate::answer::Logon;
use crate::ndr::{Writer, utf16};

/// The operation number.
pub(crate) const SAM_LOGON_EX: u16 = 39;

/// NetlogonNetworkTransitiveInformation (MS-NRPC 2.2.1.4.16): the controller may pass it on to a trusted domain.
const LEVEL: u16 = 6;
/// NetlogonValidationSamInfo4 (MS-NRPC 2.2.1.4.17).
pub(crate) const VALIDATION: u16 = 6;
/// ParameterControl: no logons of computer accounts, nothing else that is special.
const CONTROL: u32 = 0;

/// The arguments. The names and responses are not longer than [`Logon::refused`] lets through.
pub(crate) fn sam_logon_ex(computer: &str, logon: &Logon<'_>) -> Vec<u8> {
    let mut stub = Writer::new();
    // LogonServer is whom we ask; ComputerName is us.
    stub.null();
    stub.pointer();
    stub.string(computer);
    stub.u16(LEVEL);
    stub.u16(LEVEL);
    stub.pointer();
    network_info(&mut stub, logon);
    stub.u16(VALIDATION);
    // ExtraFlags.
    stub.u32(0);
    stub.into_octets()
}

/// NETLOGON_NETWORK_INFO (MS-NRPC 2.2.1.4.5).
fn network_info(stub: &mut Writer, logon: &Logon<'_>) {
    let [domain, user, workstation] = [logon.domain, logon.user, logon.workstation].map(utf16);
    let lm_response = logon.told_lm_response();
    stub.text(&domain);
    stub.u32(CONTROL);
    // A LogonId, which nobody reads.
    stub.u32(0);
    stub.u32(0);
    stub.text(&user);
    stub.text(&workstation);
    stub.octets(&logon.challenge);
    stub.text(logon.nt_response);
    stub.text(lm_response);
    for units in [&domain, &user, &workstation] {
        stub.counted(units, 2);
    }
    stub.counted(logon.nt_response, 1);
    stub.counted(lm_response, 1);
}
