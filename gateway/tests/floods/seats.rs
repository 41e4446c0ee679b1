//! A crowd at a gateway that has the usual limits.

use crate::crowd::{How, end};
use crate::site::{BEFORE_LOGIN_KIB, Bounds, IMAP, IMAPS, Setup};

/// More than may wait from one address, 250. The others are turned away, and counted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_from_one_address() {
    let setup = Setup {
        // All of the crowd has come before the first of them has to leave.
        limits: "login_time = \"10s\"",
        few_seats: true,
        ..Setup::default()
    };
    let site = setup.start().await;
    let flood = site.flood().await;
    let count = 800;
    let ends = site.crowd().all(count, |crowd, number| async move {
        let stream = crowd.tcp([IMAPS, IMAP][number % 2]).await;
        end(stream).await
    });
    let ends = ends.await;
    assert!(ends.iter().all(|end| end.how != How::Open));
    let refused = site.refused("before-login-address");
    assert!((500..=count as u64).contains(&refused), "{refused}");
    flood
        .over(Bounds {
            honest: 3,
            ..Bounds::of(250, BEFORE_LOGIN_KIB)
        })
        .await;
    // The refusals of a flood are summed up.
    let lines = site.gateway.lines(" event=refused").len();
    assert!(lines < 100, "{lines}");
}
