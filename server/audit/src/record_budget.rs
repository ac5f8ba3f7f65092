//! Bytes of arguments that the open records of one caller may contain in a minute: a caller must neither fill the disk nor push the records
//! of others out of the retention with calls that are denied anyway.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

/// Bytes of open records of one caller in one window. Beyond them a record has the size and the digest of its arguments only.
pub const MAX_RECORDED_BYTES_PER_MINUTE: usize = 1024 * 1024;
/// Length of a window.
const WINDOW: Duration = Duration::from_mins(1);
/// Callers that are remembered; then ended windows are forgotten, and if there is none, all.
const MAX_CALLERS: usize = 10_000;

/// The windows of all callers.
#[derive(Debug, Clone, Default)]
pub(crate) struct RecordBudget(Arc<Mutex<HashMap<String, Window>>>);

#[derive(Debug)]
struct Window {
    begun: Instant,
    bytes: usize,
}

impl RecordBudget {
    /// Counts a record; false where it exceeds the budget of its caller.
    pub(crate) fn charge(&self, caller: &str, bytes: usize, now: Instant) -> bool {
        let mut windows = self.0.lock();
        if windows.len() >= MAX_CALLERS && !windows.contains_key(caller) {
            windows.retain(|_, window| now.duration_since(window.begun) < WINDOW);
            if windows.len() >= MAX_CALLERS {
                windows.clear();
            }
        }
        if !windows.contains_key(caller) {
            windows.insert(caller.to_owned(), Window { begun: now, bytes: 0 });
        }
        let Some(window) = windows.get_mut(caller) else { return true };
        if now.duration_since(window.begun) >= WINDOW {
            *window = Window { begun: now, bytes: 0 };
        }
        window.bytes = window.bytes.saturating_add(bytes);
        window.bytes <= MAX_RECORDED_BYTES_PER_MINUTE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_budget_is_by_caller_and_minute() {
        let (budget, start) = (RecordBudget::default(), Instant::now());
        assert!(budget.charge("ana", MAX_RECORDED_BYTES_PER_MINUTE, start));
        assert!(!budget.charge("ana", 1, start) && budget.charge("bea", 1, start));
        assert!(budget.charge("ana", 1, start + WINDOW));
        for number in 0..2 * MAX_CALLERS {
            budget.charge(&number.to_string(), 1, start);
        }
        assert!(budget.0.lock().len() <= MAX_CALLERS);
    }
}
