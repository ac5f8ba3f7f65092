//! The wire types of the Juju 3.6 API, without any I/O.
//!
//! Both sides of a connection use this crate: `juju-client` writes the requests that `juju-sim` reads, so neither can
//! drift from the other, and recorded frames of a real controller hold both to the truth.
//!
//! - [`frame`] has the request and the reply, [`code`] the errors, [`tag`] and [`entity`] the names of entities.
//! - [`method::Method`] is one method of one facade as a type: it ties parameters to the reply and records whether a
//!   call writes; [`method::ReadMethod`] marks those that do not. The macro [`methods!`] declares them.
//! - [`facade`] has a module for each facade, with its methods and their parameters. The structs mirror `rpc/params`
//!   of Juju 3.6; a field has a doc only where its name does not explain it (units, formats, quirks).
//! - [`delta`] and [`debug_log`] are what watchers and the log stream send.
//! - [`go`] reads and writes what Go does differently: `null` for an empty list, zero times, omitted zero values.
//!
//! ```
//! use juju_wire::{Reply, Request, Tag, facade::client::FullStatus};
//!
//! let request = Request::of::<FullStatus>(1, 8, "", &Default::default()).expect("serializable");
//! assert_eq!((request.facade.as_str(), request.method.as_str()), ("Client", "FullStatus"));
//! assert_eq!(Tag::new("unit", "web/0").to_string(), "unit-web-0");
//!
//! let reply: Reply = serde_json::from_str(r#"{"request-id": 1, "error": "boom", "response": {}}"#).expect("a reply");
//! assert!(reply.answer::<FullStatus>().is_err());
//! ```

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
pub use method::{Method, ReadMethod};
pub use tag::Tag;
