//! Background work on indexes: vectors are coded, codes are stored, and what nobody asks for any more is removed.

use super::coded::Coded;
use super::indexes::{CodesRecord, IndexesRecord, PagesRecord, PlacedRecord};
use super::maintain::{Reason, Step};
use super::placed::{Allowance, Building};
use super::{Collection, Memory};
use crate::column::gather::vector;
use crate::error::{Error, Result};
use crate::index::Structure;
use crate::index::codes::Codes;
use crate::index::form::{Form, Plan};
use crate::index::space::Space;
use crate::schema::Metric;
use crate::segment::{Segment, SegmentId};
use crate::sorted::SortedMap;
use crate::store::pages::Pages;
use crate::store::{Batch, BlobKey, Bytes, codec};

/// What coding a row costs, against moving its vector. Rather too much than too little: slices grow while pages are
/// moved, and the first one that codes again is as long as that.
const CODING_COST: u64 = 32;

/// What a column is to be searched by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wanted {
    /// The vector column.
    pub column: usize,
    /// The metric.
    pub metric: Metric,
    /// The inverted file or the graph.
    pub plan: Plan,
}

impl Collection {
    /// Does about `bytes` of work on the indexes of the columns that are searched by codes; `None` when there is none.
    pub(super) fn index_next(&mut self, wanted: &[Wanted], reason: Reason, memory: Memory, bytes: u64) -> Option<Step> {
        let is_wanted = |column: usize, metric| wanted.iter().any(|w| w.column == column && w.metric == metric);
        let unwanted = self.coded.iter().find(|(column, coded)| !is_wanted(*column, coded.space.metric()));
        if let Some(column) = unwanted.map(|(column, _)| *column) {
            let mut step = Step::new("index");
            self.drop_index(column, &mut step.batch);
            self.put_indexes(&mut step.batch);
            return Some(step);
        }
        wanted.iter().find_map(|wanted| self.index_column(*wanted, reason, memory, bytes))
    }

    /// What searches of a vector field read that is not scanned exactly by wish of the user.
    pub fn structure(&self, field: &str) -> Structure {
        let column =
            self.schema.column(field).filter(|column| self.elements(*column) >= self.thresholds.coded_elements);
        let Some(coded) = column.and_then(|column| self.coded.get(&column)) else {
            return Structure::scan("exact scan");
        };
        let coded_rows = |segment: &&Segment| coded.codes.get(&segment.id()).map_or(0, Codes::len);
        let pending = |segment: &Segment| u64::from(segment.row_count() - coded_rows(&segment));
        let forms = || coded.placed.values().map(|placed| &placed.form);
        Structure {
            cluster_count: forms().map(Form::cluster_count).sum(),
            name: forms().next().map_or("code scan", Form::name),
            memory_bytes: coded.size_bytes(),
            storage_bytes: coded.stored_pages().map(PagesRecord::size_bytes).sum(),
            pending_rows: self.segments.values().map(pending).sum(),
        }
    }

    /// Bytes of all indexes in memory and in storage.
    pub fn index_bytes(&self) -> (u64, u64) {
        let stored = self.coded.values().flat_map(Coded::stored_pages).map(PagesRecord::size_bytes);
        (self.coded.values().map(Coded::size_bytes).sum(), stored.sum())
    }

    /// Forgets the structures of a column, in memory and in storage.
    fn drop_index(&mut self, column: usize, batch: &mut Batch) {
        let collection = self.id;
        if let Some(mut coded) = self.coded.remove(&column) {
            coded.drop_all_placed(collection, batch);
            for record in coded.stored.into_values().chain(coded.writing) {
                record.pages.keys(collection).for_each(|key| batch.remove(key));
            }
        }
    }

