//! Distances over slices.
