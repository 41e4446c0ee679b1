use super::*;
use crate::parse::{Cursor, ErrorKind, Forgiven, Options};
use crate::{Limit, Mailbox};

fn parsed(text: &str) -> Result<Parameters<'_>, ParseError> {
    let mut forgiven = Forgiven::NONE;
    mail_parameters(&mut Cursor::new(
        text,
        text.len(),
        &Options::STRICT,
        &mut forgiven,
    ))
}

fn read(text: &str) -> Parameters<'_> {
    parsed(text).unwrap()
}

fn wrong(text: &str) -> (usize, &'static str) {
    let error = parsed(text).unwrap_err();
    (error.offset, error.expected)
}

/// What a value of `text` is wrong with.
fn value<T: fmt::Debug>(found: Result<Option<T>, ParseError>) -> (usize, &'static str) {
    let error = found.unwrap_err();
    (error.offset, error.expected)
}

#[test]
fn what_is_not_there_is_nothing() {
    let none = Parameters::new();
    assert_eq!((none.len(), none.is_empty()), (0, true));
    assert_eq!(
        (none.size(), none.body(), none.ret()),
        (Ok(None), Ok(None), Ok(None))
    );
    assert_eq!(
        (none.envid(), none.notify(), none.orcpt()),
        (Ok(None), Ok(None), Ok(None))
    );
    assert_eq!(
        (none.auth(), none.by(), none.mt_priority()),
        (Ok(None), Ok(None), Ok(None))
    );
    assert_eq!((none.hold(), none.rrvs()), (Ok(None), Ok(None)));
    assert_eq!(
        (none.smtputf8(), none.requiretls(), none.conperm()),
        (Ok(false), Ok(false), Ok(false))
    );
}

#[test]
fn the_body_of_rfc_6152_and_3030() {
    let parameters = read(" size=500 body=8bitmime SMTPUTF8");
    assert_eq!(parameters.size(), Ok(Some(500)));
    assert_eq!(parameters.body(), Ok(Some(Body::EightBitMime)));
    assert!(parameters.contains("smtputf8") && !parameters.contains("RET"));
    assert_eq!(parameters.len(), 3);
    assert_eq!(read(" BODY=7BIT").body(), Ok(Some(Body::SevenBit)));
    assert_eq!(read(" BODY=BINARYMIME").body(), Ok(Some(Body::BinaryMime)));
    for wrong in ["9BIT", "8BITMIM", "\x188BITMIME", "8BITMIME2"] {
        assert_eq!(Body::of(wrong), None, "{wrong:?}");
    }
}

#[test]
fn sizes_over_all_measure_are_the_largest() {
    assert_eq!(read(" SIZE=0").size(), Ok(Some(0)));
    assert_eq!(read(" SIZE=0000000000000000001").size(), Ok(Some(1)));
    assert_eq!(read(" SIZE=18446744073709551615").size(), Ok(Some(u64::MAX)));
    assert_eq!(read(" SIZE=18446744073709551616").size(), Ok(Some(u64::MAX)));
    assert_eq!(read(" SIZE=99999999999999999999").size(), Ok(Some(u64::MAX)));
    assert_eq!(wrong(" SIZE=100000000000000000000"), (1, "SIZE with digits"));
}

#[test]
fn errors_say_where_and_what() {
    assert_eq!(wrong("SIZE=1"), (0, "a space"));
    assert_eq!(wrong("  SIZE=1"), (1, "a parameter"));
    assert_eq!(wrong(" =1"), (1, "a parameter"));
    assert_eq!(wrong(" -A=1"), (1, "a parameter"));
    assert_eq!(wrong(" SIZE="), (6, "a value"));
    assert_eq!(wrong(" SIZE"), (1, "SIZE with digits"));
    assert_eq!(wrong(" SIZE=1k"), (1, "SIZE with digits"));
    assert_eq!(wrong(" BODY=9BIT"), (1, "BODY with 7BIT, 8BITMIME or BINARYMIME"));
    assert_eq!(wrong(" BODY"), (1, "BODY with 7BIT, 8BITMIME or BINARYMIME"));
    assert_eq!(wrong(" A=1 B a=2"), (7, "each parameter only once"));
    assert_eq!(wrong(" A=1\tB"), (4, "a space"));
    assert_eq!(wrong(" A_B"), (2, "a space"));
    assert_eq!(wrong(" A=b=c"), (4, "a space"));
    assert_eq!(wrong(" A=\u{7f}"), (3, "a value"));
}

#[test]
fn each_is_there_once_however_many_there_are() {
    let many = |count| (0..count).map(|number| format!(" P{number}")).collect::<String>();
    for count in 1..16 {
        for again in 0..count {
            let all = many(count);
            let text = format!("{all} p{again}=x");
            assert_eq!(wrong(&text), (all.len() + 1, "each parameter only once"));
        }
    }
    assert_eq!(read(&many(16)).len(), 16);
    assert_eq!(wrong(&many(17)), (many(16).len() + 1, "fewer parameters"));
}

