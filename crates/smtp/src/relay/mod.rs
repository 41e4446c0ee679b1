//! The coupling of a logged-in client's transactions to the mail server's, as a machine without I/O.
//!
//! Commands are driven, not copied: each is understood, answered by us or asked of the server in our words, and
//! every answer reaches the client in the order of its commands. [`Relay::process`] takes what either side sent and
//! gives the next [`Step`]:
//!
//! ```text
//!  Relay <--------------------------- refuse --------------------------+
//!    |  ^                                                               |
//!    |  |            DATA, and the server took a recipient              |
//!    +--|-----------------------------------------------------------> Data
//!    |  |                                                               |
//!    |  +--------------------------- proceed ---------------------------+
//!    |  |
//!    |  |   354                                    CRLF.CRLF
//!    +--|---------> Message --------------------------------------> Whole
//!    |  |              | fault, fail                            |  |
//!    |  |              v                          abandon        |  |
//!    |  +---------- Swallow                 (no end was sent)    |  |
//!    |  +--------------------------------------------------------+  |
//!    |  +-------------------------- commit -------------------------+
//!    |  |
//!    |  |   the server's verdict, or its loss
//!    +--|---------> Answered
//!    |  +---- answer --+
//!    |
//!    |  QUIT, a line that cannot be one, too many bad commands
//!    +------------> Closed
//! ```
//!
//! | the client sends | what becomes of it |
//! |---|---|
//! | MAIL, RCPT | the [`Policy`] is asked, then the server, without waiting for earlier answers if it has PIPELINING |
//! | a parameter of theirs that the server does not offer | 451 if we did ([`Config::extensions`]), else 555 |
//! | SIZE=, BODY=7BIT; AUTH= | passed on where it is offered, SIZE= with [`ADDED_OCTETS`] more; never |
//! | DATA | waits for the answers; then [`Step::Data`], or 503, 554 |
//! | the message | streams through: [`Message`] |
//! | RSET, EHLO, HELO | answered by us; RSET goes up if a transaction is open there |
//! | NOOP, VRFY, EXPN, HELP, QUIT | answered by us |
//! | AUTH, STARTTLS | 503 |
//! | XCLIENT, XFORWARD | 550 |
//! | BDAT | 502 behind its octets, which are dropped; the transaction is over |
//! | a bare CR, bare LF or NUL, a line that is too long, a BDAT whose size is unclear | 5xx, and the end |
//!
//! | the server says | the client hears |
//! |---|---|
//! | 4xx, 5xx | the same, cleaned |
//! | 421 | 451 4.3.2, and the server is lost |
//! | 3xx or 2xx where it makes no sense; that we are not logged in, or have no turn | 451 4.3.0, and the server is lost |
//! | something that nobody asked for, or that is no reply | nothing, and the server is lost |
//!
//! A server that is lost, by [`Relay::server_lost`] or because of what it said ([`Relay::has_server`]), is not
//! written to again: close its connection. Whatever waits for it is answered 451 4.3.0. The next MAIL waits for
//! another: [`Relay::needs_server`].
//!
//! What a client is refused is told to the caller as well: [`Policy::refused`].
//!
//! **Nothing is sent that was not whole.** The end of data goes to the server in [`Whole::commit`] and nowhere else.
//! Whoever drops a [`Message`], a [`Whole`] or a [`Swallow`], or loses the client in the middle of them, closes the
//! server's connection, which makes nothing of what it has.
//!
//! **DATA that is refused.** What a client sends behind DATA is the message if it hears 354, and commands if not
//! (RFC 5321 section 4.1.1.4). DATA is the last command of a pipelined group (RFC 2920 section 3.1), so a client that
//! has sent more before it heard either has not waited, and what it sent may be a message. It is taken as the message
//! behind 354. If DATA is refused, none of it is run: the connection is closed, 421. What arrives later is read as
//! commands, but if the first line behind a refused DATA is none, then it is taken for a message, and the
//! connection is closed as well.
//!
//! ```
//! use std::sync::Arc;
//!
//! use bytes::BytesMut;
//! use gatepost_smtp::relay::{Config, Policy, Relay, Step, Wires};
//! use gatepost_smtp::{Extensions, ForwardPath, Limits, Parameters, Reply, ReversePath, server};
//! use gatepost_wire::Input;
//!
//! struct OwnAddress;
//!
//! impl Policy for OwnAddress {
//!     fn mail(&mut self, from: &ReversePath<'_>, _: &Parameters<'_>) -> Result<(), Reply> {
//!         match from.to_string().as_str() {
//!             "<alice@example.com>" => Ok(()),
//!             _ => Err(Reply::new(553, "5.7.1", "not your address")),
//!         }
//!     }
//!     fn recipient(&mut self, _: &ForwardPath<'_>) -> Result<(), Reply> {
//!         Ok(())
//!     }
//! }
//!
//! # fn logged_in() -> server::Authenticated {
//! #     let (mut input, mut out) = (Input::new(1000), BytesMut::new());
//! #     let config = server::Config {
//! #         name: String::new(),
//! #         greeting: String::new(),
//! #         extensions: Extensions::new(),
//! #         mechanisms: vec!["PLAIN".to_owned()],
//! #         limits: Limits::BEFORE_LOGIN,
//! #     };
//! #     input.feed(b"EHLO phone\r\nAUTH PLAIN =\r\n").unwrap();
//! #     let state = server::greet(Arc::new(config), server::Transport::Tls, &mut out);
//! #     let Ok(server::Step::Sasl(sasl)) = state.process(&mut input, &mut out) else { panic!() };
//! #     sasl.accept(&mut out)
//! # }
//! let config = Config {
//!     name: "gate.example.com".to_owned(),
//!     extensions: Extensions::new().with("PIPELINING", ""),
//!     max_message_size: 50 << 20,
//!     limits: Limits::AFTER_LOGIN,
//! };
//! let upstream = Extensions::new().with("PIPELINING", "");
//! let relay = Relay::new(&logged_in(), upstream, Arc::new(config));
//!
//! let (mut client, mut server) = (Input::new(16_384), Input::new(16_384));
//! let (mut to_client, mut to_server) = (BytesMut::new(), BytesMut::new());
//! client.feed(b"MAIL FROM:<bob@example.com>\r\nMAIL FROM:<alice@example.com>\r\n").unwrap();
//! let mut wires = Wires {
//!     client: &mut client,
//!     server: &mut server,
//!     to_client: &mut to_client,
//!     to_server: &mut to_server,
//! };
//! let Step::NeedInput(relay) = relay.process(&mut wires, &mut OwnAddress) else { panic!() };
//! assert_eq!(to_client, "553 5.7.1 not your address\r\n");
//! assert_eq!(to_server, "MAIL FROM:<alice@example.com>\r\n");
//! assert!(relay.wants_client() && relay.is_asking());
//! ```

