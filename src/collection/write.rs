//! Insert and upsert: rows checked against the schema and sent to their segments.

use xxhash_rust::xxh3::xxh3_64;

use super::field_op::FieldOp;
use super::log::{self, LogRecord, RunRecord};
use super::primary::{PrimaryKey, RowAddress};
use super::{Collection, Growing, Memory};
use crate::bitmap::Bitmap;
use crate::column::build::{build, check_json};
use crate::column::gather::gather;
use crate::column::rows::{NamedValues, Rows, Values};
use crate::column::{Column, ColumnData, JsonColumn};
use crate::error::{Error, Result};
use crate::schema::{DYNAMIC_FIELD, DataType, Field, Value};
use crate::segment::{PartitionId, SEGMENT_BYTES_MAX, Segment, SegmentId};
use crate::sorted::{SortedMap, order, sort_by};
use crate::store::{Batch, BlobKey};
use crate::timestamp::{Context, next_auto_id};

/// Rows to add.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Insert {
    /// The partition; the default one when empty.
    pub partition: String,
    /// The rows.
    pub rows: Rows,
}

/// Rows to put in place of those with the same primary keys.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Upsert {
    /// The partition; the default one when empty.
    pub partition: String,
    /// The rows.
    pub rows: Rows,
    /// Whether fields that a row lacks keep their old value.
    pub is_partial: bool,
    /// Array fields that are not replaced, with what is done to them; they make the upsert partial.
    pub field_ops: Vec<(String, FieldOp)>,
}

/// What an insert or upsert did.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// The primary keys, row by row: `Values::Ints` or `Values::Texts`.
    pub primary_keys: Values,
}

/// Which partition a row goes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Routing {
    /// All to one.
    One(PartitionId),
    /// By the hash of the partition key.
    ByKey(Vec<PartitionId>),
}

/// What becomes of rows whose primary key exists, and of primary keys that the engine makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mode {
    /// Whether rows replace: then keys must be given, each once.
    pub is_upsert: bool,
    /// Whether absent fields keep their old value.
    pub is_partial: bool,
    /// Whether keys may be given although the engine makes them (`allow_insert_auto_id`).
    pub keeps_given_ids: bool,
}

/// Rows of one command that go to one segment.
struct Run {
    segment: SegmentId,
    partition: PartitionId,
    first_row: u32,
    rows: Vec<u32>,
}

/// Where the primary keys of a command come from.
struct Ids {
    /// Whether the engine made them, so that no row has them yet.
    are_made: bool,
    /// The greatest auto id, after the command.
    last: i64,
}

/// Given ids from here on do not raise the auto ids, which the clock does not bring here and which must not run out.
const GIVEN_ID_END: i64 = 1 << 62;

impl Collection {
    /// Adds rows. A row whose primary key exists takes the old row's place, in an insert too: reads see the last one.
    ///
    /// # Errors
    /// [`Error::Row`], [`Error::DimensionMismatch`], [`Error::MemoryLimit`], [`Error::Invalid`]; nothing was changed.
    pub fn write(
        &mut self,
        rows: Rows,
        mode: Mode,
        field_ops: &[(String, FieldOp)],
        routing: &Routing,
        memory: Memory,
        context: Context,
    ) -> Result<(Written, Batch)> {
        if rows.row_count == 0 {
            return Err(Error::invalid("the rows are empty, expected at least one"));
        }
        let rows = if mode.is_partial { self.complete(rows, field_ops)? } else { rows };
        let (columns, ids) = self.columns(&rows, mode, context)?;
        let bytes: u64 = columns.iter().map(Column::size_bytes).sum();
        let needed_bytes = memory.used_bytes + bytes + memory.reserve_bytes();
        if needed_bytes > memory.limit_bytes {
            return Err(Error::MemoryLimit { limit_bytes: memory.limit_bytes, needed_bytes });
        }
        let replaced = self.replaced_keys(&rows, &columns, mode)?;
        let primary = self.schema.primary_column();
        let primary_keys = all(&self.schema.fields[primary], &columns[primary], rows.row_count);

        // From here on nothing fails.
        let now = i64::try_from(context.now_ms).unwrap_or(i64::MAX);
        self.oldest_ms = self.oldest_ms.map(|oldest| oldest.min(now));
        let runs = self.plan(&columns, rows.row_count, bytes, routing);
        let doomed = self.doomed(&runs, &columns[primary], rows.row_count, replaced, ids.are_made);
        let batch = self.append(&runs, &columns, doomed, ids.last);
        Ok((Written { primary_keys }, batch))
    }

