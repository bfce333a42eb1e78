//! Sorting, and maps as sorted lists: written to be small in the compiled module.
//!
//! The standard library compiles its sorts and its trees anew for each type, at 5 to 15 kB a type, which a web page has
//! to fetch. Here the type-dependent part is a few instructions, and the rest exists once. Sorts that a search waits
//! for longest are not affected: the nearest candidates are kept in a heap of their own.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::ops::Index;
use std::{fmt, mem, slice, vec};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The numbers below `count` in the order that `compare` gives them; equals stay ascending (merge sort).
pub fn order(count: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    // What is sorted already is common: ids and keys mostly come in the order in which they were given.
    if (1..count).all(|at| compare(at - 1, at) != Ordering::Greater) {
        return order;
    }
    let mut merged = order.clone();
    let mut width = 1;
    while width < count {
        for start in (0..count).step_by(2 * width) {
            let (middle, end) = ((start + width).min(count), (start + 2 * width).min(count));
            let (mut left, mut right) = (start, middle);
            for slot in &mut merged[start..end] {
                let is_left =
                    left < middle && (right == end || compare(order[left], order[right]) != Ordering::Greater);
                let next = if is_left { &mut left } else { &mut right };
                *slot = order[*next];
                *next += 1;
            }
        }
        mem::swap(&mut order, &mut merged);
        width *= 2;
    }
    order
}

/// Sorts; equals keep their order.
pub fn sort_by<T>(items: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    let mut order = order(items.len(), &mut |a, b| compare(&items[a], &items[b]));
    for start in 0..order.len() {
        let mut at = start;
        // Round one cycle of the permutation.
        while order[at] != start {
            let next = order[at];
            items.swap(at, next);
            order[at] = at;
            at = next;
        }
        order[at] = at;
    }
}

/// Sorts and drops equals.
pub fn sort_and_dedup<T: Ord>(items: &mut Vec<T>) {
    sort_by(items, T::cmp);
    items.dedup();
}

/// A map as a list that is sorted by key, for few entries or for keys that mostly come in ascending order: adding one
/// in the middle moves all that follow.
#[derive(Clone, PartialEq)]
pub struct SortedMap<K, V> {
    entries: Vec<(K, V)>,
}

/// A set as a sorted list.
pub type SortedSet<K> = SortedMap<K, ()>;

impl<K: Ord, V> SortedMap<K, V> {
    /// An empty map.
    pub const fn new() -> SortedMap<K, V> {
        SortedMap { entries: Vec::new() }
    }

    /// How many entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value of a key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.place(key).ok().map(|at| &self.entries[at].1)
    }

    /// The value of a key, to be changed.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.place(key).ok().map(|at| &mut self.entries[at].1)
    }

    /// Whether the key is there.
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.place(key).is_ok()
    }

    /// Sets the value of a key; gives the old one.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.place(&key) {
            Ok(at) => Some(mem::replace(&mut self.entries[at].1, value)),
            Err(at) => {
                self.entries.insert(at, (key, value));
                None
            }
        }
    }

    /// Takes a key and its value out.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.place(key).ok().map(|at| self.entries.remove(at).1)
    }

    /// Keeps the entries whose keys pass, in one go.
    pub fn retain(&mut self, mut keep: impl FnMut(&K) -> bool) {
        self.entries.retain(|(key, _)| keep(key));
    }

    /// The value of a key, made first if there is none.
    pub fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        let at = match self.place(&key) {
            Ok(at) => at,
            Err(at) => {
                self.entries.insert(at, (key, make()));
                at
            }
        };
        &mut self.entries[at].1
    }

    /// The value of a key, made first if there is none.
    pub fn or_default(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        self.get_or_insert_with(key, V::default)
    }

    /// The entries whose keys are not less than `key`.
    pub fn from_key(&self, key: &K) -> &[(K, V)] {
        &self.entries[self.place(key).unwrap_or_else(|at| at)..]
    }

    /// Takes out the entries whose keys are less than `key`.
    pub fn take_below(&mut self, key: &K) -> SortedMap<K, V> {
        let at = self.place(key).unwrap_or_else(|at| at);
        let rest = self.entries.split_off(at);
        SortedMap { entries: mem::replace(&mut self.entries, rest) }
    }

    /// The entries by ascending key.
    pub fn iter(&self) -> slice::Iter<'_, (K, V)> {
        self.entries.iter()
    }

    /// The entries by ascending key, values to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.entries.iter_mut().map(|(key, value)| (&*key, value))
    }

    /// The keys, ascending.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &K> {
        self.entries.iter().map(|(key, _)| key)
    }

    /// The values by ascending key.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &V> {
        self.entries.iter().map(|(_, value)| value)
    }

    /// The keys, ascending.
    pub fn into_keys(self) -> impl Iterator<Item = K> {
        self.entries.into_iter().map(|(key, _)| key)
    }

    /// The values by ascending key.
    pub fn into_values(self) -> impl Iterator<Item = V> {
        self.entries.into_iter().map(|(_, value)| value)
    }

    fn place<Q: Ord + ?Sized>(&self, key: &Q) -> Result<usize, usize>
    where
        K: Borrow<Q>,
    {
        match self.entries.last() {
            Some((last, _)) if last.borrow() < key => Err(self.entries.len()),
            _ => self.entries.binary_search_by(|(probe, _)| probe.borrow().cmp(key)),
        }
    }
}

