//! The constants of `in`: sets that answer quickly.

use super::datum::Datum;
use super::number::Number;
use crate::schema::Value;
use crate::sorted::{SortedSet, sort_and_dedup, sort_by};

/// A set of whole numbers.
#[derive(Debug, Clone)]
pub struct Ints {
    /// Ascending, each once.
    sorted: Vec<i64>,
    lookup: Lookup,
}

#[derive(Debug, Clone)]
enum Lookup {
    /// One bit for each number from the least to the greatest.
    Dense(Vec<u64>),
    /// The numbers are too far apart for that: they are searched for.
    Sparse,
}

impl Ints {
    /// The set of those numbers.
    pub fn new(mut numbers: Vec<i64>) -> Ints {
        sort_and_dedup(&mut numbers);
        let (least, greatest) = (numbers.first().copied().unwrap_or(0), numbers.last().copied().unwrap_or(0));
        let span = greatest.wrapping_sub(least) as u64;
        // A bit for each is the fastest, and small: at most eight bytes an item, or 128 KiB.
        let lookup = if span < (1 << 20).max(numbers.len() as u64 * 64) {
            let mut words = vec![0u64; span as usize / 64 + 1];
            for number in &numbers {
                let bit = number.wrapping_sub(least) as u64;
                words[bit as usize / 64] |= 1 << (bit % 64);
            }
            Lookup::Dense(words)
        } else {
            Lookup::Sparse
        };
        Ints { sorted: numbers, lookup }
    }

    /// Whether the number is one of the set.
    pub fn contains(&self, number: i64) -> bool {
        match &self.lookup {
            Lookup::Dense(words) => {
                let Some(least) = self.sorted.first() else {
                    return false;
                };
                // A number below the least one wraps to a bit far beyond the last.
                let bit = number.wrapping_sub(*least) as u64;
                bit < words.len() as u64 * 64 && words[bit as usize / 64] >> (bit % 64) & 1 == 1
            }
            Lookup::Sparse => self.sorted.binary_search(&number).is_ok(),
        }
    }

    /// The numbers, ascending.
    pub fn sorted(&self) -> &[i64] {
        &self.sorted
    }
}

/// A set of constants of any type, for what a row has inside a document or an array.
#[derive(Debug, Clone)]
pub struct Mixed {
    bools: [bool; 2],
    ints: Ints,
    /// Ascending.
    doubles: Vec<f64>,
    texts: SortedSet<Box<str>>,
    lists: Vec<Vec<Value>>,
    /// How many of bool, number, text and list occur.
    type_count: u32,
}

impl Mixed {
    /// The set of those constants, which are neither null nor objects.
    pub fn new(values: Vec<Value>) -> Mixed {
        let mut bools = [false; 2];
        let (mut ints, mut doubles, mut texts, mut lists) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for value in values {
            match value {
                Value::Bool(truth) => bools[usize::from(truth)] = true,
                Value::Int(number) => ints.push(number),
                Value::Double(number) => match Number::Double(number).whole() {
                    Some(whole) => ints.push(whole),
                    None => doubles.push(number),
                },
                Value::Text(text) => texts.push(text.into_boxed_str()),
                Value::List(items) => lists.push(items),
                Value::Null | Value::Object(_) => {}
            }
        }
        let texts: SortedSet<Box<str>> = texts.into_iter().collect();
        sort_by(&mut doubles, f64::total_cmp);
        let has_numbers = !ints.is_empty() || !doubles.is_empty();
        let types = [bools != [false; 2], has_numbers, !texts.is_empty(), !lists.is_empty()];
        let type_count = types.iter().map(|occurs| u32::from(*occurs)).sum();
        Mixed { bools, ints: Ints::new(ints), doubles, texts, lists, type_count }
    }

    /// Whether a constant equals the datum.
    pub fn contains(&self, datum: Datum<'_>) -> bool {
        match datum {
            Datum::Bool(truth) => self.bools[usize::from(truth)],
            Datum::Number(number) => match (number.whole(), number) {
                (Some(whole), _) => self.ints.contains(whole),
                (None, number) => {
                    let double = number.as_double();
                    self.doubles.binary_search_by(|probe| probe.total_cmp(&double)).is_ok()
                }
            },
            Datum::Text(text) => self.texts.contains_key(text),
            Datum::List(_) => self.lists.iter().any(|items| datum.equals_list(items)),
            Datum::Null | Datum::Object => false,
        }
    }

    /// What `datum in …` is: as many comparisons with `==`, joined by `or`. So a datum that no constant equals is
    /// outside only when all constants are of its type, and otherwise it is not known.
    pub fn check(&self, datum: Datum<'_>) -> Option<bool> {
        if self.contains(datum) {
            return Some(true);
        }
        let occurs = match datum {
            Datum::Null => return None,
            _ if self.type_count == 0 => return Some(false),
            Datum::Bool(_) => self.bools != [false; 2],
            Datum::Number(_) => !self.ints.sorted.is_empty() || !self.doubles.is_empty(),
            Datum::Text(_) => !self.texts.is_empty(),
            Datum::List(_) => !self.lists.is_empty(),
            Datum::Object => false,
        };
        (occurs && self.type_count == 1).then_some(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ints_answer_alike_dense_and_sparse() {
        let sets: [&[i64]; 6] =
            [&[], &[7], &[1, 3, 2, 3], &[i64::MIN, i64::MAX], &[i64::MAX - 1, i64::MAX], &[-5, 1_000_000_000]];
        for numbers in sets {
            let set = Ints::new(numbers.to_vec());
            for base in [i64::MIN, -6, 0, 1_000_000_000, i64::MAX] {
                for step in -4..8 {
                    let probe = base.wrapping_add(step);
                    assert_eq!(set.contains(probe), numbers.contains(&probe), "{probe} in {numbers:?}");
                }
            }
        }
    }

    #[test]
    fn a_datum_of_another_type_is_not_known_to_be_outside() {
        let number = |value| Datum::Number(Number::Double(value));
        let ints = Mixed::new(vec![Value::Int(1), Value::Double(2.5)]);
        assert_eq!(ints.check(number(1.0)), Some(true));
        assert_eq!(ints.check(number(2.5)), Some(true));
        assert_eq!(ints.check(number(3.0)), Some(false));
        assert_eq!(ints.check(Datum::Text("1")), None);
        let mixed = Mixed::new(vec![Value::Int(1), Value::Text("4".into())]);
        assert_eq!(mixed.check(Datum::Text("4")), Some(true));
        assert_eq!(mixed.check(Datum::Text("5")), None);
        assert_eq!(Mixed::new(Vec::new()).check(Datum::Text("5")), Some(false));
        assert_eq!(Mixed::new(Vec::new()).check(Datum::Null), None);
    }
}
