//! Prints the public items of a crate, one a line, from the JSON that rustdoc wrote of it.

use std::error::Error;
use std::io::{self, Write as _};

use public_api::{Builder, PublicItem};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: public-api FILE.json")?;
    let public = Builder::from_rustdoc_json(path)
        .omit_blanket_impls(true)
        .build()?;
    let mut out = io::stdout().lock();
    for item in public.items().map(PublicItem::to_string) {
        if !NOISE.iter().any(|noise| item.contains(noise)) {
            writeln!(out, "{item}")?;
        }
    }
    Ok(())
}

/// Nobody chooses a crate by these. `Send` and `Sync` are told.
const NOISE: [&str; 6] = [
    " core::marker::Freeze for ",
    " core::marker::StructuralPartialEq for ",
    " core::marker::Unpin for ",
    " core::marker::UnsafeUnpin for ",
    " core::panic::unwind_safe::RefUnwindSafe for ",
    " core::panic::unwind_safe::UnwindSafe for ",
];
