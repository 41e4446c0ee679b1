//! Directory authentication for mail: who is this, and is the claim true?
//!
//! A [`Directory`] answers two questions. [`Directory::resolve`] turns a name as typed into an [`Entry`] with a stable
//! id, and [`Directory::resolve_id`] finds it again by that id; [`Directory::verify`] judges a [`Claim`] against that entry
//! and says which [`Account`] it is. An outage is [`Unavailable`], never a denial: a phone that hears "wrong password"
//! asks its user for a new one.
//!
//! - [`file::FileDirectory`] has its users from a file.
//! - `ldap::LdapDirectory` (feature `ldap`) asks LDAP servers.
//! - `ad::ActiveDirectory` (feature `active-directory`) asks domain controllers, by LDAP and by Netlogon.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing))]

#[cfg(feature = "active-directory")]
pub mod ad;
mod address;
mod directory;
pub mod file;
#[cfg(feature = "ldap")]
pub mod ldap;
mod proof;

pub use address::MAX_ADDRESS_OCTETS;
pub use directory::{
    Account, Attributes, BoxFuture, Denial, Directory, Entry, EntryId, Explanation, Resolution, Standing,
    Unavailable, Verdict,
};
pub use gatepost_sasl::{Claim, ClaimKind, ClaimKinds, MAX_NAME_OCTETS, MAX_PASSWORD_OCTETS};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
