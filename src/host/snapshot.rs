//! The file of an exported database: backup, fixture, and what a server hands out prebuilt.
//!
//! | part | bytes | what |
//! | --- | --- | --- |
//! | start | 8 | magic `ELANSNAP` |
//! | | 2 | major version of the file's form; a greater one is refused |
//! | | 2 | minor version; a greater one is read |
//! | | 4 | feature bits; an unknown one is refused |
//! | each blob | 4 | length of the key, never 0 |
//! | | 8 | length of the blob |
//! | | 4 | low half of the xxh3-64 of these 12 bytes |
//! | | | the key, the blob |
//! | | 8 | xxh3-64 of this record so far |
//! | end | 4 | 0 |
//! | | 8 | how many blobs there were |
//! | | 4 | low half of the xxh3-64 of these 12 bytes |
//! | | 8 | xxh3-64 of the whole file so far |
//!
//! All numbers are little-endian. Blobs come in the order of their keys, each key once, so that the same blobs give
//! the same bytes on every host. The writer's epoch is not a part of a database and is left out.

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use crate::error::{Error, Result};
use crate::store::{BlobKey, Bytes};

/// The major version of the file's form that this build writes, and the newest that it reads.
pub const SNAPSHOT_MAJOR: u16 = 1;

/// The minor version that this build writes.
pub const SNAPSHOT_MINOR: u16 = 0;

const MAGIC: [u8; 8] = *b"ELANSNAP";
const START_BYTES: usize = 16;
const HEAD_BYTES: usize = 16;
const SUM_BYTES: usize = 8;

/// The longest key and blob that a reader accepts; what a damaged length could claim stays below it.
const KEY_BYTES_MAX: u32 = 64;
const BLOB_BYTES_MAX: u64 = 1 << 30;

/// Writes a file. The caller brings blobs in the order of their keys and takes the bytes from `out`.
pub struct Writer {
    hash: Xxh3,
    blob_count: u64,
}

impl Writer {
    /// Writes the start.
    pub fn start(out: &mut Vec<u8>) -> Writer {
        let mut writer = Writer { hash: Xxh3::new(), blob_count: 0 };
        let mut start = MAGIC.to_vec();
        start.extend_from_slice(&SNAPSHOT_MAJOR.to_le_bytes());
        start.extend_from_slice(&SNAPSHOT_MINOR.to_le_bytes());
        start.extend_from_slice(&0u32.to_le_bytes());
        writer.put(out, &start);
        writer
    }

    /// Writes a blob.
    pub fn blob(&mut self, out: &mut Vec<u8>, key: BlobKey, blob: &Bytes) {
        let key = key.to_bytes();
        let head = head(key.len() as u32, blob.len() as u64);
        let mut record = Xxh3::new();
        for part in [&head[..], &key, blob.as_slice()] {
            record.update(part);
            self.put(out, part);
        }
        self.put(out, &record.digest().to_le_bytes());
        self.blob_count += 1;
    }

    /// Writes the end.
    pub fn end(mut self, out: &mut Vec<u8>) {
        let head = head(0, self.blob_count);
        self.put(out, &head);
        out.extend_from_slice(&self.hash.digest().to_le_bytes());
    }

    fn put(&mut self, out: &mut Vec<u8>, bytes: &[u8]) {
        self.hash.update(bytes);
        out.extend_from_slice(bytes);
    }
}

fn head(key_bytes: u32, number: u64) -> [u8; HEAD_BYTES] {
    let mut head = [0; HEAD_BYTES];
    head[..4].copy_from_slice(&key_bytes.to_le_bytes());
    head[4..12].copy_from_slice(&number.to_le_bytes());
    let sum = xxh3_64(&head[..12]) as u32;
    head[12..].copy_from_slice(&sum.to_le_bytes());
    head
}

