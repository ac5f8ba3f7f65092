//! What text from others hides, and where it gives orders to an assistant. Pure: labels and counts, never drops.
//!
//! [`clean_value`] takes out of a JSON value what nobody can see; [`Detector`] says whether a text wants to be obeyed. How well
//! it does stands in `docs/untrusted-content.md`, measured on `tests/corpus`.

mod clean;
mod decode;
mod detector;
mod fold;
mod kind;
mod lexicon;
mod marks;
#[cfg(test)]
mod rates;
mod respell;
mod rules;
mod value;
mod walk;

pub use clean::{clean, clean_value};
pub use detector::{Detector, Verdict};
pub use kind::Kind;
pub use value::Findings;
