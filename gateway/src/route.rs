//! Which mail server an account belongs to. The directory decides, never the client.

use std::collections::BTreeMap;

use gatepost_directory::Account;

use crate::config::{Routing, UpstreamConfig};

/// Where an account's mail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Route<'a> {
    /// The configured upstream whose settings apply.
    pub(crate) upstream: &'a str,
    /// The host to connect to and to verify, if it is not the upstream's own.
    pub(crate) host: Option<&'a str>,
}

/// Why an account has no mail server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoRoute {
    /// Nothing decides.
    #[error("the account has no value in the routing attribute, and there is no default upstream")]
    Undecided,
    /// The attribute holds something that is not allowed.
    #[error(
        "the routing attribute holds {0:?}, which is no configured upstream, no entry of the table and no allowed host"
    )]
    NotAllowed(String),
}

/// The route of an account: its attribute through the table, as an upstream's name, or as an allowed host; else the
/// default.
pub(crate) fn route<'a>(
    account: &'a Account,
    routing: &'a Routing,
    upstreams: &'a BTreeMap<String, UpstreamConfig>,
) -> Result<Route<'a>, NoRoute> {
    let value = routing
        .attribute
        .as_deref()
        .and_then(|name| account.attribute(name));
    let Some(value) = value else {
        let upstream = routing.default.as_deref().ok_or(NoRoute::Undecided)?;
        return Ok(Route { upstream, host: None });
    };
    if let Some(upstream) = routing.table.get(&value.to_ascii_lowercase()) {
        return Ok(Route { upstream, host: None });
    }
    if let Some((upstream, _)) = upstreams.get_key_value(value) {
        return Ok(Route { upstream, host: None });
    }
    match &routing.host_model {
        Some(upstream) if routing.allowed_hosts.iter().any(|pattern| pattern.matches(value)) => Ok(Route {
            upstream,
            host: Some(value),
        }),
        _ => Err(NoRoute::NotAllowed(value.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use gatepost_directory::EntryId;

    use super::*;
    use crate::config::Config;

    const CONFIG: &str = r#"
        [upstreams.one]
        address = "imap1.corp.example:993"
        login = { method = "same-credentials" }
        [upstreams.two]
        address = "imap2.corp.example:993"
        login = { method = "same-credentials" }
        [routing]
        attribute = "mailHost"
        table = { "Old" = "two" }
        allowed_hosts = ["*.mail.example"]
        host_model = "one"
        default = "one"
        [certificates.c]
        chain = "c"
        key = "k"
        [directories.d]
        kind = "file"
        path = "users"
        [[listeners]]
        protocol = "imap"
        addresses = ["127.0.0.1:0"]
        tls = "implicit"
        certificates = ["c"]
        directory = "d"
    "#;

    fn account(host: Option<&str>) -> Account {
        let values = host.map(|host| ("mailhost".to_owned(), vec![host.to_owned()]));
        Account {
            id: EntryId("1".to_owned()),
            name: "alice".to_owned(),
            upstream_login: "alice".to_owned(),
            addresses: Vec::new(),
            attributes: values.into_iter().collect(),
        }
    }

    fn routed(host: Option<&str>) -> Result<(String, Option<String>), NoRoute> {
        let config = Config::parse(Path::new("g.toml"), CONFIG).unwrap();
        let account = account(host);
        let route = route(&account, &config.routing, &config.upstreams)?;
        Ok((route.upstream.to_owned(), route.host.map(str::to_owned)))
    }

    #[test]
    fn the_attribute_selects_by_table_name_or_allowed_host() {
        assert_eq!(routed(None), Ok(("one".into(), None)));
        assert_eq!(routed(Some("old")), Ok(("two".into(), None)));
        assert_eq!(routed(Some("two")), Ok(("two".into(), None)));
        assert_eq!(
            routed(Some("a.mail.example")),
            Ok(("one".into(), Some("a.mail.example".into())))
        );
    }

    #[test]
    fn anything_else_is_refused_and_never_the_default() {
        for host in [
            "evil.example",
            "a.b.mail.example",
            "a.mail.example:25",
            "",
            "three",
        ] {
            assert_eq!(routed(Some(host)), Err(NoRoute::NotAllowed(host.into())));
        }
    }
}
