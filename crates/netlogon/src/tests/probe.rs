use super::*;
use crate::fake::Mischief::*;
use crate::fake::Stage;

#[tokio::test(start_paused = true)]
async fn each_controller_is_reported_by_itself() {
    let (client, [dc1, dc2, dc3]) = scene();
    dc2.set_password("another");
    dc3.stop();
    let reports = client.probe().await;
    let said: Vec<_> = reports.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "dc1\n  endpoint mapper: ok, Netlogon is at port 49152\n  secure channel: ok, authenticated as GATE1$ \
             with AES\n  logon: ok, a sealed logon is judged",
            "dc2\n  endpoint mapper: ok, Netlogon is at port 49152\n  secure channel: FAILED, the computer account's \
             password is wrong, or the account is disabled: 0xc0000022 (access denied)",
            "dc3\n  endpoint mapper: FAILED, no connection: connection refused",
        ]
    );
    let works: Vec<_> = reports.iter().map(crate::Report::works).collect();
    assert_eq!(works, [true, false, false]);
    assert_eq!(count(&dc1.logons), 1);
}

async fn logon_step(mischief: crate::fake::Mischief) -> String {
    let (client, [dc1]) = scene();
    dc1.misbehave(Stage::Logon, mischief, 1);
    let mut reports = client.probe().await;
    let finding = reports.remove(0).findings.remove(2);
    finding.result.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_a_logon_is_said_in_words() {
    assert_eq!(
        logon_step(Status(0xc000_000d)).await,
        "SamLogonEx refused: 0xc000000d (invalid parameter): sealing is required, or the request is malformed"
    );
    assert_eq!(
        logon_step(Fault(0x721)).await,
        "the secure channel was taken away at once: does somebody else use the same computer account?"
    );
    assert_eq!(logon_step(Stall).await, "no answer within 10 s");
}

#[tokio::test(start_paused = true)]
async fn a_configured_port_needs_no_endpoint_mapper() {
    let (client, [dc1]) = scene();
    dc1.misbehave(Stage::MapperBind, Eof, usize::MAX);
    client.replace_controllers(vec![Controller {
        host: "dc1".to_owned(),
        port: Some(crate::fake::PORT),
    }]);
    let reports = client.probe().await;
    assert!(reports[0].works(), "{}", reports[0]);
    let first = reports[0].to_string();
    assert!(
        first.starts_with("dc1 port 49152\n  endpoint mapper: ok, not asked: port 49152 is configured\n"),
        "{first}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_probe_does_not_disturb_logons_for_long() {
    let (client, [_dc1]) = scene();
    assert_eq!(ask(&client).await, in_as_alice());
    assert!(client.probe().await[0].works());
    assert_eq!(ask(&client).await, in_as_alice());
}
