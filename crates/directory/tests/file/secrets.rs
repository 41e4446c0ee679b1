//! Known answers for every kind of secret, and their caps.

use gatepost_directory::Denial;
use gatepost_directory::file::secret::{Kind, MakeError, make};
use gatepost_directory::file::{FileDirectory, FileError};
use gatepost_wire::Secret;

use crate::{entry, file_of, login};

const WRONG: Result<(), Denial> = Err(Denial::BadCredentials);

fn parse(secret: &str) -> Result<FileDirectory, FileError> {
    FileDirectory::parse(&file_of(secret))
}

/// What is wrong with a secret, without the place.
fn complaint(secret: &str) -> String {
    let error = parse(secret).unwrap_err();
    assert_eq!(
        (error.line(), error.key()),
        (Some(3), "user[0].secret"),
        "{error}"
    );
    error
        .to_string()
        .strip_prefix("line 3: user[0].secret: ")
        .unwrap()
        .to_owned()
}

fn assert_is_of(secret: &str, password: impl AsRef<[u8]>) {
    let password = password.as_ref();
    let directory = parse(secret).unwrap();
    assert_eq!(login(&directory, "alice", password), Ok(()), "{secret}");
    let mut other = password.to_vec();
    other[0] ^= 1;
    assert_eq!(login(&directory, "alice", &other), WRONG, "{secret}");
    assert_eq!(
        login(&directory, "alice", &password[..password.len() - 1]),
        WRONG,
        "{secret}"
    );
}

/// The test vectors of "Unix crypt using SHA-256 and SHA-512", in the form in which they are stored.
#[test]
fn sha512_crypt_known_answers() {
    let vectors = [
        (
            "Hello world!",
            "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
        ),
        (
            "Hello world!",
            "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.",
        ),
        (
            "This is just a test",
            "$6$rounds=5000$toolongsaltstrin$lQ8jolhgVRVhY4b5pZKaysCLi0QBxGoNeKQzQ3glMhwllF7oGDZxUhx1yxdYcz/e1JSbq3y6JMxxl8audkUEm0",
        ),
        (
            "a very much longer text to encrypt.  This one even stretches over morethan one line.",
            "$6$rounds=1400$anotherlongsalts$POfYwTEok97VWcjxIiSOjiykti.o/pQs.wPvMxQ6Fm7I6IoYN3CmLs66x9t0oSwbtEW7o7UmJEiDwGqd8p4ur1",
        ),
        (
            "we have a short salt string but not a short password",
            "$6$rounds=77777$short$WuQyW2YR.hBNpjjRhpYD/ifIw05xdfeEyQoMxIXbkvr0gge1a1x3yRULJ5CCaUeOxFmtlcGZelFl5CxtgfiAc0",
        ),
        (
            "a short string",
            "$6$rounds=123456$asaltof16chars..$BtCwjqMJGx5hrJhZywWvt0RLE8uZ4oPwcelCjmw2kSYu.Ec6ycULevoBK25fs2xXgMNrCzIMVcgEJAstJeonj1",
        ),
        (
            "the minimum number is still observed",
            "$6$rounds=1000$roundstoolow$kUMsbe306n21p9R.FRkW3IGn.S9NPN0x50YhH1xhLsPuWGsUSklZt58jaTfF4ZEQpyUNGc0dqbpBYYBaHHrsX.",
        ),
    ];
    for (password, secret) in vectors {
        assert_is_of(secret, password);
    }
}

/// The tests of crypt_blowfish, whose `$2a$` means the same as `$2b$` for these passwords.
#[test]
fn bcrypt_known_answers() {
    assert_is_of(
        "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "U*U",
    );
    assert_is_of(
        "$2b$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK",
        "U*U*",
    );
    assert_is_of(
        "$2y$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a",
        "U*U*U",
    );
}

/// bcrypt itself would cut the second password, and find it right.
#[test]
fn bcrypt_passwords_over_72_octets_are_refused() {
    let secret = "$2b$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui";
    let longest = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    assert_eq!(longest.len(), 72);
    assert_is_of(secret, longest);
    let directory = parse(secret).unwrap();
    assert_eq!(login(&directory, "alice", format!("{longest}c")), WRONG);
    assert_eq!(
        login(
            &directory,
            "alice",
            format!("{longest}chars after 72 are ignored")
        ),
        WRONG
    );
}

