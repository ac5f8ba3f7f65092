//! Journeys, each in a file of its own.

mod layout;
mod ledger;
mod real_controller;
