use super::*;
use crate::crypto::SessionKey;
use crate::rpc::header::Trailer;

fn header(change: impl FnOnce(&mut [u8; 16])) -> Result<Header, Error> {
    let mut octets = [5, 0, 2, 3, 0x10, 0, 0, 0, 16, 0, 0, 0, 7, 0, 0, 0];
    change(&mut octets);
    Header::read(&octets)
}

#[test]
fn a_header_is_read() {
    let expected = Header {
        kind: Kind::RESPONSE,
        flags: 3,
        length: 16,
        token: 0,
        call: 7,
    };
    assert_eq!(header(|_| {}), Ok(expected));
    assert_eq!(header(|octets| octets[0] = 4), Err(Error::Version));
    assert_eq!(header(|octets| octets[4] = 0), Err(Error::Representation));
    assert_eq!(header(|octets| octets[5] = 1), Err(Error::Representation));
    assert_eq!(header(|octets| octets[8] = 15), Err(Error::Length(15)));
    let long = header(|octets| octets[8..10].copy_from_slice(&5841_u16.to_le_bytes()));
    assert_eq!(long, Err(Error::Length(5841)));
}

#[test]
fn a_trailer_is_ours_and_fits() {
    let whole = write(
        Kind::RESPONSE,
        3,
        7,
        b"the body",
        Some(Trailer {
            padding: 4,
            token: b"token",
        }),
    );
    let read = |octets: &mut Vec<u8>| {
        let (head, rest) = octets.split_first_chunk_mut().unwrap();
        let header = Header::read(head).unwrap();
        header
            .split(rest)
            .map(|fragment| (fragment.body.to_vec(), fragment.trailer.is_some()))
    };
    assert_eq!(read(&mut whole.clone()), Ok((b"the body".to_vec(), true)));
    for at in [24, 25, 28, 31] {
        let mut other = whole.clone();
        other[at] ^= 1;
        assert_eq!(read(&mut other), Err(Error::NotSealed), "{at}");
    }
    let mut long = whole;
    long[10] = 14;
    assert_eq!(read(&mut long), Err(Error::Token));
}

/// Requests longer than a fragment are cut, and the pieces fit.
#[test]
fn a_long_request_is_sent_in_fragments() {
    let key = SessionKey::from([1; 16]);
    let stub: Vec<u8> = (0..10_000_u16).map(|number| number as u8).collect();
    let (mut client, mut server) = (Sealer::client(&key), Sealer::server(&key));
    let mut octets = request((7, 39), &stub, 1432, Some(&mut client)).unwrap();
    let mut rest = &mut octets[..];
    let mut got = Vec::new();
    let mut flags = Vec::new();
    while let Some((head, behind)) = rest.split_first_chunk_mut::<16>() {
        let header = Header::read(head).unwrap();
        assert!(header.length <= 1432 && header.call == 7);
        let (fragment, next) = behind.split_at_mut(header.rest());
        let fragment = header.split(fragment).unwrap();
        let trailer = fragment.trailer.unwrap();
        let data = &mut fragment.body[8..];
        server.open(data, trailer.token).unwrap();
        got.extend_from_slice(&data[..data.len() - usize::from(trailer.padding)]);
        flags.push(header.flags);
        rest = next;
    }
    assert_eq!(got, stub);
    assert_eq!(flags, [1, 0, 0, 0, 0, 0, 0, 2]);
}

#[test]
fn an_empty_request_is_one_fragment() {
    let octets = request((7, 39), &[], FRAGMENT, None).unwrap();
    assert_eq!(octets.len(), 24);
    assert_eq!(octets[3], Header::FIRST | Header::LAST);
}

/// MS-RPCE and C706: bind_ack with a limit below what is allowed, or another syntax.
#[test]
fn a_bind_ack_is_looked_at() {
    let read = |change: fn(&mut Vec<u8>)| {
        let mut body = vec![
            0xd0, 0x16, 0xd0, 0x16, 0, 0, 0, 0, 2, 0, b'1', 0, 1, 0, 0, 0, 0, 0, 0, 0,
        ];
        body.extend(NDR.octets());
        change(&mut body);
        let octets = write(Kind::BIND_ACK, 3, 1, &body, None);
        let header = Header::read(octets.first_chunk().unwrap()).unwrap();
        bound(&header, &mut body, false)
    };
    assert_eq!(read(|_| {}), Ok(5840));
    assert_eq!(read(|body| body[3] = 0xff), Ok(5840));
    assert_eq!(
        read(|body| body[2..4].copy_from_slice(&[0, 4])),
        Err(Error::Length(1024))
    );
    assert_eq!(
        read(|body| body[16..20].copy_from_slice(&[2, 0, 1, 0])),
        Err(Error::Refused(1))
    );
    assert!(matches!(read(|body| body[20] ^= 1), Err(Error::Ndr(_))));
    assert!(matches!(read(|body| body[8] = 0xff), Err(Error::Ndr(_))));
    assert!(matches!(read(|body| body.truncate(30)), Err(Error::Ndr(_))));
}
