//! What every call into the LDAP library is wrapped in.

use std::future::{Future, poll_fn};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use ldap3::LdapError;
use tokio::time::timeout;

/// What is said of a server whose messages make the library panic.
pub(crate) const NOT_LDAP: &str = "the server sent what is not LDAP";

/// An operation within a time limit. The library's own limit begins anew with every entry of a search.
pub(crate) async fn guarded<T>(
    limit: Duration,
    operation: impl Future<Output = Result<T, LdapError>>,
) -> Result<T, LdapError> {
    match timeout(limit, contained(operation)).await? {
        Some(result) => result,
        None => Err(LdapError::from(io::Error::new(
            io::ErrorKind::InvalidData,
            NOT_LDAP,
        ))),
    }
}

/// The library panics on messages that are BER but not LDAP. `None` is such a panic; the connection must not be used
/// again.
pub(crate) async fn contained<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    // Nothing sees the future after a panic.
    poll_fn(
        |context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(poll) => poll.map(Some),
            Err(_) => Poll::Ready(None),
        },
    )
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error_and_the_end() {
        let panics = async {
            tokio::task::yield_now().await;
            unreachable!("an entry without a name")
        };
        let error = guarded::<()>(Duration::from_secs(5), panics).await.unwrap_err();
        assert_eq!(error.to_string(), format!("I/O error: {NOT_LDAP}"));
        assert_eq!(contained(async { 1 }).await, Some(1));
    }

    #[tokio::test(start_paused = true)]
    async fn an_operation_ends_in_time() {
        let never = std::future::pending::<Result<(), LdapError>>();
        let error = guarded(Duration::from_secs(5), never).await.unwrap_err();
        assert!(matches!(error, LdapError::Timeout { .. }), "{error}");
    }
}
