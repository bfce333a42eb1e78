//! A set of rows, one bit each, of a fixed length.

/// A set of rows `0..len`.
///
/// Bits beyond `len` in the last word are always zero, so words can be counted and compared as they are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bitmap {
    words: Vec<u64>,
    len: u32,
}

impl Bitmap {
    /// The empty set over `len` rows.
    pub fn new(len: u32) -> Bitmap {
        Bitmap { words: vec![0; words_for(len)], len }
    }

    /// The set of all `len` rows.
    pub fn full(len: u32) -> Bitmap {
        let mut set = Bitmap { words: vec![u64::MAX; words_for(len)], len };
        set.mask_tail();
        set
    }

    /// The set whose membership `contains(row)` says.
    pub fn from_fn(len: u32, mut contains: impl FnMut(u32) -> bool) -> Bitmap {
        let mut set = Bitmap::new(len);
        for row in 0..len {
            if contains(row) {
                set.insert(row);
            }
        }
        set
    }

    /// The set made of `words`, or `None` when their number does not fit `len` or a bit beyond `len` is set.
    pub fn from_words(words: Vec<u64>, len: u32) -> Option<Bitmap> {
        let mut set = Bitmap { words, len };
        if set.words.len() != words_for(len) {
            return None;
        }
        let last = set.words.last().copied();
        set.mask_tail();
        (set.words.last().copied() == last).then_some(set)
    }

    /// How many rows the set ranges over (not how many it holds).
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Whether the set ranges over no rows at all.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The words, least significant bit first: row `r` is bit `r % 64` of word `r / 64`.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// Whether `row` is in the set. A row beyond the end is not.
    #[inline(always)]
    pub fn contains(&self, row: u32) -> bool {
        row < self.len && self.words.as_slice()[row as usize / 64] >> (row % 64) & 1 == 1
    }

    /// Puts `row` in; says whether it was absent.
    ///
    /// # Panics
    /// If `row` is not below `len`.
    pub fn insert(&mut self, row: u32) -> bool {
        assert!(row < self.len, "row {row} lies beyond the bitmap's {} rows", self.len);
        let word = &mut self.words[row as usize / 64];
        let bit = 1u64 << (row % 64);
        let absent = *word & bit == 0;
        *word |= bit;
        absent
    }

    /// Takes `row` out.
    pub fn remove(&mut self, row: u32) {
        if row < self.len {
            self.words[row as usize / 64] &= !(1u64 << (row % 64));
        }
    }

    /// Appends one row, in the set or not.
    pub fn push(&mut self, contained: bool) {
        let row = self.len;
        self.grow(row + 1);
        if contained {
            self.insert(row);
        }
    }

    /// Lets the set range over `len` rows; the new ones are absent.
    pub fn grow(&mut self, len: u32) {
        debug_assert!(len >= self.len);
        self.words.resize(words_for(len), 0);
        self.len = len;
    }

    /// Keeps what is also in `other`.
    pub fn and(&mut self, other: &Bitmap) {
        self.zip(other, |a, b| a & b);
    }

    /// Adds what is in `other`.
    pub fn or(&mut self, other: &Bitmap) {
        self.zip(other, |a, b| a | b);
    }

    /// Takes out what is in `other`.
    pub fn and_not(&mut self, other: &Bitmap) {
        self.zip(other, |a, b| a & !b);
    }

    /// Turns the set into its complement.
    pub fn not(&mut self) {
        for word in &mut self.words {
            *word = !*word;
        }
        self.mask_tail();
    }

    /// How many rows are in the set.
    pub fn count(&self) -> u32 {
        self.words.iter().map(|word| word.count_ones()).sum()
    }

    /// Whether no row is in the set.
    pub fn is_clear(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// The rows of the set, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().enumerate().flat_map(|(at, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                if rest == 0 {
                    return None;
                }
                let bit = rest.trailing_zeros();
                rest &= rest - 1;
                Some(at as u32 * 64 + bit)
            })
        })
    }

    /// The heap that the set holds, in bytes.
    pub fn size_bytes(&self) -> u64 {
        self.words.len() as u64 * 8
    }

    fn zip(&mut self, other: &Bitmap, combine: impl Fn(u64, u64) -> u64) {
        assert_eq!(self.len, other.len, "bitmaps of different lengths were combined");
        for (a, b) in self.words.iter_mut().zip(&other.words) {
            *a = combine(*a, *b);
        }
        self.mask_tail();
    }

    fn mask_tail(&mut self) {
        let used = self.len % 64;
        if used != 0
            && let Some(last) = self.words.last_mut()
        {
            *last &= (1u64 << used) - 1;
        }
    }
}

fn words_for(len: u32) -> usize {
    len.div_ceil(64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complement_never_reaches_beyond_the_end() {
        for len in [0, 1, 63, 64, 65, 130] {
            let mut set = Bitmap::new(len);
            set.not();
            assert_eq!(set, Bitmap::full(len));
            assert_eq!(set.count(), len);
            assert_eq!(set.iter().count() as u32, len);
        }
    }

    #[test]
    fn words_with_a_bit_beyond_the_end_are_refused() {
        assert_eq!(Bitmap::from_words(vec![0b1000], 3), None);
        assert_eq!(Bitmap::from_words(vec![0, 0], 3), None);
        assert_eq!(Bitmap::from_words(vec![0b101], 3).map(|set| set.count()), Some(2));
    }

    #[test]
    fn grows_row_by_row() {
        let mut set = Bitmap::default();
        for row in 0..200 {
            set.push(row % 3 == 0);
        }
        assert_eq!(set, Bitmap::from_fn(200, |row| row % 3 == 0));
    }
}
