//! `gatepost demo --check`: what a user's mail client would do, with a real TLS client, step by step.

use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use gatepost_testkit::client::Client;
use gatepost_testkit::smtp_client;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use super::{DOMAIN, Demo, Place, USERS};
use crate::stream::Stream;
use crate::tls;

/// No step may take longer.
const STEP_TIME: Duration = Duration::from_secs(10);

const NEW_MESSAGE: &str = "From: Bob <bob@example.org>\r\nTo: Alice <alice@example.org>\r\n\
    Subject: just arrived\r\nMessage-ID: <tour@example.com>\r\n\r\nThis came while you were waiting.\r\n";

const SUBJECT: &str = "sent on the tour";

/// How soon the mailbox of sent mail is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

type TlsClient = Client<Stream>;
type Sender = smtp_client::Client<Stream>;

pub(super) async fn run(demo: &Demo) -> anyhow::Result<()> {
    let (user, password) = USERS[0];
    let mut client = step("connect with TLS", connect(demo)).await?;
    step("log in", client.authenticate_plain("", user, password)).await?;
    step("list mailboxes", list(&mut client)).await?;
    step("read a message", fetch(&mut client)).await?;
    step(
        "wait (IDLE) and see a message arrive",
        idle(demo, &mut client, user),
    )
    .await?;
    let mut sender = step("connect to send, and log in", connect_to_send(demo)).await?;
    step("send a message", send(&mut sender)).await?;
    step("see it arrive at the other user", arrived(demo)).await?;
    step("find one copy of it in Sent", copied(&mut client)).await?;
    step("log out", client.command("LOGOUT")).await?;
    step("be refused with a wrong password", refused(demo, user)).await?;
    println!("ok: mail was read and sent through the gateway");
    Ok(())
}

async fn step<T, E>(name: &str, work: impl Future<Output = Result<T, E>>) -> anyhow::Result<T>
where
    anyhow::Error: From<E>,
{
    let started = Instant::now();
    let done = timeout(STEP_TIME, work).await;
    let done = done.map_or_else(
        |_| Err(anyhow!("nothing happened for {} s", STEP_TIME.as_secs())),
        |done| done.map_err(anyhow::Error::from),
    );
    let millis = started.elapsed().as_secs_f64() * 1000.0;
    match &done {
        Ok(_) => println!("ok   {millis:8.1} ms  {name}"),
        Err(error) => println!("FAIL {millis:8.1} ms  {name}: {error:#}"),
    }
    done.with_context(|| name.to_owned())
}

async fn connect_to(demo: &Demo, place: Place) -> anyhow::Result<Stream> {
    let connector = tls::connector(tls::roots(Some(&demo.ca_file()))?)?;
    let stream = TcpStream::connect(demo.address(place)).await?;
    stream.set_nodelay(true)?;
    let name = ServerName::try_from("localhost")?;
    Ok(Stream::Plain(stream).connect_tls(&connector, name).await?)
}

async fn connect(demo: &Demo) -> anyhow::Result<TlsClient> {
    let stream = connect_to(demo, Place::Imaps).await?;
    let (client, greeting) = Client::greeted(stream, STEP_TIME).await?;
    ensure!(
        greeting.contains("AUTH=PLAIN"),
        "the greeting offers no AUTH=PLAIN: {greeting:?}"
    );
    Ok(client)
}

async fn list(client: &mut TlsClient) -> anyhow::Result<()> {
    let reply = client.command("LIST \"\" \"*\"").await?;
    ensure!(reply.with("INBOX").next().is_some(), "there is no INBOX");
    Ok(())
}

async fn fetch(client: &mut TlsClient) -> anyhow::Result<()> {
    client.command("SELECT INBOX").await?;
    let reply = client.command("FETCH 1 (UID FLAGS BODY.PEEK[])").await?;
    let message = reply.literal().context("the message has no text")?;
    ensure!(
        String::from_utf8_lossy(&message).contains("Subject:"),
        "the message has no Subject"
    );
    Ok(())
}

async fn idle(demo: &Demo, client: &mut TlsClient, user: &str) -> anyhow::Result<()> {
    client.idle().await?;
    let mail = demo.mail().context("the mail server is stopped")?;
    mail.store().deliver(user, "INBOX", NEW_MESSAGE)?;
    client.wait_for("EXISTS").await?;
    client.done().await?;
    Ok(())
}

async fn connect_to_send(demo: &Demo) -> anyhow::Result<Sender> {
    let (user, password) = USERS[0];
    let stream = connect_to(demo, Place::Smtps).await?;
    let mut client = Sender::greeted(stream, STEP_TIME).await?.0;
    client.ehlo().await?;
    client.auth_plain("", user, password).await?;
    Ok(client)
}

async fn send(client: &mut Sender) -> anyhow::Result<()> {
    let [from, to] = USERS.map(|(name, _)| format!("{name}@{DOMAIN}"));
    let message =
        format!("From: <{from}>\r\nTo: <{to}>\r\nSubject: {SUBJECT}\r\n\r\nSent through Gatepost.\r\n");
    client.send_mail(&from, &[&to], message.as_bytes()).await?;
    client.command("QUIT").await?;
    Ok(())
}

async fn arrived(demo: &Demo) -> anyhow::Result<()> {
    let (user, password) = USERS[1];
    let mut client = connect(demo).await?;
    client.authenticate_plain("", user, password).await?;
    client.command("SELECT INBOX").await?;
    let count = found(&mut client).await?;
    ensure!(count == 1, "the message is {count} times in the inbox of {user}");
    Ok(())
}

/// The copy is filed once the client had time to file one of its own: so the mailbox is looked at until it is there.
async fn copied(client: &mut TlsClient) -> anyhow::Result<()> {
    client.command("SELECT \"Sent Messages\"").await?;
    while found(client).await? == 0 {
        sleep(LOOK_AGAIN).await;
    }
    let count = found(client).await?;
    ensure!(count == 1, "there are {count} copies");
    Ok(())
}

/// How many messages of the selected mailbox are the one that was sent.
async fn found(client: &mut TlsClient) -> anyhow::Result<usize> {
    let reply = client.command(&format!("SEARCH SUBJECT \"{SUBJECT}\"")).await?;
    let line = reply.with("SEARCH").next().context("SEARCH has no answer")?;
    Ok(line.text().split_whitespace().skip(2).count())
}

async fn refused(demo: &Demo, user: &str) -> anyhow::Result<()> {
    let mut client = connect(demo).await?;
    let message = format!("\0{user}\0not the password");
    let mut command = b"AUTHENTICATE PLAIN ".to_vec();
    gatepost_wire::base64::encode(message.as_bytes(), &mut command);
    let reply = client.ask_parts(&[&command]).await?;
    ensure!(
        reply.tagged.contains("NO [AUTHENTICATIONFAILED]"),
        "a wrong password was answered: {:?}",
        reply.tagged
    );
    Ok(())
}
