//! Looking at many octets at once.

/// How many octets are looked at at once,
pub(super) const BLOCK: usize = 128;
/// and how many where there is something among those.
pub(super) const FEW: usize = 16;

/// Skips those blocks of `octets` from `at` on in which there is nothing to do, and says where that ends.
///
/// `is_plain` is given a block, and before it the octets before each of its own. If it has no branches, a compiler
/// makes vector instructions of it. Nothing is skipped at the very start, where there is no octet before.
pub(super) fn skip<const N: usize>(
    octets: &[u8],
    at: usize,
    is_plain: impl Fn(&[u8; N], &[u8; N]) -> bool,
) -> usize {
    let blocks = |from| octets.get(from..).unwrap_or_default().as_chunks::<N>().0;
    let Some(before) = at.checked_sub(1) else {
        return at;
    };
    let pairs = blocks(before).iter().zip(blocks(at));
    at + N * pairs
        .take_while(|(before, block)| is_plain(before, block))
        .count()
}