/// Reads a file that comes in pieces of any size: [`Reader::push`] a piece, take blobs with [`Reader::blob`] until
/// there is none, and [`Reader::finish`] after the last piece. Holds no more than one blob and the last piece.
pub struct Reader {
    buffer: Vec<u8>,
    /// Where in `buffer` the next record starts.
    at: usize,
    hash: Xxh3,
    blob_count: u64,
    last_key: Option<BlobKey>,
    stage: Stage,
}

enum Stage {
    Start,
    Blobs,
    Ended,
}

impl Default for Reader {
    fn default() -> Reader {
        Reader { buffer: Vec::new(), at: 0, hash: Xxh3::new(), blob_count: 0, last_key: None, stage: Stage::Start }
    }
}

impl Reader {
    /// Takes in the next piece.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.at);
        self.at = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next blob, or `None` until more bytes come.
    ///
    /// # Errors
    /// `Corrupt` for bytes that are no such file, `VersionTooNew`. The reader is of no use then.
    pub fn blob(&mut self) -> Result<Option<(BlobKey, Bytes)>> {
        if let Stage::Start = self.stage {
            let Some(start) = self.buffer.get(self.at..self.at + START_BYTES) else { return Ok(None) };
            check_start(start)?;
            self.take(START_BYTES);
            self.stage = Stage::Blobs;
        }
        if let Stage::Ended = self.stage {
            return if self.at == self.buffer.len() { Ok(None) } else { Err(corrupt("bytes follow its end")) };
        }
        let rest = &self.buffer[self.at..];
        let Some(head_bytes) = rest.first_chunk::<HEAD_BYTES>() else { return Ok(None) };
        let (key_bytes, number) = read_head(head_bytes)?;
        if key_bytes == 0 {
            return self.end(number);
        }
        if key_bytes > KEY_BYTES_MAX || number > BLOB_BYTES_MAX {
            return Err(corrupt(format!("a key of {key_bytes} bytes with a blob of {number}")));
        }
        let (key_bytes, blob_bytes) = (key_bytes as usize, number as usize);
        let record_bytes = HEAD_BYTES + key_bytes + blob_bytes;
        let Some(sum) = rest.get(record_bytes..record_bytes + SUM_BYTES) else { return Ok(None) };
        if xxh3_64(&rest[..record_bytes]).to_le_bytes() != sum {
            return Err(corrupt(format!("the checksum of blob {} does not match", self.blob_count)));
        }
        let key = BlobKey::from_bytes(&rest[HEAD_BYTES..][..key_bytes])
            .filter(|key| *key != BlobKey::Epoch && self.last_key.is_none_or(|last| last < *key))
            .ok_or_else(|| corrupt(format!("the key of blob {} is none, or out of order", self.blob_count)))?;
        let blob = Bytes::from(&rest[HEAD_BYTES + key_bytes..][..blob_bytes]);
        self.take(record_bytes + SUM_BYTES);
        self.last_key = Some(key);
        self.blob_count += 1;
        Ok(Some((key, blob)))
    }

    /// Checks that the file has come to its end.
    ///
    /// # Errors
    /// `Corrupt` when it has not.
    pub fn finish(&self) -> Result<()> {
        match self.stage {
            Stage::Ended if self.at == self.buffer.len() => Ok(()),
            Stage::Ended => Err(corrupt("bytes follow its end")),
            Stage::Start | Stage::Blobs => Err(corrupt(format!("it breaks off after {} blobs", self.blob_count))),
        }
    }

    fn end(&mut self, blob_count: u64) -> Result<Option<(BlobKey, Bytes)>> {
        if self.buffer.len() - self.at < HEAD_BYTES + SUM_BYTES {
            return Ok(None);
        }
        self.take(HEAD_BYTES);
        let sum = &self.buffer[self.at..][..SUM_BYTES];
        if self.hash.digest().to_le_bytes() != sum {
            return Err(corrupt("its checksum does not match"));
        }
        if blob_count != self.blob_count {
            return Err(corrupt(format!("it has {} blobs and says {blob_count}", self.blob_count)));
        }
        self.at += SUM_BYTES;
        self.stage = Stage::Ended;
        self.blob()
    }