    /// The rows as columns in the schema's order, and where their primary keys come from.
    fn columns(&self, rows: &Rows, mode: Mode, context: Context) -> Result<(Vec<Column>, Ids)> {
        self.check_names(rows)?;
        let mut ids = Ids { are_made: false, last: self.auto_id_last };
        let mut columns = Vec::with_capacity(self.schema.fields.len());
        for field in self.schema.user_fields() {
            let given = rows.columns.iter().rfind(|column| column.name == field.name);
            let makes_ids = field.is_primary && field.is_auto_id && !(mode.keeps_given_ids && given.is_some());
            if !makes_ids {
                if field.is_primary && given.is_none() {
                    let reason = "the primary key is absent and autoID is off".to_string();
                    return Err(Error::Row { field: field.name.clone(), row: 0, reason });
                }
                let column = build(field, given, rows.row_count)?;
                if field.is_auto_id {
                    ids.last = ids.last.max(greatest_id(&column));
                }
                columns.push(column);
                continue;
            }
            if given.is_some() && !mode.is_upsert {
                return Err(Error::invalid(format!(
                    "the primary key {} is made by the engine (autoID), so rows must not have it",
                    field.name
                )));
            }
            let first = next_auto_id(self.auto_id_last, context.now_ms);
            ids = Ids { are_made: true, last: first + i64::from(rows.row_count) - 1 };
            let range = first..=ids.last;
            let made = match field.data_type {
                DataType::VarChar => Values::Any(range.map(|id| Value::Text(id.to_string())).collect()),
                _ => Values::Ints(range.collect()),
            };
            let made = NamedValues { name: field.name.clone(), present: None, values: made };
            columns.push(build(field, Some(&made), rows.row_count)?);
        }
        if let Some(at) = self.schema.time_column() {
            let now = i64::try_from(context.now_ms).unwrap_or(i64::MAX);
            let field = &self.schema.fields[at];
            let values = Values::Ints(vec![now; rows.row_count as usize]);
            columns.push(build(
                field,
                Some(&NamedValues { name: field.name.clone(), present: None, values }),
                rows.row_count,
            )?);
        }
        if self.schema.is_dynamic {
            columns.push(self.dynamic_column(rows)?);
        }
        Ok((columns, ids))
    }

    fn check_names(&self, rows: &Rows) -> Result<()> {
        for column in &rows.columns {
            let row = column.present.as_ref().and_then(|present| present.first().copied()).unwrap_or(0);
            let refused =
                |reason: &str| Err(Error::Row { field: column.name.clone(), row, reason: reason.to_string() });
            if column.name == DYNAMIC_FIELD {
                return refused("the dynamic field itself cannot be a key; write its keys beside the fields");
            }
            if !self.schema.is_dynamic && self.schema.column(&column.name).is_none() {
                return refused("has pass more field without dynamic schema, please check it");
            }
        }
        Ok(())
    }

    /// One JSON object a row, of the keys that are no fields.
    fn dynamic_column(&self, rows: &Rows) -> Result<Column> {
        let mut objects: Vec<Vec<(String, Value)>> = vec![Vec::new(); rows.row_count as usize];
        for column in rows.columns.iter().filter(|column| self.schema.column(&column.name).is_none()) {
            for at in 0..column.values.len() {
                let row = column.present.as_ref().map_or(at, |present| present[at] as usize);
                match column.values.value(at) {
                    Value::Null => {}
                    value => objects[row].push((column.name.clone(), value)),
                }
            }
        }
        let mut column = JsonColumn::default();
        for (row, members) in objects.into_iter().enumerate() {
            let object = Value::Object(members);
            check_json(DYNAMIC_FIELD, row as u32, &object)?;
            column.push(&object);
        }
        Ok(Column::from_data(ColumnData::Json(column), None))
    }

