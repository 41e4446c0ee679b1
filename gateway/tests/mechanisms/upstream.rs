//! Mail servers and MTAs that offer nothing but NTLM, as some Exchange servers do.
