use std::net::Ipv6Addr;

use proptest::prelude::*;

use super::*;

/// One listener, and limits that do not bite.
fn limits() -> Limits {
    Limits {
        connections: 100,
        connections_per_address: 100,
        connections_per_network: 100,
        connections_before_login: 100,
        before_login_per_address: 100,
        ..Limits::default()
    }
}

fn seats(limits: &Limits) -> Arc<Seats> {
    Seats::new(limits, [None])
}

/// An address of the network 10.0.`network`.0/24.
fn address(network: u8, host: u8) -> IpAddr {
    IpAddr::from([10, 0, network, host])
}

fn take(seats: &Arc<Seats>, client: IpAddr) -> Result<Seat, Reason> {
    seats.take(0, Some(client))
}

/// One that is logged in.
fn logged_in(seats: &Arc<Seats>, client: IpAddr) -> Seat {
    let mut seat = take(seats, client).unwrap();
    seat.logged_in().unwrap();
    seat
}

/// Whether it has to make room.
async fn has_to_leave(seat: &Seat) -> bool {
    tokio::select! {
        biased;
        () = seat.pushed_out() => true,
        () = std::future::ready(()) => false,
    }
}

fn count(all: u32, waiting: u32) -> Count {
    Count { all, waiting }
}

#[test]
fn every_limit_bites_and_is_freed() {
    let base = limits();
    let cases = [
        (
            Limits {
                connections: 2,
                ..base.clone()
            },
            address(1, 1),
            Reason::Connections,
        ),
        (
            Limits {
                connections_per_network: 2,
                ..base.clone()
            },
            address(0, 7),
            Reason::Network,
        ),
        (
            Limits {
                connections_per_address: 2,
                ..base
            },
            address(0, 1),
            Reason::Address,
        ),
    ];
    for (limits, third, reason) in cases {
        let seats = seats(&limits);
        let first = logged_in(&seats, address(0, 1));
        let second = take(&seats, address(0, 1)).unwrap();
        assert_eq!(take(&seats, third).unwrap_err(), reason);
        assert_eq!(seats.counts(), (count(2, 1), vec![count(2, 1)]));
        drop(first);
        let third = take(&seats, third).unwrap();
        drop((second, third));
        assert!(seats.taken().is_empty());
    }
}

#[test]
fn who_is_not_logged_in_has_limits_that_end_with_the_login() {
    let base = limits();
    let cases = [
        (
            Limits {
                connections_before_login: 1,
                ..base.clone()
            },
            address(1, 1),
            Reason::BeforeLogin,
        ),
        (
            Limits {
                before_login_per_address: 1,
                ..base
            },
            address(0, 1),
            Reason::BeforeLoginAddress,
        ),
    ];
    for (limits, client, reason) in cases {
        let seats = seats(&limits);
        let mut first = take(&seats, address(0, 1)).unwrap();
        assert_eq!(take(&seats, client).unwrap_err(), reason);
        first.logged_in().unwrap();
        assert_eq!(seats.counts().0, count(1, 0));
        let second = take(&seats, client).unwrap();
        drop((first, second));
        assert!(seats.taken().is_empty());
    }
}

#[test]
fn a_listener_has_a_limit_of_its_own() {
    let seats = Seats::new(&limits(), [Some(1), None]);
    let first = seats.take(0, Some(address(0, 1))).unwrap();
    assert_eq!(seats.take(0, Some(address(1, 1))).unwrap_err(), Reason::Listener);
    let second = seats.take(1, Some(address(1, 1))).unwrap();
    assert_eq!(seats.counts(), (count(2, 2), vec![count(1, 1); 2]));
    drop((first, second));
    assert!(seats.taken().is_empty());
}

#[test]
fn an_ipv6_network_is_one_address() {
    let limits = Limits {
        connections_per_address: 1,
        connections_per_network: 2,
        ..limits()
    };
    let seats = seats(&limits);
    let of = |text: &str| take(&seats, IpAddr::V6(text.parse::<Ipv6Addr>().unwrap()));
    let _first = of("2001:db8:0:100::1").unwrap();
    assert_eq!(of("2001:db8:0:100:ffff::2").unwrap_err(), Reason::Address);
    let _second = of("2001:db8:0:101::1").unwrap();
    assert_eq!(of("2001:db8:0:1ff::1").unwrap_err(), Reason::Network);
    let _third = of("2001:db8:0:200::1").unwrap();
}