mod answered;
mod commands;
mod config;
mod data;
mod held;
mod message;
mod owed;
mod parameters;
mod replies;
mod swallow;
mod transaction;
mod upstream;

use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::BytesMut;
use gatepost_wire::Input;

pub use self::answered::{Answered, Verdict};
pub use self::config::{Config, Policy};
pub use self::data::{ADDED_OCTETS, Data, Insertions};
pub use self::message::{Committed, Message, MessageStep, Whole};
pub use self::swallow::{Swallow, SwallowStep};
pub use self::upstream::Loss;

use self::held::Held;
use self::owed::{Owed, Verb};
use self::transaction::{Id, Transaction};
use self::upstream::Upstream;
use crate::chunk::Chunk;
use crate::server::Bye;
use crate::{Error, Extensions, Reply, client, server};

/// What both sides sent and what goes to them. Whatever is in the outputs has to be sent.
#[derive(Debug)]
pub struct Wires<'a> {
    /// What the client sent.
    pub client: &'a mut Input,
    /// What the mail server sent. It is cleared while there is none.
    pub server: &'a mut Input,
    /// What goes to the client.
    pub to_client: &'a mut BytesMut,
    /// What goes to the mail server.
    pub to_server: &'a mut BytesMut,
}

/// What comes next.
#[derive(Debug)]
pub enum Step {
    /// Send both outputs, read what [`Relay::wants_client`] and [`Relay::has_server`] say, and call
    /// [`Relay::process`]. If [`Relay::needs_server`], get one first.
    NeedInput(Relay),
    /// The client wants to send a message: proceed or refuse.
    Data(Data),
    /// The server waits for the message, and so does the client for us.
    Message(Message),
    /// The server judged the message that was committed.
    Answered(Answered),
    /// Send both outputs and close both connections.
    Closed(Closed),
}

