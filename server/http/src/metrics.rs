//! Counters and histograms of this process, in Prometheus' text form.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Upper bounds of the histograms, in seconds.
const BOUNDS: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];

/// All that is counted. Label values come from fixed lists (routes, tools, outcomes), so their number is bounded.
#[derive(Debug, Default)]
pub struct Metrics(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    requests: BTreeMap<(String, String, u16), u64>,
    request_seconds: BTreeMap<String, Histogram>,
    calls: BTreeMap<(String, &'static str), u64>,
    call_seconds: BTreeMap<String, Histogram>,
    turned_away: BTreeMap<&'static str, u64>,
    limited: BTreeMap<&'static str, u64>,
    suspicious: BTreeMap<(&'static str, &'static str), u64>,
    policy_reads: BTreeMap<&'static str, u64>,
    policy_stale: bool,
}

#[derive(Debug, Default)]
struct Histogram {
    buckets: [u64; BOUNDS.len()],
    count: u64,
    sum: f64,
}

impl Histogram {
    fn add(&mut self, seconds: f64) {
        for (bucket, bound) in self.buckets.iter_mut().zip(BOUNDS) {
            *bucket += u64::from(seconds <= bound);
        }
        self.count += 1;
        self.sum += seconds;
    }

    fn write(&self, text: &mut String, name: &str, label: &str, value: &str) -> std::fmt::Result {
        for (bucket, bound) in self.buckets.iter().zip(BOUNDS) {
            writeln!(text, "{name}_bucket{{{label}=\"{value}\",le=\"{bound}\"}} {bucket}")?;
        }
        writeln!(text, "{name}_bucket{{{label}=\"{value}\",le=\"+Inf\"}} {}", self.count)?;
        writeln!(text, "{name}_sum{{{label}=\"{value}\"}} {}", self.sum)?;
        writeln!(text, "{name}_count{{{label}=\"{value}\"}} {}", self.count)
    }
}

impl Metrics {
    /// An HTTP request was answered: `route` is the pattern it matched, not its path.
    pub fn request(&self, route: &str, method: &str, status: u16, took: Duration) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *kept.requests.entry((route.to_owned(), method.to_owned(), status)).or_default() += 1;
        kept.request_seconds.entry(route.to_owned()).or_default().add(took.as_secs_f64());
    }

    /// A tool call ended.
    pub fn call(&self, tool: &str, outcome: &'static str, time: Duration) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *kept.calls.entry((tool.to_owned(), outcome)).or_default() += 1;
        kept.call_seconds.entry(tool.to_owned()).or_default().add(time.as_secs_f64());
    }

    /// A token was refused, and a word for why.
    pub fn turned_away(&self, kind: &'static str) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *kept.turned_away.entry(kind).or_default() += 1;
    }

    /// A call was refused by a limit: `caller-rate`, `caller-at-once`, `tool-rate`, `tool-at-once`.
    pub fn limited(&self, limit: &'static str) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *kept.limited.entry(limit).or_default() += 1;
    }

    /// A text that wants to be obeyed was found in `place`, `arguments` or `result`.
    pub fn suspicious(&self, place: &'static str, kind: &'static str) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *kept.suspicious.entry((place, kind)).or_default() += 1;
    }

    /// The policy was read anew: put in force, or broken, so that the one before stays.
    pub fn policy_read(&self, good: bool) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *kept.policy_reads.entry(if good { "ok" } else { "broken" }).or_default() += 1;
        kept.policy_stale = !good;
    }

    /// The text form, version 0.0.4.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // writing to a string cannot fail
        let _ = self.0.lock().unwrap_or_else(PoisonError::into_inner).write(&mut text);
        text
    }
}

impl mcp::Observe for Metrics {
    fn call_ended(&self, tool: &str, outcome: &'static str, time: Duration) {
        self.call(tool, outcome, time);
    }

    fn limited(&self, limit: &'static str) {
        Metrics::limited(self, limit);
    }

    fn suspicious(&self, place: &'static str, kind: &'static str) {
        Metrics::suspicious(self, place, kind);
    }
}

