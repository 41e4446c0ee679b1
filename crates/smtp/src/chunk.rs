//! The octets behind BDAT (RFC 3030).

/// A counter of the octets that belong to a chunk. They are no commands, whether the chunk is wanted or not.
///
/// ```
/// use gatepost_smtp::chunk::Chunk;
///
/// let mut chunk = Chunk::new(5);
/// assert_eq!(chunk.count(3), 3);
/// assert_eq!(chunk.count(100), 2);
/// assert!(chunk.is_over());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk {
    left: u64,
}

impl Chunk {
    /// A chunk of `size` octets.
    pub const fn new(size: u64) -> Self {
        Self { left: size }
    }

    /// How many of the next `available` octets belong to the chunk. They are counted: take them off the input.
    pub fn count(&mut self, available: usize) -> usize {
        let count = usize::try_from(self.left).unwrap_or(usize::MAX).min(available);
        self.left = self.left.saturating_sub(count as u64);
        count
    }

    /// How many octets are still to come.
    pub const fn left(&self) -> u64 {
        self.left
    }

    /// Whether all octets of the chunk were counted.
    pub const fn is_over(&self) -> bool {
        self.left == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_a_chunk_and_no_more() {
        let mut chunk = Chunk::new(10);
        assert_eq!((chunk.count(0), chunk.count(4), chunk.left()), (0, 4, 6));
        assert_eq!((chunk.count(7), chunk.count(7), chunk.left()), (6, 0, 0));
        assert!(chunk.is_over() && Chunk::new(0).is_over());
    }

    #[test]
    fn the_largest_chunk_does_not_overflow() {
        let mut chunk = Chunk::new(u64::MAX);
        assert_eq!(chunk.count(usize::MAX), usize::MAX);
        assert_eq!(chunk.count(1), 0);
    }
}
