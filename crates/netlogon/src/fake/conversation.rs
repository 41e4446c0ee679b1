//! One connection to a fake controller.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

use super::{Asked, Fake, Mischief, PORT, Stage};
use crate::crypto::{Octets8, SessionKey};
use crate::ndr::{Reader, Writer};
use crate::nrpc::{AES, AUTHENTICATE, MAP, REQ_CHALLENGE, SAM_LOGON_EX, tower};
use crate::rpc::{self, ENDPOINT_MAPPER, Header, Kind, NDR, NETLOGON, Sealer, Trailer};

/// A reply that ends the connection.
struct Over;

struct Conversation {
    fake: Arc<Fake>,
    stream: DuplexStream,
    is_mapper: bool,
    sealer: Option<Sealer>,
    challenges: (Octets8, Octets8),
}

pub(super) async fn run(fake: Arc<Fake>, stream: DuplexStream) {
    let mut is_up = fake.is_up.subscribe();
    is_up.mark_unchanged();
    let mut conversation = Conversation {
        fake: Arc::clone(&fake),
        stream,
        is_mapper: false,
        sealer: None,
        challenges: Default::default(),
    };
    tokio::select! {
        biased;
        _ = is_up.changed() => {}
        Over = conversation.converse() => {}
    }
    fake.closed.fetch_add(1, Ordering::Relaxed);
}

impl Conversation {
    async fn converse(&mut self) -> Over {
        loop {
            if let Err(over) = self.exchange().await {
                return over;
            }
        }
    }

    async fn exchange(&mut self) -> Result<(), Over> {
        let (header, mut rest) = self.receive().await?;
        match header.kind {
            Kind::BIND => self.bind(&header, &mut rest).await,
            Kind::REQUEST => self.request(header, rest).await,
            other => panic!("a client sent {other:?}"),
        }
    }

    async fn receive(&mut self) -> Result<(Header, Vec<u8>), Over> {
        let mut octets = [0; Header::OCTETS];
        self.stream.read_exact(&mut octets).await.map_err(|_| Over)?;
        let header = Header::read(&octets).unwrap();
        let mut rest = vec![0; header.rest()];
        self.stream.read_exact(&mut rest).await.map_err(|_| Over)?;
        Ok((header, rest))
    }

    async fn bind(&mut self, header: &Header, rest: &mut [u8]) -> Result<(), Over> {
        let fragment = header.split(rest).unwrap();
        self.is_mapper = fragment.body[16..36] == ENDPOINT_MAPPER.octets();
        assert!(self.is_mapper || fragment.body[16..36] == NETLOGON.octets());
        assert_eq!(fragment.body[36..], NDR.octets());
        let is_sealed = fragment.trailer.is_some();
        if let Some(trailer) = fragment.trailer {
            assert_eq!(trailer.token, b"\0\0\0\0\x03\0\0\0CORP\0GATE1\0");
            // A controller that has no key finds out with the first request.
            let key = self.fake.key.lock().unwrap().clone();
            self.sealer = Some(Sealer::server(&key.unwrap_or_else(|| SessionKey::from([8; 16]))));
        }
        let stage = match (self.is_mapper, is_sealed) {
            (true, _) => Stage::MapperBind,
            (false, false) => Stage::Bind,
            (false, true) => Stage::SealedBind,
        };
        let token = is_sealed.then_some(&b"\x01\0\0\0\0\0\0\0\0\0\0\0"[..]);
        let trailer = token.map(|token| Trailer { padding: 0, token });
        let mischief = self.fake.mischief(stage);
        let (kind, mut body) = match mischief {
            Some(Mischief::Nak) => (Kind::BIND_NAK, vec![4, 0, 0, 0]),
            _ => (Kind::BIND_ACK, acknowledgement()),
        };
        if let Some(Mischief::ShortStub(length)) = mischief {
            body.truncate(length);
        }
        let trailer = trailer.filter(|_| mischief != Some(Mischief::NotSealed));
        self.send(header, rpc::write(kind, 3, header.call, &body, trailer), mischief)
            .await
    }

