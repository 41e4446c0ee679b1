//! How fast it is; run by hand, with `--ignored --nocapture`.

use std::sync::Arc;

use tokio::time::Instant;

use super::*;

const LOGONS: u32 = 1000;

#[tokio::test]
#[ignore = "measures, and asserts nothing of the time"]
async fn logons_per_second() {
    let samba = Samba::corp().unwrap();
    for connections in [1, 2, 4] {
        let config = Config {
            connections,
            ..config(&[&samba], "GW1")
        };
        let netlogon = Arc::new(Netlogon::new(config).unwrap());
        let began = Instant::now();
        log_on(&netlogon, 1).await;
        let first = began.elapsed();
        let began = Instant::now();
        let each = LOGONS / connections as u32;
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..connections {
            let netlogon = Arc::clone(&netlogon);
            tasks.spawn(async move { log_on(&netlogon, each).await });
        }
        tasks.join_all().await;
        let took = began.elapsed();
        println!(
            "{connections} connections: first logon with its channel {first:?}, then {:.0} logons a second, {:?} each",
            f64::from(LOGONS) / took.as_secs_f64(),
            took * connections as u32 / LOGONS
        );
    }
}

async fn log_on(netlogon: &Netlogon, times: u32) {
    let password = Samba::password("alice");
    for _ in 0..times {
        assert!(person("alice", &password).log_on(netlogon).await.is_ok());
    }
}
