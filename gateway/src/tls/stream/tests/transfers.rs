//! Octets after the handshake.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::*;
use crate::tls::stream::Session;
use crate::tls::stream::scratch::WRITE_OCTETS;

/// Polls something once.
async fn poll_once<T>(mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
    poll_fn(|cx| Poll::Ready(poll(cx))).await
}

/// Sends as much each way, and hears it.
async fn exchange<S, P>(ours: TlsStream<S, Wire>, peer: P, count: usize) -> TlsStream<S, Wire>
where
    S: Session,
    P: AsyncRead + AsyncWrite + Unpin,
{
    let sent = octets(count);
    let (mut peer_reads, mut peer_writes) = tokio::io::split(peer);
    let (mut we_read, mut we_write) = tokio::io::split(ours);
    let (mut heard, mut peer_heard) = (vec![0; count], vec![0; count]);
    let all = within(async {
        tokio::try_join!(
            async {
                we_write.write_all(&sent).await?;
                we_write.flush().await
            },
            async {
                peer_writes.write_all(&sent).await?;
                peer_writes.flush().await
            },
            we_read.read_exact(&mut heard),
            peer_reads.read_exact(&mut peer_heard),
        )
    });
    all.await.unwrap();
    assert!(heard == sent, "what we heard is something else");
    assert!(peer_heard == sent, "what the peer heard is something else");
    we_read.unsplit(we_write)
}

#[tokio::test]
async fn octets_pass_both_ways_however_they_are_cut() {
    for version in VERSIONS {
        let party = Party::new(version);
        for (read_at_most, write_at_most, count) in [
            (1, 1, 3_000),
            (2, 3, 20_000),
            (7, 5, 40_000),
            (1_000, 999, 300_000),
            (usize::MAX, usize::MAX, 1_000_000),
        ] {
            let pieces = |wire: Wire| Wire {
                read_at_most,
                write_at_most,
                ..wire
            };
            let (ours, peer) = pipe(64 * 1024);
            let (ours, peer) = party.accepted(pieces(ours), peer).await;
            assert!(holds_nothing(&exchange(*ours, peer, count).await));
            let (ours, peer) = pipe(64 * 1024);
            let (ours, peer) = party.connected(pieces(ours), peer).await;
            assert!(holds_nothing(&exchange(*ours, peer, count).await));
        }
    }
}

#[tokio::test]
async fn small_records_of_one_read_are_heard_together_and_into_any_room() {
    for version in VERSIONS {
        let (ours, peer) = pipe(1 << 20);
        let (mut ours, mut peer) = Party::new(version).accepted(ours, peer).await;
        let sent = octets(3_000);
        for piece in sent.chunks(10) {
            peer.write_all(piece).await.unwrap();
            peer.flush().await.unwrap();
        }
        let mut first = vec![0; 1_024];
        let count = within(ours.read(&mut first)).await.unwrap();
        assert!(count >= 1_000, "{count} octets of a hundred records and more");
        let mut rest = vec![0; sent.len() - count];
        for room in rest.chunks_mut(13) {
            within(ours.read_exact(room)).await.unwrap();
        }
        assert!([&first[..count], &rest].concat() == sent);
        assert!(holds_nothing(&ours));
    }
}

