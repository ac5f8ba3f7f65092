//! Rate and concurrency limits per caller, without I/O: the caller passes the time in, and nothing blocks.
//!
//! A [`Bucket`] limits the rate of one caller; a [`RateLimiter`] holds one per caller, and counts calls in flight.
//!
//! ```
//! use std::time::Duration;
//!
//! use limits::{LimitKind, Rate, RateLimiter};
//!
//! let limiter = RateLimiter::new(Rate { per_minute: 60, burst: 1 }, 2);
//! let _guard = limiter.acquire("ana", Duration::ZERO).expect("the first call is admitted");
//! let exceeded = limiter.acquire("ana", Duration::ZERO).expect_err("the burst is used up");
//! assert_eq!((exceeded.limit, exceeded.seconds()), (LimitKind::Rate, 1));
//! ```

mod bucket;
mod rate_limiter;

pub use bucket::{Bucket, Rate};
pub use rate_limiter::{Exceeded, InFlightGuard, LimitKind, RateLimiter};
