//! Every blob that can exist: the whole layout of a database, seen at a glance.
//!
//! A key is a tag byte and big-endian numbers, so that byte order is the order of this enum and a collection's
//! blobs of one kind lie together.

use std::fmt;

/// The address of a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlobKey {
    /// Databases, collections, aliases; rewritten when one of them changes.
    Catalog,
    /// The number of the writer that owns the store; checked inside every commit.
    Epoch,
    /// What a collection is made of: its segments and where its log starts. Rewritten by background steps only.
    Manifest {
        /// The collection.
        collection: u64,
    },
    /// What one command changed in a collection: rows and deletes. Written once, removed when sealed.
    Log {
        /// The collection.
        collection: u64,
        /// The command's place in the collection's log, without gaps.
        seq: u64,
    },
    /// A part of a sealed segment. Part 0 is the descriptor of the others. Written once.
    Segment {
        /// The collection.
        collection: u64,
        /// The segment.
        segment: u32,
        /// The part.
        part: u32,
    },
    /// The dead rows of a segment, as of log entry `seq`. Written once, replaced by one with a greater `seq`.
    Deletes {
        /// The collection.
        collection: u64,
        /// The segment.
        segment: u32,
        /// The last log entry that it takes in.
        seq: u64,
    },
    /// Users, roles and grants of a server on this store; rewritten when one of them changes.
    Access,
    /// Which structures a collection's vectors are searched by. Rewritten by background steps only.
    Indexes {
        /// The collection.
        collection: u64,
    },
    /// A part of a structure that vectors are searched by. Written once.
    Index {
        /// The collection.
        collection: u64,
        /// The structure's number within its collection; never used twice.
        index: u32,
        /// The part.
        part: u32,
    },
}

const CATALOG: u8 = 1;
const EPOCH: u8 = 2;
const MANIFEST: u8 = 3;
const LOG: u8 = 4;
const SEGMENT: u8 = 5;
const DELETES: u8 = 6;
const ACCESS: u8 = 7;
const INDEXES: u8 = 8;
const INDEX: u8 = 9;

impl BlobKey {
    /// The key's bytes, in the order of the keys.
    pub fn to_bytes(self) -> Vec<u8> {
        match self {
            BlobKey::Catalog => vec![CATALOG],
            BlobKey::Epoch => vec![EPOCH],
            BlobKey::Access => vec![ACCESS],
            BlobKey::Manifest { collection } => tagged(MANIFEST, &[&collection.to_be_bytes()]),
            BlobKey::Indexes { collection } => tagged(INDEXES, &[&collection.to_be_bytes()]),
            BlobKey::Index { collection, index, part } => {
                tagged(INDEX, &[&collection.to_be_bytes(), &index.to_be_bytes(), &part.to_be_bytes()])
            }
            BlobKey::Log { collection, seq } => tagged(LOG, &[&collection.to_be_bytes(), &seq.to_be_bytes()]),
            BlobKey::Segment { collection, segment, part } => {
                tagged(SEGMENT, &[&collection.to_be_bytes(), &segment.to_be_bytes(), &part.to_be_bytes()])
            }
            BlobKey::Deletes { collection, segment, seq } => {
                tagged(DELETES, &[&collection.to_be_bytes(), &segment.to_be_bytes(), &seq.to_be_bytes()])
            }
        }
    }

    /// The key of those bytes, or `None` when no key has them.
    pub fn from_bytes(bytes: &[u8]) -> Option<BlobKey> {
        let (&tag, mut rest) = bytes.split_first()?;
        let key = match tag {
            CATALOG => BlobKey::Catalog,
            EPOCH => BlobKey::Epoch,
            ACCESS => BlobKey::Access,
            MANIFEST => BlobKey::Manifest { collection: take_u64(&mut rest)? },
            LOG => BlobKey::Log { collection: take_u64(&mut rest)?, seq: take_u64(&mut rest)? },
            SEGMENT => BlobKey::Segment {
                collection: take_u64(&mut rest)?,
                segment: take_u32(&mut rest)?,
                part: take_u32(&mut rest)?,
            },
            DELETES => BlobKey::Deletes {
                collection: take_u64(&mut rest)?,
                segment: take_u32(&mut rest)?,
                seq: take_u64(&mut rest)?,
            },
            INDEXES => BlobKey::Indexes { collection: take_u64(&mut rest)? },
            INDEX => BlobKey::Index {
                collection: take_u64(&mut rest)?,
                index: take_u32(&mut rest)?,
                part: take_u32(&mut rest)?,
            },
            _ => return None,
        };
        rest.is_empty().then_some(key)
    }

