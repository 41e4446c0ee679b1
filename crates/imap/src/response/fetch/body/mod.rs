//! What a message is made of.

mod fields;
mod read;
mod walk;
mod write;

pub use self::fields::{
    Body, BodyFields, Disposition, Encoding, Media, MediaType, MessageType, OtherEncoding, Parameter,
};
pub use self::walk::{BodyPart, Numbered};

pub(super) use self::write::{Extensions, write_body};

use crate::types::Invalid;

/// What a message is made of: BODY and BODYSTRUCTURE.
///
/// ```abnf
/// body = "(" (body-type-1part / body-type-mpart) ")"        ; RFC 9051 section 9
/// ```
/// All bodies stand in a row, each before those in it. However deep they nest, nothing here recurses.
///
/// ```
/// use gatepost_imap::response::fetch::{Body, BodyFields, BodyStructure, Media};
/// use gatepost_imap::types::Text;
///
/// let text = |subtype: &'static str| {
///     let subtype = Text::try_from(subtype).unwrap();
///     let body = Body::new(Media::Text { subtype, lines: 3, fields: BodyFields::default() });
///     BodyStructure::new(body, []).unwrap()
/// };
/// let subtype = Text::try_from("ALTERNATIVE").unwrap();
/// let multipart = Body::new(Media::Multipart { subtype });
/// let message = BodyStructure::new(multipart, [text("PLAIN"), text("HTML")]).unwrap();
///
/// assert!(message.part("2").unwrap().is("text", "html"));
/// assert_eq!(message.root().parts().count(), 2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyStructure {
    /// In preorder, never empty.
    nodes: Vec<Node>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Node {
    body: Body,
    /// How many nodes this one and those in it are.
    size: usize,
}

impl BodyStructure {
    /// The deepest nesting, the outermost body being 1.
    pub const DEEPEST: u8 = u8::MAX;

    /// A body and those in it.
    ///
    /// # Errors
    /// If there are none in a multipart, not one in a message, or some in another body; or if they nest deeper than
    /// [`Self::DEEPEST`].
    pub fn new(body: Body, parts: impl IntoIterator<Item = Self>) -> Result<Self, Invalid> {
        let mut nodes = vec![Node { body, size: 1 }];
        let mut count = 0;
        for part in parts {
            nodes.extend(part.nodes);
            count += 1;
        }
        let size = nodes.len();
        let first = nodes.first_mut();
        let fits = first.is_some_and(|node| {
            node.size = size;
            match node.body.media {
                Media::Multipart { .. } => count > 0,
                Media::Message { .. } => count == 1,
                Media::Text { .. } | Media::Other { .. } => count == 0,
            }
        });
        let structure = Self { nodes };
        match fits && structure.depth() <= usize::from(Self::DEEPEST) {
            true => Ok(structure),
            false => Err(Invalid {
                what: "body structure",
            }),
        }
    }

    /// How deep bodies nest; 1 if there is but one.
    fn depth(&self) -> usize {
        let mut ends: Vec<usize> = Vec::new();
        let mut deepest = 0;
        for (index, node) in self.nodes.iter().enumerate() {
            while ends.last().is_some_and(|&end| end <= index) {
                ends.pop();
            }
            ends.push(index + node.size);
            deepest = deepest.max(ends.len());
        }
        deepest
    }
}
