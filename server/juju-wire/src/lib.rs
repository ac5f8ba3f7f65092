//! Frames, names and facades of the Juju 3.6 API, without any I/O: the client sends what the simulator answers,
//! because both read and write these types.

pub mod code;
pub mod facade;
pub mod frame;
pub mod method;
pub mod tag;

pub use code::{Code, ErrorResult, RemoteError};
pub use frame::{Reply, Request};
pub use method::Method;
