//! A command that was read and has to wait for the server.

use bytes::BytesMut;

use super::Early;
use crate::{Parameters, ReversePath};

#[derive(Debug)]
pub(super) enum Held {
    /// A line that was not acted on at all.
    Line(BytesMut),
    /// A MAIL that the policy let pass.
    Mail(Box<Mail>),
    /// DATA.
    Data(Early),
}

/// What is sent to the server once there is one.
#[derive(Debug)]
pub(super) struct Mail {
    pub(super) from: ReversePath<'static>,
    pub(super) parameters: Parameters<'static>,
}