/// The tests of the argon2 reference implementation, version 1.3.
#[test]
fn argon2id_known_answers() {
    let vectors = [
        (
            "password",
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        ),
        (
            "password",
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        ),
        (
            "password",
            "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
        ),
        (
            "password",
            "$argon2id$v=19$m=65536,t=1,p=1$c29tZXNhbHQ$9qWtwbpyPd3vm1rB1GThgPzZ3/ydHL92zKL+15XZypg",
        ),
        (
            "differentpassword",
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$C4TWUs9rDEvq7w3+J4umqA32aWKB1+DSiRuBfYxFj94",
        ),
        (
            "password",
            "$argon2id$v=19$m=65536,t=2,p=1$ZGlmZnNhbHQ$vfMrBczELrFdWP0ZsfhWsRPaHppYdP3MVEMIVlqoFBw",
        ),
    ];
    for (password, secret) in vectors {
        assert_is_of(secret, password);
    }
}

#[test]
fn a_password_in_the_clear_is_compared_whole() {
    assert_is_of("{PLAIN}hunter2", "hunter2");
    assert_is_of("{PLAIN}{PLAIN} $6$", "{PLAIN} $6$");
    assert_is_of("{PLAIN}pässwörd", "pässwörd");
    let directory = parse("{PLAIN}hunter2").unwrap();
    assert_eq!(login(&directory, "alice", "hunter22"), WRONG);
    assert_eq!(login(&directory, "alice", "{PLAIN}hunter2"), WRONG);
}

#[test]
fn what_is_made_is_read_and_true() {
    let kinds = [
        (Kind::Argon2id, "$argon2id$v=19$m=19456,t=2,p=1$"),
        (Kind::Bcrypt, "$2b$12$"),
        (Kind::Sha512Crypt, "$6$rounds=200000$"),
        (Kind::NtHash, "{NTHASH}"),
        (Kind::CramMd5, "{CRAM-MD5}"),
        (Kind::Plain, "{PLAIN}"),
    ];
    for (kind, begin) in kinds {
        let secret = make(kind, &Secret::from("correct \" horse"), b"0123456789abcdef").unwrap();
        assert!(secret.starts_with(begin), "{secret}");
        assert_is_of(&secret, "correct \" horse");
    }
}

#[test]
fn other_salt_makes_another_secret() {
    for kind in [Kind::Argon2id, Kind::Bcrypt, Kind::Sha512Crypt] {
        let password = Secret::from("hunter2");
        let made = |salt| make(kind, &password, salt).unwrap();
        assert_ne!(made(b"0123456789abcdef"), made(b"1123456789abcdef"), "{kind:?}");
    }
}

#[test]
fn passwords_that_could_never_be_sent_are_not_made() {
    let made = |kind, password: &[u8]| make(kind, &Secret::from(password), &[7; 16]);
    let fast = [Kind::NtHash, Kind::CramMd5, Kind::Plain];
    for kind in fast
        .into_iter()
        .chain([Kind::Argon2id, Kind::Bcrypt, Kind::Sha512Crypt])
    {
        assert_eq!(made(kind, b""), Err(MakeError::Empty));
        assert_eq!(made(kind, b"a\0b"), Err(MakeError::Nul));
        assert_eq!(made(kind, b"\xff"), Err(MakeError::NotUtf8));
    }
    assert!(made(Kind::Bcrypt, &[b'a'; 72]).is_ok());
    assert_eq!(made(Kind::Bcrypt, &[b'a'; 73]), Err(MakeError::TooLong(72)));
    assert!(made(Kind::Plain, &[b'a'; 1024]).is_ok());
    assert_eq!(made(Kind::Plain, &[b'a'; 1025]), Err(MakeError::TooLong(1024)));
}

#[test]
fn passwords_over_the_cap_are_wrong() {
    let longest = "a".repeat(1024);
    let secret = make(Kind::Argon2id, &Secret::from(longest.as_str()), &[7; 16]).unwrap();
    assert_is_of(&secret, &longest);
    let directory = parse(&secret).unwrap();
    assert_eq!(login(&directory, "alice", format!("{longest}a")), WRONG);
}

#[test]
fn unknown_kinds_are_refused_with_the_known_ones() {
    let expected =
        "expected a secret that begins with $argon2id$, $2b$, $2y$, $6$, {NTHASH}, {CRAM-MD5} or {PLAIN}";
    for secret in [
        "",
        "hunter2",
        "$1$salt$hash",
        "$5$salt$hash",
        "$2a$05$x",
        "$argon2i$v=19$",
        "{plain}x",
        "{nthash}a4f49c406510bdcab6824ee7c30fd852",
        "{NT}a4f49c406510bdcab6824ee7c30fd852",
        "{cram-md5}x",
        " {PLAIN}x",
    ] {
        assert_eq!(complaint(secret), expected, "{secret}");
    }
}

