//! Thunderbird, without a window. It is not among the packages of `scripts/install-test-deps`: by hand, with
//! `scripts/try-thunderbird`.

use super::{Office, hex};
use crate::setup::Site;
use crate::site::{message, printed};

#[tokio::test]
#[ignore = "needs Thunderbird: scripts/try-thunderbird"]
async fn reads_sends_and_keeps_what_it_sent() {
    let office = Office::open().await;
    let there = message(1);
    let dovecot = &office.servers.one;
    dovecot.deliver("alice", "INBOX", there.as_bytes()).unwrap();
    let ports = [Site::IMAP, Site::IMPLICIT, Site::STARTTLS];
    let ports = ports.map(|listener| office.gateway.address(listener).port().to_string());
    let (text, photo) = office.parts();
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/clients/scripts/thunderbird.py"
    );
    let mut arguments = vec![script];
    arguments.extend(ports.iter().map(String::as_str));
    let ca_file = office.ca_file();
    arguments.extend([ca_file.as_str(), &text, &photo]);
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let said = printed(&office.run(&python, &arguments).await);
    let (read, sent) = said.split_once('\n').unwrap();
    // Its own state of the message stands above.
    assert!(
        read.starts_with("message 1 ") && read.ends_with(&hex(there.as_bytes())),
        "{read}"
    );
    assert_eq!(sent, "sent 0, copied 0\nsent 0, copied 0\n");

    office.arrived_as_meant(2).await;
    let copies = dovecot.messages("alice", "Sent").await.unwrap();
    assert_eq!(copies.len(), 2);
    for copy in copies {
        assert_eq!(copy.field("From").unwrap(), "Alice <alice@example.org>");
        assert!(copy.flags.contains(&"\\Seen".to_owned()), "{:?}", copy.flags);
        let text = String::from_utf8_lossy(&copy.raw).into_owned();
        assert!(
            office
                .arrived(2)
                .await
                .iter()
                .any(|arrived| arrived.ends_with(&text)),
            "{text}"
        );
    }
}
