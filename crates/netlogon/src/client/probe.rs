//! Says in words what works between us and each controller.

use std::fmt;

use tokio::time::timeout;

use super::Client;
use super::opener::Place;
use crate::answer::Logon;
use crate::config::Controller;
use crate::crypto::{self, SessionKey};
use crate::error::{Failure, Fault};
use crate::nrpc::{self, Reply, SAM_LOGON_EX};
use crate::rpc::Dial;
use crate::status::About;

/// What a probe found out about a controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Which controller.
    pub controller: Controller,
    /// The steps in order, up to the first that failed.
    pub findings: Vec<Finding>,
}

/// How one step went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which step.
    pub step: Step,
    /// What works, or what is wrong, in words.
    pub result: Result<String, String>,
}

/// The steps of a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Finding Netlogon's port.
    EndpointMapper,
    /// Authenticating as the computer account.
    SecureChannel,
    /// A logon on a sealed connection.
    Logon,
}

impl Report {
    /// Whether logons can be asked there.
    pub fn works(&self) -> bool {
        self.findings.iter().all(|finding| finding.result.is_ok())
    }
}

/// One line for each step, without a line end behind the last.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.controller)?;
        for Finding { step, result } in &self.findings {
            match result {
                Ok(words) => write!(f, "\n  {step}: ok, {words}")?,
                Err(words) => write!(f, "\n  {step}: FAILED, {words}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EndpointMapper => "endpoint mapper",
            Self::SecureChannel => "secure channel",
            Self::Logon => "logon",
        })
    }
}

impl<D: Dial> Client<D> {
    pub(crate) async fn probe(&self) -> Vec<Report> {
        let mut reports = Vec::new();
        for controller in self.controllers.order() {
            let mut findings = Vec::new();
            // What failed is the last finding.
            let _ = self.steps(&controller, &mut findings).await;
            reports.push(Report { controller, findings });
        }
        reports
    }

    async fn steps(&self, controller: &Controller, findings: &mut Vec<Finding>) -> Option<()> {
        let place = self.opener.limited(self.opener.locate(controller)).await;
        let words = |place: &Place| match controller.port {
            Some(port) => format!("not asked: port {port} is configured"),
            None => format!("Netlogon is at port {}", place.port),
        };
        let place = found(findings, Step::EndpointMapper, place, words)?;

        let key = self.opener.limited(self.opener.authenticate(&place)).await;
        let account = &self.opener.names.computer;
        let words = |_: &SessionKey| format!("authenticated as {account}$ with AES");
        let key = found(findings, Step::SecureChannel, key, words)?;

        let reply = self.try_logon(&place, &key).await;
        let words = |_: &Reply| "a sealed logon is judged".to_owned();
        found(findings, Step::Logon, reply, words).map(|_| ())
    }

    /// A logon of somebody who does not exist. Whatever is said of the user is a success.
    async fn try_logon(&self, place: &Place, key: &SessionKey) -> Result<Reply, Failure> {
        let mut connection = self.opener.limited(self.opener.sealed(place, key)).await?;
        let random = crypto::random().map_err(Failure::Random)?;
        let [a, b, c, ..] = random;
        let logon = Logon {
            user: &format!("gatepost-{a:02x}{b:02x}{c:02x}"),
            domain: &self.opener.names.domain,
            workstation: &self.opener.names.computer,
            challenge: random,
            nt_response: &[0; 64],
            lm_response: &[],
        };
        let stub = nrpc::sam_logon_ex(&self.opener.names.computer, &logon);
        let called = timeout(self.call_time, connection.call(SAM_LOGON_EX, &stub)).await;
        let called = called.map_err(|_| Failure::NoAnswer(self.call_time))?;
        match nrpc::reply(&called?)? {
            Reply::Refused(status) if status.about() != About::User => Err(Failure::Logon(status)),
            reply => Ok(reply),
        }
    }
}

/// Notes how a step went, and goes on if it went well.
fn found<T>(
    findings: &mut Vec<Finding>,
    step: Step,
    result: Result<T, Failure>,
    words: impl FnOnce(&T) -> String,
) -> Option<T> {
    let noted = match &result {
        Ok(value) => Ok(words(value)),
        Err(Failure::Fault(Fault::SEC_PKG_ERROR)) => Err(TAKEN.to_owned()),
        Err(failure) => Err(failure.to_string()),
    };
    findings.push(Finding { step, result: noted });
    result.ok()
}

/// The key was good a moment ago.
const TAKEN: &str =
    "the secure channel was taken away at once: does somebody else use the same computer account?";
