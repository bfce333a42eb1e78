//! Distances between codes, of a query or a node to many slots.

use super::super::codes::key_parts;
use super::super::space::Aim;
use super::super::top::entry;
use super::{Graph, Points};
use crate::kernel;

/// How far slots are from something, by their codes: a product with whole numbers, scaled and shifted.
pub(super) struct Measure<'a> {
    graph: &'a Graph,
    points: &'a dyn Points,
    numbers: &'a [i16],
    /// 64 times the sum of the numbers.
    zero: i32,
    /// What products are multiplied by, beside the size of a code's step.
    factor: f32,
    /// What is added for all.
    base: f32,
    term: Term,
}

/// What is added for each slot.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Term {
    /// Its code's bias, which keys have: taken away.
    Bias,
    /// The square of its point, which its node has.
    Square,
    /// The square of its point, which its code ends with.
    HeldSquare,
    /// Nothing.
    Zero,
}

/// By what a node's neighbours are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// By distance.
    Near,
    /// By product.
    Rise,
}

/// A slot's code, spread out to be compared with others.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    numbers: Vec<i16>,
    /// 64 times the sum of the numbers.
    zero: i32,
    step: f32,
    /// The square of the point, as the code tells it.
    pub(super) square: f32,
}

impl Place {
    /// The place of a code.
    pub(super) fn of(record: &[u8]) -> Place {
        let mut place = Place::default();
        place.take(record);
        place
    }

    /// The heap that it holds, in bytes.
    pub(super) fn size_bytes(&self) -> u64 {
        self.numbers.capacity() as u64 * 2
    }

    /// Becomes the place of a code.
    pub(super) fn take(&mut self, record: &[u8]) {
        self.take_code(record);
        let (code, step, _) = key_parts(record);
        self.square = step * step * (kernel::code_product(&self.numbers, code) - self.zero) as f32;
    }

    /// Becomes the place of a code whose point's square is known.
    pub(super) fn take_known(&mut self, record: &[u8], square: f32) {
        self.take_code(record);
        self.square = square;
    }

    fn take_code(&mut self, record: &[u8]) {
        let (code, step, _) = key_parts(record);
        self.numbers.resize(code.len(), 0);
        kernel::code_numbers(code, &mut self.numbers);
        // The sum is what the product with codes of one gives.
        let mut sum = 0;
        for number in &self.numbers {
            sum += i32::from(*number);
        }
        self.zero = 64 * sum;
        self.step = step;
    }

    /// The distance of a code by those of its kind, whose point has that square.
    #[inline(always)]
    pub(super) fn distance(&self, edge: Edge, record: &[u8], square: f32) -> f32 {
        let (code, step, _) = key_parts(record);
        let product = (kernel::code_product(&self.numbers, code) - self.zero) as f32;
        match edge {
            Edge::Near => -2.0 * self.step * step * product + (self.square + square),
            Edge::Rise => -self.step * step * product,
        }
    }
}

impl<'a> Measure<'a> {
    /// Negative keys of a query.
    pub(super) fn to_aim(graph: &'a Graph, points: &'a dyn Points, aim: &'a Aim) -> Measure<'a> {
        Measure { graph, points, numbers: &aim.numbers, zero: aim.zero, factor: -aim.step, base: 0.0, term: Term::Bias }
    }

    /// Squared distances from a node, exactly zero to itself; or its negative products.
    pub(super) fn from_place(graph: &'a Graph, points: &'a dyn Points, edge: Edge, place: &'a Place) -> Measure<'a> {
        let (factor, base, term) = match edge {
            Edge::Near if points.holds_squares() => (-2.0 * place.step, place.square, Term::HeldSquare),
            Edge::Near => (-2.0 * place.step, place.square, Term::Square),
            Edge::Rise => (-place.step, 0.0, Term::Zero),
        };
        Measure { graph, points, numbers: &place.numbers, zero: place.zero, factor, base, term }
    }

    /// The distance of a slot; no number where it has no code.
    pub(super) fn distance(&self, slot: u32) -> f32 {
        let record = self.points.record(slot);
        let (code, _, _) = key_parts(record);
        self.scaled(record, kernel::code_product(self.numbers, code)) + self.term(slot, record)
    }

    /// The entry of a slot.
    pub(super) fn entry(&self, slot: u32) -> u64 {
        entry(self.distance(slot), slot)
    }

    /// Writes the entries of slots in their order. Those that have no code get the distance `lost`.
    ///
    /// All codes are asked for before the first is multiplied: at 115,000 rows of 384, which no cache holds, walks take two
    /// thirds of the time that they take when each product waits for its own.
    pub(super) fn entries(&self, slots: &[u32], lost: f32, entries: &mut Vec<u64>) {
        entries.clear();
        let mut records: [&[u8]; BATCH] = [&[]; BATCH];
        let mut terms = [0.0; BATCH];
        for slots in slots.chunks(BATCH) {
            self.points.records(slots, &mut records);
            let mut touched = 0;
            for record in &records[..slots.len()] {
                touched ^= kernel::touch(record);
            }
            std::hint::black_box(touched);
            for (at, slot) in slots.iter().enumerate() {
                terms[at] = self.term(*slot, records[at]);
            }
            let mut at = 0;
            while at < slots.len() {
                let last = slots.len() - 1;
                let four =
                    [records[at], records[last.min(at + 1)], records[last.min(at + 2)], records[last.min(at + 3)]];
                let products = kernel::code_products(self.numbers, four.map(|record| key_parts(record).0));
                for (product, record) in products.into_iter().zip(four) {
                    if at < slots.len() {
                        let own = self.scaled(record, product) + terms[at];
                        entries.push(entry(if own.is_nan() { lost } else { own }, slots[at]));
                        at += 1;
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn scaled(&self, record: &[u8], product: i32) -> f32 {
        self.factor * key_parts(record).1 * (product - self.zero) as f32
    }

    #[inline(always)]
    fn term(&self, slot: u32, record: &[u8]) -> f32 {
        match self.term {
            Term::Bias => -key_parts(record).2,
            Term::Square => self.base + self.graph.square(slot),
            Term::HeldSquare => self.base + key_parts(record).2,
            Term::Zero => 0.0,
        }
    }
}

/// Codes that are asked for together.
const BATCH: usize = 32;