    /// The rows of a partial upsert, with the old values where the new rows have none.
    ///
    /// # Errors
    /// Those of [`Collection::write`].
    pub fn complete(&mut self, mut rows: Rows, field_ops: &[(String, FieldOp)]) -> Result<Rows> {
        let primary = self.schema.primary_column();
        let field = &self.schema.fields[primary];
        let Some(keys) = rows.columns.iter().find(|column| column.name == field.name) else {
            let reason = "a partial upsert needs the primary key".to_string();
            return Err(Error::Row { field: field.name.clone(), row: 0, reason });
        };
        let keys = build(field, Some(keys), rows.row_count)?;
        self.primary();
        let old: Vec<Option<RowAddress>> =
            (0..rows.row_count).map(|row| self.find(PrimaryKey::of(&keys, row))).collect();
        self.apply_ops(&mut rows, field_ops, &old)?;
        for (at, field) in self.schema.user_fields().iter().enumerate() {
            let given = rows.columns.iter().position(|column| column.name == field.name);
            if given.is_some_and(|given| rows.columns[given].present.is_none()) {
                continue;
            }
            let values = self.overlay(given.map(|given| &rows.columns[given]), &old, |segment, row| {
                Some(segment.columns()[at].value(row))
            });
            let merged = NamedValues { name: field.name.clone(), ..values };
            match given {
                Some(given) => rows.columns[given] = merged,
                None => rows.columns.push(merged),
            }
        }
        if let Some(dynamic) = self.schema.dynamic_column() {
            self.complete_dynamic(&mut rows, &old, dynamic);
        }
        Ok(rows)
    }

    /// Merges the old rows' dynamic keys in, key by key.
    fn complete_dynamic(&self, rows: &mut Rows, old: &[Option<RowAddress>], dynamic: usize) {
        let mut given: SortedMap<String, (usize, Bitmap)> = SortedMap::new();
        for (at, column) in rows.columns.iter().enumerate() {
            let mut has = Bitmap::full(rows.row_count);
            if let Some(present) = &column.present {
                has = Bitmap::new(rows.row_count);
                for row in present {
                    has.insert(*row);
                }
            }
            given.insert(column.name.clone(), (at, has));
        }
        // Row by row, so that each old document is taken apart once.
        let mut kept: SortedMap<String, Vec<(u32, Value)>> = SortedMap::new();
        for (row, at) in old.iter().enumerate() {
            let Some(at) = at else { continue };
            let row = row as u32;
            let Value::Object(members) = self.segments[&at.segment].columns()[dynamic].value(at.row) else { continue };
            for (key, value) in members {
                if !given.get(key.as_str()).is_some_and(|(_, has)| has.contains(row)) {
                    kept.or_default(key).push((row, value));
                }
            }
        }
        for (name, mut values) in kept {
            let column = given.get(name.as_str()).map(|(at, _)| *at);
            if let Some(at) = column {
                let NamedValues { present, values: own, .. } = &rows.columns[at];
                let row = |value: usize| present.as_ref().map_or(value as u32, |present| present[value]);
                values.extend((0..own.len()).map(|value| (row(value), own.value(value))));
                sort_by(&mut values, |a, b| a.0.cmp(&b.0));
            }
            let (present, values) = values.into_iter().unzip();
            let merged = NamedValues { name, present: Some(present), values: Values::Any(values) };
            match column {
                Some(at) => rows.columns[at] = merged,
                None => rows.columns.push(merged),
            }
        }
    }

    /// What each row has: its given value, else what `old_value` says of the old row, else nothing.
    fn overlay(
        &self,
        given: Option<&NamedValues>,
        old: &[Option<RowAddress>],
        old_value: impl Fn(&Segment, u32) -> Option<Value>,
    ) -> NamedValues {
        let mut given_at: SortedMap<u32, usize> = SortedMap::new();
        if let Some(given) = given {
            let rows = given.present.clone().unwrap_or_else(|| (0..given.values.len() as u32).collect());
            given_at = rows.into_iter().enumerate().map(|(at, row)| (row, at)).collect();
        }
        let (mut present, mut values) = (Vec::new(), Vec::new());
        for (row, old) in old.iter().enumerate() {
            let given = given_at.get(&(row as u32)).and_then(|at| given.map(|given| given.values.value(*at)));
            let value = given.or_else(|| old.as_ref().and_then(|at| old_value(&self.segments[&at.segment], at.row)));
            if let Some(value) = value {
                present.push(row as u32);
                values.push(value);
            }
        }
        NamedValues { name: String::new(), present: Some(present), values: Values::Any(values) }
    }