#[test]
fn ours_are_checked() {
    assert!(Parameter::new("SIZE", Some("1")).is_some() && Parameter::new("SMTPUTF8", None).is_some());
    for (keyword, value) in [
        ("", None),
        ("-A", None),
        ("A B", None),
        ("A=", None),
        ("A\r\n", None),
        ("A", Some("")),
        ("A", Some("b c")),
        ("A", Some("b=c")),
        ("A", Some("b\r\nDATA")),
        ("A", Some("\u{7f}")),
    ] {
        assert_eq!(Parameter::new(keyword, value), None, "{keyword} {value:?}");
    }
    let mut parameters = Parameters::new();
    assert_eq!(parameters.push(Parameter::size(1)), Ok(()));
    assert_eq!(parameters.push(Parameter::size(2)), Err(Parameter::size(2)));
    assert_eq!(parameters, read(" SIZE=1"));
}

#[test]
fn retain_keeps_the_order() {
    let mut parameters = read(" A=1 AUTH=<> B SIZE=3");
    parameters.retain(|parameter| !parameter.is("auth"));
    assert_eq!(parameters.to_string(), " A=1 B SIZE=3");
    parameters.retain(|_| false);
    assert!(parameters.is_empty());
    assert_eq!(parameters, Parameters::new());
}

#[test]
fn flags_have_no_value() {
    assert_eq!(read(" SMTPUTF8").smtputf8(), Ok(true));
    assert_eq!(read(" requiretls").requiretls(), Ok(true));
    assert_eq!(read(" CONPERM").conperm(), Ok(true));
    let error = Err(ParseError::syntax(0, "no value"));
    assert_eq!(read(" SMTPUTF8=1").smtputf8(), error);
    assert_eq!(read(" REQUIRETLS=x").requiretls(), error);
    assert_eq!(read(" CONPERM=x").conperm(), error);
    let mut parameters = Parameters::new();
    for flag in [Parameter::SMTPUTF8, Parameter::REQUIRETLS, Parameter::CONPERM] {
        parameters.push(flag).unwrap();
    }
    assert_eq!(parameters.to_string(), " SMTPUTF8 REQUIRETLS CONPERM");
}

#[test]
fn notify_is_never_or_a_list() {
    let notify = |text| read(text).notify().unwrap().unwrap();
    assert_eq!(notify(" NOTIFY=never"), Notify::NEVER);
    assert_eq!(
        notify(" NOTIFY=DELAY,success"),
        Notify::SUCCESS.and(Notify::DELAY)
    );
    assert_eq!(notify(" NOTIFY=FAILURE,FAILURE"), Notify::FAILURE);
    let expected = "SUCCESS, FAILURE or DELAY, or NEVER alone";
    assert_eq!(value(read(" NOTIFY=SUCCESS,NEVER").notify()), (8, expected));
    assert_eq!(value(read(" NOTIFY=SUCCESS,").notify()), (8, expected));
    assert_eq!(value(read(" NOTIFY=ALWAYS").notify()), (0, expected));
    assert_eq!(value(read(" NOTIFY").notify()), (0, "a value"));
}

#[test]
fn envelope_ids_are_printable_and_short() {
    assert_eq!(value(read(" ENVID=a+00").envid()), (1, "printable ASCII"));
    assert_eq!(value(read(" ENVID=a+4").envid()), (1, "xtext"));
    assert_eq!(value(read(" ENVID=a+C3+A9").envid()), (1, "printable ASCII"));
    assert!(EnvelopeId::new("").is_err() && EnvelopeId::new("a\r\n").is_err());
    let longest = "a".repeat(100);
    assert_eq!(EnvelopeId::new(&longest).unwrap().as_str(), longest);
    let over = |found: Result<EnvelopeId<'_>, ParseError>| found.unwrap_err().kind;
    assert_eq!(
        over(EnvelopeId::new(&"a".repeat(101))),
        ErrorKind::Limit(Limit::Value)
    );
    assert_eq!(
        over(EnvelopeId::new(&"=".repeat(34))),
        ErrorKind::Limit(Limit::Value)
    );
    let text = format!(" ENVID={longest}a");
    assert_eq!(
        read(&text).envid().unwrap_err().kind,
        ErrorKind::Limit(Limit::Value)
    );
    assert_eq!(value(read(" RET=ALL").ret()), (0, "FULL or HDRS"));
}

