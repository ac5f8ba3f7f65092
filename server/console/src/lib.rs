//! The approval page at `/console`: approvers sign in with a browser and approve or reject requests.
//!
//! The server renders the pages without scripts. `identity` authenticates people with the same tokens as everywhere, and
//! `dispatch` decides what they may do, with the functions behind `/api/v1/approvals`.

mod app_state;
mod approval_page;
mod approval_parts;
mod authentication;
mod cookie;
mod csrf_form;
mod decide;
mod error_page;
mod finished_sign_ins;
mod headers;
mod list_page;
mod page;
mod routes;
mod seal;
mod session;
mod settings;
mod sign_in;
mod text;
mod user;
mod value;

pub use routes::routes;
pub use settings::Settings;