    fn take(&mut self, len: usize) {
        self.hash.update(&self.buffer[self.at..][..len]);
        self.at += len;
    }
}

fn check_start(start: &[u8]) -> Result<()> {
    if start[..8] != MAGIC {
        return Err(corrupt("it does not start as an exported database does"));
    }
    let major = u16::from_le_bytes([start[8], start[9]]);
    if major > SNAPSHOT_MAJOR {
        return Err(Error::VersionTooNew { found: major, supported: SNAPSHOT_MAJOR });
    }
    let features = u32::from_le_bytes([start[12], start[13], start[14], start[15]]);
    if major == 0 || features != 0 {
        return Err(Error::Unsupported {
            what: format!("an exported database of form {major} with feature bits {features:#x}"),
        });
    }
    Ok(())
}

fn read_head(head: &[u8; HEAD_BYTES]) -> Result<(u32, u64)> {
    let sum = xxh3_64(&head[..12]) as u32;
    if sum.to_le_bytes() != head[12..] {
        return Err(corrupt("the lengths of a blob do not match their checksum"));
    }
    let key_bytes = u32::from_le_bytes([head[0], head[1], head[2], head[3]]);
    let number = u64::from_le_bytes(head[4..12].try_into().expect("eight bytes"));
    Ok((key_bytes, number))
}

/// The error of a file that is none.
pub(super) fn corrupt(reason: impl Into<String>) -> Error {
    Error::corrupt("exported database", reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blobs() -> Vec<(BlobKey, Bytes)> {
        vec![
            (BlobKey::Catalog, Bytes::from(&b"catalog"[..])),
            (BlobKey::Log { collection: 1, seq: 2 }, Bytes::default()),
            (BlobKey::Segment { collection: 1, segment: 0, part: 0 }, Bytes::from(&[7; 300][..])),
        ]
    }

    fn file() -> Vec<u8> {
        let mut out = Vec::new();
        let mut writer = Writer::start(&mut out);
        for (key, blob) in blobs() {
            writer.blob(&mut out, key, &blob);
        }
        writer.end(&mut out);
        out
    }

    fn read(file: &[u8], piece_bytes: usize) -> Result<Vec<(BlobKey, Bytes)>> {
        let mut reader = Reader::default();
        let mut found = Vec::new();
        for piece in file.chunks(piece_bytes) {
            reader.push(piece);
            while let Some(blob) = reader.blob()? {
                found.push(blob);
            }
        }
        reader.finish()?;
        Ok(found)
    }

    #[test]
    fn blobs_come_back_whatever_the_size_of_the_pieces() {
        for piece_bytes in [1, 7, 64, 10_000] {
            assert_eq!(read(&file(), piece_bytes), Ok(blobs()));
        }
    }

    #[test]
    fn every_flipped_bit_truncation_and_addition_is_refused() {
        let file = file();
        for bit in 0..file.len() * 8 {
            let mut damaged = file.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(read(&damaged, 50).is_err(), "bit {bit}");
        }
        for len in 0..file.len() {
            assert!(matches!(read(&file[..len], 50), Err(Error::Corrupt { .. })), "length {len}");
        }
        assert!(matches!(read(&[file.as_slice(), &[0]].concat(), 50), Err(Error::Corrupt { .. })));
        assert!(matches!(read(&[file.as_slice(), &file].concat(), 50), Err(Error::Corrupt { .. })));
    }

    #[test]
    fn keys_out_of_order_and_the_epoch_are_refused() {
        for keys in [[BlobKey::Manifest { collection: 1 }, BlobKey::Catalog], [BlobKey::Catalog, BlobKey::Epoch]] {
            let mut out = Vec::new();
            let mut writer = Writer::start(&mut out);
            for key in keys {
                writer.blob(&mut out, key, &Bytes::default());
            }
            writer.end(&mut out);
            assert!(matches!(read(&out, 1000), Err(Error::Corrupt { .. })));
        }
    }
}
