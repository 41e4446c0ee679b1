//! Writing a reply.

use bytes::{BufMut as _, BytesMut};

use super::{EnhancedCode, Reply};

impl Reply {
    /// Appends the reply, the enhanced code on each line (RFC 2034 section 4). What is read back is the same reply, but
    /// that controls of a reply that was read are written as question marks: a space could make an enhanced code of them.
    ///
    /// A last line without text is the code alone; behind 334 the space must be there (RFC 4954 section 4).
    pub fn encode(&self, out: &mut BytesMut) {
        let mut lines = self.octet_lines().peekable();
        while let Some(text) = lines.next() {
            out.reserve(text.len() + 20);
            out.extend_from_slice(&self.code.digits());
            match lines.peek() {
                Some(_) => out.put_u8(b'-'),
                None if text.is_empty() && self.enhanced.is_none() && self.code != 334 => {}
                None => out.put_u8(b' '),
            }
            if let Some(enhanced) = self.enhanced {
                write_code(enhanced, out);
                out.put_u8(b' ');
            }
            write_text(text, out);
            out.extend_from_slice(b"\r\n");
        }
    }
}

fn write_text(text: &[u8], out: &mut BytesMut) {
    let is_control = |octet: &u8| octet.is_ascii_control() && *octet != b'\t';
    if text.iter().any(is_control) {
        out.extend(
            text.iter()
                .map(|octet| if is_control(octet) { b'?' } else { *octet }),
        );
    } else {
        out.extend_from_slice(text);
    }
}

fn write_code(code: EnhancedCode, out: &mut BytesMut) {
    out.put_u8(b'0' + code.class());
    for number in [code.subject(), code.detail()] {
        out.put_u8(b'.');
        let digits = [number / 100, number / 10 % 10, number % 10];
        let skipped = match number {
            0..10 => 2,
            10..100 => 1,
            _ => 0,
        };
        out.extend(digits.into_iter().skip(skipped).map(|digit| b'0' + digit as u8));
    }
}
