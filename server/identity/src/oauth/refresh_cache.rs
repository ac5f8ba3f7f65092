//! Caches one value of the provider (its metadata, its keys) and limits how often it is fetched again.
//!
//! The age of the value decides what a caller may do with it:
//!
//! ```text
//!            fetched                 fresh_for passes             stale_for passes
//!  (empty) ───────────▶ fresh ───────────────────────▶ stale ───────────────────────▶ (empty)
//!                       use it                         refresh; use it if the
//!                         ▲                            refresh is throttled or fails
//!                         └────────── fetched ───────────┘
//! ```
//!
//! A caller that misses something in a fresh value (a key id after a rotation) may refresh too. In every state a refresh starts at
//! most once per `min_interval`, and only one runs at a time.

use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};

use super::ProviderUnavailable;

/// How long cached metadata and keys are used, and how often the provider is asked for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshPolicy {
    /// Up to this age a value is used without a request.
    pub fresh_for: Duration,
    /// Up to this age a value is used while the provider is unavailable.
    pub stale_for: Duration,
    /// The minimum time between two requests, for an unknown key or after a failure.
    pub min_interval: Duration,
}

impl Default for RefreshPolicy {
    fn default() -> Self {
        Self {
            fresh_for: Duration::from_mins(5),
            stale_for: Duration::from_hours(1),
            min_interval: Duration::from_secs(10),
        }
    }
}

/// One cached value. See the diagram at the head of this file.
pub(super) struct RefreshingCache<T> {
    policy: RefreshPolicy,
    slot: Mutex<Slot<T>>,
    refresh_lock: tokio::sync::Mutex<()>,
}

struct Slot<T> {
    /// The value and when it was fetched.
    value: Option<(T, Instant)>,
    /// When the last refresh started.
    attempted: Option<Instant>,
}

/// The result of [`Refresher::run`].
pub(super) enum Refresh<T> {
    /// The provider returned a value.
    Fetched(T),
    /// The last refresh started less than `min_interval` ago, so no request was made. The cached value, if it is not too old.
    Throttled(Option<T>),
    /// The request failed. The cached value, if it is not too old.
    Failed(Option<T>),
}

impl<T> Refresh<T> {
    /// The best value there is.
    pub(super) fn into_value(self) -> Option<T> {
        match self {
            Self::Fetched(value) => Some(value),
            Self::Throttled(value) | Self::Failed(value) => value,
        }
    }
}

impl<T: Clone> RefreshingCache<T> {
    pub(super) fn new(policy: RefreshPolicy) -> Self {
        let slot = Slot { value: None, attempted: None };
        Self { policy, slot: Mutex::new(slot), refresh_lock: tokio::sync::Mutex::default() }
    }

    /// The value while it is fresh.
    pub(super) fn fresh(&self) -> Option<T> {
        self.younger_than(self.policy.fresh_for)
    }

    /// The value while it is fresh; otherwise refreshes it, and falls back to a stale one.
    pub(super) async fn get_or_refresh<Fetch>(
        &self,
        fetch: impl FnOnce(Option<T>) -> Fetch,
    ) -> Result<T, ProviderUnavailable>
    where
        Fetch: Future<Output = Result<T, ProviderUnavailable>>,
    {
        if let Some(value) = self.fresh() {
            return Ok(value);
        }
        let refresher = self.refresher().await;
        if let Some(value) = self.fresh() {
            return Ok(value); // another task has refreshed it meanwhile
        }
        refresher.run(fetch).await.into_value().ok_or(ProviderUnavailable)
    }

    /// Whether there is a value that is used while the provider is unavailable.
    pub(super) fn is_usable(&self) -> bool {
        self.usable().is_some()
    }

    /// The value, also if it is stale.
    pub(super) fn usable(&self) -> Option<T> {
        self.younger_than(self.policy.stale_for)
    }