    async fn request(&mut self, mut header: Header, mut rest: Vec<u8>) -> Result<(), Over> {
        let mut stub = Vec::new();
        let operation = loop {
            let fragment = header.split(&mut rest).unwrap();
            let operation = u16::from_le_bytes([fragment.body[6], fragment.body[7]]);
            let data = &mut fragment.body[8..];
            let mut end = data.len();
            if let Some(sealer) = &mut self.sealer {
                let trailer = fragment.trailer.unwrap();
                if sealer.open(data, trailer.token).is_err() {
                    return self.fault(&header, 0x721).await;
                }
                end -= usize::from(trailer.padding);
            }
            stub.extend_from_slice(&data[..end]);
            if header.flags & Header::LAST != 0 {
                break operation;
            }
            (header, rest) = self.receive().await?;
        };
        match (self.is_mapper, self.sealer.is_some(), operation) {
            (true, false, MAP) => self.map(&header, &stub).await,
            (false, false, REQ_CHALLENGE) => self.challenge(&header, &stub).await,
            (false, false, AUTHENTICATE) => self.authenticate(&header, &stub).await,
            (false, true, SAM_LOGON_EX) => self.logon(&header, &stub).await,
            other => panic!("a client called {other:?}"),
        }
    }

    async fn map(&mut self, header: &Header, stub: &[u8]) -> Result<(), Over> {
        assert_eq!(stub[32..107], tower(0));
        let mischief = self.fake.mischief(Stage::Map);
        let towers = match mischief {
            Some(Mischief::NotMapped) => vec![],
            // The first is of something else: over named pipes.
            _ => vec![tower(0)[..40].to_vec(), tower(PORT)],
        };
        let mut stub = Writer::new();
        stub.octets(&[0; 20]);
        stub.count(towers.len());
        stub.count(4);
        stub.u32(0);
        stub.count(towers.len());
        towers.iter().for_each(|_| stub.pointer());
        for tower in &towers {
            stub.count(tower.len());
            stub.count(tower.len());
            stub.octets(tower);
        }
        stub.u32(if towers.is_empty() { 0x16c9_a0d6 } else { 0 });
        self.respond(header, stub.into_octets(), mischief).await
    }

    async fn challenge(&mut self, header: &Header, stub: &[u8]) -> Result<(), Over> {
        let mischief = self.fake.mischief(Stage::Challenge);
        let (name, client) = stub.split_last_chunk::<8>().unwrap();
        let mut expected = Writer::new();
        expected.null();
        expected.string("GATE1");
        assert_eq!(name, expected.into_octets());
        self.challenges = match mischief {
            Some(Mischief::Echo(same)) => {
                let mut near = *client;
                near.iter_mut().skip(same).for_each(|octet| *octet ^= 1);
                (*client, near)
            }
            _ => (*client, [5; 8]),
        };
        let mut stub = Writer::new();
        stub.octets(&self.challenges.1);
        stub.u32(status(mischief));
        self.respond(header, stub.into_octets(), mischief).await
    }

    async fn authenticate(&mut self, header: &Header, stub: &[u8]) -> Result<(), Over> {
        self.fake.authentications.fetch_add(1, Ordering::Relaxed);
        let mischief = self.fake.mischief(Stage::Authenticate);
        let password = self.fake.password.lock().unwrap().clone();
        let (client, server) = self.challenges;
        let key = SessionKey::new(&password, &client, &server);
        let (credential, flags) = stub[stub.len() - 12..].split_at(8);
        assert_eq!(flags, 0x612f_ffff_u32.to_le_bytes());
        let mut status = status(mischief);
        let mut ours = key.credential(&server);
        if credential != key.credential(&client) {
            status = 0xc000_0022;
            ours = [0; 8];
        } else {
            *self.fake.key.lock().unwrap() = Some(key);
        }
        if mischief == Some(Mischief::WrongCredential) {
            ours[7] ^= 1;
        }
        let flags = match mischief {
            Some(Mischief::NoAes) => 0x612f_ffff & !AES,
            _ => 0x612f_ffff,
        };
        let mut stub = Writer::new();
        stub.octets(&ours);
        stub.u32(flags);
        stub.u32(1105);
        stub.u32(status);
        self.respond(header, stub.into_octets(), mischief).await
    }