#[test]
fn original_recipients_are_of_a_type() {
    let recipient = |text| {
        let parameters = read(text);
        let found = parameters.orcpt().unwrap().unwrap();
        (found.addr_type().to_owned(), found.address().to_owned())
    };
    let is = |addr_type: &str, address: &str| (addr_type.to_owned(), address.to_owned());
    assert_eq!(
        recipient(" ORCPT=rfc822;Bob+20B@Example.COM"),
        is("rfc822", "Bob B@Example.COM")
    );
    assert_eq!(recipient(" ORCPT=x400;a;b"), is("x400", "a;b"));
    assert_eq!(value(read(" ORCPT=rfc822").orcpt()), (6, "a semicolon"));
    assert_eq!(value(read(" ORCPT=;a").orcpt()), (0, "a type of address"));
    assert_eq!(value(read(" ORCPT=rfc822;+").orcpt()), (7, "xtext"));
    assert_eq!(value(read(" ORCPT=rfc822;").orcpt()), (0, "printable ASCII"));
    assert!(OriginalRecipient::new("a b", "x").is_err() && OriginalRecipient::rfc822("a\r\nb").is_err());
    let long = OriginalRecipient::new("x", &"a".repeat(499)).unwrap_err();
    assert_eq!(long.kind, ErrorKind::Limit(Limit::Value));
}

#[test]
fn original_recipients_of_rfc_6533_have_all_letters() {
    let address = |text: &str| {
        let parameters = read(text);
        parameters
            .orcpt()
            .map(|found| found.unwrap().address().to_owned())
    };
    let letters = "e=mc2@\u{30c9}\u{30e1}.example";
    let escaped = " ORCPT=utf-8;e\\x{3D}mc2@\\x{30C9}\\x{30E1}.example";
    assert_eq!(address(escaped).as_deref(), Ok(letters));
    assert_eq!(
        address(" ORCPT=UTF-8;e\\x{3D}mc2@\u{30c9}\u{30e1}.example").as_deref(),
        Ok(letters)
    );
    let mut parameters = Parameters::new();
    parameters
        .push(OriginalRecipient::new("utf-8", letters).unwrap())
        .unwrap();
    assert_eq!(parameters.to_string(), escaped);
    for (wrong, offset) in [
        ("a+2Bb", 1),
        ("\\x{D800}", 0),
        ("\\x{2b}", 0),
        ("\\x{020}", 0),
        ("\\x{110000}", 0),
        ("a\\x{20", 1),
        ("\\", 0),
    ] {
        let text = format!(" ORCPT=utf-8;{wrong}");
        assert_eq!(
            address(&text),
            Err(ParseError::syntax(6 + offset, "a letter or \\x{..}")),
            "{wrong}"
        );
    }
    assert_eq!(
        address(" ORCPT=utf-8;\\x{A}"),
        Err(ParseError::syntax(6, "a letter or \\x{..}"))
    );
    assert!(address(" ORCPT=utf-8;\\x{7F}").is_err());
}

#[test]
fn submitters_are_mailboxes_or_nobody() {
    let mailbox = Mailbox::parse(b"e=mc2@example.com").unwrap();
    let auth = read(" AUTH=e+3Dmc2@example.com");
    assert_eq!(auth.auth(), Ok(Some(Submitter::Mailbox(mailbox.clone()))));
    assert_eq!(read(" AUTH=<>").auth(), Ok(Some(Submitter::Unknown)));
    assert_eq!(read(" AUTH=+3C+3E").auth(), Ok(Some(Submitter::Unknown)));
    assert_eq!(value(read(" AUTH=nobody").auth()), (6, "@"));
    assert_eq!(value(read(" AUTH=a+0D+0A@b").auth()), (1, "@"));
    assert_eq!(
        Parameter::from(Submitter::Mailbox(mailbox)).to_string(),
        "AUTH=e+3Dmc2@example.com"
    );
}

#[test]
fn delivery_by_rfc_2852() {
    let by = |text| read(text).by().unwrap().unwrap();
    let notify = DeliverBy::new(120, NotInTime::Notify).unwrap();
    assert_eq!(by(" BY=120;N"), notify);
    assert_eq!(by(" BY=+120;nt"), notify.with_trace());
    assert_eq!(by(" BY=-999999999;N").seconds(), -999_999_999);
    assert_eq!(by(" BY=1;R").otherwise(), NotInTime::Return);
    assert_eq!(by(" BY=0;N"), DeliverBy::new(0, NotInTime::Notify).unwrap());
    for (wrong, offset, expected) in [
        (" BY=120", 3, "a semicolon"),
        (" BY=;N", 0, "1 to 9 digits"),
        (" BY=+-1;N", 0, "1 to 9 digits"),
        (" BY=1000000000;N", 0, "1 to 9 digits"),
        (" BY=0;R", 0, "a time to come"),
        (" BY=-1;R", 0, "a time to come"),
        (" BY=1;T", 2, "N or R, and perhaps T"),
        (" BY=1;RTT", 2, "N or R, and perhaps T"),
    ] {
        assert_eq!(value(read(wrong).by()), (offset, expected), "{wrong}");
    }
    assert_eq!(DeliverBy::new(1_000_000_000, NotInTime::Notify), None);
    assert_eq!(DeliverBy::new(i32::MIN, NotInTime::Notify), None);
}