    /// The collection whose blob this is; `None` for blobs of the whole database.
    pub fn collection(self) -> Option<u64> {
        match self {
            BlobKey::Catalog | BlobKey::Epoch | BlobKey::Access => None,
            BlobKey::Manifest { collection }
            | BlobKey::Log { collection, .. }
            | BlobKey::Segment { collection, .. }
            | BlobKey::Indexes { collection }
            | BlobKey::Index { collection, .. }
            | BlobKey::Deletes { collection, .. } => Some(collection),
        }
    }

    /// The prefix shared by the log entries of a collection.
    pub fn log_prefix(collection: u64) -> Vec<u8> {
        tagged(LOG, &[&collection.to_be_bytes()])
    }

    /// The prefix shared by the segment parts of a collection.
    pub fn segment_prefix(collection: u64) -> Vec<u8> {
        tagged(SEGMENT, &[&collection.to_be_bytes()])
    }

    /// The prefix shared by the deletes of a collection.
    pub fn deletes_prefix(collection: u64) -> Vec<u8> {
        tagged(DELETES, &[&collection.to_be_bytes()])
    }
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BlobKey::Catalog => write!(f, "catalog"),
            BlobKey::Epoch => write!(f, "epoch"),
            BlobKey::Access => write!(f, "access"),
            BlobKey::Manifest { collection } => write!(f, "manifest of collection {collection}"),
            BlobKey::Indexes { collection } => write!(f, "indexes of collection {collection}"),
            BlobKey::Index { collection, index, part } => {
                write!(f, "part {part} of index {index} of collection {collection}")
            }
            BlobKey::Log { collection, seq } => write!(f, "log entry {seq} of collection {collection}"),
            BlobKey::Segment { collection, segment, part } => {
                write!(f, "part {part} of segment {segment} of collection {collection}")
            }
            BlobKey::Deletes { collection, segment, seq } => {
                write!(f, "deletes (as of {seq}) of segment {segment} of collection {collection}")
            }
        }
    }
}

fn tagged(tag: u8, numbers: &[&[u8]]) -> Vec<u8> {
    let mut bytes = vec![tag];
    for number in numbers {
        bytes.extend_from_slice(number);
    }
    bytes
}

fn take_u64(rest: &mut &[u8]) -> Option<u64> {
    let (head, tail) = rest.split_first_chunk::<8>()?;
    *rest = tail;
    Some(u64::from_be_bytes(*head))
}

fn take_u32(rest: &mut &[u8]) -> Option<u32> {
    let (head, tail) = rest.split_first_chunk::<4>()?;
    *rest = tail;
    Some(u32::from_be_bytes(*head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_go_both_ways_and_keep_the_order() {
        let keys = [
            BlobKey::Catalog,
            BlobKey::Epoch,
            BlobKey::Manifest { collection: 1 },
            BlobKey::Manifest { collection: 256 },
            BlobKey::Log { collection: 1, seq: 255 },
            BlobKey::Log { collection: 1, seq: 256 },
            BlobKey::Segment { collection: 1, segment: 2, part: 3 },
            BlobKey::Segment { collection: 1, segment: 300, part: 0 },
            BlobKey::Deletes { collection: 1, segment: 2, seq: 9 },
            BlobKey::Access,
            BlobKey::Indexes { collection: 1 },
            BlobKey::Index { collection: 1, index: 2, part: 3 },
            BlobKey::Index { collection: 1, index: 300, part: 0 },
        ];
        for pair in keys.windows(2) {
            assert!(pair[0] < pair[1] && pair[0].to_bytes() < pair[1].to_bytes());
        }
        for key in keys {
            let bytes = key.to_bytes();
            assert_eq!(BlobKey::from_bytes(&bytes), Some(key));
            assert_eq!(BlobKey::from_bytes(&bytes[..bytes.len() - 1]), None);
            assert_eq!(BlobKey::from_bytes(&[bytes.as_slice(), &[0]].concat()), None);
        }
    }
}