/// Either the relay goes on, or the caller has to do something.
type Flow = ControlFlow<Step, Relay>;

/// The relay of one client, between messages.
#[derive(Debug)]
pub struct Relay {
    config: Arc<Config>,
    /// What the client called itself last.
    helo: String,
    extended: bool,
    upstream: Option<Upstream>,
    loss: Option<Loss>,
    owed: Owed,
    transaction: Transaction,
    held: Option<Held>,
    stage: Stage,
    counters: Counters,
}

/// What the relay is about.
#[derive(Debug)]
enum Stage {
    /// The client's commands.
    Commands,
    /// The octets of a BDAT, which is refused behind them.
    Chunk(Chunk),
    /// DATA was sent to the server. The flag says whether the client did not wait.
    Asked(Box<Insertions>, Early),
    /// The end of data was sent to the server.
    Committed,
    /// The server is gone, and nobody knows what became of the message.
    Doubt,
    /// The connection is closed behind the last answer.
    Closing(Option<Error>),
}

/// Whether a client sent more behind DATA before it was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Early {
    Yes,
    No,
}

impl Early {
    fn of(client: &Input) -> Self {
        if client.is_empty() { Self::No } else { Self::Yes }
    }

    fn or(self, other: Self) -> Self {
        if self == Self::Yes { self } else { other }
    }
}

/// What is counted against the client.
#[derive(Debug, Default)]
struct Counters {
    bad: u32,
    /// Commands that are no part of a transaction, since the last MAIL that the server was asked about.
    idle: u32,
    /// Whether DATA was just refused, so that what comes next may be a message.
    refused_data: bool,
    transactions: u32,
    /// The last transaction whose MAIL the server refused.
    refused: Option<Id>,
}

impl Relay {
    /// Between two sessions that are logged in.
    pub fn between(
        client: &server::Authenticated,
        upstream: &client::Authenticated,
        config: Arc<Config>,
    ) -> Self {
        Self::new(client, upstream.extensions().clone(), config)
    }

    /// Between a client that is logged in and a mail server that offers `upstream` and is ready for MAIL.
    pub fn new(client: &server::Authenticated, upstream: Extensions, config: Arc<Config>) -> Self {
        let mut relay = Self::without_server(client, config);
        relay.server_replaced(upstream);
        relay
    }

    /// For a client that is logged in. Its first MAIL waits for a mail server ([`Relay::needs_server`]).
    pub fn without_server(client: &server::Authenticated, config: Arc<Config>) -> Self {
        Self {
            config,
            helo: client.helo().to_owned(),
            extended: client.is_extended(),
            upstream: None,
            loss: None,
            owed: Owed::default(),
            transaction: Transaction::None,
            held: None,
            stage: Stage::Commands,
            counters: Counters::default(),
        }
    }

    /// Takes what there is of either side, until the caller has to do something.
    pub fn process(self, wires: &mut Wires<'_>, policy: &mut impl Policy) -> Step {
        let mut relay = self;
        loop {
            let flow = match relay.listen(wires) {
                ControlFlow::Continue(mut relay) => {
                    for (command, reply) in relay.owed.refusals() {
                        policy.refused(command, &reply);
                    }
                    relay.serve(wires, policy)
                }
                step => step,
            };
            match flow {
                ControlFlow::Continue(next) => relay = next,
                ControlFlow::Break(step) => return step,
            }
        }
    }

