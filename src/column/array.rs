//! Lists of one scalar type: elements end to end, and where each row's end.

use std::ops::Range;

use super::ColumnData;

/// One list a row.
#[derive(Debug, Clone, PartialEq)]
pub struct ArrayColumn {
    ends: Vec<u32>,
    elements: Box<ColumnData>,
}

impl ArrayColumn {
    /// No rows yet; `elements` is the empty column of the element type.
    pub fn new(elements: ColumnData) -> ArrayColumn {
        ArrayColumn { ends: Vec::new(), elements: Box::new(elements) }
    }

    /// The column of those lists; `None` when the ends do not fit the elements.
    pub fn from_parts(ends: Vec<u32>, elements: ColumnData) -> Option<ArrayColumn> {
        let ascends = ends.windows(2).all(|pair| pair[0] <= pair[1]);
        let last = ends.last().copied().unwrap_or(0);
        (ascends && last == elements.len()).then(|| ArrayColumn { ends, elements: Box::new(elements) })
    }

    /// Where the elements of `row` lie in [`ArrayColumn::elements`].
    pub fn range(&self, row: u32) -> Range<usize> {
        let start = if row == 0 { 0 } else { self.ends[row as usize - 1] as usize };
        start..self.ends[row as usize] as usize
    }

    /// All rows' elements, end to end.
    pub fn elements(&self) -> &ColumnData {
        &self.elements
    }

    /// Appends a row; `fill` appends its elements.
    pub fn push(&mut self, fill: impl FnOnce(&mut ColumnData)) {
        fill(&mut self.elements);
        self.ends.push(self.elements.len());
    }

    /// How many lists there are.
    pub fn len(&self) -> u32 {
        self.ends.len() as u32
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Where each list ends.
    pub fn ends(&self) -> &[u32] {
        &self.ends
    }
}
