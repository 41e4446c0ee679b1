//! The few operations that an NTLM logon needs.

mod authenticate;
mod logon;
mod mapper;
mod validation;

pub(crate) use authenticate::authenticate;
pub(crate) use logon::{SAM_LOGON_EX, sam_logon_ex};
pub(crate) use mapper::port;
pub(crate) use mapper::towers;
pub(crate) use validation::{Reply, reply};

#[cfg(test)]
pub(crate) use self::{
    authenticate::{AES, AUTHENTICATE, REQ_CHALLENGE},
    mapper::{MAP, tower},
};

#[cfg(test)]
mod tests;