    /// The keys under which old rows are replaced, when they are not the new rows' own: an upsert under autoID names old
    /// rows by keys that the new rows do not get.
    fn replaced_keys(&self, rows: &Rows, columns: &[Column], mode: Mode) -> Result<Option<Column>> {
        if !mode.is_upsert {
            return Ok(None);
        }
        let primary = self.schema.primary_column();
        let field = &self.schema.fields[primary];
        let own = &columns[primary];
        let given = if field.is_auto_id && !mode.keeps_given_ids {
            let keys = rows.columns.iter().find(|column| column.name == field.name).ok_or_else(|| Error::Row {
                field: field.name.clone(),
                row: 0,
                reason: "an upsert needs the primary key of the row that it replaces".to_string(),
            })?;
            Some(build(field, Some(keys), rows.row_count)?)
        } else {
            None
        };
        let keys = given.as_ref().unwrap_or(own);
        let by_key = by_key(keys);
        let pairs = by_key.windows(2).filter(|pair| PrimaryKey::of(keys, pair[0]) == PrimaryKey::of(keys, pair[1]));
        if let Some(row) = pairs.map(|pair| pair[1]).min() {
            return Err(Error::invalid(format!(
                "duplicate primary keys are not allowed in the same batch: row {row} repeats {:?}",
                PrimaryKey::of(keys, row)
            )));
        }
        Ok(given)
    }

    /// Cuts the rows into runs: by partition, and at the size where a segment is full. Opens segments as needed.
    fn plan(&mut self, columns: &[Column], row_count: u32, bytes: u64, routing: &Routing) -> Vec<Run> {
        let mut by_partition: SortedMap<PartitionId, Vec<u32>> = SortedMap::new();
        match routing {
            Routing::One(partition) => {
                by_partition.insert(*partition, (0..row_count).collect());
            }
            Routing::ByKey(partitions) => {
                let key = self.schema.partition_key_column().expect("rows are routed by a partition key");
                for row in 0..row_count {
                    let hash = match PrimaryKey::of(&columns[key], row) {
                        PrimaryKey::Int(number) => xxh3_64(&number.to_le_bytes()),
                        PrimaryKey::Text(text) => xxh3_64(text.as_bytes()),
                    };
                    let partition = partitions[(hash % partitions.len() as u64) as usize];
                    by_partition.or_default(partition).push(row);
                }
            }
        }
        let row_bytes = (bytes / u64::from(row_count)).max(1);
        let mut runs = Vec::new();
        for (partition, rows) in by_partition {
            let mut rest = rows.as_slice();
            while !rest.is_empty() {
                let (segment, first_row, used) = self.open_segment(partition);
                let room = (SEGMENT_BYTES_MAX.saturating_sub(used) / row_bytes).max(1);
                let (taken, left) = rest.split_at(rest.len().min(usize::try_from(room).unwrap_or(usize::MAX)));
                runs.push(Run { segment, partition, first_row, rows: taken.to_vec() });
                rest = left;
                if is_full(used + taken.len() as u64 * row_bytes, row_bytes) {
                    self.growing.get_mut(&segment).expect("it was opened").is_closed = true;
                }
            }
        }
        runs
    }

    /// The segment of a partition that takes rows, its next row, and the bytes that it holds.
    fn open_segment(&mut self, partition: PartitionId) -> (SegmentId, u32, u64) {
        let open =
            self.growing.iter().find(|(id, growing)| !growing.is_closed && self.segments[id].partition() == partition);
        if let Some((id, _)) = open {
            let segment = &self.segments[id];
            return (*id, segment.row_count(), segment.column_bytes());
        }
        let id = self.next_segment;
        self.next_segment += 1;
        self.segments.insert(id, Segment::new(id, partition, &self.schema, self.page_bytes));
        self.growing.insert(id, Growing { first_seq: self.next_seq, is_closed: false });
        (id, 0, 0)
    }

    /// The rows that die: old ones with a new row's key, and new ones whose key comes again later in the batch.
    fn doomed(
        &mut self,
        runs: &[Run],
        keys: &Column,
        row_count: u32,
        replaced: Option<Column>,
        are_made: bool,
    ) -> Vec<RowAddress> {
        let mut doomed = Vec::new();
        if let Some(replaced) = &replaced {
            self.primary();
            doomed.extend((0..row_count).filter_map(|row| self.find(PrimaryKey::of(replaced, row))));
        }
        if are_made && replaced.is_none() && self.primary.is_none() {
            // Keys that were just made cannot be there, and nobody has needed the index yet.
            return doomed;
        }
        self.primary();
        let mut address_of = vec![RowAddress { segment: 0, row: 0 }; row_count as usize];
        for run in runs {
            for (at, row) in run.rows.iter().enumerate() {
                address_of[*row as usize] = RowAddress { segment: run.segment, row: run.first_row + at as u32 };
            }
        }
        let mut earlier: Option<u32> = None;
        for row in by_key(keys) {
            let key = PrimaryKey::of(keys, row);
            match earlier.replace(row) {
                Some(earlier) if PrimaryKey::of(keys, earlier) == key => doomed.push(address_of[earlier as usize]),
                _ => doomed.extend(self.find(key)),
            }
        }
        doomed
    }

