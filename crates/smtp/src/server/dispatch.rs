//! What each command comes to before the login.

use bytes::BytesMut;
use gatepost_wire::Input;

use super::core::{Core, Flow, Hello};
use super::states::{Closed, Sasl, SaslInput, StartTls};
use super::{NeedInput, Step, Transport};
use crate::Reply;
use crate::chunk::Chunk;
use crate::command::{Command, Initial};

pub(super) const NOT_BASE64: &str = "response is not base64";

pub(super) fn dispatch(core: Core, command: &Command<'_>, input: &Input, out: &mut BytesMut) -> Flow {
    match command {
        Command::Ehlo(name) => hello(core, name.as_str(), true, out),
        Command::Helo(name) => hello(core, name.as_str(), false, out),
        Command::StartTls => start_tls(core, input, out),
        Command::Auth { mechanism, initial } => auth(core, mechanism.as_str(), initial.as_ref(), out),
        Command::Bdat { size, .. } => Flow::Break(Step::NeedInput(NeedInput::chunk(core, Chunk::new(*size)))),
        Command::Rset => core.answer(&Reply::new(250, "2.0.0", "reset"), out),
        Command::Noop(_) => core.answer(&Reply::new(250, "2.0.0", "OK"), out),
        Command::Help(_) => core.answer(&Reply::new(214, "2.0.0", "see RFC 5321 and RFC 6409"), out),
        Command::Quit => {
            Reply::new(221, "2.0.0", "closing").encode(out);
            Flow::Break(Step::Closed(Closed::new()))
        }
        Command::Mail { .. } | Command::Rcpt { .. } | Command::Data | Command::Vrfy(_) | Command::Expn(_) => {
            let reply = login_required(core.transport);
            core.bad(&reply, out)
        }
        Command::Xclient(_) | Command::Xforward(_) => core.bad(&Reply::new(550, "5.7.0", "not allowed"), out),
        Command::Lhlo(_) | Command::Other(_) => core.bad(&Reply::new(500, "5.5.1", "unknown command"), out),
    }
}

fn login_required(transport: Transport) -> Reply {
    let text = match transport {
        Transport::Plain => "must issue a STARTTLS command first",
        Transport::Tls => "authentication required",
    };
    Reply::new(530, "5.7.0", text)
}

fn hello(core: Core, name: &str, extended: bool, out: &mut BytesMut) -> Flow {
    let name = name.to_owned();
    Flow::Continue(core.hello(Hello { name, extended }, out))
}

/// Octets behind STARTTLS in the same read would be taken for what came inside TLS (CVE-2021-33515).
fn start_tls(core: Core, input: &Input, out: &mut BytesMut) -> Flow {
    if core.transport == Transport::Tls {
        return core.bad(&Reply::new(503, "5.5.1", "TLS is active already"), out);
    }
    if !input.is_empty() {
        Reply::new(501, "5.5.4", "octets behind STARTTLS").encode(out);
        return Flow::Break(Step::Closed(Closed::new()));
    }
    Reply::new(220, "2.0.0", "ready to start TLS").encode(out);
    Flow::Break(Step::StartTls(StartTls::new(core)))
}

fn auth(core: Core, name: &str, initial: Option<&Initial<'_>>, out: &mut BytesMut) -> Flow {
    if core.transport == Transport::Plain {
        return core.bad(&login_required(Transport::Plain), out);
    }
    if core.hello.is_none() {
        return core.bad(&Reply::new(503, "5.5.1", "EHLO first"), out);
    }
    let Some(mechanism) = core.mechanism(name) else {
        return core.answer(&Reply::new(504, "5.5.4", "mechanism is not offered"), out);
    };
    let Ok(initial) = initial.map(Initial::decode).transpose() else {
        return core.bad(&Reply::new(501, "5.5.2", NOT_BASE64), out);
    };
    let start = SaslInput::Start { mechanism, initial };
    Flow::Break(Step::Sasl(Sasl::new(core, start)))
}
