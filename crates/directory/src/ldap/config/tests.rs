//! Configurations, and the filters that they make.

use super::*;

#[test]
fn urls_say_how_the_connection_is_protected() {
    let url = ServerUrl::parse("ldaps://ldap.example.com").unwrap();
    assert_eq!(
        (url.to_string().as_str(), url.transport()),
        ("ldaps://ldap.example.com:636", Transport::Tls)
    );
    let url = ServerUrl::parse("ldap://127.0.0.1:3890/").unwrap();
    assert_eq!(url.transport(), Transport::StartTls);
    assert_eq!(url.without_tls().unwrap().transport(), Transport::Plain);
    for wrong in [
        "ldap.example.com",
        "http://x",
        "ldaps://",
        "ldaps://a:b",
        "ldaps://a/b",
        "ldaps://a:0",
        "ldaps://u@h",
    ] {
        assert!(ServerUrl::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn plaintext_is_for_loopback_addresses_alone() {
    for url in [
        "ldap://ldap.example.com",
        "ldap://192.0.2.1:389",
        "ldap://localhost",
        "ldaps://127.0.0.1",
    ] {
        assert!(ServerUrl::parse(url).unwrap().without_tls().is_err(), "{url}");
    }
}

#[test]
fn a_name_cannot_change_the_filter() {
    let config = Config::new(vec![ServerUrl::parse("ldaps://a").unwrap()], "dc=x");
    let filter = config.filter_for("a*)(uid=\\\0");
    assert_eq!(
        filter,
        "(|(uid=a\\2a\\29\\28uid=\\5c\\00)(mail=a\\2a\\29\\28uid=\\5c\\00))"
    );
}

#[test]
fn an_id_is_searched_as_text_and_as_octets_if_it_can_be_both() {
    let config = Config::new(vec![ServerUrl::parse("ldaps://a").unwrap()], "dc=x");
    for (id, filter) in [
        ("a*)(uid=*", "(entryUUID=a\\2a\\29\\28uid=\\2a)"),
        ("0105ff", "(|(entryUUID=0105ff)(entryUUID=\\01\\05\\ff))"),
        ("0105f", "(entryUUID=0105f)"),
        ("0105FF", "(entryUUID=0105FF)"),
    ] {
        assert_eq!(config.filter_for_id(id), filter);
        assert!(is_filter(filter), "{filter}");
    }
}

#[test]
fn a_member_cannot_change_the_filter_either() {
    let config = Config::new(vec![ServerUrl::parse("ldaps://a").unwrap()], "dc=x");
    assert_eq!(
        config.membership_of("uid=a\\2ab(c),dc=x", "a*b"),
        "(|(member=uid=a\\5c2ab\\28c\\29,dc=x)(uniqueMember=uid=a\\5c2ab\\28c\\29,dc=x)(memberUid=a\\2ab))"
    );
}

#[test]
fn configurations_that_cannot_work_are_refused() {
    let good = Config::new(vec![ServerUrl::parse("ldaps://a").unwrap()], "dc=x");
    assert_eq!(good.validate(), Ok(()));
    let wrong = [
        Config {
            urls: Vec::new(),
            ..good.clone()
        },
        Config {
            filter: "(uid=x)".to_owned(),
            ..good.clone()
        },
        Config {
            filter: "(uid={name}".to_owned(),
            ..good.clone()
        },
        Config {
            required_filter: Some("nonsense".to_owned()),
            ..good.clone()
        },
        Config {
            service: Some(Service {
                dn: "cn=x".to_owned(),
                password: Secret::from(""),
            }),
            ..good
        },
    ];
    for config in wrong {
        assert!(config.validate().is_err(), "{config:?}");
    }
}
