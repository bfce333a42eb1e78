//! Background work on indexes: vectors are coded, codes are stored, and what nobody asks for any more is removed.

use super::Collection;
use super::coded::{Coded, ELEMENTS_MIN};
use super::indexes::{CodesRecord, IndexesRecord, PagesRecord, chained};
use super::maintain::Step;
use crate::column::gather::vector;
use crate::error::{Error, Result};
use crate::index::codes::Codes;
use crate::schema::Metric;
use crate::segment::SegmentId;
use crate::sorted::SortedMap;
use crate::store::{Batch, BlobKey, Bytes, codec};

/// What coding a row costs, against moving its vector.
const CODING_COST: u64 = 16;

impl Collection {
    /// Does about `bytes` of work on the indexes of the columns that are searched by codes, each with its metric; `None`
    /// when there is none.
    pub(super) fn index_next(&mut self, wanted: &[(usize, Metric)], bytes: u64) -> Option<Step> {
        let unwanted = self.coded.iter().find(|(column, coded)| !wanted.contains(&(*column, coded.space.metric())));
        if let Some(column) = unwanted.map(|(column, _)| *column) {
            let mut batch = Batch::default();
            self.drop_index(column, &mut batch);
            self.put_indexes(&mut batch);
            return Some(Step { batch, stage: "index", done: 0, total: 0 });
        }
        wanted.iter().find_map(|(column, metric)| self.index_column(*column, *metric, bytes))
    }

    /// Forgets the structures of a column, in memory and in storage.
    fn drop_index(&mut self, column: usize, batch: &mut Batch) {
        let collection = self.id;
        if let Some(coded) = self.coded.remove(&column) {
            for record in coded.stored.into_values().chain(coded.writing) {
                record.pages.keys(collection).for_each(|key| batch.remove(key));
            }
        }
    }

    fn index_column(&mut self, column: usize, metric: Metric, bytes: u64) -> Option<Step> {
        if self.elements(column) < ELEMENTS_MIN {
            return None;
        }
        self.make_space(column, metric);
        let coded = self.code(column, bytes);
        let batch = if coded > 0 { Batch::default() } else { self.store_codes(column, bytes)? };
        let codes = &self.coded[&column].codes;
        let done = codes.values().map(|codes| u64::from(codes.len())).sum();
        let total = self.segments.values().map(|segment| u64::from(segment.row_count())).sum();
        Some(Step { batch, stage: "index", done, total })
    }

    /// Codes about `bytes` of the vectors that have no codes yet; says how many rows that were.
    fn code(&mut self, column: usize, bytes: u64) -> u32 {
        let row_bytes = u64::from(self.schema.fields[column].dim) * 4;
        let budget = u32::try_from(bytes / (row_bytes * CODING_COST)).unwrap_or(u32::MAX).max(1);
        let coded = self.coded.get_mut(&column).expect("the column has a space");
        let mut done = 0;
        for (id, segment) in self.segments.iter() {
            let codes = coded.codes.get_or_insert_with(*id, || Codes::new(&coded.space));
            let before = codes.len();
            codes.extend(&coded.space, vector(segment.columns()[column].data()), budget - done);
            done += codes.len() - before;
            if done == budget {
                break;
            }
        }
        done
    }

    /// Stores about `bytes` of the codes of sealed segments; `None` when all are stored.
    fn store_codes(&mut self, column: usize, bytes: u64) -> Option<Batch> {
        let (collection, next) = (self.id, self.next_index);
        let coded = self.coded.get_mut(&column).expect("the column has a space");
        if coded.writing.is_none() {
            let segment = *self.sealed.keys().find(|id| !coded.stored.contains_key(*id))?;
            self.next_index += 1;
            coded.writing = Some(blank_record(next, segment, &coded.codes[&segment]));
        }
        let record = coded.writing.as_mut().expect("it was just made");
        let (rows, blocks) = coded.codes[&record.segment].pages();
        let mut batch = Batch::default();
        let pages = chained([rows].into_iter().chain(blocks));
        if record.pages.write(collection, pages, bytes, &mut batch) {
            let record = coded.writing.take().expect("it was just written");
            coded.stored.insert(record.segment, record);
            self.put_indexes(&mut batch);
        }
        Some(batch)
    }

    /// Rewrites the record of what there is.
    pub(super) fn put_indexes(&self, batch: &mut Batch) {
        let key = BlobKey::Indexes { collection: self.id };
        let fields = self.coded.iter().map(|(column, coded)| coded.record(self.schema.fields[*column].id));
        batch.put(key, codec::encode(key, &IndexesRecord { next: self.next_index, fields: fields.collect() }));
    }
}

fn blank_record(id: u32, segment: SegmentId, codes: &Codes) -> CodesRecord {
    let (rows, blocks) = codes.pages();
    CodesRecord {
        pages: PagesRecord::new(id),
        segment,
        uncoded: codes.uncoded().to_vec(),
        rows_per_page: rows.per_page(),
        blocks_per_page: blocks.map_or(0, |blocks| blocks.per_page()),
        row_pages: rows.blobs().len() as u32,
    }
}

impl Collection {
    /// The parts of the structures that belong to a segment.
    pub(super) fn index_keys(&self, segment: SegmentId) -> impl Iterator<Item = BlobKey> + '_ {
        let records = self.coded.values().filter_map(move |coded| coded.stored.get(&segment));
        records.flat_map(|record| record.pages.keys(self.id))
    }

    /// Takes in what the store says of structures; `segments` are those of the manifest.
    pub(super) fn take_indexes(&mut self, key: BlobKey, record: IndexesRecord, segments: &[SegmentId]) -> Result<()> {
        self.next_index = record.next;
        for field in record.fields {
            let column = self.schema.fields.iter().position(|known| known.id == field.field);
            let column = column.filter(|column| self.schema.fields[*column].data_type.is_vector());
            let column = column.ok_or_else(|| Error::corrupt(key, "it names a field that is no vector"))?;
            if field.center.len() != self.schema.fields[column].dim as usize {
                return Err(Error::corrupt(key, "its centre has another dimension than the vectors"));
            }
            let mut coded = Coded::new(field.metric, field.center);
            for codes in field.codes {
                if !segments.contains(&codes.segment) || codes.pages.id >= record.next {
                    return Err(Error::corrupt(key, "its structures contradict the manifest"));
                }
                coded.stored.insert(codes.segment, codes);
            }
            self.coded.insert(column, coded);
        }
        Ok(())
    }

    /// Takes in the codes of a segment.
    pub(super) fn take_codes(
        &mut self,
        segment: SegmentId,
        row_count: u32,
        mut blobs: SortedMap<BlobKey, Bytes>,
    ) -> Result<()> {
        let (collection, key) = (self.id, BlobKey::Indexes { collection: self.id });
        for (_, coded) in self.coded.iter_mut() {
            let Some(record) = coded.stored.get(&segment) else { continue };
            let mut rows = record.pages.take(collection, &mut blobs)?;
            let blocks = rows.split_off((record.row_pages as usize).min(rows.len()));
            let (rows, blocks) = ((record.rows_per_page, rows), (record.blocks_per_page, blocks));
            let codes = Codes::from_pages(&coded.space, row_count, rows, blocks, record.uncoded.clone());
            let codes = codes.ok_or_else(|| Error::corrupt(key, "codes do not fit their segment"))?;
            coded.codes.insert(segment, codes);
        }
        Ok(())
    }
}