impl<K, V> Default for SortedMap<K, V> {
    fn default() -> SortedMap<K, V> {
        SortedMap { entries: Vec::new() }
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for SortedMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.entries.iter().map(|(key, value)| (key, value))).finish()
    }
}

impl<K: Ord + Borrow<Q>, V, Q: Ord + ?Sized> Index<&Q> for SortedMap<K, V> {
    type Output = V;

    fn index(&self, key: &Q) -> &V {
        self.get(key).expect("the key is in the map")
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for SortedMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> SortedMap<K, V> {
        let mut entries: Vec<(K, V)> = entries.into_iter().collect();
        sort_by(&mut entries, |a, b| a.0.cmp(&b.0));
        entries.dedup_by(|later, earlier| {
            let is_equal = later.0 == earlier.0;
            if is_equal {
                // Of equal keys the last one counts.
                mem::swap(later, earlier);
            }
            is_equal
        });
        SortedMap { entries }
    }
}

impl<K: Ord> FromIterator<K> for SortedSet<K> {
    fn from_iter<I: IntoIterator<Item = K>>(keys: I) -> SortedSet<K> {
        keys.into_iter().map(|key| (key, ())).collect()
    }
}

impl<K: Ord, V> Extend<(K, V)> for SortedMap<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<K: Ord, V, const N: usize> From<[(K, V); N]> for SortedMap<K, V> {
    fn from(entries: [(K, V); N]) -> SortedMap<K, V> {
        entries.into_iter().collect()
    }
}

impl<K, V> IntoIterator for SortedMap<K, V> {
    type Item = (K, V);
    type IntoIter = vec::IntoIter<(K, V)>;

    fn into_iter(self) -> vec::IntoIter<(K, V)> {
        self.entries.into_iter()
    }
}

impl<'a, K, V> IntoIterator for &'a SortedMap<K, V> {
    type Item = &'a (K, V);
    type IntoIter = slice::Iter<'a, (K, V)>;

    fn into_iter(self) -> slice::Iter<'a, (K, V)> {
        self.entries.iter()
    }
}

/// As a list of pairs, which postcard writes just as a map.
impl<K: Serialize, V: Serialize> Serialize for SortedMap<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.entries.serialize(serializer)
    }
}

impl<'de, K: Ord + Deserialize<'de>, V: Deserialize<'de>> Deserialize<'de> for SortedMap<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SortedMap<K, V>, D::Error> {
        Ok(Vec::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Numbers without order, the same in every run.
    fn scattered(count: u64, range: u64) -> Vec<u64> {
        (1..=count).map(|at| at.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29) % range).collect()
    }

    #[test]
    fn sorting_is_what_the_standard_library_does() {
        for count in [0, 1, 2, 3, 7, 8, 9, 100, 1000] {
            for range in [1, 5, 1_000_000] {
                let mut items: Vec<(u64, usize)> = scattered(count, range).into_iter().zip(0..).collect();
                let mut expected = items.clone();
                expected.sort_by_key(|item| item.0);
                sort_by(&mut items, |a, b| a.0.cmp(&b.0));
                assert_eq!(items, expected);
            }
        }
    }

    #[test]
    fn a_map_does_what_a_tree_does() {
        let (mut map, mut tree) = (SortedMap::new(), BTreeMap::new());
        for (at, key) in scattered(2000, 300).into_iter().enumerate() {
            match at % 4 {
                0 => assert_eq!(map.remove(&key), tree.remove(&key)),
                1 => *map.or_default(key) += at,
                _ => assert_eq!(map.insert(key, at), tree.insert(key, at)),
            }
            if at % 4 == 1 {
                *tree.entry(key).or_default() += at;
            }
            assert_eq!(map.get(&(key + 1)), tree.get(&(key + 1)));
        }
        let entries: Vec<(u64, usize)> = tree.clone().into_iter().collect();
        assert_eq!(map.clone().into_iter().collect::<Vec<_>>(), entries);
        let from: Vec<(u64, usize)> = tree.range(150..).map(|(key, value)| (*key, *value)).collect();
        assert_eq!(map.from_key(&150), from);
        let below = map.take_below(&150);
        assert_eq!((below.len(), map.iter().as_slice()), (entries.len() - from.len(), from.as_slice()));
    }

    #[test]
    fn of_equal_keys_the_last_one_counts() {
        let pairs = scattered(500, 50).into_iter().zip(0u64..);
        let tree: BTreeMap<u64, u64> = pairs.clone().collect();
        let map: SortedMap<u64, u64> = pairs.collect();
        assert_eq!(map.into_iter().collect::<Vec<_>>(), tree.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn stored_bytes_are_those_of_a_map() {
        let entries = [("b".to_string(), 2), ("a".to_string(), 1)];
        let map = SortedMap::from(entries.clone());
        let bytes = postcard::to_allocvec(&map).unwrap();
        assert_eq!(bytes, postcard::to_allocvec(&BTreeMap::from(entries)).unwrap());
        assert_eq!(postcard::from_bytes::<SortedMap<String, i32>>(&bytes).unwrap(), map);
    }
}