    /// Waits until no other task refreshes. Check [`fresh`](Self::fresh) again before [`run`](Refresher::run).
    pub(super) async fn refresher(&self) -> Refresher<'_, T> {
        Refresher { cache: self, _lock: self.refresh_lock.lock().await }
    }

    /// Removes the value.
    pub(super) fn clear(&self) {
        self.slot().value = None;
    }

    fn younger_than(&self, limit: Duration) -> Option<T> {
        let slot = self.slot();
        slot.value.as_ref().filter(|(_, fetched)| fetched.elapsed() < limit).map(|(value, _)| value.clone())
    }

    fn slot(&self) -> MutexGuard<'_, Slot<T>> {
        self.slot.lock()
    }
}

/// The right to refresh, which one task at a time has.
pub(super) struct Refresher<'cache, T> {
    cache: &'cache RefreshingCache<T>,
    _lock: tokio::sync::MutexGuard<'cache, ()>,
}

impl<T: Clone> Refresher<'_, T> {
    /// Fetches the value and stores it, if `min_interval` allows it. `fetch` receives the cached value.
    pub(super) async fn run<Fetch>(self, fetch: impl FnOnce(Option<T>) -> Fetch) -> Refresh<T>
    where
        Fetch: Future<Output = Result<T, ProviderUnavailable>>,
    {
        let RefreshPolicy { stale_for, min_interval, .. } = self.cache.policy;
        let previous = self.cache.younger_than(stale_for);
        if self.cache.slot().attempted.is_some_and(|attempted| attempted.elapsed() < min_interval) {
            return Refresh::Throttled(previous);
        }
        self.cache.slot().attempted = Some(Instant::now());
        match fetch(previous).await {
            Ok(value) => {
                self.cache.slot().value = Some((value.clone(), Instant::now()));
                Refresh::Fetched(value)
            }
            // read again: the fetch may have cleared the cache
            Err(ProviderUnavailable) => Refresh::Failed(self.cache.younger_than(stale_for)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);
    const NOW: Duration = Duration::ZERO;

    fn cache(fresh_for: Duration, stale_for: Duration, min_interval: Duration) -> RefreshingCache<u32> {
        RefreshingCache::new(RefreshPolicy { fresh_for, stale_for, min_interval })
    }

    #[tokio::test]
    async fn refreshing_cache_does_not_fetch_while_the_value_is_fresh() {
        let cache = cache(HOUR, HOUR, NOW);
        assert_eq!(cache.get_or_refresh(async |_| Ok(1)).await, Ok(1));
        assert_eq!(cache.get_or_refresh(async |_| unreachable!("the value is fresh")).await, Ok(1));
        assert_eq!(
            cache.refresher().await.run(async |previous| Ok(previous.expect("cached") + 1)).await.into_value(),
            Some(2)
        );
        assert_eq!(cache.fresh(), Some(2));
    }

    #[tokio::test]
    async fn refreshing_cache_returns_a_stale_value_when_throttled_or_failed() {
        let throttled = cache(NOW, HOUR, HOUR);
        assert_eq!(throttled.get_or_refresh(async |_| Ok(1)).await, Ok(1));
        assert!(matches!(throttled.refresher().await.run(async |_| Ok(2)).await, Refresh::Throttled(Some(1))));
        let failed = cache(NOW, HOUR, NOW);
        assert_eq!(failed.get_or_refresh(async |_| Ok(1)).await, Ok(1));
        assert_eq!(failed.get_or_refresh(async |_| Err(ProviderUnavailable)).await, Ok(1));
        let cleared = failed.refresher().await.run(async |_| {
            failed.clear();
            Err(ProviderUnavailable)
        });
        assert!(matches!(cleared.await, Refresh::Failed(None)));
    }

    #[tokio::test]
    async fn refreshing_cache_returns_nothing_when_the_value_is_too_old() {
        let cache = cache(NOW, NOW, NOW);
        assert_eq!(cache.get_or_refresh(async |_| Ok(1)).await, Ok(1));
        assert_eq!(cache.get_or_refresh(async |_| Err(ProviderUnavailable)).await, Err(ProviderUnavailable));
    }
}
