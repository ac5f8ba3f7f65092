//! Something of the provider's that is kept from one token to the next, and looked at again when it is old or not what is wanted.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use super::{ProviderDown, Settings};

/// One thing of the provider's, as it was last seen. [`Settings`] say how long that counts.
pub(super) struct Kept<T> {
    seen: Mutex<Seen<T>>,
    looking: tokio::sync::Mutex<()>,
}

struct Seen<T> {
    value: Option<(T, Instant)>,
    tried: Option<Instant>,
}

/// What is there before a look.
struct Before<T> {
    /// Where it is not too old for any use.
    value: Option<T>,
    fresh: bool,
    /// Whether the provider was asked so short a time ago that it is not asked again.
    recent: bool,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { seen: Mutex::new(Seen { value: None, tried: None }), looking: tokio::sync::Mutex::default() }
    }
}

impl<T: Clone> Kept<T> {
    /// What is kept, if it is fresh and what is wanted; else what a `look` at the provider gives, which gets what was there before.
    /// It may still not be what is wanted. While the provider cannot be reached, what is wanted is used for a while although it is old.
    ///
    /// # Errors
    /// [`ProviderDown`] where there is nothing to go by.
    pub(super) async fn get<Look>(
        &self,
        settings: &Settings,
        wanted: impl Fn(&T) -> bool,
        look: impl FnOnce(Option<T>) -> Look,
    ) -> Result<T, ProviderDown>
    where
        Look: Future<Output = Result<T, ProviderDown>>,
    {
        let before = self.before(settings);
        if let Some(value) = before.value.filter(|value| before.fresh && wanted(value)) {
            return Ok(value);
        }
        let _one = self.looking.lock().await;
        let before = self.before(settings); // somebody else may have looked meanwhile
        let good = before.value.as_ref().is_some_and(&wanted);
        if before.recent || (good && before.fresh) {
            return before.value.ok_or(ProviderDown);
        }
        self.seen().tried = Some(Instant::now());
        match look(before.value).await {
            Ok(value) => {
                self.seen().value = Some((value.clone(), Instant::now()));
                Ok(value)
            }
            Err(ProviderDown) => self.before(settings).value.filter(wanted).ok_or(ProviderDown),
        }
    }

    /// Uses what is kept no longer.
    pub(super) fn forget(&self) {
        self.seen().value = None;
    }

    fn before(&self, settings: &Settings) -> Before<T> {
        let seen = self.seen();
        let younger = |limit| seen.value.as_ref().filter(|(_, at)| at.elapsed() < limit);
        Before {
            value: younger(settings.stale).map(|(value, _)| value.clone()),
            fresh: younger(settings.fresh).is_some(),
            recent: seen.tried.is_some_and(|tried| tried.elapsed() < settings.pause),
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen<T>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
