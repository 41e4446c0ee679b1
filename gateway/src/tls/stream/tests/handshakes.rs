//! How connections begin, or do not.

use rustls::HandshakeKind;

use super::*;

#[tokio::test]
async fn a_handshake_may_be_cut_anywhere() {
    for version in VERSIONS {
        let party = Party::new(version);
        let (ours, peer) = pipe(64 * 1024);
        let (ours, _peer) = party.accepted(ours, peer).await;
        for cut in 1..=ours.socket.read {
            let (ours, peer) = pipe(64 * 1024);
            let (mut ours, mut peer) = party.accepted(Wire { cut, ..ours }, peer).await;
            peer.write_all(b"x").await.unwrap();
            peer.flush().await.unwrap();
            assert_eq!(within(ours.read_u8()).await.unwrap(), b'x');
            assert!(holds_nothing(&ours), "cut at {cut}");
        }
        let (ours, peer) = pipe(64 * 1024);
        let (ours, _peer) = party.connected(ours, peer).await;
        for cut in 1..=ours.socket.read {
            let (ours, peer) = pipe(64 * 1024);
            let (mut ours, mut peer) = party.connected(Wire { cut, ..ours }, peer).await;
            peer.write_all(b"x").await.unwrap();
            peer.flush().await.unwrap();
            assert_eq!(within(ours.read_u8()).await.unwrap(), b'x');
            assert!(holds_nothing(&ours), "cut at {cut}");
        }
    }
}

#[tokio::test]
async fn a_flight_is_one_write_and_the_tickets_go_with_the_greeting() {
    for (version, writes) in [(&TLS13, 2), (&TLS12, 2)] {
        let party = Party::new(version);
        let (ours, peer) = pipe(64 * 1024);
        let ours = async {
            let (mut ours, _) = TlsStream::accept(ours, Arc::clone(&party.server)).await.unwrap();
            ours.write_all(b"* OK\r\n").await.unwrap();
            ours.flush().await.unwrap();
            ours
        };
        let peer = async {
            let mut peer = party.peer_client(peer).await.unwrap();
            let mut heard = [0; 6];
            peer.read_exact(&mut heard).await.unwrap();
            assert_eq!(&heard, b"* OK\r\n");
        };
        let (ours, ()) = within(async { tokio::join!(ours, peer) }).await;
        assert_eq!(ours.socket.writes, writes, "{version:?}");
    }
}

#[tokio::test]
async fn sessions_are_resumed_and_the_name_is_known_each_time() {
    for version in VERSIONS {
        let party = Party::new(version);
        for kind in [HandshakeKind::Full, HandshakeKind::Resumed] {
            let (ours, peer) = pipe(64 * 1024);
            let ours = async {
                let accepted = TlsStream::accept(ours, Arc::clone(&party.server)).await;
                let (mut ours, name) = accepted.unwrap();
                ours.write_all(b"x").await.unwrap();
                ours.flush().await.unwrap();
                (ours.agreed().handshake_kind(), name)
            };
            let peer = async {
                let mut peer = party.peer_client(peer).await.unwrap();
                // The ticket comes with what is read.
                peer.read_u8().await.unwrap();
            };
            let ((kind_here, name), ()) = within(async { tokio::join!(ours, peer) }).await;
            assert_eq!(kind_here, Some(kind), "{version:?}");
            assert_eq!(name.as_deref(), Some(HOST));
        }
    }
}

#[tokio::test]
async fn our_sessions_at_mail_servers_are_resumed() {
    for version in VERSIONS {
        let party = Party::new(version);
        for kind in [HandshakeKind::Full, HandshakeKind::Resumed] {
            let (ours, peer) = pipe(64 * 1024);
            let (mut ours, mut peer) = party.connected(ours, peer).await;
            assert_eq!(ours.agreed().handshake_kind(), Some(kind), "{version:?}");
            peer.write_all(b"x").await.unwrap();
            peer.flush().await.unwrap();
            assert_eq!(within(ours.read_u8()).await.unwrap(), b'x');
            assert!(holds_nothing(&ours));
        }
    }
}

