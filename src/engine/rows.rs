//! Commands on rows: names become numbers here, and what may not be read is refused.

use super::Engine;
use super::catalog::CollectionRecord;
use crate::collection::delete::Delete;
use crate::collection::hybrid::HybridSearch;
use crate::collection::query::Query;
use crate::collection::search::{Search, Searched};
use crate::collection::write::{Insert, Mode, Routing, Upsert};
use crate::command::{Command, Reply, Stats, Target};
use crate::error::{Error, Result};
use crate::index::inverted::Probes;
use crate::index::{Effort, Range};
use crate::schema::Value;
use crate::schema::index_params::Index;
use crate::schema::index_type::{PROBES_DEFAULT, whole};
use crate::schema::search_params::{self, check_search_params};
use crate::sorted::SortedMap;
use crate::store::Batch;
use crate::timestamp::Context;

impl Engine {
    pub(super) fn insert(&mut self, target: &Target, insert: Insert, context: Context) -> Result<(Reply, Batch)> {
        let record = self.catalog.resolve(target)?;
        let routing = routing(record, &insert.partition)?;
        let keeps_given_ids = record.allows_insert_auto_id();
        let mode = Mode { is_upsert: false, is_partial: false, keeps_given_ids };
        let memory = self.memory();
        let (written, batch) = self.rows(target)?.write(insert.rows, mode, &[], &routing, memory, context)?;
        Ok((Reply::Written(written), batch))
    }

    pub(super) fn upsert(&mut self, target: &Target, upsert: Upsert, context: Context) -> Result<(Reply, Batch)> {
        let record = self.catalog.resolve(target)?;
        let routing = routing(record, &upsert.partition)?;
        let keeps_given_ids = record.allows_insert_auto_id();
        let mode =
            Mode { is_upsert: true, is_partial: upsert.is_partial || !upsert.field_ops.is_empty(), keeps_given_ids };
        let memory = self.memory();
        let (written, batch) =
            self.rows(target)?.write(upsert.rows, mode, &upsert.field_ops, &routing, memory, context)?;
        Ok((Reply::Written(written), batch))
    }

    pub(super) fn delete(&mut self, target: &Target, delete: Delete) -> Result<(Reply, Batch)> {
        let record = self.catalog.resolve(target)?.clone();
        let collection = self.rows(target)?;
        if !record.is_loaded() && !delete.is_by_key(collection)? {
            return Err(Error::CollectionNotLoaded { collection: record.name });
        }
        let partitions = match delete.partition.as_str() {
            "" => None,
            name => record.writable_partition(name)?.map(|id| vec![id]),
        };
        let (count, batch) = collection.delete(&delete, partitions.as_deref())?;
        Ok((Reply::Deleted { count }, batch))
    }

    pub(super) fn query(&mut self, target: &Target, query: &Query) -> Result<Reply> {
        let partitions = self.catalog.resolve(target)?.readable_partitions(&query.partitions)?;
        Ok(Reply::Rows(self.rows(target)?.query(query, Some(&partitions))?))
    }

    pub(super) fn search(&mut self, target: &Target, mut search: Search) -> Result<Reply> {
        let partitions = self.catalog.resolve(target)?.readable_partitions(&search.partitions)?;
        let searched = self.searched(target, &search)?;
        self.find_queries(target, &mut search, searched)?;
        Ok(Reply::Hits(self.rows(target)?.search(&search, searched, Some(&partitions))?))
    }

    pub(super) fn hybrid_search(&mut self, target: &Target, mut hybrid: HybridSearch) -> Result<Reply> {
        let partitions = self.catalog.resolve(target)?.readable_partitions(&hybrid.partitions)?;
        hybrid.searches.iter_mut().for_each(|search| search.offset = 0);
        let searched =
            hybrid.searches.iter().map(|search| self.searched(target, search)).collect::<Result<Vec<_>>>()?;
        for (search, searched) in hybrid.searches.iter_mut().zip(&searched) {
            self.find_queries(target, search, *searched)?;
        }
        Ok(Reply::Hits(self.rows(target)?.hybrid_search(&hybrid, &searched, Some(&partitions))?))
    }

    /// Reads what a command reads before it does anything, so that what is in storage only is noted as wanted: the rows
    /// that a partial upsert completes, and those whose vectors are searched for.
    pub(super) fn read_ahead(&mut self, command: &Command) -> Result<()> {
        match command {
            Command::Upsert { target, upsert } if upsert.is_partial || !upsert.field_ops.is_empty() => {
                self.rows(target)?.complete(upsert.rows.clone(), &upsert.field_ops)?;
            }
            Command::Search { target, search } => self.read_queries(target, search)?,
            Command::HybridSearch { target, hybrid } => {
                hybrid.searches.iter().try_for_each(|search| self.read_queries(target, search))?;
            }
            _ => {}
        }
        Ok(())
    }

