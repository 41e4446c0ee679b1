//! The client's side of exchanges: what logs in with a password, wherever it does.

use gatepost_sasl::client::{CramMd5, Login, Ntlm, Plain};
use gatepost_sasl::{Error, Mechanism};
use gatepost_wire::Secret;
use sasl::client::Mechanism as Client;

/// Mechanisms that are ready to log in, in the order of preference.
#[derive(Default)]
pub(crate) struct Mechanisms(Vec<Box<dyn Client + Send>>);
