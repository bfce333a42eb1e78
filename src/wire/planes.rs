//! Typed arrays that travel beside a head.

use crate::column::rows::Rows;
use crate::error::{Error, Result};

/// A typed array, copied out of JavaScript's memory or to be copied into it.
#[derive(Debug, Clone, PartialEq)]
pub enum Plane {
    /// Float32Array.
    F32(Vec<f32>),
    /// Float64Array.
    F64(Vec<f64>),
    /// Int32Array.
    I32(Vec<i32>),
    /// BigInt64Array.
    I64(Vec<i64>),
    /// Uint32Array.
    U32(Vec<u32>),
    /// Uint8Array.
    U8(Vec<u8>),
}

impl Plane {
    /// The name of JavaScript's type.
    pub fn kind(&self) -> &'static str {
        match self {
            Plane::F32(_) => "Float32Array",
            Plane::F64(_) => "Float64Array",
            Plane::I32(_) => "Int32Array",
            Plane::I64(_) => "BigInt64Array",
            Plane::U32(_) => "Uint32Array",
            Plane::U8(_) => "Uint8Array",
        }
    }
}

/// The planes of a request. Each may be taken once.
#[derive(Debug, Default)]
pub struct Planes {
    planes: Vec<Option<Plane>>,
    /// Rows that came by another road than a frame.
    rows: Option<Rows>,
}

impl Planes {
    /// Planes, numbered from 0.
    pub fn new(planes: Vec<Plane>) -> Planes {
        Planes { planes: planes.into_iter().map(Some).collect(), rows: None }
    }

    /// Rows that stand for the frame of a write.
    pub fn of_rows(rows: Rows) -> Planes {
        Planes { planes: Vec::new(), rows: Some(rows) }
    }

    /// Takes the rows that stand for a frame, if some came.
    pub fn take_rows(&mut self) -> Option<Rows> {
        self.rows.take()
    }

    /// Takes the plane of that number. `path` says where the number stood.
    ///
    /// # Errors
    /// [`Error::Invalid`] when there is no such plane, or it was taken before.
    pub fn take(&mut self, number: u32, path: &str) -> Result<Plane> {
        let count = self.planes.len();
        match self.planes.get_mut(number as usize) {
            None => Err(Error::invalid(format!("{path}: there is no plane {number}, {count} came"))),
            Some(slot) => slot.take().ok_or_else(|| Error::invalid(format!("{path}: plane {number} is used twice"))),
        }
    }
}

/// The error of a plane of the wrong type.
pub fn unexpected(path: &str, expected: &str, plane: &Plane) -> Error {
    Error::invalid(format!("{path}: expected a plane of type {expected}, got {}", plane.kind()))
}