#[tokio::test]
async fn a_large_record_is_heard_in_a_small_room() {
    let (ours, peer) = pipe(1 << 20);
    let (mut ours, mut peer) = Party::new(&TLS13).accepted(ours, peer).await;
    let sent = octets(16 * 1024);
    peer.write_all(&sent).await.unwrap();
    peer.flush().await.unwrap();
    let mut heard = Vec::new();
    while heard.len() < sent.len() {
        let mut room = [0; 100];
        let count = within(ours.read(&mut room)).await.unwrap();
        heard.extend_from_slice(&room[..count]);
        let held = ours.partial.len() + ours.decrypted.len();
        assert!(held <= 17 * 1024, "{held} octets are held of one record");
    }
    assert!(heard == sent);
    assert!(holds_nothing(&ours));
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_not_written_to() {
    let (ours, peer) = pipe(4 * 1024);
    let (mut ours, mut peer) = Party::new(&TLS13).accepted(ours, peer).await;
    let sent = octets(1 << 20);
    let mut taken = 0;
    let mut refused = 0;
    while refused < 3 {
        let rest = &sent[taken..];
        match poll_once(|cx| Pin::new(&mut *ours).poll_write(cx, rest)).await {
            Poll::Ready(count) => taken += count.unwrap(),
            Poll::Pending => refused += 1,
        }
    }
    assert_eq!(taken, WRITE_OCTETS);
    assert!(ours.unsent.len() <= WRITE_OCTETS + 1_024);
    assert!(ours.unsent.capacity() <= WRITE_OCTETS + 1_024);

    let mut heard = vec![0; sent.len()];
    let writing = async {
        ours.write_all(&sent[taken..]).await.unwrap();
        ours.flush().await.unwrap();
    };
    within(async { tokio::join!(writing, peer.read_exact(&mut heard)) })
        .await
        .1
        .unwrap();
    assert!(heard == sent);
    assert!(holds_nothing(&ours));
}

#[tokio::test]
async fn what_is_large_leaves_with_one_write() {
    let (ours, peer) = pipe(1 << 20);
    let (mut ours, _peer) = Party::new(&TLS13).accepted(ours, peer).await;
    let before = ours.socket.writes;
    ours.write_all(&octets(WRITE_OCTETS)).await.unwrap();
    ours.flush().await.unwrap();
    assert_eq!(ours.socket.writes - before, 1);
}

#[tokio::test]
async fn a_read_brings_as_many_large_records_as_there_is_room_for() {
    let (ours, peer) = pipe(1 << 21);
    let (mut ours, mut peer) = Party::new(&TLS13).accepted(ours, peer).await;
    let sent = octets(1 << 20);
    within(peer.write_all(&sent)).await.unwrap();
    peer.flush().await.unwrap();
    let before = ours.socket.reads;
    let (mut heard, mut piece) = (Vec::new(), vec![0; 64 * 1024]);
    while heard.len() < sent.len() {
        let count = within(ours.read(&mut piece)).await.unwrap();
        heard.extend_from_slice(&piece[..count]);
    }
    assert!(heard == sent);
    let reads = ours.socket.reads - before;
    assert!(reads <= 18, "{reads} reads for 16 times 64 KiB");
}

#[tokio::test]
async fn keys_are_updated_when_the_peer_asks() {
    let (ours, peer) = pipe(1 << 20);
    let (mut ours, mut peer) = Party::new(&TLS13).accepted(ours, peer).await;
    for _ in 0..5 {
        peer.get_mut().1.refresh_traffic_keys().unwrap();
        peer.write_all(b"new keys").await.unwrap();
        peer.flush().await.unwrap();
        let mut heard = [0; 8];
        within(ours.read_exact(&mut heard)).await.unwrap();
        assert_eq!(&heard, b"new keys");
        ours.write_all(b"ours too").await.unwrap();
        ours.flush().await.unwrap();
        within(peer.read_exact(&mut heard)).await.unwrap();
        assert_eq!(&heard, b"ours too");
    }
    assert!(holds_nothing(&ours));
}

#[tokio::test]
async fn nothing_to_read_holds_nothing() {
    let (ours, peer) = pipe(1 << 20);
    let (mut ours, _peer) = Party::new(&TLS13).accepted(ours, peer).await;
    let mut room = [0; 100];
    let read = poll_once(|cx| {
        let mut room = ReadBuf::new(&mut room);
        Pin::new(&mut *ours).poll_read(cx, &mut room)
    });
    assert!(read.await.is_pending());
    assert!(holds_nothing(&ours));
}

/// A ticket comes in many records here, and what was decrypted of it has to be kept: also while something is written.
#[tokio::test]
async fn a_ticket_in_pieces_disturbs_no_writing() {
    let mut party = Party::new(&TLS13);
    Arc::make_mut(&mut party.server).max_fragment_size = Some(64);
    for kind in [rustls::HandshakeKind::Full, rustls::HandshakeKind::Resumed] {
        let (ours, peer) = pipe(1 << 20);
        let ours = Wire {
            read_at_most: 1,
            ..ours
        };
        let (mut ours, mut peer) = party.connected(ours, peer).await;
        assert_eq!(ours.agreed().handshake_kind(), Some(kind));
        let mut held = 0;
        let mut written = Vec::new();
        for octet in octets(2_000) {
            let mut room = [0; 100];
            let read = poll_once(|cx| {
                let mut room = ReadBuf::new(&mut room);
                Pin::new(&mut *ours).poll_read(cx, &mut room)
            });
            let _ = read.await;
            held = held.max(ours.partial.len());
            ours.write_all(&[octet]).await.unwrap();
            written.push(octet);
        }
        ours.flush().await.unwrap();
        assert!(held > 100, "{held} octets were the most of a ticket");
        let mut heard = vec![0; written.len()];
        within(peer.read_exact(&mut heard)).await.unwrap();
        assert!(heard == written);
        peer.write_all(b"x").await.unwrap();
        peer.flush().await.unwrap();
        assert_eq!(within(ours.read_u8()).await.unwrap(), b'x');
        assert!(holds_nothing(&ours));
    }
}
