//! Frames, names and facades of the Juju 3.6 API, without any I/O: the client sends what the simulator answers,
//! because both read and write these types.

pub mod bulk;
pub mod code;
pub mod constraints;
pub mod debug_log;
pub mod delta;
pub mod entity;
pub mod facade;
pub mod frame;
pub mod go;
pub mod method;
pub mod tag;

pub use code::{Code, ErrorResult, ErrorResults, RemoteError};
pub use delta::{Delta, EntityInfo};
pub use entity::{Entities, Entity, Life};
pub use frame::{Reply, Request};
pub use method::Method;
pub use tag::Tag;
