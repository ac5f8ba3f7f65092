//! A token bucket: it holds at most `burst` tokens, refills at a constant rate, and each call takes one.

use std::time::Duration;

/// Maximum rate of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Average number of calls per minute; 0 is no limit.
    pub per_minute: u32,
    /// Number of calls without delay after a pause; 0 counts as 1.
    pub burst: u32,
}

impl Rate {
    /// No limit.
    pub const NONE: Self = Self { per_minute: 0, burst: 0 };

    /// Time to refill one token, in nanoseconds; `None` for no limit.
    fn interval(self) -> Option<u128> {
        (self.per_minute > 0).then(|| Duration::from_mins(1).as_nanos() / u128::from(self.per_minute))
    }
}

/// Fill level of one bucket, stored as the moment at which it is full again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bucket {
    full_at: u128,
}

impl Bucket {
    /// Takes one token at `now`, the time since a fixed moment.
    ///
    /// # Errors
    /// Time until the next token if the bucket is empty; the bucket is unchanged.
    pub fn take(&mut self, rate: Rate, now: Duration) -> Result<(), Duration> {
        self.take_many(rate, 1, now)
    }

    /// Takes several tokens, all or none. More tokens than the burst are admitted when the bucket is full, and it is then empty for longer.
    ///
    /// # Errors
    /// Time until there are enough tokens; the bucket is unchanged.
    pub fn take_many(&mut self, rate: Rate, tokens: u32, now: Duration) -> Result<(), Duration> {
        let Some(interval) = rate.interval() else { return Ok(()) };
        let now = now.as_nanos();
        let wanted = interval * u128::from(tokens);
        let capacity = (interval * u128::from(rate.burst.max(1))).max(wanted);
        let full_at = self.full_at.max(now) + wanted;
        match full_at.checked_sub(now + capacity) {
            None | Some(0) => {
                self.full_at = full_at;
                Ok(())
            }
            Some(missing) => Err(Duration::from_nanos(u64::try_from(missing).unwrap_or(u64::MAX))),
        }
    }

    /// Whether the bucket is full; a full bucket can be replaced by a new one.
    #[must_use]
    pub fn is_full(&self, now: Duration) -> bool {
        self.full_at <= now.as_nanos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pseudorandom numbers; the seed reproduces a failure.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, end: u64) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0 % end
        }
    }

    #[test]
    fn bucket_takes_several_tokens_all_or_none() {
        let rate = Rate { per_minute: 60, burst: 10 };
        let mut bucket = Bucket::default();
        let second = Duration::from_secs;
        assert_eq!(bucket.take_many(rate, 8, second(0)), Ok(()));
        assert_eq!(bucket.take_many(rate, 5, second(0)), Err(second(3)));
        assert_eq!(bucket.take_many(rate, 5, second(3)), Ok(()));
        assert!(bucket.take_many(rate, 100, second(12)).is_err(), "more than the burst needs a full bucket");
        assert_eq!(bucket.take_many(rate, 100, second(13)), Ok(()));
        assert!(bucket.take(rate, second(100)).is_err() && bucket.take(rate, second(104)).is_ok());
    }

    #[test]
    fn bucket_never_exceeds_burst_and_rate_in_any_time_span() {
        for seed in 1..400_u64 {
            let mut numbers = Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let (per_minute, burst) = (numbers.below(6000), numbers.below(50));
            let (per_minute, burst) =
                (u32::try_from(per_minute + 1).expect("small"), u32::try_from(burst + 1).expect("small"));
            let rate = Rate { per_minute, burst };
            let (mut bucket, mut now, mut taken) = (Bucket::default(), Duration::from_secs(5), Vec::new());
            for _ in 0..500 {
                now += Duration::from_micros(numbers.below(200_000));
                if bucket.take(rate, now).is_ok() {
                    taken.push(now);
                }
            }
            for (first, from) in taken.iter().enumerate() {
                for (last, until) in taken.iter().enumerate().skip(first) {
                    let span = until.saturating_sub(*from).as_secs_f64();
                    let most = f64::from(burst) + span * f64::from(per_minute) / 60.0;
                    let count = u32::try_from(last - first + 1).expect("small");
                    assert!(f64::from(count) <= most + 1e-3, "seed {seed}: {count} calls in {span} s under {rate:?}");
                }
            }
        }
    }

    #[test]
    fn bucket_admits_exactly_after_retry_after() {
        for seed in 1..400_u64 {
            let mut numbers = Numbers(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
            let rate = Rate {
                per_minute: u32::try_from(numbers.below(600) + 1).expect("small"),
                burst: u32::try_from(numbers.below(5) + 1).expect("small"),
            };
            let (mut bucket, now) = (Bucket::default(), Duration::from_secs(1));
            for _ in 0..rate.burst {
                assert_eq!(bucket.take(rate, now), Ok(()), "seed {seed}");
            }
            let wait = bucket.take(rate, now).expect_err("the burst is used");
            assert!(bucket.take(rate, (now + wait).saturating_sub(Duration::from_nanos(1))).is_err(), "seed {seed}");
            assert_eq!(bucket.take(rate, now + wait), Ok(()), "seed {seed}");
        }
    }

    #[test]
    fn unlimited_bucket_admits_every_call() {
        let mut bucket = Bucket::default();
        assert!((0..10_000).all(|_| bucket.take(Rate::NONE, Duration::ZERO).is_ok()));
        assert!(bucket.is_full(Duration::ZERO));
    }
}
