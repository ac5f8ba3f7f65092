//! The measurements of one client, and their sum.

use std::time::Duration;

/// Times of the successful responses, and the number of errors.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    times: Vec<Duration>,
    errors: usize,
    longest: Duration,
    bytes: usize,
    /// The first response.
    pub(crate) sample: String,
}

impl Figures {
    /// Adds one response.
    pub(crate) fn count(&mut self, took: Duration, answer: &str) {
        let success = answer.contains("\"result\"") && !answer.contains("\"isError\":true");
        if success {
            self.times.push(took);
            self.bytes = answer.len();
        } else {
            self.errors += 1;
        }
        if self.sample.is_empty() {
            answer.clone_into(&mut self.sample);
        }
    }

    /// Sets the duration of the measurement.
    pub(crate) fn with_duration(mut self, time: Duration) -> Self {
        self.longest = time;
        self
    }

    /// Adds the measurements of a concurrent client.
    pub(crate) fn add(&mut self, other: Self) {
        self.times.extend(other.times);
        self.errors += other.errors;
        self.longest = self.longest.max(other.longest);
        self.bytes = self.bytes.max(other.bytes);
        if self.sample.is_empty() {
            self.sample = other.sample;
        }
    }

    /// One line of JSON; times in microseconds.
    pub(crate) fn summary(&mut self) -> serde_json::Value {
        self.times.sort_unstable();
        let micros = |share: usize| {
            let at = (self.times.len() * share / 100).min(self.times.len().saturating_sub(1));
            self.times.get(at).map(Duration::as_micros)
        };
        #[expect(clippy::cast_precision_loss, reason = "counts of a few seconds are far below 2^52")]
        let rate = self.times.len() as f64 / self.longest.as_secs_f64().max(f64::EPSILON);
        serde_json::json!({
            "answers": self.times.len(), "errors": self.errors, "p50_us": micros(50), "p99_us": micros(99),
            "per_second": rate, "bytes": self.bytes,
        })
    }
}
