//! What a quota limits (RFC 9208).

use std::fmt;

use super::Atom;
use crate::parse::{Cursor, Parsing};
use crate::write::{Write, Writer};

/// Something of which a quota root may have only so much.
///
/// ```abnf
/// resource-name = "STORAGE" / "MESSAGE" / "MAILBOX" / "ANNOTATION-STORAGE" / resource-name-ext   ; RFC 9208 section 7
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resource {
    /// The sizes of all messages, in units of 1,024 octets.
    Storage,
    /// The number of messages.
    Message,
    /// The number of mailboxes.
    Mailbox,
    /// The sizes of all annotations, in units of 1,024 octets.
    AnnotationStorage,
    /// Any other.
    Other(OtherResource),
}

/// The name of a [`Resource::Other`]: none of those that are resources of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherResource(Atom);

impl OtherResource {
    /// The name.
    pub const fn name(&self) -> &Atom {
        &self.0
    }
}

const RESOURCES: [(&str, Resource); 4] = [
    ("STORAGE", Resource::Storage),
    ("MESSAGE", Resource::Message),
    ("MAILBOX", Resource::Mailbox),
    ("ANNOTATION-STORAGE", Resource::AnnotationStorage),
];

impl Resource {
    /// The resource that is called `name`, in upper or lower case.
    pub fn new(name: Atom) -> Self {
        let mut known = RESOURCES.iter().filter(|(known, _)| name.is(known));
        let known = known.next().map(|(_, resource)| resource.clone());
        known.unwrap_or(Self::Other(OtherResource(name)))
    }

    /// The name on the wire.
    pub fn name(&self) -> &str {
        match self {
            Self::Storage => "STORAGE",
            Self::Message => "MESSAGE",
            Self::Mailbox => "MAILBOX",
            Self::AnnotationStorage => "ANNOTATION-STORAGE",
            Self::Other(other) => other.0.as_str(),
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How much of a resource there may be, as SETQUOTA says it.
///
/// ```abnf
/// setquota-resource = resource-name SP resource-limit        ; RFC 9208 section 7
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceLimit {
    /// What is limited.
    pub resource: Resource,
    /// The most that there may be.
    pub limit: u64,
}

/// How much of a resource there is, and may be.
///
/// ```abnf
/// quota-resource = resource-name SP resource-usage SP resource-limit        ; RFC 9208 section 7
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceUsage {
    /// What is limited.
    pub resource: Resource,
    /// How much there is.
    pub usage: u64,
    /// The most that there may be.
    pub limit: u64,
}

impl Cursor<'_> {
    /// `resource-name`
    pub(crate) fn resource(&mut self) -> Parsing<Resource> {
        self.atom("a resource").map(Resource::new)
    }

    /// `setquota-resource`
    pub(crate) fn resource_limit(&mut self) -> Parsing<ResourceLimit> {
        let resource = self.resource()?;
        self.space()?;
        let limit = self.number64()?;
        Ok(ResourceLimit { resource, limit })
    }

    /// `quota-resource`
    pub(crate) fn resource_usage(&mut self) -> Parsing<ResourceUsage> {
        let resource = self.resource()?;
        self.space()?;
        let usage = self.number64()?;
        self.space()?;
        let limit = self.number64()?;
        Ok(ResourceUsage {
            resource,
            usage,
            limit,
        })
    }
}

impl Write for Resource {
    fn write(&self, out: &mut Writer<'_>) {
        out.put(self.name().as_bytes());
    }
}

impl Write for ResourceLimit {
    fn write(&self, out: &mut Writer<'_>) {
        self.resource.write(out);
        out.put(b" ");
        out.number(self.limit);
    }
}

impl Write for ResourceUsage {
    fn write(&self, out: &mut Writer<'_>) {
        self.resource.write(out);
        out.put(b" ");
        out.number(self.usage);
        out.put(b" ");
        out.number(self.limit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_known_in_any_case() {
        let resource = |name: &'static str| Resource::new(Atom::new(name).unwrap());
        assert_eq!(resource("storage"), Resource::Storage);
        assert_eq!(resource("Annotation-Storage"), Resource::AnnotationStorage);
        assert!(matches!(resource("V-X"), Resource::Other(other) if other.name().is("v-x")));
        for (name, resource) in RESOURCES {
            assert_eq!(resource.to_string(), name);
        }
    }
}
