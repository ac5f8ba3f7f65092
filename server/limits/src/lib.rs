//! How often, and how much at once, each of many may ask. Pure: the time is given, nothing is waited for.

mod bucket;
mod table;

pub use bucket::{Bucket, Rate};
pub use table::{Exceeded, Table, UnderWay, Which};
