//! Whoever is busy lets the others of its thread be heard, and leaves nothing behind for them.

use super::*;

/// A peer that always has something to say and takes whatever it is told; it counts how often it was listened to.
#[derive(Default)]
struct Torrent {
    words: Vec<u8>,
    reads: Arc<AtomicUsize>,
    /// Whether it does when it is told something.
    panics: Arc<AtomicBool>,
}

impl AsyncRead for Torrent {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        if self.words.is_empty() {
            return Poll::Pending;
        }
        self.reads.fetch_add(1, Ordering::Relaxed);
        into.put_slice(&self.words);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Torrent {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, octets: &[u8]) -> Poll<std::io::Result<usize>> {
        assert!(!self.panics.load(Ordering::Relaxed));
        Poll::Ready(Ok(octets.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// A pump between a mail server that never stops talking and a client that takes it all, until the session is ended.
struct Torrential {
    reads: Arc<AtomicUsize>,
    /// Of the client.
    panics: Arc<AtomicBool>,
    end: CancellationToken,
    pump: JoinHandle<Summary>,
}

impl Torrential {
    fn start(relay: Option<Box<Relay>>, words: &[u8]) -> Self {
        let server = Torrent {
            words: words.to_vec(),
            ..Torrent::default()
        };
        let reads = Arc::clone(&server.reads);
        let client = Torrent::default();
        let panics = Arc::clone(&client.panics);
        let sessions = Sessions::new("company", Duration::from_secs(1), NO_LIMIT, Refusals::new());
        let end = CancellationToken::new();
        let pair = Pair {
            live: sessions.enter(Protocol::Imap, (&alice(), None), &end).unwrap(),
            appended: None,
            session: "1".to_owned(),
            backend: company(),
            client: Link::new(client, PIPE_OCTETS),
            server: Link::new(server, PIPE_OCTETS),
            relay,
        };
        let pump = tokio::spawn(run(Box::new(pair)));
        Self {
            reads,
            panics,
            end,
            pump,
        }
    }

    fn reads(&self) -> usize {
        self.reads.load(Ordering::Relaxed)
    }

    async fn end(self) {
        self.end.cancel();
        let summary = self.pump.await.unwrap();
        assert_eq!(summary.reason, "the gateway shuts down");
    }
}

#[tokio::test]
async fn who_never_stops_talking_lets_others_have_their_turn() {
    for relay in [None, inspecting()] {
        let torrential = Torrential::start(relay, b"* 5 EXISTS\r\n");
        for _ in 0..4 {
            let before = torrential.reads();
            yield_now().await;
            let between = torrential.reads() - before;
            assert!((1..=READS_AT_ONCE).contains(&between), "{between} reads");
        }
        torrential.end().await;
    }
}

/// Others are not only those who were ready before: who is sent something hears it after one turn of each, and a turn is
/// short.
#[tokio::test]
async fn who_never_stops_talking_lets_others_be_heard() {
    const TALKERS: usize = 4;
    let words = b"* 5 EXISTS\r\n".repeat(SCRATCH_OCTETS / 12);
    for relay in [(|| None) as fn() -> _, inspecting] {
        let talkers: [_; TALKERS] = std::array::from_fn(|_| Torrential::start(relay(), &words));
        let reads = || talkers.iter().map(Torrential::reads).sum::<usize>();
        let (mut near, far) = std::os::unix::net::UnixStream::pair().unwrap();
        far.set_nonblocking(true).unwrap();
        let mut far = tokio::net::UnixStream::from_std(far).unwrap();
        yield_now().await;
        for _ in 0..4 {
            let before = reads();
            std::io::Write::write_all(&mut near, b"x").unwrap();
            assert_eq!(far.read_u8().await.unwrap(), b'x');
            let between = reads() - before;
            assert!(between <= 3 * TALKERS, "{between} reads");
        }
        for talker in talkers {
            talker.end().await;
        }
    }
}

/// The buffers are the thread's, and so is what a session that panicked has left in them.
#[tokio::test]
async fn a_panic_leaves_nothing_for_the_next_session() {
    let mut torrential = Torrential::start(inspecting(), b"* 1 FETCH (BODY[] {6}\r\nsecret)\r\n");
    torrential.panics.store(true, Ordering::Relaxed);
    assert!((&mut torrential.pump).await.unwrap_err().is_panic());
    let mut bench = bench(inspecting());
    bench.server.write_all(b"* 5 EXISTS\r\n").await.unwrap();
    hears(&mut bench.client, b"* 5 EXISTS\r\n").await;
}
