//! The one door: every effect on an estate passes through [`carry_out`].

mod call;
mod door;
mod refusal;
mod repetition;

pub use call::{Call, Reply};
pub use door::{Door, carry_out};
pub use refusal::Refusal;
