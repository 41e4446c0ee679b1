//! When a side has ended: how long the other may still be silent.

use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::sleep;

use super::Pump;

/// How long the mail server has to be silent behind a client's end before it is told. Some, told at once, drop what they
/// had to answer (Dovecot, over TLS).
pub(super) const HUSH: Duration = Duration::from_secs(1);

/// How long a connection of which one side has ended may stay silent before it is closed.
pub(super) const LINGER: Duration = Duration::from_secs(10);

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
        let time = if ended == Silence::Over { LINGER } else { HUSH };
        let silence = self.silence.get_or_insert_with(|| Box::pin(sleep(time)));
        ready!(silence.as_mut().poll(cx));
        self.silence = None;
        Poll::Ready(ended)
    }
}
