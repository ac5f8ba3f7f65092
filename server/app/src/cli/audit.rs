//! Arguments of `audit`.

use std::path::PathBuf;

use ::audit::ExportFilter;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, SecondsFormat, TimeDelta, Utc};
use clap::{Args, Subcommand};

/// Sub-commands of `audit`.
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Verify the ledger, or an export of it; exit code 0: valid, 1: changed, 2: cannot be verified
    #[command(
        after_help = "Examples:\n  juju-mcp audit verify\n  juju-mcp audit verify --checkpoint checkpoint-of-yesterday.json\n  juju-mcp audit verify --file march.jsonl --public-key ledger.pem"
    )]
    Verify(Verify),
    /// List who changed what, the newest last: denied and failed acts too
    #[command(
        after_help = "Examples:\n  juju-mcp audit list --since yesterday\n  juju-mcp audit list --since 2h --model prod --outcome failed\n  juju-mcp audit list --caller ana@example.com --tool remove-application --json\n\nTimes: `2h`, `30m` or `7d` ago; `today`, `yesterday` or 2026-03-31 (the beginning of that day, UTC); 2026-03-31T12:00:00Z\nThe ledger of assistants over stdio: --state-dir ~/.local/share/juju/juju-mcp"
    )]
    List(AuditList),
    /// Change the key that signs the ledger; the old key signs the new one. Stop the server first
    #[command(after_help = "Example:\n  juju-mcp audit rotate-key --state-dir /var/lib/juju-mcp")]
    RotateKey(State),
    /// Write a lost or cut `ledger-checkpoint.json` again after verifying the ledger. Stop the server first
    #[command(
        after_help = "Example:\n  juju-mcp audit rebuild-checkpoint --state-dir /var/lib/juju-mcp --checkpoint /mnt/audit/checkpoints.jsonl"
    )]
    RebuildCheckpoint(RebuildCheckpoint),
    /// Print records as JSON, one per line, with everything that is needed to verify them elsewhere
    #[command(
        after_help = "Examples:\n  juju-mcp audit export --since 7d --model prod > week.jsonl\n  juju-mcp audit export | jq 'select(.phase == \"open\") | .body.operation.tool'"
    )]
    Export(Export),
    /// Print the public key that verifies the ledger elsewhere
    #[command(after_help = "Example:\n  juju-mcp audit public-key > ledger.pem")]
    PublicKey(State),
}

/// The state directory with the ledger.
#[derive(Debug, Args)]
pub(crate) struct State {
    /// State directory of the server
    #[arg(long, value_name = "DIR", default_value = "/var/lib/juju-mcp")]
    pub(crate) state_dir: PathBuf,
}

/// Arguments of `audit verify`.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) state: State,
    /// Export to verify instead of the ledger
    #[arg(long, value_name = "FILE", conflicts_with = "checkpoint")]
    pub(crate) file: Option<PathBuf>,
    /// Trusted public key; repeatable; default: the key in the state directory
    #[arg(long, value_name = "FILE")]
    pub(crate) public_key: Vec<PathBuf>,
    /// Checkpoints that the ledger must contain beside `ledger-checkpoint.json`: a copy of that file, or lines of a sink; repeatable
    #[arg(long, value_name = "FILE")]
    pub(crate) checkpoint: Vec<PathBuf>,
}

/// Arguments of `audit rebuild-checkpoint`.
#[derive(Debug, Args)]
pub(crate) struct RebuildCheckpoint {
    #[command(flatten)]
    pub(crate) state: State,
    /// Checkpoints that the ledger must contain: a copy of the lost file, or lines of a sink; repeatable
    #[arg(long, value_name = "FILE")]
    pub(crate) checkpoint: Vec<PathBuf>,
}

