//! A mail server that takes connections and answers nobody, beside one that is well.

use gatepost_testkit::client::Client;
use gatepost_testkit::mail::{MailServer, Running};
use tokio::net::TcpStream;

use crate::common::{Gateway, TlsClient};
use crate::site::{LONG, answer, send_login};

/// How many may be connected that are not logged in.
const PLACES: usize = 40;

const LIMITS: &str = "[limits]\nfailure_grid = \"0s\"\nsessions_per_user = 0\nlogin_time = \"5m\"\n\
    upstream_login_time = \"5m\"\nupstream_login_wait = \"5m\"\nconnections_before_login = 40\n\
    before_login_per_address = 1000\n";

/// The mail of `u0` is at a server that is dead, that of `u1` at one that is well.
const USERS: &str = "[[user]]\nname = \"u0\"\nsecret = \"{PLAIN}secret\"\nmail_host = \"dead\"\n\
    [[user]]\nname = \"u1\"\nsecret = \"{PLAIN}secret\"\nmail_host = \"well\"\n";

async fn mail_server(user: &str) -> Running {
    let mail = MailServer::builder().master("gateway", "master-secret");
    mail.user(user, "x").build().bind("127.0.0.1:0").await.unwrap()
}

async fn gateway(dead: &Running, well: &Running) -> Gateway {
    let upstream = |name, server: &Running| {
        format!(
            "[upstreams.{name}]\naddress = \"{}\"\ntls = \"none\"\n\
             login = {{ method = \"master\", user = \"gateway\", password_file = \"master\" }}\n",
            server.address()
        )
    };
    let config = format!(
        "{LIMITS}[directories.users]\nkind = \"file\"\npath = \"users.toml\"\n{}{}\
         [routing]\nattribute = \"mailHost\"\n\
         [[listeners]]\nprotocol = \"imap\"\naddresses = [\"127.0.0.1:0\"]\ntls = \"implicit\"\n\
         certificates = [\"main\"]\ndirectory = \"users\"\n",
        upstream("dead", dead),
        upstream("well", well)
    );
    Gateway::start(&config, &[("users.toml", USERS), ("master", "master-secret")]).await
}

async fn connect(gateway: &Gateway) -> TlsClient {
    let stream = TcpStream::connect(gateway.address(0)).await.unwrap();
    let stream = gateway.tls(stream).await;
    Client::greeted(stream, LONG).await.unwrap().0
}

/// The clients of the dead server come back again and again; those who are sent away leave.
async fn all_come_back(gateway: &Gateway, times: usize) -> Vec<TlsClient> {
    let mut waiting = Vec::new();
    for _ in 0..times {
        let sent_away = gateway.lines("result=crowded").len();
        let mut client = connect(gateway).await;
        send_login(&mut client, 0).await;
        gateway.rests().await;
        if gateway.lines("result=crowded").len() == sent_away {
            waiting.push(client);
        } else {
            let heard = answer(&mut client).await;
            assert!(heard.starts_with("NO [UNAVAILABLE] too many logins"), "{heard}");
        }
    }
    waiting
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clients_of_a_dead_mail_server_leave_room_for_those_of_others() {
    let (dead, well) = (mail_server("u0").await, mail_server("u1").await);
    let gateway = gateway(&dead, &well).await;
    dead.control().set_login_time(LONG);
    let waiting = all_come_back(&gateway, PLACES + PLACES / 2).await;
    let mut other = connect(&gateway).await;
    send_login(&mut other, 1).await;
    let heard = answer(&mut other).await;
    assert!(heard.starts_with("OK"), "{heard}");
    // Those who have their turn included.
    assert_eq!(waiting.len(), PLACES / 2);
}
