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
//!
//! A password is known to LDAP by a bind (RFC 4513 section 5.1.3), an empty one is never asked about (section 5.1.2). Names
//! get into a filter as values alone (RFC 4515 section 3). SRV records are those of RFC 2782.
//!
//! ```
//! use gatepost_directory::file::FileDirectory;
//! use gatepost_directory::{Claim, Resolution, Verdict};
//!
//! let users = FileDirectory::parse("[[user]]\nname = 'alice'\nsecret = '{PLAIN}wonderland'")?;
//! let claim = Claim::password(b"Alice", b"wonderland")?;
//! let Resolution::Found(entry) = users.resolve(claim.name()) else { panic!() };
//! let Verdict::Granted(account) = users.verify(&entry, &claim) else { panic!() };
//! assert_eq!(account.upstream_login, "alice");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]
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
