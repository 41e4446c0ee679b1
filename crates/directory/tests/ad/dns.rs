//! A DNS server that says what it is told to.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use gatepost_testkit::servers::address;
use hickory_resolver::proto::op::{Message, OpCode, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, SRV};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use tokio::net::UdpSocket;

/// A host that SRV records name, with its address.
#[derive(Clone)]
pub(crate) struct Host {
    pub(crate) priority: u16,
    pub(crate) name: &'static str,
    pub(crate) address: Ipv4Addr,
}

pub(crate) struct Dns {
    pub(crate) address: SocketAddr,
    hosts: Arc<Mutex<Vec<Host>>>,
    asked: Arc<AtomicUsize>,
}

impl Dns {
    /// Every SRV record that is asked for names these hosts, for a second.
    pub(crate) async fn start(hosts: &[Host]) -> Self {
        let socket = UdpSocket::bind((address(), 0)).await.unwrap();
        let dns = Self {
            address: socket.local_addr().unwrap(),
            hosts: Arc::new(Mutex::new(hosts.to_vec())),
            asked: Arc::default(),
        };
        let (hosts, asked) = (Arc::clone(&dns.hosts), Arc::clone(&dns.asked));
        tokio::spawn(async move {
            let mut octets = [0; 4096];
            while let Ok((length, client)) = socket.recv_from(&mut octets).await {
                let question = Message::from_vec(&octets[..length]).unwrap();
                if question.queries[0].query_type() == RecordType::SRV {
                    asked.fetch_add(1, Ordering::SeqCst);
                }
                let answer = answer(&question, &hosts.lock().unwrap());
                socket.send_to(&answer.to_vec().unwrap(), client).await.unwrap();
            }
        });
        dns
    }

    /// Says this from now on.
    pub(crate) fn say(&self, hosts: &[Host]) {
        *self.hosts.lock().unwrap() = hosts.to_vec();
    }

    /// How often SRV records were asked for.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn answer(question: &Message, hosts: &[Host]) -> Message {
    let query = question.queries[0].clone();
    let mut answer = Message::response(question.id, OpCode::Query);
    let record = |data| Record::from_rdata(query.name().clone(), 1, data);
    let named = |host: &&Host| {
        query
            .name()
            .to_ascii()
            .trim_end_matches('.')
            .eq_ignore_ascii_case(host.name)
    };
    let records: Vec<Record> = match query.query_type() {
        RecordType::SRV => hosts.iter().map(|host| record(RData::SRV(srv(host)))).collect(),
        RecordType::A => hosts
            .iter()
            .filter(named)
            .map(|host| record(RData::A(A(host.address))))
            .collect(),
        _ => Vec::new(),
    };
    if records.is_empty() {
        answer.metadata.response_code = ResponseCode::NXDomain;
    }
    answer.add_query(query);
    answer.add_answers(records);
    answer
}

fn srv(host: &Host) -> SRV {
    SRV::new(
        host.priority,
        100,
        389,
        Name::from_ascii(format!("{}.", host.name)).unwrap(),
    )
}