#[test]
fn argon2id_form_and_caps() {
    let form = "expected an argon2id hash: $argon2id$v=19$m=..,t=..,p=..$, salt, $, hash";
    let hash = "c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    let of = |begin: &str| complaint(&format!("$argon2id${begin}${hash}"));
    assert_eq!(complaint("$argon2id$"), form);
    assert_eq!(complaint("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ"), form);
    assert_eq!(
        complaint(&format!("$argon2id$v=19$m=256,t=2,p=1${hash}$more")),
        form
    );
    for begin in [
        "m=256,t=2,p=1",
        "v=16$m=256,t=2,p=1",
        "v=19",
        "v=19$m=256,t=2",
        "v=19$m=256,t=2,p=1,keyid=AAAA",
        "v=19$m=-1,t=2,p=1",
    ] {
        assert_eq!(of(begin), form, "{begin}");
    }
    assert_eq!(
        of("v=19$m=262145,t=2,p=1"),
        "argon2id memory in KiB (m) must be from 8 to 262144"
    );
    assert_eq!(
        of("v=19$m=31,t=2,p=4"),
        "argon2id memory in KiB (m) must be from 32 to 262144"
    );
    assert_eq!(
        of("v=19$m=256,t=17,p=1"),
        "argon2id passes (t) must be from 1 to 16"
    );
    assert_eq!(
        of("v=19$m=256,t=0,p=1"),
        "argon2id passes (t) must be from 1 to 16"
    );
    assert_eq!(
        of("v=19$m=256,t=2,p=17"),
        "argon2id lanes (p) must be from 1 to 16"
    );
    assert_eq!(
        of("v=19$m=256,t=2,p=4294967295"),
        "argon2id lanes (p) must be from 1 to 16"
    );
    assert!(parse(&format!("$argon2id$v=19$m=262144,t=16,p=16${hash}")).is_ok());
}

#[test]
fn bcrypt_form_and_caps() {
    let form = "expected a bcrypt hash: $2b$ or $2y$, two digits of cost, $, 53 characters of salt and hash";
    let hash = "CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    for secret in [
        "$2b$",
        "$2b$05$",
        &format!("$2b$5${hash}"),
        &format!("$2b$05${hash}x"),
        &format!("$2b$xx${hash}"),
    ] {
        assert_eq!(complaint(secret), form, "{secret}");
    }
    for cost in ["15", "31", "99", "03", "00"] {
        assert_eq!(
            complaint(&format!("$2b${cost}${hash}")),
            "a bcrypt cost must be from 4 to 14"
        );
    }
    assert!(parse(&format!("$2b$14${hash}")).is_ok());
    assert!(parse(&format!("$2y$04${hash}")).is_ok());
}

#[test]
fn sha512_crypt_form_and_caps() {
    let form =
        "expected a sha512-crypt hash: $6$, optionally rounds=n$, 1 to 16 characters of salt, $, 86 of hash";
    let range = "sha512-crypt rounds must be from 1000 to 1000000";
    let hash = "kUMsbe306n21p9R.FRkW3IGn.S9NPN0x50YhH1xhLsPuWGsUSklZt58jaTfF4ZEQpyUNGc0dqbpBYYBaHHrsX.";
    let of = |begin: &str| complaint(&format!("$6${begin}${hash}"));
    for begin in [
        "",
        "rounds=1000",
        "seventeen.letters",
        "sa:lt",
        "rounds=+1000$salt",
        "rounds=01000$salt",
        "rounds=$salt",
        "salt$salt",
    ] {
        assert_eq!(of(begin), form, "{begin}");
    }
    assert_eq!(complaint("$6$salt"), form);
    assert_eq!(complaint(&format!("$6$salt${}", &hash[1..])), form);
    assert_eq!(complaint(&format!("$6$salt${}2", &hash[..85])), form);
    assert_eq!(complaint(&format!("$6$salt${hash}$")), form);
    assert_eq!(of("rounds=999$salt"), range);
    assert_eq!(of("rounds=1000001$salt"), range);
    assert_eq!(of("rounds=99999999999999999999$salt"), form);
    assert!(parse(&format!("$6$rounds=1000000$salt${hash}")).is_ok());
}

#[test]
fn plain_form_and_caps() {
    let form = "expected 1 to 1024 octets without NUL after {PLAIN}";
    assert_eq!(complaint("{PLAIN}"), form);
    assert_eq!(complaint("{PLAIN}a\0b"), form);
    assert_eq!(complaint(&format!("{{PLAIN}}{}", "a".repeat(1025))), form);
    assert!(parse(&format!("{{PLAIN}}{}", "a".repeat(1024))).is_ok());
}

#[test]
fn the_version_follows_the_secret_alone() {
    let version = |text: &str| {
        entry(&FileDirectory::parse(text).unwrap(), "alice")
            .secret_version
            .unwrap()
    };
    let first = version(&file_of("{PLAIN}hunter2"));
    assert_eq!(
        first,
        version(&format!("{}login = \"a\"\n", file_of("{PLAIN}hunter2")))
    );
    assert_ne!(first, version(&file_of("{PLAIN}hunter3")));
    assert!(!first.contains("hunter"), "{first}");
}
