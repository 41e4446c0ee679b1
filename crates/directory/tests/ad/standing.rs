//! What may be used, asked while sessions go on.

use gatepost_directory::ad::ActiveDirectory;
use gatepost_directory::{Denial, Directory as _, Entry, Resolution, Standing};
use gatepost_testkit::servers::{Hindrance, Samba};

use crate::company::{config, denied, found, granted, open};

async fn standing(directory: &ActiveDirectory, entry: &Entry) -> Standing {
    directory.standing(entry).await
}

#[tokio::test]
async fn what_an_administrator_does_ends_sessions_and_a_lock_out_does_not() {
    let samba = Samba::corp().unwrap();
    let mut config = config(&samba);
    config.required_group = Some(samba.dn("mail-users").unwrap());
    let directory = open(config);
    for name in ["alice", "bob", "müller"] {
        let entry = found(&directory, name).await;
        assert_eq!(standing(&directory, &entry).await, Standing::Usable, "{name}");
    }
    for (name, denial) in [
        ("carol", Denial::Disabled),
        ("dave", Denial::Disabled),
        ("erin", Denial::PasswordExpired),
        ("ivan", Denial::PasswordExpired),
        ("judy", Denial::NotPermitted),
    ] {
        let entry = found(&directory, name).await;
        assert_eq!(
            standing(&directory, &entry).await,
            Standing::Denied(denial),
            "{name}"
        );
    }
    // Hours, workstations and lock-outs are matters of logging in.
    for name in ["frank", "grace", "heidi"] {
        let entry = found(&directory, name).await;
        assert_eq!(standing(&directory, &entry).await, Standing::Usable, "{name}");
    }
    an_administrator_acts(&samba, &directory).await;
}

async fn an_administrator_acts(samba: &Samba, directory: &ActiveDirectory) {
    let bob = found(directory, "bob").await;
    granted(directory, &bob, &Samba::password("bob")).await;
    samba.hinder("bob", Hindrance::Locked).unwrap();
    assert_eq!(
        denied(directory, &bob, &Samba::password("bob")).await,
        Denial::Locked
    );
    assert_eq!(standing(directory, &bob).await, Standing::Usable);
    samba.unlock("bob").unwrap();

    samba.disable("bob").unwrap();
    assert_eq!(
        standing(directory, &bob).await,
        Standing::Denied(Denial::Disabled)
    );
    samba.enable("bob").unwrap();
    assert_eq!(standing(directory, &bob).await, Standing::Usable);

    // A date that is to come, and one that is past: the domain controller's clock decides.
    samba.set("bob", "accountExpires", "250000000000000000").unwrap();
    assert_eq!(standing(directory, &bob).await, Standing::Usable);
    samba.set("bob", "accountExpires", "130000000000000000").unwrap();
    assert_eq!(
        standing(directory, &bob).await,
        Standing::Denied(Denial::Disabled)
    );
    samba.set("bob", "accountExpires", "0").unwrap();

    samba.leave("mail-users", "bob").unwrap();
    assert_eq!(
        standing(directory, &bob).await,
        Standing::Denied(Denial::NotPermitted)
    );
    samba.join("mail-inner", "bob").unwrap();
    assert_eq!(standing(directory, &bob).await, Standing::Usable);

    samba.set_password("bob", "Another-Secret1").unwrap();
    let after = found(directory, "bob").await;
    assert_eq!(after.id, bob.id);
    assert_ne!(after.secret_version, bob.secret_version);

    samba.delete("bob").unwrap();
    assert_eq!(
        standing(directory, &bob).await,
        Standing::Denied(Denial::NotPermitted)
    );
    let gone = directory.resolve_id(&bob.id).await;
    assert!(matches!(gone, Resolution::Unknown { .. }), "{gone:?}");
}
