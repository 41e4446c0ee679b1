//! Passwords, judged by what is kept for other mechanisms.

use crate::site::{Kept, PEOPLE, Site};
use crate::talk::Protocol;

#[tokio::test]
async fn whatever_is_kept_of_a_password_judges_it() {
    for kept in [Kept::Plaintext, Kept::NtHash, Kept::CramState] {
        let site = Site::start(kept, &["PLAIN"]).await;
        for protocol in Protocol::BOTH {
            for (name, password) in PEOPLE {
                let message = format!("\0{name}\0{password}");
                let mut talk = site.talk(protocol).await;
                let said = talk.start("PLAIN", Some(message.as_bytes())).await.over();
                assert!(said.starts_with(protocol.let_in()), "{kept:?} {name}: {said}");
                site.assert_logged_in(protocol, name);
                let mut talk = site.talk(protocol).await;
                let wrong = format!("{message}.");
                let said = talk.start("PLAIN", Some(wrong.as_bytes())).await.over();
                assert_eq!(said, protocol.failed(), "{kept:?} {name}");
            }
        }
    }
}