    /// Appends the runs and kills the doomed, in memory, and gives the log entries out.
    fn append(&mut self, runs: &[Run], columns: &[Column], doomed: Vec<RowAddress>, auto_id_last: i64) -> Batch {
        let mut batch = Batch::default();
        self.auto_id_last = auto_id_last;
        for (at, run) in runs.iter().enumerate() {
            let record = LogRecord {
                run: Some(RunRecord {
                    segment: run.segment,
                    partition: run.partition,
                    first_row: run.first_row,
                    row_count: run.rows.len() as u32,
                    columns: Vec::new(),
                }),
                // All runs are applied before the deletes, some of which are about the runs' own rows.
                deletes: if at + 1 == runs.len() { LogRecord::group(doomed.clone()) } else { Vec::new() },
                auto_id_last,
            };
            let is_whole = run.rows.len() == columns[0].len() as usize;
            let part: Vec<Column>;
            let written = if is_whole {
                columns
            } else {
                part = self
                    .schema
                    .fields
                    .iter()
                    .zip(columns)
                    .map(|(f, column)| {
                        let mut part = Column::new(f);
                        part.append(column, run.rows.iter().copied());
                        part
                    })
                    .collect();
                &part
            };
            self.push_log(record, written, &mut batch);
            let segment = self.segments.get_mut(&run.segment).expect("the plan opened it");
            segment.append(columns, run.rows.iter().copied());
        }
        self.kill(&doomed);
        if let Some(mut index) = self.primary.take() {
            let primary = self.schema.primary_column();
            for run in runs {
                let segment = &self.segments[&run.segment];
                for row in run.first_row..run.first_row + run.rows.len() as u32 {
                    if !segment.deletes().contains(row) {
                        let key = PrimaryKey::of(&segment.columns()[primary], row);
                        index.put(key, RowAddress { segment: run.segment, row }, &self.segments, primary);
                    }
                }
            }
            self.primary = Some(index);
        }
        batch
    }

    /// Writes the next log entry.
    pub(super) fn push_log(&mut self, record: LogRecord, columns: &[Column], batch: &mut Batch) {
        let key = BlobKey::Log { collection: self.id, seq: self.next_seq };
        let blob = log::encode(key, record, &self.schema, columns);
        self.log.insert(self.next_seq, blob.len() as u64);
        self.next_seq += 1;
        batch.put(key, blob);
    }

    /// The live row of a key. The index must have been built ([`Collection::primary`]).
    pub(super) fn find(&self, key: PrimaryKey<'_>) -> Option<RowAddress> {
        let index = self.primary.as_ref().expect("the caller built the index of primary keys");
        index.find(key, &self.segments, self.schema.primary_column())
    }
}

/// The greatest of the given ids that auto ids must stay above.
fn greatest_id(keys: &Column) -> i64 {
    let id = |row| match PrimaryKey::of(keys, row) {
        PrimaryKey::Int(id) => Some(id),
        PrimaryKey::Text(text) => text.parse().ok(),
    };
    (0..keys.len()).filter_map(id).filter(|id| *id < GIVEN_ID_END).max().unwrap_or(0)
}

/// Whether a segment of so many bytes has no room for one more row.
pub(super) fn is_full(bytes: u64, row_bytes: u64) -> bool {
    bytes + row_bytes > SEGMENT_BYTES_MAX
}

/// The rows of a primary-key column by ascending key; of one key, by ascending row.
fn by_key(keys: &Column) -> Vec<u32> {
    let key = |row: usize| PrimaryKey::of(keys, row as u32);
    order(keys.len() as usize, &mut |a, b| key(a).cmp(&key(b))).into_iter().map(|row| row as u32).collect()
}

fn all(field: &Field, column: &Column, row_count: u32) -> Values {
    let picks: Vec<(&Column, u32)> = (0..row_count).map(|row| (column, row)).collect();
    gather(field, &picks)
}
