//! What the mail server sends.

mod body;
mod head;
mod list;

use self::body::{Body, Next};
use self::head::{Head, Kind};
use self::list::{End, List};
use super::line::line_end;
use super::partial::Partial;
use super::watch::Watch;
use super::{EmptyLiteral, Rules, Sink};
use crate::Error;

/// What a response means to the client's direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Nothing.
    None,
    /// A continuation request.
    Continuation,
    /// A command is over.
    Answer,
}

/// The direction from the mail server to the client.
#[derive(Debug)]
pub(super) struct Responses {
    place: Place,
    meaning: Meaning,
    partial: Partial,
}

/// Where in a response the next octets are.
#[derive(Debug)]
enum Place {
    /// Before it. What there is of its head has not been passed on.
    Head,
    /// In text, up to the CRLF, of which the CR may have been the last octet.
    Text {
        cr: bool,
    },
    List(List),
    Body(Body),
    /// In a literal, with so many octets to come, behind that line.
    Literal(u64, Body),
}

/// How far a step came.
struct Taken {
    octets: usize,
    /// Where the octets behind them are.
    next: Option<Place>,
}

impl Responses {
    pub(super) fn new() -> Self {
        Self {
            place: Place::Head,
            meaning: Meaning::None,
            partial: Partial::default(),
        }
    }

    #[cfg(test)]
    pub(super) fn buffered(&self) -> usize {
        let list = match &self.place {
            Place::List(list) => list.buffered(),
            _ => 0,
        };
        self.partial.capacity() + list
    }

    /// Whether the client has seen nothing but whole responses.
    pub(super) fn at_boundary(&self) -> bool {
        matches!(self.place, Place::Head)
    }

    /// Takes octets to the end of a response, and says what it meant. `None`: there are no more octets.
    pub(super) fn next(
        &mut self,
        octets: &mut &[u8],
        rules: &Rules,
        watch: &mut Watch,
        sink: &mut impl Sink,
    ) -> Result<Option<Meaning>, Error> {
        while !octets.is_empty() {
            let taken = self.step(octets, rules, watch, sink)?;
            *octets = octets.get(taken.octets..).unwrap_or_default();
            if let Some(place) = taken.next {
                self.place = place;
                if self.at_boundary() {
                    return Ok(Some(self.meaning));
                }
            }
        }
        Ok(None)
    }

    fn step(
        &mut self,
        octets: &[u8],
        rules: &Rules,
        watch: &mut Watch,
        sink: &mut impl Sink,
    ) -> Result<Taken, Error> {
        Ok(match &mut self.place {
            Place::Head => self.head(octets, rules, watch, sink),
            Place::Text { cr } => text(cr, octets, sink),
            Place::List(list) => {
                let end = list.take(octets, rules, sink);
                Taken {
                    octets: end.map_or(octets.len(), |(taken, _)| taken),
                    next: end.map(|(_, end)| match end {
                        End::Line => Place::Head,
                        End::Code => Place::Text { cr: false },
                    }),
                }
            }
            Place::Body(body) => {
                let (taken, next) = body.take(octets, sink)?;
                Taken {
                    octets: taken,
                    next: behind_line(*body, next),
                }
            }
            Place::Literal(left, body) => literal(*left, *body, octets, sink),
        })
    }

    fn head(&mut self, octets: &[u8], rules: &Rules, watch: &mut Watch, sink: &mut impl Sink) -> Taken {
        let mut partial = std::mem::take(&mut self.partial);
        let known = partial.len();
        let joined = partial.join(octets, head::CAP);
        let Some(head) = Head::parse(joined) else {
            let taken = partial.keep(known, octets, head::CAP);
            self.partial = partial;
            return Taken {
                octets: taken,
                next: None,
            };
        };
        self.meaning = meaning(&head);
        let passed = joined.get(..head.length).unwrap_or_default();
        if !passed.is_empty() {
            sink.to_client(passed);
        }
        if let Some((tag, status)) = head.answer(joined) {
            watch.answered(tag, status, sink);
        }
        Taken {
            octets: head.length.saturating_sub(known),
            next: Some(behind_head(head.kind, passed, rules)),
        }
    }
}

fn meaning(head: &Head<'_>) -> Meaning {
    match (head.kind, head.first) {
        (Kind::Text, first) if first.starts_with(b"+") => Meaning::Continuation,
        (Kind::Text | Kind::CapabilityCode, first) if first != b"*" => Meaning::Answer,
        _ => Meaning::None,
    }
}

fn behind_head(kind: Kind, head: &[u8], rules: &Rules) -> Place {
    let body = |empty_literal| {
        let mut body = Body::new(empty_literal);
        body.begin(head);
        Place::Body(body)
    };
    match kind {
        Kind::Text => Place::Text { cr: false },
        Kind::Capabilities => Place::List(List::new(End::Line)),
        Kind::CapabilityCode => Place::List(List::new(End::Code)),
        Kind::Fetch => body(rules.empty_literal()),
        Kind::Other => body(EmptyLiteral::Keep),
    }
}

fn behind_line(body: Body, next: Next) -> Option<Place> {
    match next {
        Next::More => None,
        Next::Literal(0) => Some(Place::Body(body.following())),
        Next::Literal(octets) => Some(Place::Literal(octets, body)),
        Next::Response => Some(Place::Head),
    }
}

/// Text ends at the CRLF, whatever is in it.
fn text(cr: &mut bool, octets: &[u8], sink: &mut impl Sink) -> Taken {
    let end = line_end(octets, *cr);
    let (text, _) = end
        .and_then(|lf| octets.split_at_checked(lf + 1))
        .unwrap_or((octets, b""));
    sink.to_client(text);
    *cr = text.last() == Some(&b'\r');
    Taken {
        octets: text.len(),
        next: end.map(|_| Place::Head),
    }
}

fn literal(left: u64, body: Body, octets: &[u8], sink: &mut impl Sink) -> Taken {
    let count = usize::try_from(left).unwrap_or(usize::MAX).min(octets.len());
    sink.to_client(octets.get(..count).unwrap_or_default());
    let next = match left.saturating_sub(count as u64) {
        0 => Place::Body(body.following()),
        left => Place::Literal(left, body),
    };
    Taken {
        octets: count,
        next: Some(next),
    }
}
