//! How body structures are written.

use super::{Body, BodyFields, BodyStructure, Disposition, Media, Parameter};
use crate::response::fetch::Envelope;
use crate::types::Text;
use crate::write::{Write, Writer};

/// How much of the extension data is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extensions {
    /// Up to the last that is not NIL: in BODY there should be none.
    Present,
    /// The four that are known, and those behind them.
    All,
}

/// Writes `body`.
pub(crate) fn write_body(structure: &BodyStructure, extensions: Extensions, out: &mut Writer<'_>) {
    let mut open: Vec<(usize, &Body)> = Vec::new();
    for (index, node) in structure.nodes.iter().enumerate() {
        if matches!(
            open.last(),
            Some((
                _,
                Body {
                    media: Media::Message { .. },
                    ..
                }
            ))
        ) {
            out.put(b" ");
        }
        write_start(&node.body, out);
        open.push((index + node.size, &node.body));
        while let Some((_, body)) = open.pop_if(|(end, _)| *end == index + 1) {
            write_end(body, extensions, out);
        }
    }
}

/// What stands before the bodies in `body`.
fn write_start(body: &Body, out: &mut Writer<'_>) {
    out.put(b"(");
    match &body.media {
        Media::Multipart { .. } => {}
        Media::Text { fields, .. } | Media::Other { fields, .. } => write_fields(body, fields, out),
        Media::Message { fields, envelope, .. } => {
            write_fields(body, fields, out);
            out.put(b" ");
            Envelope::write(envelope, out);
        }
    }
}

/// `media-type SP media-subtype SP body-fields`
fn write_fields(body: &Body, fields: &BodyFields, out: &mut Writer<'_>) {
    let (kind, subtype) = body.media_type();
    out.string(kind);
    out.put(b" ");
    out.string(subtype);
    out.put(b" ");
    write_parameters(&body.parameters, out);
    out.put(b" ");
    out.nstring(fields.id.as_ref());
    out.put(b" ");
    out.nstring(fields.description.as_ref());
    out.put(b" ");
    out.string(fields.encoding.name());
    out.put(b" ");
    out.number(fields.octets);
}

/// What stands behind the bodies in `body`.
fn write_end(body: &Body, extensions: Extensions, out: &mut Writer<'_>) {
    match &body.media {
        Media::Multipart { subtype } => {
            // None is forgiven when it is read.
            let has_parts = !out.ends_with(b"(");
            out.put(if has_parts { b" " } else { b"NIL " });
            out.string(subtype);
        }
        Media::Text { lines, .. } | Media::Message { lines, .. } => {
            out.put(b" ");
            out.number(*lines);
        }
        Media::Other { .. } => {}
    }
    write_extensions(body, extensions, out);
    out.put(b")");
}

/// `SP body-ext-1part`, `SP body-ext-mpart` or nothing.
fn write_extensions(body: &Body, extensions: Extensions, out: &mut Writer<'_>) {
    let first = match body.fields() {
        None => !body.parameters.is_empty(),
        Some(fields) => fields.md5.is_some(),
    };
    let present = [
        first,
        body.disposition.is_some(),
        !body.language.is_empty(),
        body.location.is_some() || !body.extensions.is_empty(),
    ];
    let count = match extensions {
        Extensions::All => present.len(),
        Extensions::Present => present.iter().rposition(|&is| is).map_or(0, |last| last + 1),
    };
    for field in 0..count {
        out.put(b" ");
        match (field, body.fields()) {
            (0, None) => write_parameters(&body.parameters, out),
            (0, Some(fields)) => out.nstring(fields.md5.as_ref()),
            (1, _) => write_disposition(body.disposition.as_ref(), out),
            (2, _) => write_language(&body.language, out),
            _ => out.nstring(body.location.as_ref()),
        }
    }
    for value in &body.extensions {
        out.put(b" ");
        value.write(out);
    }
}

fn write_parameters(parameters: &[Parameter], out: &mut Writer<'_>) {
    match parameters {
        [] => out.put(b"NIL"),
        parameters => out.list(parameters),
    }
}

impl Write for Parameter {
    fn write(&self, out: &mut Writer<'_>) {
        out.string(&self.name);
        out.put(b" ");
        out.string(&self.value);
    }
}

fn write_disposition(disposition: Option<&Disposition>, out: &mut Writer<'_>) {
    let Some(disposition) = disposition else {
        return out.put(b"NIL");
    };
    out.put(b"(");
    out.string(&disposition.kind);
    out.put(b" ");
    write_parameters(&disposition.parameters, out);
    out.put(b")");
}

/// `body-fld-lang = nstring / "(" string *(SP string) ")"`
fn write_language(languages: &[Text], out: &mut Writer<'_>) {
    match languages {
        [] => out.put(b"NIL"),
        [language] => out.string(language),
        languages => {
            for (index, language) in languages.iter().enumerate() {
                out.put(if index > 0 { b" " } else { b"(" });
                out.string(language);
            }
            out.put(b")");
        }
    }
}
