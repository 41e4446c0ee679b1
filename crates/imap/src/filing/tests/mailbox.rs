use super::*;

#[test]
fn the_namespaces_are_asked_for_first() {
    let offered = format!("{FULL} NAMESPACE");
    let listed = "* LIST (\\Sent) \"/\" Bob/Sent\r\n* LIST () \"/\" Sent\r\nT OK\r\n";
    for (answer, chosen) in [
        (
            "* NAMESPACE ((\"\" \"/\")) ((\"Bob/\" \"/\")) NIL\r\nT OK\r\n",
            "Sent",
        ),
        ("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\nT OK\r\n", "Bob/Sent"),
        ("T NO no\r\n", "Bob/Sent"),
    ] {
        let script = [("T NAMESPACE\r\n", answer), (LIST, listed)];
        ends(
            &offered,
            &order(),
            &script,
            &format!("T EXAMINE \"{chosen}\"\r\nwaits"),
        );
        // A server that does not understand LIST hears the same.
        let plain = ("T LIST \"\" \"*\"\r\n", listed);
        let script = [script[0], (LIST, "T BAD no\r\n"), plain];
        ends(
            &offered,
            &order(),
            &script,
            &format!("T EXAMINE \"{chosen}\"\r\nwaits"),
        );
    }
    let script = [("T NAMESPACE\r\n", "* BYE x\r\n")];
    ends(&offered, &order(), &script, "LIST refused: BYE x");
}

#[test]
fn the_question_fits_the_server() {
    let asked = |capabilities| Rig::new(capabilities, order()).sent;
    assert_eq!(asked("IMAP4rev1 LIST-EXTENDED"), LIST);
    assert_eq!(asked("IMAP4rev2"), "T NAMESPACE\r\n");
    assert_eq!(asked("IMAP4rev1 NAMESPACE XLIST"), "T NAMESPACE\r\n");
    assert_eq!(asked("IMAP4rev1 XLIST"), "T XLIST \"\" \"*\"\r\n");
    assert_eq!(asked("IMAP4rev1"), "T LIST \"\" \"*\"\r\n");
    // A server that does not understand after all.
    for capabilities in [FULL, "XLIST"] {
        let plain = "T LIST \"\" \"*\"\r\n";
        let script = [
            (
                if capabilities == FULL {
                    LIST
                } else {
                    "T XLIST \"\" \"*\"\r\n"
                },
                "T BAD x\r\n",
            ),
            (plain, LISTED),
        ];
        ends(capabilities, &order(), &script, &format!("{EXAMINE}waits"));
        let script = [script[0], (plain, "T NO [UNAVAILABLE] x\r\n")];
        ends(
            capabilities,
            &order(),
            &script,
            "T LOGOUT\r\nLIST refused: NO [UNAVAILABLE] x",
        );
    }
}

const INBOX: &str = "* LIST () \".\" INBOX\r\nT OK\r\n";

#[test]
fn a_missing_mailbox_is_created_if_it_may_be() {
    let refused = "T LOGOUT\r\nfiling refused: NO no mailbox for sent messages";
    ends(FULL, &order(), &[(LIST, INBOX)], refused);
    let order = Order {
        create: Some("Gesendet\u{e4}".to_owned()),
        message_id: None,
        ..order()
    };
    let (create, subscribe) = (
        "T CREATE \"Gesendet&AOQ-\"\r\n",
        "T SUBSCRIBE \"Gesendet&AOQ-\"\r\n",
    );
    let append = "T APPEND \"Gesendet&AOQ-\" (\\Seen) \" 5-Nov-2025 10:00:00 +0100\" {25+}\r\n\
        Message-ID: <1@a>\r\n\r\nhi\r\n\r\nwaits";
    for created in ["T OK\r\n", "T NO [ALREADYEXISTS] there\r\n"] {
        for subscribed in ["T OK\r\n", "T NO no\r\n"] {
            let script = [(LIST, INBOX), (create, created), (subscribe, subscribed)];
            ends(FULL, &order, &script, append);
        }
    }
    let script = [(LIST, INBOX), (create, "T NO [OVERQUOTA] full\r\n")];
    ends(
        FULL,
        &order,
        &script,
        "T LOGOUT\r\nCREATE refused: NO [OVERQUOTA] full",
    );
}

#[test]
fn a_mailbox_that_cannot_be_beside_inbox_is_created_below_it() {
    let order = Order {
        create: Some("Sent".to_owned()),
        ..order()
    };
    let (beside, below) = ("T CREATE \"Sent\"\r\n", "T CREATE \"INBOX.Sent\"\r\n");
    let begin = [(LIST, INBOX), (beside, "T NO [CANNOT] try INBOX.Sent\r\n")];
    let script = [
        begin[0],
        begin[1],
        (below, "T OK\r\n"),
        ("T SUBSCRIBE \"INBOX.Sent\"\r\n", "T OK\r\n"),
    ];
    ends(FULL, &order, &script, "T EXAMINE \"INBOX.Sent\"\r\nwaits");
    let script = [begin[0], begin[1], (below, "T NO [NOPERM] no\r\n")];
    ends(
        FULL,
        &order,
        &script,
        "T LOGOUT\r\nCREATE refused: NO [NOPERM] no",
    );
}
