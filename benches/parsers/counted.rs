//! What callgrind counts.

use std::hint::black_box;

/// Runs `work`. `scripts/bench-parsers` counts the instructions that are executed in here and nothing else: it
/// turns callgrind on and off by the name of this function. So octets that are put where a socket would put them
/// cost nothing, as a read would cost everybody the same.
#[inline(never)]
pub(crate) fn counted<T>(work: impl FnOnce() -> T) -> T {
    black_box(work())
}
