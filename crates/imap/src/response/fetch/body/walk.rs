//! Ways through a body structure.

use std::num::NonZeroU32;
use std::ops::Deref;

use super::{Body, BodyStructure, Media, Node};
use crate::types::{Part, Text};

/// One body of a [`BodyStructure`], and those in it. It can be used like a [`Body`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyPart<'a> {
    body: &'a Body,
    /// All that are in it.
    within: &'a [Node],
}

impl<'a> BodyPart<'a> {
    /// The first of `nodes`, and what is behind it and those in it.
    fn first(nodes: &'a [Node]) -> Option<(Self, &'a [Node])> {
        let (first, behind) = nodes.split_first()?;
        let (within, rest) = behind.split_at_checked(first.size.checked_sub(1)?)?;
        let body = &first.body;
        Some((Self { body, within }, rest))
    }

    /// What is told of it.
    pub const fn body(self) -> &'a Body {
        self.body
    }

    /// The parts of a multipart, the body of a message, in order.
    pub fn parts(self) -> impl Iterator<Item = Self> {
        let mut rest = self.within;
        std::iter::from_fn(move || {
            let (part, behind) = Self::first(rest)?;
            rest = behind;
            Some(part)
        })
    }

    /// The part of this number, in a message of which this is the body: the body itself is its first part if it is
    /// none with parts (RFC 9051 section 6.4.5).
    fn part_of_message(self, number: u32) -> Option<Self> {
        match self.is_multipart() {
            true => self.nth(number),
            false => (number == 1).then_some(self),
        }
    }

    /// The part of this number, counted from 1.
    fn nth(self, number: u32) -> Option<Self> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        self.parts().nth(index)
    }
}

impl Deref for BodyPart<'_> {
    type Target = Body;

    fn deref(&self) -> &Body {
        self.body
    }
}

impl BodyStructure {
    /// The body of the message.
    pub fn root(&self) -> BodyPart<'_> {
        /// Stands in for the first of no nodes, which does not happen: there is always one.
        static NONE: Body = Body::new(Media::Multipart { subtype: Text::EMPTY });
        let none = BodyPart {
            body: &NONE,
            within: &[],
        };
        BodyPart::first(&self.nodes).map_or(none, |(root, _)| root)
    }

    /// All bodies in order, each before those in it.
    pub fn iter(&self) -> impl Iterator<Item = &Body> {
        self.nodes.iter().map(|node| &node.body)
    }

    /// The body of a section such as `1.2`, if there is one.
    pub fn part(&self, section: &str) -> Option<BodyPart<'_>> {
        self.at(&Part::new(section.to_owned()).ok()?)
    }

    /// The body of this part, if there is one.
    pub fn at(&self, part: &Part) -> Option<BodyPart<'_>> {
        let mut numbers = part.numbers();
        let Some(first) = numbers.next() else {
            return Some(self.root());
        };
        let start = self.root().part_of_message(first)?;
        numbers.try_fold(start, |body, number| match &body.media {
            Media::Multipart { .. } => body.nth(number),
            Media::Message { .. } => body.parts().next()?.part_of_message(number),
            Media::Text { .. } | Media::Other { .. } => None,
        })
    }

    /// All bodies that have a number, with it, in order. A multipart that is the body of a message has none.
    pub fn numbered(&self) -> Numbered<'_> {
        Numbered {
            nodes: &self.nodes,
            index: 0,
            path: Vec::new(),
            open: Vec::new(),
        }
    }
}

/// See [`BodyStructure::numbered`].
#[derive(Debug, Clone)]
pub struct Numbered<'a> {
    nodes: &'a [Node],
    index: usize,
    /// The number of the body that was given last.
    path: Vec<NonZeroU32>,
    open: Vec<Open>,
}

/// A body with others in it.
#[derive(Debug, Clone)]
struct Open {
    /// Where those end.
    end: usize,
    /// How much of the path they have in common.
    prefix: usize,
    /// The number of the next of them.
    next: NonZeroU32,
    /// Whether it is a multipart.
    is_multipart: bool,
}

impl Numbered<'_> {
    /// Puts the number of `node` into the path; says whether it has one.
    fn number(&mut self, node: &Node) -> bool {
        let index = self.index;
        while self.open.last().is_some_and(|open| open.end <= index) {
            self.open.pop();
        }
        let parent = self.open.last_mut();
        self.path.truncate(parent.as_ref().map_or(0, |open| open.prefix));
        let number = match parent {
            Some(open) if open.is_multipart => {
                let number = open.next;
                open.next = number.saturating_add(1);
                Some(number)
            }
            _ if node.body.is_multipart() => None,
            _ => Some(NonZeroU32::MIN),
        };
        self.path.extend(number);
        if node.size > 1 {
            self.open.push(Open {
                end: index + node.size,
                prefix: self.path.len(),
                next: NonZeroU32::MIN,
                is_multipart: node.body.is_multipart(),
            });
        }
        number.is_some()
    }
}

impl<'a> Iterator for Numbered<'a> {
    type Item = (Part, BodyPart<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let nodes = self.nodes.get(self.index..)?;
            let (part, _) = BodyPart::first(nodes)?;
            let has_number = self.number(nodes.first()?);
            self.index += 1;
            if has_number {
                return Some((self.path.iter().copied().collect(), part));
            }
        }
    }
}
