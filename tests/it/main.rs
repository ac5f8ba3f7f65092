//! Journeys, each in a file of its own.

mod real_controller;
