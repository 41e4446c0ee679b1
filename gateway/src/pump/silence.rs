//! When a side has ended: how long the other may still be silent.

use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::sleep;

use super::Pump;
use crate::gateway::LAST_WORDS;

/// How long the mail server has to be silent behind a client's end before it is told. Some, told at once, drop what they
/// had to answer (Dovecot, over TLS).
pub(super) const HUSH: Duration = Duration::from_secs(1);

/// How long a connection of which one side has ended may stay silent before it is closed.
pub(super) const LINGER: Duration = Duration::from_secs(10);

/// How long a client may take nothing of what it is still to hear when we end the session. At the end of the gateway that is less than
/// is waited for all of them, so that each has its line in the log.
pub(super) const FAREWELL: Duration = Duration::from_secs(3);

const _: () = assert!(FAREWELL.as_secs() < LAST_WORDS.as_secs());

/// What a silence was.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Silence {
    /// Of the mail server, behind the client's end.
    Hushed,
    /// Of a connection that is of no use any more.
    Over,
}

impl<C, S> Pump<C, S>
where
    C: AsyncRead + AsyncWrite + Unpin,
    S: AsyncRead + AsyncWrite + Unpin,
{
    /// Waits for a side that has ended to have been silent for long enough; nothing ends by silence before that.
    pub(super) fn poll_silence(&mut self, cx: &mut Context<'_>) -> Poll<Silence> {
        if self.release.is_some() {
            return Poll::Pending;
        }
        let ended = if self.closing || self.server.ended || (self.client.ended && self.hushed) {
            Silence::Over
        } else if self.client.ended {
            Silence::Hushed
        } else {
            return Poll::Pending;
        };
        let time = match ended {
            Silence::Over if self.closing => FAREWELL,
            Silence::Over => LINGER,
            Silence::Hushed => HUSH,
        };
        let silence = self.silence.get_or_insert_with(|| Box::pin(sleep(time)));
        ready!(silence.as_mut().poll(cx));
        self.silence = None;
        Poll::Ready(ended)
    }
}
