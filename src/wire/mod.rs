//! JavaScript's values to commands and replies to JavaScript's values, without any JavaScript: whoever has a serde
//! deserializer and serializer can use it, and tests use those of JSON.
//!
//! An operation comes as its name, a *head* (the body of the RESTful endpoint, in natural values: JSON fields are
//! objects, counts are numbers) and *planes*: typed arrays beside it, which the head names by number, so that vectors
//! and bulk columns are never taken apart into values. Replies leave the same way.
//!
//! A head is read into one [`Natural`] value of bounded depth and then taken apart by plain functions: little code is
//! generated per deserializer, and every error tells the path of the key that it is about. Keys that an operation does
//! not know are passed over, as in Milvus.

mod head;
mod natural;
mod planes;
mod reply;
mod request;
mod rows;
#[cfg(test)]
mod tests;

pub use head::Head;
pub use natural::Natural;
pub use planes::{Plane, Planes};
pub use reply::{Answer, encode};
pub use request::knows;
pub use request::{command, decode};