/// The records that a command reads; default: all.
#[derive(Debug, Args)]
pub(crate) struct Range {
    /// Only records from this time on: 7d, 12h or 30m ago, `today`, `yesterday`, a day, or an RFC 3339 time
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    since: Option<DateTime<Utc>>,
    /// Only records before this time
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    until: Option<DateTime<Utc>>,
    /// Only acts in this model: `prod`, `admin/prod` or `controller:admin/prod`
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Only acts of this caller, by subject or address
    #[arg(long, value_name = "CALLER")]
    caller: Option<String>,
}

impl From<Range> for ExportFilter {
    fn from(Range { since, until, model, caller }: Range) -> Self {
        let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Micros, true);
        Self { since: since.map(time), until: until.map(time), model, caller }
    }
}

/// Arguments of `audit list`.
#[derive(Debug, Args)]
pub(crate) struct AuditList {
    #[command(flatten)]
    pub(crate) state: State,
    #[command(flatten)]
    pub(crate) range: Range,
    /// Only calls of this tool, `juju_add_unit`, or `juju` command, `add-unit`
    #[arg(long, value_name = "NAME")]
    pub(crate) tool: Option<String>,
    /// Only changes with this outcome: `done`, `denied`, `pending_approval`, `failed`, `cancelled` or `unknown`
    #[arg(long, value_name = "OUTCOME", value_parser = outcome)]
    pub(crate) outcome: Option<::audit::Outcome>,
    /// Largest number of changes of each ledger; the newest ones are listed
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    pub(crate) limit: usize,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `audit export`.
#[derive(Debug, Args)]
pub(crate) struct Export {
    #[command(flatten)]
    pub(crate) state: State,
    #[command(flatten)]
    pub(crate) range: Range,
    /// File to create; default: standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Parses a time: some time ago, the start of a day (UTC), or an RFC 3339 time.
fn parse_time(text: &str) -> Result<DateTime<Utc>, String> {
    let days_ago = match text {
        "today" => Some(0),
        "yesterday" => Some(1),
        _ => None,
    };
    if let Some(day) = days_ago.and_then(|days| Utc::now().date_naive().checked_sub_days(Days::new(days))) {
        return Ok(day.and_time(NaiveTime::MIN).and_utc());
    }
    let ago = text.split_at_checked(text.len().saturating_sub(1)).and_then(|(count, unit)| {
        let count = count.parse::<u32>().ok()?.into();
        let ago = match unit {
            "d" => TimeDelta::try_days(count),
            "h" => TimeDelta::try_hours(count),
            "m" => TimeDelta::try_minutes(count),
            _ => None,
        };
        Utc::now().checked_sub_signed(ago?)
    });
    let day = || Some(text.parse::<NaiveDate>().ok()?.and_time(NaiveTime::MIN).and_utc());
    let time = ago.or_else(day).or_else(|| Some(DateTime::parse_from_rfc3339(text).ok()?.to_utc()));
    time.ok_or_else(|| "give 7d, 12h, 30m, today, yesterday, 2026-03-31, or 2026-03-31T12:00:00Z".to_owned())
}

fn outcome(text: &str) -> Result<::audit::Outcome, String> {
    ::audit::Outcome::parse(text)
        .ok_or_else(|| "give `done`, `denied`, `pending_approval`, `failed`, `cancelled` or `unknown`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_a_duration_a_day_or_rfc_3339() {
        let today = Utc::now().date_naive();
        let start = |text: &str| parse_time(text).expect(text);
        assert_eq!(start("yesterday"), today.pred_opt().expect("a day").and_time(NaiveTime::MIN).and_utc());
        assert_eq!(start("2026-03-31T14:00:00+02:00"), start("2026-03-31T12:00:00Z"));
        let before = Utc::now();
        let ago = start("2h") + TimeDelta::hours(2);
        assert!(before <= ago && ago <= Utc::now(), "{ago}");
        assert!(start("today") > start("yesterday") && start("2026-03-31") < start("today"));
        for odd in ["", "h", "tomorrow", "2 hours", "-1h", "99999999999999d"] {
            assert!(parse_time(odd).is_err(), "{odd}");
        }
    }
}
