//! Users in a file, whose version is the secret itself.

use crate::site::{SPENT, Site, WRONG, auth_plain, gets_in, refused};

fn users(password: &str) -> String {
    format!(
        "[[user]]\nname = \"alice\"\nsecret = \"{{PLAIN}}{password}\"\naliases = [\"alice@example.org\"]\n\
         [[user]]\nname = \"bob\"\nsecret = \"{{PLAIN}}builder\"\n"
    )
}

/// Gives Alice another password, and waits until it is known.
async fn set(site: &Site, password: &str, times: usize) {
    let folder = site.gateway.folder();
    let (file, new) = (folder.join("users.toml"), folder.join("new"));
    // At once, as editors do.
    std::fs::write(&new, users(password)).unwrap();
    std::fs::rename(new, file).unwrap();
    site.gateway.logged_times("event=directory-reloaded", times).await;
}

#[tokio::test]
async fn an_old_password_is_judged_once_and_guesses_are_bounded() {
    let site = Site::of_file(&users("wonderland")).await;
    let (mut reader, mut sender) = (site.gateway.connect().await, site.sender().await);
    for _ in 0..20 {
        for user in ["alice", "Alice", "alice@example.org"] {
            let heard = refused(&mut reader, user, "old").await;
            assert!(heard.starts_with(WRONG), "{heard}");
            assert_eq!(auth_plain(&mut sender, user, "old").await, 535);
        }
    }
    site.failed("bad-credentials", 1).await;
    site.failed("known-wrong", 119).await;
    site.guess(0, 2).await;
    assert_eq!(refused(&mut reader, "alice", "another").await, SPENT);
    assert!(gets_in(&site, "bob", "builder").await);
}

#[tokio::test]
async fn a_password_that_is_set_to_another_and_back_is_accepted() {
    let site = Site::of_file(&users("wonderland")).await;
    assert!(gets_in(&site, "alice", "wonderland").await);
    set(&site, "looking-glass", 1).await;
    assert!(!gets_in(&site, "alice", "wonderland").await);
    assert!(gets_in(&site, "alice", "looking-glass").await);
    set(&site, "wonderland", 2).await;
    assert!(gets_in(&site, "alice", "wonderland").await);
    assert!(!gets_in(&site, "alice", "looking-glass").await);
}