#[tokio::test]
async fn what_came_with_the_last_flight_is_not_lost() {
    let party = Party::new(&TLS13);
    let (ours, peer) = pipe(64 * 1024);
    // The socket is not read before everything is there.
    let peer = async {
        let mut peer = party.peer_client(peer).await.unwrap();
        peer.write_all(b"EHLO x\r\n").await.unwrap();
        peer.shutdown().await.unwrap();
        peer
    };
    let ours = async {
        let (mut ours, _) = TlsStream::accept(ours, Arc::clone(&party.server)).await.unwrap();
        let mut heard = Vec::new();
        ours.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard, b"EHLO x\r\n");
        assert!(holds_nothing(&ours) || !ours.unsent.is_empty());
    };
    within(async { tokio::join!(peer, ours) }).await;
}

/// What a peer reads of an alert: its level and its description.
async fn hears_an_alert(mut peer: DuplexStream) -> [u8; 2] {
    let mut record = [0; 7];
    within(peer.read_exact(&mut record)).await.unwrap();
    assert_eq!(record[0], 21, "{record:?} is no alert");
    [record[5], record[6]]
}

#[tokio::test]
async fn what_is_not_tls_hears_an_alert() {
    let party = Party::new(&TLS13);
    for garbage in [
        &b"GET / HTTP/1.1\r\nHost: mail.example\r\n\r\n"[..],
        &[0; 1_000],
        &[0xff; 100_000],
        // A record of no length, and one that says that it is longer than any.
        &[22, 3, 1, 0, 0],
        &[22, 3, 1, 0xff, 0xff, 1],
        // A handshake message that is no hello.
        &[22, 3, 1, 0, 4, 20, 0, 0, 0],
    ] {
        let (ours, mut peer) = pipe(256 * 1024);
        peer.write_all(garbage).await.unwrap();
        let error = within(TlsStream::accept(ours, Arc::clone(&party.server)))
            .await
            .unwrap_err();
        assert_eq!(kind(&error), io::ErrorKind::InvalidData, "{error}");
        let [level, _] = hears_an_alert(peer).await;
        assert_eq!(level, 2, "fatal");
    }
}

#[tokio::test]
async fn a_hello_has_a_limit() {
    let party = Party::new(&TLS13);
    let (ours, mut peer) = pipe(256 * 1024);
    let mut hello = vec![1, 0, 0xf0, 0];
    hello.resize(4 + 0xf000, 0);
    for fragment in hello.chunks(1_000) {
        let [high, low] = (fragment.len() as u16).to_be_bytes();
        peer.write_all(&[22, 3, 1, high, low]).await.unwrap();
        peer.write_all(fragment).await.unwrap();
    }
    let accepting = TlsStream::accept(ours, Arc::clone(&party.server));
    let error = within(accepting).await.unwrap_err();
    assert!(error.to_string().contains("too large"), "{error}");
}

#[tokio::test]
async fn a_wrong_certificate_is_told_to_the_server() {
    for version in VERSIONS {
        let (party, other) = (Party::new(version), Party::new(version));
        let (ours, peer) = pipe(64 * 1024);
        let connecting = TlsStream::connect(ours, Arc::clone(&other.client), host());
        let (ours, peer) = within(async { tokio::join!(connecting, party.peer_server(peer)) }).await;
        let error = ours.unwrap_err().to_string();
        assert!(error.contains("invalid peer certificate"), "{error}");
        let error = peer.unwrap_err().to_string();
        assert!(error.contains("received fatal alert"), "{error}");
    }
}

#[tokio::test]
async fn a_client_that_does_not_like_our_certificate_is_heard() {
    for version in VERSIONS {
        let (party, other) = (Party::new(version), Party::new(version));
        let (ours, peer) = pipe(64 * 1024);
        let accepting = TlsStream::accept(ours, Arc::clone(&party.server));
        let (ours, peer) = within(async { tokio::join!(accepting, other.peer_client(peer)) }).await;
        let error = ours.unwrap_err().to_string();
        assert!(error.contains("received fatal alert"), "{error}");
        assert!(peer.is_err());
    }
}

#[tokio::test]
async fn a_peer_that_goes_away_ends_the_handshake() {
    let party = Party::new(&TLS13);
    let (ours, mut peer) = pipe(64 * 1024);
    peer.write_all(&[22, 3, 1]).await.unwrap();
    drop(peer);
    let accepting = TlsStream::accept(ours, Arc::clone(&party.server));
    let error = within(accepting).await.unwrap_err();
    assert_eq!(kind(&error), io::ErrorKind::UnexpectedEof);
}