    fn index_column(&mut self, wanted: Wanted, reason: Reason, memory: Memory, bytes: u64) -> Option<Step> {
        let Wanted { column, metric, .. } = wanted;
        if self.elements(column) < self.thresholds.coded_elements {
            return None;
        }
        let mut step = Step::new("index");
        if !self.make_space(column, metric) {
            let first: Vec<SegmentId> = self.segments.keys().copied().take(1).collect();
            step.need = self.absent_of(&first).0;
            return Some(step);
        }
        // What is coded is stored before more is: then its vectors need not stay in memory.
        if !self.store_codes(column, bytes, &mut step.batch) {
            match self.next_to_code(column, memory) {
                Some(id) if vector(self.segments[&id].columns()[column].data()).is_whole() => {
                    self.code(id, column, bytes);
                }
                Some(id) => step.need = self.absent_of(&[id]).0,
                None => {
                    if reason == Reason::Relief {
                        // Nothing is searched by it yet, and it is begun again when there is room.
                        let coded = self.coded.get_mut(&column).expect("the column has a space");
                        return coded.building.take().map(|_| step);
                    }
                    (step.done, step.total) = self.build_form(wanted, memory, bytes, &mut step.batch)?;
                    return Some(step);
                }
            }
        }
        step.done = self.coded[&column].codes.values().map(|codes| u64::from(codes.len())).sum();
        step.total = self.segments.values().map(|segment| u64::from(segment.row_count())).sum();
        Some(step)
    }

    /// The segment whose vectors are to be coded next, if there is room for that. Codes of sealed rows give back more than
    /// they take as soon as they are stored; those of others must not take the room that new rows need.
    fn next_to_code(&self, column: usize, memory: Memory) -> Option<SegmentId> {
        let codes = &self.coded[&column].codes;
        let row_bytes = Space::code_bytes(self.schema.fields[column].dim);
        let pending = |id: &SegmentId| self.segments[id].row_count() - codes.get(id).map_or(0, Codes::len);
        let has_room = |id: &SegmentId| {
            let bytes = u64::from(pending(id)) * row_bytes + self.absent_of(&[*id]).1;
            let is_sealed = self.sealed.contains_key(id);
            if is_sealed { memory.has_room(bytes) } else { memory.has_room_for_structures(bytes) }
        };
        self.segments.keys().copied().find(|id| pending(id) > 0 && has_room(id))
    }

    /// Does about `bytes` of work on the inverted files or graphs of a column; says how far it is, `None` when there is none.
    fn build_form(&mut self, wanted: Wanted, memory: Memory, bytes: u64, batch: &mut Batch) -> Option<(u64, u64)> {
        let Wanted { column, metric, plan } = wanted;
        let (collection, thresholds, dim) = (self.id, self.thresholds, self.schema.fields[column].dim);
        let rows = self.coding_rows(column, bytes);
        let sealed: Vec<&Segment> = self.sealed.keys().map(|id| &self.segments[id]).collect();
        let coded = self.coded.get_mut(&column).expect("the column has a space");
        if plan == Plan::Scan {
            return coded.drop_all_placed(collection, batch).then(|| {
                self.put_indexes(batch);
                (0, 0)
            });
        }
        if !memory.has_room_for_structures(0) && coded.building.take().is_some() {
            // It held memory that it was to leave to rows, and nothing is searched by it yet. It is begun again once there is
            // room for all of it.
            return Some((0, 0));
        }
        let row_count = row_count(&sealed);
        let (making, copies) = (plan.making_bytes(metric, dim, row_count), plan.copies_bytes(dim, row_count));
        let is_changed = match coded.store_placed(collection, &mut self.next_index, bytes, batch) {
            Some(is_changed) => is_changed,
            None if coded.building.is_none() && !memory.has_room_for_structures(making) => {
                return None;
            }
            None => {
                let allowance = Allowance { rows, is_roomy: memory.has_room_for_structures(making + copies) };
                coded.build(&sealed, plan, thresholds, allowance, collection, batch)?
            }
        };
        let progress = coded.building.as_ref().map_or((0, 0), Building::progress);
        if is_changed {
            self.put_indexes(batch);
        }
        Some(progress)
    }

    /// How many rows of a column are coded, or looked at as long, in the time that `bytes` take to be moved.
    fn coding_rows(&self, column: usize, bytes: u64) -> u32 {
        let row_bytes = u64::from(self.schema.fields[column].dim) * 4;
        u32::try_from(bytes / (row_bytes * CODING_COST)).unwrap_or(u32::MAX).max(1)
    }

