//! One export under way: all blobs of a moment, a piece at a time.

use std::collections::VecDeque;

use super::Host;
use super::snapshot::Writer;
use crate::error::{Error, Result};
use crate::sorted::SortedMap;
use crate::store::{BlobKey, Bytes, codec};

/// Bytes after which a piece is handed out.
const PIECE_BYTES: usize = 1 << 20;

/// Blobs asked for at once: few when they are large, many when they are small.
const LOAD_COUNT_MAX: usize = 256;

/// An export. Blobs that are rewritten in place are held from its start on; the others never change, and
/// maintenance, which would remove them, is held back by whoever holds an export.
pub(super) struct Export {
    keys: VecDeque<BlobKey>,
    rewritten: SortedMap<BlobKey, Bytes>,
    writer: Option<Writer>,
    load_count: usize,
    has_begun: bool,
}

impl Export {
    /// Notes what there is. No commit may be under way.
    pub async fn start(host: &dyn Host) -> Result<Export> {
        let keys = host.list(&[]).await?;
        let keys: VecDeque<BlobKey> = keys.into_iter().filter(|key| is_exported(*key)).collect();
        let held: Vec<BlobKey> = keys.iter().copied().filter(|key| is_rewritten(*key)).collect();
        let blobs = host.load(&held).await?;
        let mut rewritten = SortedMap::new();
        for (key, blob) in held.into_iter().zip(blobs) {
            rewritten.insert(key, blob.ok_or_else(|| vanished(key))?);
        }
        Ok(Export { keys, rewritten, writer: None, load_count: 1, has_begun: false })
    }

    /// The next piece; `None` after the last.
    pub async fn next(&mut self, host: &dyn Host) -> Result<Option<Vec<u8>>> {
        let mut piece = Vec::new();
        if !self.has_begun {
            self.has_begun = true;
            self.writer = Some(Writer::start(&mut piece));
        }
        let Some(mut writer) = self.writer.take() else { return Ok(None) };
        while piece.len() < PIECE_BYTES {
            if self.keys.is_empty() {
                writer.end(&mut piece);
                return Ok(Some(piece));
            }
            self.write_some(host, &mut writer, &mut piece).await?;
        }
        self.writer = Some(writer);
        Ok(Some(piece))
    }

    async fn write_some(&mut self, host: &dyn Host, writer: &mut Writer, piece: &mut Vec<u8>) -> Result<()> {
        let count = self.load_count.min(self.keys.len());
        let keys: Vec<BlobKey> = self.keys.drain(..count).collect();
        let loads: Vec<BlobKey> = keys.iter().copied().filter(|key| !is_rewritten(*key)).collect();
        let mut loaded = host.load(&loads).await?.into_iter();
        let bytes_before = piece.len();
        for key in keys {
            let blob = if is_rewritten(key) { self.rewritten.remove(&key) } else { loaded.next().flatten() };
            let blob = blob.ok_or_else(|| vanished(key))?;
            codec::verify(key, blob.as_slice())?;
            writer.blob(piece, key, &blob);
        }
        let written = piece.len() - bytes_before;
        if written < PIECE_BYTES / 4 {
            self.load_count = (self.load_count * 2).min(LOAD_COUNT_MAX);
        } else if written > PIECE_BYTES {
            self.load_count = (self.load_count / 2).max(1);
        }
        Ok(())
    }
}

/// Who writes to a store, and who may use it, is no part of the database.
fn is_exported(key: BlobKey) -> bool {
    !matches!(key, BlobKey::Epoch | BlobKey::Access)
}

fn is_rewritten(key: BlobKey) -> bool {
    match key {
        BlobKey::Catalog | BlobKey::Epoch | BlobKey::Access | BlobKey::Manifest { .. } | BlobKey::Indexes { .. } => {
            true
        }
        BlobKey::Log { .. } | BlobKey::Segment { .. } | BlobKey::Deletes { .. } | BlobKey::Index { .. } => false,
    }
}

fn vanished(key: BlobKey) -> Error {
    Error::Aborted { reason: format!("the {key} was removed while the database was exported") }
}
