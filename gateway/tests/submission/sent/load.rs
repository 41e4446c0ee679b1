//! Many messages at once.

use super::{ALICE, BOB, CAROL, assert_once, filed, site};
use crate::setup::{Servers, at_once};

const MESSAGES: usize = 200;

#[tokio::test]
async fn two_hundred_at_once_have_two_hundred_copies() {
    let servers = Servers::start();
    let gateway = site(&servers, "mode = \"always\"").start().await;
    let senders = [ALICE, BOB, CAROL];
    let id = |number: usize| format!("<{number}@example.org>");
    let sending = (0..MESSAGES).map(|number| senders[number % 3].send(&gateway, CAROL, id(number)));
    at_once(sending).await;
    filed(&gateway).await;
    for (index, person) in senders.into_iter().enumerate() {
        let own = (index..MESSAGES).step_by(3).map(id);
        assert_once(&person.sent(&servers).await, own);
    }
    servers.postfix.drained().unwrap();
    assert_once(&CAROL.inbox(&servers).await, (0..MESSAGES).map(id));
}