    /// Codes about `bytes` of the vectors of a segment that have no codes yet.
    fn code(&mut self, id: SegmentId, column: usize, bytes: u64) {
        let budget = self.coding_rows(column, bytes);
        let coded = self.coded.get_mut(&column).expect("the column has a space");
        let codes = coded.codes.get_or_insert_with(id, || Codes::new(&coded.space));
        codes.extend(&coded.space, vector(self.segments[&id].columns()[column].data()), budget);
    }

    /// Stores about `bytes` of the codes of sealed segments; says whether there was something to do.
    fn store_codes(&mut self, column: usize, bytes: u64, batch: &mut Batch) -> bool {
        let (collection, next) = (self.id, self.next_index);
        let coded = self.coded.get_mut(&column).expect("the column has a space");
        if coded.writing.is_none() {
            let is_complete = |id: &SegmentId| {
                let rows = self.segments[id].row_count();
                coded.codes.get(id).is_some_and(|codes| codes.len() == rows)
            };
            let mut sealed = self.sealed.keys().copied();
            let Some(segment) = sealed.find(|id| !coded.stored.contains_key(id) && is_complete(id)) else {
                return false;
            };
            self.next_index += 1;
            coded.writing = Some(blank_record(next, segment, &coded.codes[&segment]));
        }
        let record = coded.writing.as_mut().expect("it was just made");
        let (rows, blocks) = coded.codes[&record.segment].pages();
        let pages = [rows].into_iter().chain(blocks).flat_map(Pages::blobs);
        if record.pages.write(collection, pages, bytes, batch) {
            let record = coded.writing.take().expect("it was just written");
            coded.stored.insert(record.segment, record);
            self.put_indexes(batch);
        }
        true
    }

    /// Rewrites the record of what there is.
    pub(super) fn put_indexes(&self, batch: &mut Batch) {
        let key = BlobKey::Indexes { collection: self.id };
        let fields = self.coded.iter().map(|(column, coded)| coded.record(self.schema.fields[*column].id));
        batch.put(key, codec::encode(key, &IndexesRecord { next: self.next_index, fields: fields.collect() }));
    }
}

fn row_count(segments: &[&Segment]) -> u64 {
    segments.iter().map(|segment| u64::from(segment.row_count())).sum()
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

    /// Takes in what the store says of structures; `segments` are those of the manifest. Gives out the inverted files
    /// and graphs that are to be read, with their columns.
    ///
    /// # Errors
    /// [`Error::Corrupt`].
    pub(super) fn take_indexes(
        &mut self,
        key: BlobKey,
        record: IndexesRecord,
        segments: &[SegmentId],
    ) -> Result<Vec<(usize, PlacedRecord)>> {
        self.next_index = record.next;
        let mut coming = Vec::new();
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
            if field.placed.iter().any(|placed| placed.pages.id >= record.next) {
                return Err(Error::corrupt(key, "its structures contradict each other"));
            }
            coming.extend(field.placed.into_iter().map(|placed| (column, placed)));
            self.coded.insert(column, coded);
        }
        Ok(coming)
    }

    /// Takes in an inverted file or a graph of a column, whose parts were loaded.
    ///
    /// # Errors
    /// [`Error::Corrupt`].
    pub(super) fn take_placed(
        &mut self,
        column: usize,
        record: PlacedRecord,
        blobs: Vec<(BlobKey, Bytes)>,
    ) -> Result<()> {
        let coded = self.coded.get_mut(&column).expect("the column's codes were announced");
        let segments = &self.segments;
        let fits = |id, rows| segments.get(id).is_none_or(|segment: &Segment| segment.row_count() == rows);
        let has_codes = |id| coded.codes.contains_key(id) || !segments.contains_key(id);
        if !record.segments.iter().all(|(id, rows)| fits(id, *rows) && has_codes(id)) {
            let key = BlobKey::Indexes { collection: self.id };
            return Err(Error::corrupt(key, "an inverted file or a graph does not fit its segments"));
        }
        coded.take_placed(self.id, record, &mut blobs.into_iter().collect())
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
