//! NTLM pass-through to an Active Directory domain controller by Netlogon (MS-NRPC).
