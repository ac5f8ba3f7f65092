//! Journeys, each in a file of its own.

mod approval_attacks;
mod approval_drift;
mod approval_lines;
mod approval_people;
mod approval_races;
mod approvals;
mod door;
mod grants;
mod http_refusals;
mod layout;
mod ledger;
mod limits;
mod mcp_calls;
mod mcp_lines;
mod mcp_waits;
mod own_files;
mod parity;
mod real_controller;
mod refused_tokens;
mod rights;
mod role_credentials;
mod rules;
mod sign_in;
mod step_up;
mod surfaces;
mod writes;
