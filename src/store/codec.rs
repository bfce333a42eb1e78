//! The bytes of a blob: a header of one cache line, then the body.
//!
//! | bytes | what |
//! | --- | --- |
//! | 0–7 | magic `ELANUS\r\n` (a text-mode transfer damages it visibly) |
//! | 8–9 | major format version; a greater one is refused |
//! | 10–11 | minor format version; a greater one is read |
//! | 12–15 | feature bits; an unknown one is refused |
//! | 16–23 | length of the body |
//! | 24–31 | xxh3-64 of the key's bytes, header bytes 0–23, and the body |
//! | 32–63 | zero |
//!
//! All numbers are little-endian. The checksum takes in the key, so that a blob that strays to another key is refused.
//! A body is a postcard record, or raw columns whose shape a record elsewhere gives.

use serde::{Serialize, de::DeserializeOwned};
use xxhash_rust::xxh3::Xxh3;

use super::{BlobKey, Bytes};
use crate::error::{Error, Result};

/// Bytes before the body; one cache line, so that the body is aligned as the blob is.
pub const HEADER_BYTES: usize = 64;

/// The major format version that this build writes, and the newest that it reads.
pub const FORMAT_MAJOR: u16 = 1;

/// The minor format version that this build writes.
pub const FORMAT_MINOR: u16 = 0;

const MAGIC: [u8; 8] = *b"ELANUS\r\n";
const CHECKED_HEADER_BYTES: usize = 24;

/// A blob for a body of `body_bytes`, whose body the caller fills before [`seal`].
pub fn blank(body_bytes: usize) -> Bytes {
    Bytes::zeroed(HEADER_BYTES + body_bytes)
}

/// Writes the header of a blob whose body is complete, binding it to `key`. Returns the checksum.
pub fn seal(key: BlobKey, blob: &mut Bytes) -> u64 {
    let body_bytes = (blob.len() - HEADER_BYTES) as u64;
    let header = &mut blob.as_mut_slice()[..HEADER_BYTES];
    header.fill(0);
    header[..8].copy_from_slice(&MAGIC);
    header[8..10].copy_from_slice(&FORMAT_MAJOR.to_le_bytes());
    header[10..12].copy_from_slice(&FORMAT_MINOR.to_le_bytes());
    header[16..24].copy_from_slice(&body_bytes.to_le_bytes());
    let sum = checksum(key, blob.as_slice());
    blob.as_mut_slice()[24..32].copy_from_slice(&sum.to_le_bytes());
    sum
}

/// The blob of a body that exists already.
pub fn encode_body(key: BlobKey, body: &[u8]) -> Bytes {
    let mut blob = blank(body.len());
    blob.as_mut_slice()[HEADER_BYTES..].copy_from_slice(body);
    seal(key, &mut blob);
    blob
}

/// The blob of a record.
pub fn encode<R: Serialize>(key: BlobKey, record: &R) -> Bytes {
    let body = postcard::to_allocvec(record).expect("records hold only what postcard can write, and memory grows");
    encode_body(key, &body)
}

/// Checks a blob's header and checksum; returns the checksum. The body starts at [`HEADER_BYTES`].
///
/// # Errors
/// [`Error::Corrupt`], or [`Error::VersionTooNew`] for an intact blob of a later format.
pub fn verify(key: BlobKey, blob: &[u8]) -> Result<u64> {
    let Some(header) = blob.get(..HEADER_BYTES) else {
        return Err(Error::corrupt(key, format!("{} bytes are too few for a header", blob.len())));
    };
    if header[..8] != MAGIC {
        return Err(Error::corrupt(key, "it does not start as a blob does"));
    }
    let stored = u64::from_le_bytes(header[24..32].try_into().expect("eight bytes"));
    let sum = checksum(key, blob);
    if stored != sum || header[32..].iter().any(|byte| *byte != 0) {
        return Err(Error::corrupt(key, "the checksum does not match"));
    }
    let major = u16::from_le_bytes([header[8], header[9]]);
    if major > FORMAT_MAJOR {
        return Err(Error::VersionTooNew { found: major, supported: FORMAT_MAJOR });
    }
    let features = u32::from_le_bytes(header[12..16].try_into().expect("four bytes"));
    if features != 0 {
        return Err(Error::Unsupported { what: format!("a store with feature bits {features:#x}") });
    }
    let body_bytes = u64::from_le_bytes(header[16..24].try_into().expect("eight bytes"));
    if body_bytes != (blob.len() - HEADER_BYTES) as u64 {
        return Err(Error::corrupt(key, "its length is not the one that its header says"));
    }
    Ok(sum)
}

/// The record in a blob.
///
/// # Errors
/// Those of [`verify`], and [`Error::Corrupt`] for a body that is no such record.
pub fn decode<R: DeserializeOwned>(key: BlobKey, blob: &[u8]) -> Result<R> {
    verify(key, blob)?;
    let (record, rest) = postcard::take_from_bytes(&blob[HEADER_BYTES..])
        .map_err(|error| Error::corrupt(key, format!("its record cannot be read: {error}")))?;
    if !rest.is_empty() {
        return Err(Error::corrupt(key, format!("{} bytes follow its record", rest.len())));
    }
    Ok(record)
}

fn checksum(key: BlobKey, blob: &[u8]) -> u64 {
    let mut hash = Xxh3::new();
    hash.update(&key.to_bytes());
    hash.update(&blob[..CHECKED_HEADER_BYTES]);
    hash.update(&blob[HEADER_BYTES..]);
    hash.digest()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: BlobKey = BlobKey::Log { collection: 7, seq: 1 };

    #[test]
    fn every_flipped_bit_and_every_truncation_is_noticed() {
        let blob = encode(KEY, &(1u32, "two", vec![3u64, 4]));
        assert_eq!(decode::<(u32, String, Vec<u64>)>(KEY, blob.as_slice()), Ok((1, "two".to_string(), vec![3, 4])));
        for at in 0..blob.len() * 8 {
            let mut damaged = blob.as_slice().to_vec();
            damaged[at / 8] ^= 1 << (at % 8);
            assert!(verify(KEY, &damaged).is_err(), "bit {at}");
        }
        for len in 0..blob.len() {
            assert!(verify(KEY, &blob.as_slice()[..len]).is_err(), "length {len}");
        }
    }

    #[test]
    fn a_blob_is_bound_to_its_key() {
        let blob = encode(KEY, &1u32);
        let elsewhere = BlobKey::Log { collection: 8, seq: 1 };
        assert!(matches!(verify(elsewhere, blob.as_slice()), Err(Error::Corrupt { .. })));
    }

    #[test]
    fn an_intact_blob_of_a_later_format_is_too_new_and_not_corrupt() {
        let mut blob = encode(KEY, &1u32);
        blob.as_mut_slice()[8] = 2;
        let sum = checksum(KEY, blob.as_slice());
        blob.as_mut_slice()[24..32].copy_from_slice(&sum.to_le_bytes());
        assert_eq!(verify(KEY, blob.as_slice()), Err(Error::VersionTooNew { found: 2, supported: 1 }));
    }
}