#[test]
fn priorities_of_rfc_6710() {
    let priority = |text: &str| read(text).mt_priority().map(|found| found.unwrap().value());
    assert_eq!(priority(" MT-PRIORITY=3"), Ok(3));
    assert_eq!(priority(" mt-priority=-9"), Ok(-9));
    assert_eq!(priority(" MT-PRIORITY=0"), Ok(0));
    for wrong in ["10", "-10", "-0", "+1", "00", "x", "-"] {
        let text = format!(" MT-PRIORITY={wrong}");
        assert!(priority(&text).is_err(), "{wrong}");
    }
    assert_eq!((Priority::new(10), Priority::new(-10)), (None, None));
}

#[test]
fn holds_of_rfc_4865() {
    assert_eq!(read(" HOLDFOR=3600").hold(), Ok(Hold::seconds(3600)));
    let parameters = read(" HOLDUNTIL=2007-05-01T12:00:00Z");
    let hold = parameters.hold().unwrap().unwrap();
    assert_eq!(hold.as_time().unwrap().unix_seconds(), 1_178_020_800);
    assert_eq!(hold.as_seconds(), None);
    for wrong in ["0", "01", "1000000000", "-1", "x"] {
        let text = format!(" HOLDFOR={wrong}");
        assert_eq!(
            value(read(&text).hold()),
            (0, "1 to 9 digits, the first not 0"),
            "{wrong}"
        );
    }
    let both = read(" HOLDFOR=1 HOLDUNTIL=2007-05-01T12:00:00Z");
    assert_eq!(both.hold().unwrap_err().kind, ErrorKind::Repeated);
    assert_eq!((Hold::seconds(0), Hold::seconds(1_000_000_000)), (None, None));
}

#[test]
fn dates_of_rfc_3339() {
    for (text, seconds) in [
        ("1970-01-01T00:00:00Z", 0),
        ("1969-12-31t23:59:59z", -1),
        ("1985-04-12T23:20:50.52Z", 482_196_050),
        ("1996-12-19T16:39:57-08:00", 851_042_397),
        ("1990-12-31T23:59:60Z", 662_688_000),
        ("1990-12-31T15:59:60-08:00", 662_688_000),
        ("1937-01-01T12:00:27.87+00:20", -1_041_337_173),
        ("2000-02-29T00:00:00Z", 951_782_400),
        ("0000-03-01T00:00:00Z", -62_162_035_200),
    ] {
        let time = DateTime::parse(text).unwrap();
        assert_eq!((time.unix_seconds(), time.as_str()), (seconds, text));
    }
    for (wrong, offset) in [
        ("", 0),
        ("1985-04-12", 10),
        ("1985-13-12T23:20:50Z", 5),
        ("1985-04-31T23:20:50Z", 8),
        ("1900-02-29T00:00:00Z", 8),
        ("1985-04-12 23:20:50Z", 10),
        ("1985-04-12T24:20:50Z", 11),
        ("1985-04-12T23:60:50Z", 14),
        ("1985-04-12T23:20:61Z", 17),
        ("1985-04-12T23:20:50", 19),
        ("1985-04-12T23:20:50.Z", 20),
        ("1985-04-12T23:20:50+24:00", 20),
        ("1985-04-12T23:20:50+0100", 22),
        ("1985-04-12T23:20:50ZZ", 20),
        ("+985-04-12T23:20:50Z", 0),
        ("198\u{e9}-04-12T23:20:50Z", 0),
    ] {
        assert_eq!(DateTime::parse(wrong).unwrap_err().offset, offset, "{wrong}");
    }
}

#[test]
fn mailboxes_are_valid_since_by_rfc_7293() {
    let since = |text| {
        let parameters = read(text);
        parameters.rrvs().map(|found| {
            let found = found.unwrap();
            (found.time.unix_seconds(), found.unsupported)
        })
    };
    assert_eq!(since(" RRVS=2014-04-03T23:01:00Z"), Ok((1_396_566_060, None)));
    assert_eq!(
        since(" RRVS=2014-04-03T23:01:00Z;C"),
        Ok((1_396_566_060, Some(Unsupported::Continue)))
    );
    assert_eq!(
        since(" RRVS=2014-04-03T23:01:00Z;r"),
        Ok((1_396_566_060, Some(Unsupported::Reject)))
    );
    assert_eq!(
        since(" RRVS=2014-04-03T23:01:00Z;X"),
        Err(ParseError::syntax(21, "C or R"))
    );
    assert!(since(" RRVS=yesterday").is_err());
}
