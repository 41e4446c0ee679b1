//! Accepts connections, and what becomes of it when there is nothing to accept them with.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustix::io::Errno;
use tokio::time::{Instant, sleep};
use tracing::{error, warn};

use super::workers::Workers;
use super::{Gateway, Service};
use crate::listen::Listener;
use crate::refusals::{Reason, Refusals};

/// How long nothing is accepted once it has failed: what is open goes on, and some of it will close.
const PAUSE: Duration = Duration::from_millis(100);

/// Accepts until the gateway stops.
pub(super) async fn accept_all(
    listener: Listener,
    service: Arc<Service>,
    gateway: Arc<Gateway>,
    workers: Arc<Workers>,
) {
    let address = listener.address().ok();
    let mut shortage = Shortage::default();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = gateway.stop.begin.cancelled() => return,
        };
        let listener = address.map(tracing::field::display);
        match accepted {
            Ok(accepted) => {
                if let Some((failures, duration)) = shortage.over() {
                    let duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
                    warn!(listener, failures, duration_ms, "accept-resumed");
                }
                if let Some(arrival) = gateway.seat(&service, address, accepted) {
                    let (service, gateway) = (Arc::clone(&service), Arc::clone(&gateway));
                    workers.serve(async move { gateway.serve(&service, arrival).await });
                }
            }
            Err(reason) if is_of_one_connection(&reason) => gateway.refusals.count(Reason::Socket),
            Err(reason) => {
                if shortage.failed(&gateway.refusals) {
                    error!(listener, %reason, "accept-failed");
                }
                sleep(PAUSE).await;
            }
        }
    }
}

/// Whether a connection that waited to be accepted is to blame, which is gone now (accept(2)): the next may be better.
/// Everything else is most likely a lack of descriptors or of memory.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        Errno::from_io_error(error),
        Some(
            Errno::CONNABORTED
                | Errno::INTR
                | Errno::PERM
                | Errno::PROTO
                | Errno::NOPROTOOPT
                | Errno::NETDOWN
                | Errno::NETUNREACH
                | Errno::NONET
                | Errno::HOSTDOWN
                | Errno::HOSTUNREACH
                | Errno::OPNOTSUPP
                | Errno::TIMEDOUT
        )
    )
}

/// A time in which nothing can be accepted: one line at its begin, one at its end.
#[derive(Debug, Default)]
struct Shortage(Option<(Instant, u64)>);

impl Shortage {
    /// Whether it begins with this.
    fn failed(&mut self, refusals: &Refusals) -> bool {
        refusals.count(Reason::Descriptors);
        match &mut self.0 {
            Some((_, failures)) => {
                *failures += 1;
                false
            }
            none => {
                *none = Some((Instant::now(), 1));
                true
            }
        }
    }

    /// How many failures there were, and for how long, if it ends with this.
    fn over(&mut self) -> Option<(u64, Duration)> {
        let (began, failures) = self.0.take()?;
        Some((failures, began.elapsed()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_lack_of_something_pauses() {
        let is_of_one = |errno: Errno| is_of_one_connection(&errno.into());
        for errno in [
            Errno::MFILE,
            Errno::NFILE,
            Errno::NOBUFS,
            Errno::NOMEM,
            Errno::BADF,
        ] {
            assert!(!is_of_one(errno), "{errno:?}");
        }
        for errno in [Errno::CONNABORTED, Errno::PROTO, Errno::HOSTUNREACH] {
            assert!(is_of_one(errno), "{errno:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_shortage_has_a_begin_and_an_end() {
        let (refusals, mut shortage) = (Refusals::new(), Shortage::default());
        assert_eq!(shortage.over(), None);
        assert!(shortage.failed(&refusals));
        sleep(PAUSE).await;
        assert!(!shortage.failed(&refusals));
        assert_eq!(shortage.over(), Some((2, PAUSE)));
        assert_eq!(shortage.over(), None);
        assert_eq!(refusals.of(Reason::Descriptors), 2);
    }
}