    fn read_queries(&mut self, target: &Target, search: &Search) -> Result<()> {
        if search.ids.is_some() {
            self.catalog.resolve(target)?.readable_partitions(&search.partitions)?;
            let searched = self.searched(target, search)?;
            self.find_queries(target, &mut search.clone(), searched)?;
        }
        Ok(())
    }

    /// Puts the vectors of the rows that a search names in place of their keys. They may lie in other partitions than
    /// those that are searched.
    fn find_queries(&mut self, target: &Target, search: &mut Search, searched: Searched) -> Result<()> {
        if let Some(ids) = &search.ids {
            let readable = self.catalog.resolve(target)?.readable_partitions(&[])?;
            search.queries = self.rows(target)?.vectors_of(ids, searched.column, Some(&readable))?;
        }
        Ok(())
    }

    pub(super) fn stats(&self) -> Stats {
        let mut stats = Stats { collections: self.catalog.collections().count() as u32, ..Stats::default() };
        let memory = self.memory();
        (stats.memory_bytes, stats.memory_limit_bytes) = (memory.used_bytes, memory.limit_bytes);
        for collection in self.collections.values() {
            let (growing, sealed) = collection.segment_counts();
            stats.row_count += collection.live_count(None);
            stats.deleted_count += collection.deleted_count();
            stats.storage_bytes += collection.stored_bytes();
            let (index_memory, index_storage) = collection.index_bytes();
            stats.index_memory_bytes += index_memory;
            stats.index_storage_bytes += index_storage;
            stats.growing_segments += growing;
            stats.sealed_segments += sealed;
        }
        stats
    }

    /// What the index of the searched field says of a search.
    fn searched(&mut self, target: &Target, search: &Search) -> Result<Searched> {
        let column = self.rows(target)?.anns_column(&search.anns_field)?;
        let record = self.catalog.resolve(target)?;
        let field = &record.schema.fields[column].name;
        let missing = || Error::IndexNotFound { collection: record.name.clone(), index: String::new() };
        let index = record.index_of(field).ok_or_else(missing)?;
        let metric = index.metric.ok_or_else(missing)?;
        if !search.metric.is_empty() && !search.metric.eq_ignore_ascii_case(metric.name()) {
            return Err(Error::invalid(format!(
                "metric type not match: invalid parameter[expected={}][actual={}]",
                metric.name(),
                search.metric
            )));
        }
        let limit = search.limit.saturating_add(search.offset);
        let range = check_search_params(index, &search.params, limit)?.map_or(Range::ALL, distances);
        Ok(Searched { column, metric, range, effort: effort(index, &search.params) })
    }
}

/// How hard a search by codes tries; `None` for an index that compares every row. `level` goes from fast to thorough,
/// `nprobe` says how many clusters are read, `ef` how many nodes of a graph are looked for.
fn effort(index: &Index, params: &SortedMap<String, Value>) -> Option<Effort> {
    if index.is_exact() {
        return None;
    }
    let given = |name| params.get(name).and_then(whole);
    let mut effort = Effort::DEFAULT;
    if index.index_type == "AUTOINDEX" {
        if let Some(level) = given("level") {
            let level = level as u32;
            effort.slack = 1.0 + 0.375 * level as f32;
            effort.spare = 8 + 4 * level;
            effort.probes = Probes::Patience(20 * level);
        }
    } else {
        effort.probes = Probes::Count(given("nprobe").unwrap_or(PROBES_DEFAULT) as u32);
        effort.width = given("ef").map_or(0, |width| u32::try_from(width).unwrap_or(u32::MAX));
    }
    Some(effort)
}

/// The distances of a range of scores. Similarities turn about zero: their outer end, not in the range, stays outside.
fn distances(scores: search_params::Range) -> Range {
    let distance = |score| scores.metric.score(score);
    Range { from: scores.range_filter.map_or(f32::NEG_INFINITY, distance), to: distance(scores.radius) }
}

fn routing(record: &CollectionRecord, partition: &str) -> Result<Routing> {
    Ok(match record.writable_partition(partition)? {
        Some(id) => Routing::One(id),
        None => Routing::ByKey(record.partitions.iter().map(|partition| partition.id).collect()),
    })
}
