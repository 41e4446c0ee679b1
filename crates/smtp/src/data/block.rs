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

/// How many octets stand before the first control, eight at once.
#[inline]
pub(crate) fn control(octets: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let (words, rest) = octets.as_chunks::<8>();
    let mut count = 0;
    for word in words {
        let word = u64::from_le_bytes(*word);
        // What is below a space borrows from the octets behind alone.
        let controls = word.wrapping_sub(ONES * 0x20) & !word & (ONES * 0x80);
        if controls != 0 {
            return count + controls.trailing_zeros() as usize / 8;
        }
        count += 8;
    }
    let is_control = |octet: &u8| *octet < b' ';
    count + rest.iter().position(is_control).unwrap_or(rest.len())
}