impl Kept {
    fn write(&self, text: &mut String) -> std::fmt::Result {
        head(text, "juju_mcp_build_info", "gauge", "Version of the program.")?;
        writeln!(text, "juju_mcp_build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION"))?;
        head(text, "juju_mcp_http_requests_total", "counter", "HTTP requests by route, method and status.")?;
        for ((route, method, status), count) in &self.requests {
            writeln!(
                text,
                "juju_mcp_http_requests_total{{route=\"{route}\",method=\"{method}\",status=\"{status}\"}} {count}"
            )?;
        }
        let name = "juju_mcp_http_request_seconds";
        head(text, name, "histogram", "Time until the answer of an HTTP request began.")?;
        for (route, histogram) in &self.request_seconds {
            histogram.write(text, name, "route", route)?;
        }
        head(text, "juju_mcp_calls_total", "counter", "Tool calls by tool and outcome.")?;
        for ((tool, outcome), count) in &self.calls {
            writeln!(text, "juju_mcp_calls_total{{tool=\"{tool}\",outcome=\"{outcome}\"}} {count}")?;
        }
        let name = "juju_mcp_call_seconds";
        head(text, name, "histogram", "Time that tool calls took.")?;
        for (tool, histogram) in &self.call_seconds {
            histogram.write(text, name, "tool", tool)?;
        }
        head(text, "juju_mcp_refused_tokens_total", "counter", "Tokens that were refused, by kind.")?;
        for (kind, count) in &self.turned_away {
            writeln!(text, "juju_mcp_refused_tokens_total{{kind=\"{kind}\"}} {count}")?;
        }
        head(text, "juju_mcp_limited_total", "counter", "Calls refused by a limit.")?;
        for (limit, count) in &self.limited {
            writeln!(text, "juju_mcp_limited_total{{limit=\"{limit}\"}} {count}")?;
        }
        let name = "juju_mcp_injection_findings_total";
        head(text, name, "counter", "Texts that want to be obeyed, by place and kind.")?;
        for ((place, kind), count) in &self.suspicious {
            writeln!(text, "{name}{{place=\"{place}\",kind=\"{kind}\"}} {count}")?;
        }
        head(text, "juju_mcp_policy_reads_total", "counter", "Times that a changed policy was read, by outcome.")?;
        for (outcome, count) in &self.policy_reads {
            writeln!(text, "juju_mcp_policy_reads_total{{outcome=\"{outcome}\"}} {count}")?;
        }
        let help = "Whether the policy in force is older than the one that is written, which is broken.";
        head(text, "juju_mcp_policy_stale", "gauge", help)?;
        writeln!(text, "juju_mcp_policy_stale {}", u8::from(self.policy_stale))?;
        Ok(())
    }
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) -> std::fmt::Result {
    writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_by_tool_and_outcome() {
        let metrics = Metrics::default();
        metrics.call("juju_status", "ok", Duration::from_millis(3));
        metrics.call("juju_status", "ok", Duration::from_millis(700));
        metrics.call("juju_status", "denied", Duration::from_millis(1));
        let text = metrics.text();
        assert!(text.contains("juju_mcp_calls_total{tool=\"juju_status\",outcome=\"ok\"} 2\n"), "{text}");
        assert!(text.contains("juju_mcp_call_seconds_bucket{tool=\"juju_status\",le=\"0.005\"} 2\n"), "{text}");
        assert!(text.contains("juju_mcp_call_seconds_bucket{tool=\"juju_status\",le=\"+Inf\"} 3\n"), "{text}");
    }

    #[test]
    fn a_broken_policy_shows_until_a_good_one_was_read() {
        let metrics = Metrics::default();
        let stale = |value: u8| metrics.text().contains(&format!("juju_mcp_policy_stale {value}\n"));
        assert!(stale(0));
        metrics.policy_read(false);
        assert!(stale(1) && metrics.text().contains("juju_mcp_policy_reads_total{outcome=\"broken\"} 1\n"));
        metrics.policy_read(true);
        assert!(stale(0) && metrics.text().contains("juju_mcp_policy_reads_total{outcome=\"ok\"} 1\n"));
    }
}
