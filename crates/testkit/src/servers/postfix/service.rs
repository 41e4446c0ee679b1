//! The ports on which Postfix listens, and how they differ.

use std::fmt::Write as _;
use std::net::SocketAddr;

use super::Error;
use crate::servers::address;

/// Where each service listens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ports {
    pub(super) submission: SocketAddr,
    pub(super) smtps: SocketAddr,
    pub(super) plain: SocketAddr,
    pub(super) login_only: SocketAddr,
    pub(super) xclient: SocketAddr,
    pub(super) trusted: SocketAddr,
}

/// A service by the name that it logs, its port, and what is otherwise than in `main.cf`.
type Service = (&'static str, SocketAddr, &'static [&'static str]);

impl Ports {
    pub(super) fn reserve() -> Result<Self, Error> {
        Ok(Self {
            submission: address::reserve()?,
            smtps: address::reserve()?,
            plain: address::reserve()?,
            login_only: address::reserve()?,
            xclient: address::reserve()?,
            trusted: address::reserve()?,
        })
    }

    fn services(&self) -> [Service; 6] {
        [
            (
                "submission",
                self.submission,
                &["smtpd_tls_security_level=encrypt"],
            ),
            ("smtps", self.smtps, &["smtpd_tls_wrappermode=yes"]),
            ("plain", self.plain, &["smtpd_tls_security_level=none"]),
            (
                "login-only",
                self.login_only,
                &[
                    "smtpd_tls_security_level=encrypt",
                    // The first offers no other; but without the second, others would be taken.
                    "smtpd_sasl_mechanism_filter=login",
                    "smtpd_command_filter=regexp:$config_directory/login-only",
                ],
            ),
            (
                "xclient",
                self.xclient,
                &["smtpd_authorized_xclient_hosts=127.0.0.0/8"],
            ),
            (
                "trusted",
                self.trusted,
                &[
                    "smtpd_sasl_auth_enable=no",
                    "smtpd_relay_restrictions=permit_mynetworks,reject",
                ],
            ),
        ]
    }

    pub(super) fn all(&self) -> Vec<SocketAddr> {
        self.services().map(|(_, address, _)| address).to_vec()
    }

    /// The lines of `master.cf` for all of them.
    pub(super) fn lines(&self) -> String {
        let mut text = String::new();
        for (name, address, settings) in self.services() {
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "{address} inet n - n - - smtpd\n  -o syslog_name=postfix/{name}"
            );
            for setting in settings {
                let _ = writeln!(text, "  -o {setting}");
            }
        }
        text
    }
}