    /// Whether more octets of the client, or that it has gone, can be of use. If not, do not read: it has to wait.
    pub fn wants_client(&self) -> bool {
        let open = match &self.stage {
            Stage::Commands | Stage::Chunk(_) => true,
            // That it did not wait is worth knowing, and enough.
            Stage::Asked(_, early) => *early == Early::No,
            Stage::Committed | Stage::Doubt | Stage::Closing(_) => false,
        };
        let held = !matches!(self.held, None | Some(Held::Data(Early::No)));
        open && !held && !self.owed.is_full()
    }

    /// Whether there is no transaction, and nothing waits for an answer.
    pub fn is_idle(&self) -> bool {
        matches!(self.stage, Stage::Commands)
            && matches!(self.transaction, Transaction::None | Transaction::Broken)
            && self.held.is_none()
            && self.owed.is_empty()
    }

    /// Whether the server owes an answer.
    pub fn is_asking(&self) -> bool {
        self.owed.is_asking() || matches!(self.stage, Stage::Asked(..) | Stage::Committed)
    }

    /// What the client called itself last with EHLO or HELO. It proves nothing.
    pub fn helo(&self) -> &str {
        &self.helo
    }

    /// Whether the client said EHLO last, not HELO.
    pub fn is_extended(&self) -> bool {
        self.extended
    }

    /// Whether there is a mail server. If not, close its connection if there is one: it was lost, and
    /// [`Relay::loss`] says why.
    pub fn has_server(&self) -> bool {
        self.upstream.is_some()
    }

    /// Why the last mail server was lost.
    pub fn loss(&self) -> Option<&Loss> {
        self.loss.as_ref()
    }

    /// Whether a MAIL that the policy let pass waits for a mail server, and there is none: call
    /// [`Relay::server_replaced`] or [`Relay::refuse_mail`], then [`Relay::process`].
    pub fn needs_server(&self) -> bool {
        self.upstream.is_none() && matches!(self.held, Some(Held::Mail(_)))
    }

    /// Whether the end of a message was sent to the server, which did not answer yet. The message may have been
    /// sent, so wait for [`Step::Answered`] even if the client is gone.
    pub fn in_doubt(&self) -> bool {
        matches!(self.stage, Stage::Committed | Stage::Doubt)
    }

    /// The server's connection is gone; what it sent before is to be given to [`Relay::process`] first. Whatever waits for it is answered 451, but for a message that was committed:
    /// [`Relay::process`] gives it as [`Step::Answered`] with [`Verdict::Doubt`]. The open transaction is over.
    #[must_use]
    pub fn server_lost(mut self, to_client: &mut BytesMut) -> Self {
        if self.upstream.is_some() {
            self.lose(Loss::Gone, to_client);
        }
        self
    }

    /// There is another mail server, which offers `upstream` and is ready for MAIL. Give [`Relay::process`] an input
    /// that holds nothing of the last one.
    pub fn server_replaced(&mut self, upstream: Extensions) {
        if self.upstream.is_none() {
            self.upstream = Some(Upstream::new(upstream, self.config.limits));
            self.loss = None;
        }
    }

    /// There is no other mail server: the MAIL that waits for one is answered `reply`.
    pub fn refuse_mail(&mut self, reply: Reply, to_client: &mut BytesMut) {
        if self.needs_server() {
            self.held = None;
            self.transaction = Transaction::None;
            self.owed.ours(Verb::Mail, reply, to_client);
        }
    }

    /// Ends the relay from our side: `421`, which stands for all answers that are due.
    pub fn close(self, reason: Bye, to_client: &mut BytesMut) -> Closed {
        reason.encode(to_client);
        Closed { why: None }
    }
}

/// The relay is over.
#[derive(Debug)]
pub struct Closed {
    why: Option<Error>,
}

impl Closed {
    /// What the client did that it is closed for; `None` if it said QUIT, or we do not want any more.
    pub fn why(&self) -> Option<&Error> {
        self.why.as_ref()
    }
}
