//! Whose a connection is taken to be: what one customer has, and what one provider or office has.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An IPv4 address, or an IPv6 /64: what one customer has at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Address(IpAddr);

/// 256 neighbouring [`Address`]es: an IPv4 /24, or an IPv6 /56.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Network(IpAddr);

impl Address {
    pub(crate) fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => masked(address, 64),
        })
    }

    pub(crate) fn network(self) -> Network {
        Network(match self.0 {
            IpAddr::V4(address) => {
                let [first, second, third, _] = address.octets();
                IpAddr::V4(Ipv4Addr::new(first, second, third, 0))
            }
            IpAddr::V6(address) => masked(address, 56),
        })
    }
}

impl Network {
    pub(crate) fn of(address: IpAddr) -> Self {
        Address::of(address).network()
    }
}

fn masked(address: Ipv6Addr, bits: u32) -> IpAddr {
    let mask = u128::MAX << (128 - bits);
    IpAddr::V6(Ipv6Addr::from(u128::from(address) & mask))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_ipv6_the_first_half_counts_and_a_mapped_address_is_ipv4() {
        let of = |text: &str| {
            let address = Address::of(text.parse().unwrap());
            (address.0.to_string(), address.network().0.to_string())
        };
        let pair = |address: &str, network: &str| (address.to_owned(), network.to_owned());
        assert_eq!(
            of("2001:db8:1:234:5:6:7:8"),
            pair("2001:db8:1:234::", "2001:db8:1:200::")
        );
        assert_eq!(of("::ffff:192.0.2.1"), pair("192.0.2.1", "192.0.2.0"));
        assert_eq!(of("192.0.2.255"), pair("192.0.2.255", "192.0.2.0"));
    }
}