    async fn logon(&mut self, header: &Header, stub: &[u8]) -> Result<(), Over> {
        self.fake.logons.fetch_add(1, Ordering::Relaxed);
        let mischief = self.fake.mischief(Stage::Logon);
        let stub = match mischief {
            Some(Mischief::Status(status)) => super::answers::refused(crate::status::NtStatus(status)),
            _ => (self.fake.judge)(&asked(stub)),
        };
        self.respond(header, stub, mischief).await
    }

    /// Keeps what a listener could, and plays it again.
    fn record(&self, header: &Header, octets: &mut Vec<u8>, mischief: Option<Mischief>) {
        let mut recorded = self.fake.recorded.lock().unwrap();
        match mischief {
            None => recorded.clone_from(octets),
            Some(Mischief::Recorded) => {
                octets.clone_from(&recorded);
                octets[12..16].copy_from_slice(&header.call.to_le_bytes());
            }
            Some(_) => {}
        }
    }

    async fn respond(
        &mut self,
        header: &Header,
        mut stub: Vec<u8>,
        mischief: Option<Mischief>,
    ) -> Result<(), Over> {
        let mut size = 4096;
        match mischief {
            Some(Mischief::ShortStub(length)) => stub.truncate(length),
            Some(Mischief::Fragments(length)) => size = length,
            Some(Mischief::Endless) => return Err(self.ramble(header.call).await),
            _ => {}
        }
        let count = stub.chunks(size).count();
        let mut octets = Vec::new();
        for (number, chunk) in stub.chunks(size).enumerate() {
            let first = u8::from(number == 0 && mischief != Some(Mischief::NotFirst));
            let last = u8::from(number + 1 == count) * Header::LAST;
            octets.extend(self.fragment(header.call, first | last, chunk, mischief));
        }
        if self.sealer.is_some() {
            self.record(header, &mut octets, mischief);
        }
        self.send(header, octets, mischief).await
    }

    /// One fragment after another, none of them the last.
    async fn ramble(&mut self, call: u32) -> Over {
        let mut flags = Header::FIRST;
        loop {
            let fragment = self.fragment(call, flags, &[0; 4096], None);
            if self.stream.write_all(&fragment).await.is_err() {
                return Over;
            }
            flags = 0;
        }
    }

    fn fragment(&mut self, call: u32, flags: u8, chunk: &[u8], mischief: Option<Mischief>) -> Vec<u8> {
        let mut body = vec![0; 8];
        body.extend_from_slice(chunk);
        let sealer = self.sealer.as_mut();
        let Some(sealer) = sealer.filter(|_| mischief != Some(Mischief::NotSealed)) else {
            return rpc::write(Kind::RESPONSE, flags, call, &body, None);
        };
        let mut padding = chunk.len().next_multiple_of(16) - chunk.len();
        body.resize(body.len() + padding, 0xaa);
        if mischief == Some(Mischief::Sequence) {
            // One that is lost on its way.
            sealer.seal(&mut [], [0; 8]);
        }
        let mut other = Sealer::server(&SessionKey::from([7; 16]));
        let sealer = match mischief {
            Some(Mischief::OtherKey) => &mut other,
            _ => sealer,
        };
        let mut token = sealer.seal(&mut body[8..], [3; 8]);
        match mischief {
            Some(Mischief::Checksum) => token[16] ^= 1,
            Some(Mischief::Confounder) => token[24] ^= 1,
            Some(Mischief::Data) => body[8] ^= 1,
            Some(Mischief::Padding) => padding = 255,
            _ => {}
        }
        let trailer = Trailer {
            padding: padding as u8,
            token: &token,
        };
        rpc::write(Kind::RESPONSE, flags, call, &body, Some(trailer))
    }

