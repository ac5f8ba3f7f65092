//! The approval page at `/console`: a person signs in with a browser, sees what waits for a human, and says yes or no.
//!
//! Pages are made here, without scripts. Who somebody is, `identity` says, of the same tokens as everywhere; what they may
//! decide, `dispatch` says, by the very function behind `/api/approvals`.

mod cookie;
mod decide;
mod form;
mod headers;
mod html;
mod list;
mod page;
mod question;
mod routes;
mod seal;
mod session;
mod settings;
mod sign_in;
mod signed_in;
mod site;
mod value;

pub use routes::routes;
pub use settings::Settings;
