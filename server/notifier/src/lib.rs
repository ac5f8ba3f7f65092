//! Notifications: sends each finding of the observer once to each receiver that wants it, and once more when it ends.
//!
//! ```text
//! FindingLog --changes--> DeliveryQueue --due--> one task per receiver --POST--> Alertmanager, webhook
//!                         (pure; stored                 |
//!                          before it is sent) <--sent---+
//! ```
//!
//! - **Nothing is lost.** A change is in the store before it is sent, and stays there until the receiver has accepted it. The
//!   number of the last change is stored with it, so that a restart continues where the program ended.
//! - **Nothing is repeated.** A delivery is stored as sent when the receiver has accepted it. Only a program that is killed
//!   between the two sends it again, with the same `Idempotency-Key`.
//! - **Receivers are independent.** Each has a task of its own: one that is slow or away delays no other.
//! - **Memory is bounded.** Above a limit, deliveries of ended findings are dropped first, the oldest before the others, and
//!   counted.
//! - **No secret leaves in a message:** names, texts and arguments pass the same cleaning and redaction as results and ledger.

mod delivery;
mod message;
mod notifier;
mod post;
mod queue;
mod receiver;
mod request_failure;

#[cfg(test)]
mod generated_tests;

pub use delivery::{Delivery, DeliveryStep};
pub use notifier::{Notifier, NotifierSettings, ReceiverCounts};
pub use queue::{DELIVERY_KIND, DeliveryQueue};
pub use receiver::{Receiver, ReceiverKind};