    async fn fault(&mut self, header: &Header, status: u32) -> Result<(), Over> {
        let octets = fault(header.call, status);
        self.stream.write_all(&octets).await.map_err(|_| Over)
    }

    /// Sends a reply, or what has become of it.
    async fn send(
        &mut self,
        header: &Header,
        mut octets: Vec<u8>,
        mischief: Option<Mischief>,
    ) -> Result<(), Over> {
        let mut end = octets.len();
        match mischief {
            Some(Mischief::Stall) => std::future::pending().await,
            Some(Mischief::Eof) => return Err(Over),
            Some(Mischief::Short(length)) => end = length.min(end - 1),
            Some(Mischief::Oversize) => octets[8..10].fill(0xff),
            Some(Mischief::Undersize) => octets[8..10].copy_from_slice(&[15, 0]),
            Some(Mischief::LongToken) => octets[10..12].fill(0xff),
            Some(Mischief::WrongCall) => octets[12] ^= 0x40,
            Some(Mischief::WrongVersion) => octets[0] = 4,
            Some(Mischief::BigEndian) => octets[4] = 0,
            Some(Mischief::WrongKind) => octets[2] = 17,
            Some(Mischief::Fault(status)) => {
                octets = fault(header.call, status);
                end = octets.len();
            }
            _ => {}
        }
        let sent = self.stream.write_all(&octets[..end]).await;
        match mischief {
            Some(Mischief::Short(_)) => Err(Over),
            _ => sent.map_err(|_| Over),
        }
    }
}

fn status(mischief: Option<Mischief>) -> u32 {
    match mischief {
        Some(Mischief::Status(status)) => status,
        _ => 0,
    }
}

fn fault(call: u32, status: u32) -> Vec<u8> {
    let mut body = vec![0; 8];
    body.extend(status.to_le_bytes());
    body.extend([0; 4]);
    rpc::write(Kind::FAULT, 3, call, &body, None)
}

/// A bind_ack with a secondary address of odd length.
fn acknowledgement() -> Vec<u8> {
    let mut body = Writer::new();
    body.u16(5840);
    body.u16(5840);
    body.u32(0x1234);
    body.u16(6);
    body.octets(b"49152\0");
    body.u32(1);
    body.u32(0);
    body.octets(&NDR.octets());
    body.into_octets()
}

fn asked(stub: &[u8]) -> Asked {
    let mut reader = Reader::new(stub);
    let mut read = || -> Result<Asked, crate::ndr::Error> {
        assert_eq!((reader.u32()?, reader.pointer()?), (0, true));
        let (_, length) = reader.varying()?;
        let computer = reader.octets(length * 2)?;
        assert_eq!((reader.u16()?, reader.u16()?, reader.pointer()?), (6, 6, true));
        let domain = reader.text()?;
        assert_eq!([reader.u32()?, reader.u32()?, reader.u32()?], [0; 3]);
        let (user, workstation) = (reader.text()?, reader.text()?);
        let challenge = reader.array()?;
        let (nt, lm) = (reader.text()?, reader.text()?);
        let asked = Asked {
            computer: String::from_utf8(computer.iter().copied().step_by(2).collect()).unwrap(),
            domain: reader.unicode(domain)?,
            user: reader.unicode(user)?,
            workstation: reader.unicode(workstation)?,
            challenge,
            nt_response: reader.counted(nt, 1)?.to_vec(),
            lm_response: reader.counted(lm, 1)?.to_vec(),
        };
        assert_eq!((reader.u16()?, reader.u32()?), (6, 0));
        assert!(reader.u8().is_err(), "more than the arguments");
        Ok(asked)
    };
    read().unwrap()
}