#[tokio::test]
async fn a_flood_from_one_network_makes_room_for_others() {
    let limits = Limits {
        connections_before_login: 10,
        ..limits()
    };
    let seats = seats(&limits);
    let flood: Vec<Seat> = (0..10)
        .map(|host| take(&seats, address(0, host)).unwrap())
        .collect();
    assert_eq!(take(&seats, address(0, 99)).unwrap_err(), Reason::BeforeLogin);
    // The networks end up alike: then who comes has to wait.
    let mut honest = Vec::new();
    for network in 1..=10 {
        honest.push(take(&seats, address(network, 1)));
    }
    let admitted = honest.iter().filter(|seat| seat.is_ok()).count();
    assert_eq!(
        admitted, 9,
        "all but the last, since the flood is no crowd any more"
    );
    for (index, seat) in flood.iter().enumerate() {
        assert_eq!(
            has_to_leave(seat).await,
            index < 9,
            "{index}: the oldest leave first"
        );
    }
    assert_eq!(seats.counts().0, count(10, 10));
    drop(flood);
    assert_eq!(
        seats.counts().0,
        count(9, 9),
        "who was pushed out frees nothing twice"
    );
    drop(honest);
    assert!(seats.taken().is_empty());
}

#[tokio::test]
async fn who_is_logged_in_is_never_pushed_out() {
    let limits = Limits {
        connections: 3,
        ..limits()
    };
    let seats = seats(&limits);
    let crowd: Vec<Seat> = (0..3).map(|host| logged_in(&seats, address(0, host))).collect();
    assert_eq!(take(&seats, address(1, 1)).unwrap_err(), Reason::Connections);
    drop(crowd);
    let crowd: Vec<Seat> = (0..3)
        .map(|host| take(&seats, address(0, host)).unwrap())
        .collect();
    let _other = take(&seats, address(1, 1)).unwrap();
    assert!(has_to_leave(&crowd[0]).await && !has_to_leave(&crowd[1]).await);
}

#[test]
fn who_was_pushed_out_while_logging_in_has_lost() {
    let limits = Limits {
        connections_before_login: 2,
        ..limits()
    };
    let seats = seats(&limits);
    let mut first = take(&seats, address(0, 1)).unwrap();
    let second = take(&seats, address(0, 2)).unwrap();
    let third = take(&seats, address(1, 1)).unwrap();
    assert!(first.logged_in().is_err());
    drop((first, second, third));
    assert!(seats.taken().is_empty());
}

#[tokio::test]
async fn who_is_not_identified_yet_is_counted_and_makes_room() {
    let limits = Limits {
        connections_before_login: 3,
        before_login_per_address: 1,
        ..limits()
    };
    let seats = seats(&limits);
    let silent = [(); 3].map(|()| seats.take(0, None).unwrap());
    let mut fourth = take(&seats, address(0, 1)).unwrap();
    assert!(has_to_leave(&silent[0]).await);
    drop(silent);
    fourth.logged_in().unwrap();
    let mut fifth = seats.take(0, None).unwrap();
    fifth.identify(address(0, 1)).unwrap();
    let mut sixth = seats.take(0, None).unwrap();
    assert_eq!(sixth.identify(address(0, 1)), Err(Reason::BeforeLoginAddress));
    drop((fourth, fifth, sixth));
    assert!(seats.taken().is_empty());
}

/// What becomes of a connection in the model.
#[derive(Debug, Clone)]
enum Act {
    Take { listener: usize, network: u8, host: u8 },
    TakeUnidentified,
    Identify { which: usize, network: u8 },
    LogIn(usize),
    Drop(usize),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..2_usize, 0..4_u8, 0..3_u8)
            .prop_map(|(listener, network, host)| Act::Take { listener, network, host }),
        1 => Just(Act::TakeUnidentified),
        1 => (any::<usize>(), 0..4_u8).prop_map(|(which, network)| Act::Identify { which, network }),
        2 => any::<usize>().prop_map(Act::LogIn),
        2 => any::<usize>().prop_map(Act::Drop),
    ]
}

proptest! {
    /// Whatever happens, no limit is exceeded, everybody who has a seat is counted, and nothing is left at the end.
    #[test]
    fn limits_hold_and_everything_is_freed(acts in prop::collection::vec(act(), 0..200)) {
        let limits = Limits {
            connections: 12,
            connections_per_network: 7,
            connections_per_address: 4,
            connections_before_login: 8,
            before_login_per_address: 3,
            ..Limits::default()
        };
        let seats = Seats::new(&limits, [Some(6), None]);
        let mut held: Vec<Seat> = Vec::new();
        for act in acts {
            let index = |which: usize| which.checked_rem(held.len());
            match act {
                Act::Take { listener, network, host } => {
                    held.extend(seats.take(listener, Some(address(network, host))));
                }
                Act::TakeUnidentified => held.extend(seats.take(1, None)),
                Act::Identify { which, network } => {
                    if let Some(seat) = index(which).and_then(|at| held.get_mut(at))
                        && seat.place.address.is_none()
                    {
                        let _ = seat.identify(address(network, 0));
                    }
                }
                Act::LogIn(which) => {
                    if let Some(seat) = index(which).and_then(|at| held.get_mut(at)) {
                        let _ = seat.logged_in();
                    }
                }
                Act::Drop(which) => {
                    if let Some(at) = index(which) {
                        held.swap_remove(at);
                    }
                }
            }
            seats.taken().check_all(&seats.limits);
        }
        drop(held);
        prop_assert!(seats.taken().is_empty());
    }
}
