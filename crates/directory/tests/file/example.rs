//! The example in the repository is true to its comments.

use std::path::Path;

use gatepost_directory::file::FileDirectory;
use gatepost_directory::{Denial, Verdict};

use crate::claims::{cram_md5, ntlm};
use crate::{entry, login};

#[test]
fn the_example_works_as_its_comments_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/example/users.toml");
    let users = FileDirectory::load(&path).unwrap();
    assert_eq!(users.len(), 4);
    assert_eq!(login(&users, "alice@example.com", "wonderland"), Ok(()));
    assert_eq!(login(&users, "bob", "builder-1"), Ok(()));
    assert_eq!(login(&users, "carol", "christmas-1843"), Err(Denial::Disabled));
    assert_eq!(login(&users, "carol", "wonderland"), Err(Denial::BadCredentials));
    let dora = entry(&users, "dora");
    assert_eq!(login(&users, "dora", "Password"), Ok(()));
    for claim in [ntlm("dora", "Password"), cram_md5("dora", "Password")] {
        assert_eq!(
            users.verify(&dora, &claim),
            Verdict::Granted(dora.account.clone())
        );
    }
    let alice = entry(&users, "Alice").account;
    assert_eq!(
        (alice.upstream_login.as_str(), alice.attribute("mailHost")),
        ("alice", None)
    );
    let bob = entry(&users, "b.builder@example.com").account;
    assert_eq!(
        (bob.upstream_login.as_str(), bob.attribute("mailHost")),
        ("bbuilder", Some("old-server"))
    );
    assert_eq!(alice.addresses, ["alice@example.com"]);
    assert_eq!(
        bob.addresses,
        ["bob@example.com", "info@example.com", "b.builder@example.com"]
    );
}
