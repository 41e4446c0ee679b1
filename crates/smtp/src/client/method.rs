//! The ways to log in.

use super::Xclient;
use crate::Extensions;

/// A way to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    /// AUTH, if the server announces the mechanism. The caller has the mechanism.
    Sasl {
        /// Its registered name.
        mechanism: String,
    },
    /// XCLIENT, if the server announces it with every attribute that is required.
    Xclient(Xclient),
    /// None: the server knows us by our address. Always possible.
    Trusted,
}

impl Method {
    pub(super) fn is_offered(&self, extensions: &Extensions) -> bool {
        match self {
            Self::Sasl { mechanism } => extensions.offers(mechanism),
            Self::Xclient(xclient) => xclient.is_offered(extensions),
            Self::Trusted => true,
        }
    }
}
