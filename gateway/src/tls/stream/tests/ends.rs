//! How connections end.

use super::*;

/// A peer that can be let go without a word.
async fn pair(version: &'static SupportedProtocolVersion) -> (Box<OurServer>, Client) {
    let (ours, peer) = pipe(1 << 20);
    Party::new(version).accepted(ours, peer).await
}

#[tokio::test]
async fn a_goodbye_is_the_end_and_the_other_direction_goes_on() {
    for version in VERSIONS {
        let (mut ours, mut peer) = pair(version).await;
        peer.write_all(b"bye").await.unwrap();
        peer.shutdown().await.unwrap();
        let mut heard = Vec::new();
        within(ours.read_to_end(&mut heard)).await.unwrap();
        assert_eq!(heard, b"bye");
        assert_eq!(within(ours.read(&mut [0; 10])).await.unwrap(), 0, "and it stays");

        ours.write_all(b"still here").await.unwrap();
        within(ours.shutdown()).await.unwrap();
        let mut heard = Vec::new();
        within(peer.read_to_end(&mut heard)).await.unwrap();
        assert_eq!(heard, b"still here");
        assert!(holds_nothing(&ours));
    }
}

#[tokio::test]
async fn we_say_goodbye_and_go_on_reading() {
    for version in VERSIONS {
        let (mut ours, mut peer) = pair(version).await;
        ours.write_all(b"bye").await.unwrap();
        within(ours.shutdown()).await.unwrap();
        within(ours.shutdown()).await.unwrap();
        let mut heard = Vec::new();
        within(peer.read_to_end(&mut heard)).await.unwrap();
        assert_eq!(heard, b"bye");
        peer.write_all(b"still here").await.unwrap();
        peer.shutdown().await.unwrap();
        let mut heard = Vec::new();
        within(ours.read_to_end(&mut heard)).await.unwrap();
        assert_eq!(heard, b"still here");
    }
}

#[tokio::test]
async fn last_words_and_goodbye_leave_with_one_write() {
    for version in VERSIONS {
        let (mut ours, mut peer) = pair(version).await;
        ours.gather();
        let before = ours.socket.writes;
        ours.write_all(b"221 ").await.unwrap();
        ours.write_all(b"bye").await.unwrap();
        assert_eq!(ours.socket.writes, before, "they wait");
        within(ours.shutdown()).await.unwrap();
        assert_eq!(ours.socket.writes - before, 1);
        let mut heard = Vec::new();
        within(peer.read_to_end(&mut heard)).await.unwrap();
        assert_eq!(heard, b"221 bye");
    }
}

#[tokio::test]
async fn what_is_gathered_leaves_without_a_goodbye_too() {
    let (mut ours, mut peer) = pair(&TLS13).await;
    ours.socket.write_at_most = 999;
    ours.gather();
    let sent = octets(300_000);
    within(ours.write_all(&sent)).await.unwrap();
    within(ours.flush()).await.unwrap();
    let mut heard = vec![0; sent.len()];
    within(peer.read_exact(&mut heard)).await.unwrap();
    assert!(heard == sent);
    assert!(holds_nothing(&ours));
}

#[tokio::test]
async fn an_end_without_a_goodbye_is_an_error() {
    for version in VERSIONS {
        let (mut ours, mut peer) = pair(version).await;
        peer.write_all(b"half a mess").await.unwrap();
        peer.flush().await.unwrap();
        drop(peer);
        let mut heard = Vec::new();
        let error = within(ours.read_to_end(&mut heard)).await.unwrap_err();
        assert_eq!(heard, b"half a mess");
        assert_eq!(kind(&error), io::ErrorKind::UnexpectedEof);
        let error = within(ours.read_u8()).await.unwrap_err();
        assert_eq!(kind(&error), io::ErrorKind::UnexpectedEof, "and it stays");
    }
}

#[tokio::test]
async fn damaged_records_end_it_and_the_peer_is_told() {
    for version in VERSIONS {
        let (mut ours, mut peer) = pair(version).await;
        // Behind TLS's back.
        peer.get_mut().0.write_all(&[23, 3, 3, 0, 40]).await.unwrap();
        peer.get_mut().0.write_all(&[7; 40]).await.unwrap();
        let error = within(ours.read_u8()).await.unwrap_err();
        assert_eq!(kind(&error), io::ErrorKind::InvalidData);
        assert!(within(ours.read_u8()).await.is_err(), "and it stays");
        let error = within(peer.read_u8()).await.unwrap_err().to_string();
        assert!(error.contains("received fatal alert"), "{error}");
    }
}

#[tokio::test]
async fn what_stood_before_a_damaged_record_does_not_stay_in_the_threads_buffer() {
    const SECRET: &[u8] = b"a LOGIN alice wonderland";
    for version in VERSIONS {
        let (mut ours, mut peer) = pair(version).await;
        peer.write_all(SECRET).await.unwrap();
        peer.flush().await.unwrap();
        peer.get_mut().0.write_all(&[23, 3, 3, 0, 40]).await.unwrap();
        peer.get_mut().0.write_all(&[7; 40]).await.unwrap();
        let error = within(ours.read_u8()).await.unwrap_err();
        assert_eq!(kind(&error), io::ErrorKind::InvalidData);
        let mut left = false;
        super::super::scratch::with(|scratch| {
            left = scratch
                .incoming
                .windows(SECRET.len())
                .any(|octets| octets == SECRET);
        });
        assert!(!left);
    }
}

#[tokio::test]
async fn a_peer_that_is_gone_makes_writing_fail() {
    let (mut ours, peer) = pair(&TLS13).await;
    drop(peer);
    let error = within(async {
        loop {
            if let Err(error) = ours.write_all(b"x").await {
                return error;
            }
        }
    });
    assert_eq!(kind(&error.await), io::ErrorKind::BrokenPipe);
}
