//! Texts by dictionary: each row holds the number of its text.
//!
//! A predicate is evaluated once a distinct text, and repeated texts (categories, tags) cost four bytes a row.

use std::hash::BuildHasher;

use hashbrown::HashTable;
use xxhash_rust::xxh3::Xxh3Builder;

const HASHER: Xxh3Builder = Xxh3Builder::new();

/// One text a row.
#[derive(Clone, Default)]
pub struct TextColumn {
    codes: Vec<u32>,
    ends: Vec<u32>,
    bytes: String,
    /// Entry numbers by the hash of their text; built when the first row is appended.
    lookup: HashTable<u32>,
}

impl TextColumn {
    /// Appends a row.
    pub fn push(&mut self, text: &str) {
        if self.lookup.len() != self.ends.len() {
            self.index_entries();
        }
        let hash = HASHER.hash_one(text);
        let code = match self.lookup.find(hash, |code| self.entry(*code) == text) {
            Some(code) => *code,
            None => {
                let code = self.entry_count();
                self.bytes.push_str(text);
                self.ends.push(self.bytes.len() as u32);
                let (ends, bytes) = (&self.ends, &self.bytes);
                self.lookup.insert_unique(hash, code, |code| HASHER.hash_one(slice(ends, bytes, *code)));
                code
            }
        };
        self.codes.push(code);
    }

    /// The text of `row`.
    pub fn text(&self, row: u32) -> &str {
        self.entry(self.codes[row as usize])
    }

    /// The entry number of each row.
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// How many distinct texts there are (entries that no row has any more are counted too).
    pub fn entry_count(&self) -> u32 {
        self.ends.len() as u32
    }

    /// The text of an entry.
    pub fn entry(&self, code: u32) -> &str {
        slice(&self.ends, &self.bytes, code)
    }

    /// How many rows there are.
    pub fn len(&self) -> u32 {
        self.codes.len() as u32
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// Where each entry ends in [`TextColumn::bytes`].
    pub fn ends(&self) -> &[u32] {
        &self.ends
    }

    /// The entries, end to end.
    pub fn bytes(&self) -> &str {
        &self.bytes
    }

    /// The column of those rows and entries; `None` when a code has no entry or an entry is no text.
    pub fn from_parts(codes: Vec<u32>, ends: Vec<u32>, bytes: Vec<u8>) -> Option<TextColumn> {
        let bytes = String::from_utf8(bytes).ok()?;
        let mut start = 0;
        for &end in &ends {
            bytes.get(start..end as usize)?;
            start = end as usize;
        }
        let entry_count = ends.len() as u32;
        (start == bytes.len() && codes.iter().all(|code| *code < entry_count)).then(|| TextColumn {
            codes,
            ends,
            bytes,
            lookup: HashTable::new(),
        })
    }

    /// The heap that the column holds, in bytes.
    pub fn size_bytes(&self) -> u64 {
        (self.codes.len() * 4 + self.ends.len() * 4 + self.bytes.len() + self.lookup.capacity() * 5) as u64
    }

    fn index_entries(&mut self) {
        let (ends, bytes) = (&self.ends, &self.bytes);
        let hash = |code: &u32| HASHER.hash_one(slice(ends, bytes, *code));
        self.lookup.clear();
        for code in 0..ends.len() as u32 {
            self.lookup.insert_unique(hash(&code), code, hash);
        }
    }
}

fn slice<'a>(ends: &[u32], bytes: &'a str, code: u32) -> &'a str {
    let start = if code == 0 { 0 } else { ends[code as usize - 1] as usize };
    &bytes[start..ends[code as usize] as usize]
}

impl PartialEq for TextColumn {
    fn eq(&self, other: &TextColumn) -> bool {
        self.len() == other.len() && (0..self.len()).all(|row| self.text(row) == other.text(row))
    }
}

impl std::fmt::Debug for TextColumn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries((0..self.len()).map(|row| self.text(row))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_texts_share_an_entry_also_after_reading_back() {
        let mut column = TextColumn::default();
        for text in ["b", "", "b", "é", ""] {
            column.push(text);
        }
        assert_eq!((column.codes(), column.entry_count()), (&[0, 1, 0, 2, 1][..], 3));
        let (codes, ends, bytes) = (column.codes.clone(), column.ends.clone(), column.bytes.clone().into_bytes());
        let mut read = TextColumn::from_parts(codes, ends, bytes).expect("what was written");
        read.push("é");
        assert_eq!((read.text(5), read.entry_count()), ("é", 3));
    }

    #[test]
    fn impossible_parts_are_refused() {
        assert!(TextColumn::from_parts(vec![1], vec![1], vec![b'a']).is_none());
        assert!(TextColumn::from_parts(vec![0], vec![1, 0], vec![b'a']).is_none());
        assert!(TextColumn::from_parts(vec![0], vec![1], vec![0xff]).is_none());
        assert!(TextColumn::from_parts(vec![0], vec![1], vec![b'a', b'b']).is_none());
    }
}
