//! curl: SASL PLAIN with an initial response, one request a connection.

use std::path::Path;
use std::process::Output;

use crate::site::{Site, printed, run};

async fn curl(site: &Site, user: &str, url: &str, more: &[&str]) -> Output {
    let ca_file = site.ca_file();
    let mut arguments = vec![
        "-sS",
        "--max-time",
        "20",
        "--cacert",
        &ca_file,
        "--user",
        user,
        url,
    ];
    arguments.extend(more);
    run("curl", &arguments, Path::new("/")).await
}

#[tokio::test]
async fn lists_and_reads() {
    let (site, messages) = Site::with_mail().await;
    let base = format!("imaps://localhost:{}", site.port());
    let listed = printed(&curl(&site, "alice:wonderland", &format!("{base}/"), &[]).await);
    assert!(listed.contains("INBOX"), "{listed}");
    for (index, message) in messages.iter().enumerate() {
        let url = format!("{base}/INBOX;UID={}", index + 1);
        assert_eq!(
            &printed(&curl(&site, "alice:wonderland", &url, &[]).await),
            message
        );
    }
    let found = curl(
        &site,
        "alice:wonderland",
        &format!("{base}/INBOX?SUBJECT%20%22message%202%22"),
        &[],
    )
    .await;
    assert_eq!(printed(&found).trim_end(), "* SEARCH 2");
}

#[tokio::test]
async fn by_starttls() {
    let (site, messages) = Site::with_mail().await;
    let url = format!("imap://localhost:{}/INBOX;UID=1", site.starttls_port());
    assert_eq!(
        printed(&curl(&site, "alice:wonderland", &url, &["--ssl-reqd"]).await),
        messages[0]
    );
    // Without TLS nothing is offered that a password could go through.
    let refused = curl(&site, "alice:wonderland", &url, &[]).await;
    assert!(!refused.status.success());
    assert_eq!(site.gateway.lines("event=login ").len(), 1);
}

#[tokio::test]
async fn uploads() {
    let (site, messages) = Site::with_mail().await;
    let file = site.gateway.folder().join("upload.eml");
    let upload = messages[0].replace("message 1", "uploaded");
    std::fs::write(&file, &upload).unwrap();
    let url = format!("imaps://localhost:{}/INBOX", site.port());
    printed(
        &curl(
            &site,
            "alice:wonderland",
            &url,
            &["--upload-file", file.to_str().unwrap()],
        )
        .await,
    );
    let read = curl(&site, "alice:wonderland", &format!("{url};UID=4"), &[]).await;
    assert_eq!(printed(&read), upload);
}

#[tokio::test]
async fn is_refused_with_a_wrong_password() {
    let site = Site::start().await;
    let url = format!("imaps://localhost:{}/", site.port());
    let refused = curl(&site, "alice:only-here", &url, &[]).await;
    assert_eq!(refused.status.code(), Some(67), "{refused:?}");
}
