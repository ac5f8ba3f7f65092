//! Who changed what, told from the ledger to those who may know it.

use audit::{Beginning, Change, Only, Outcome, Request};
use catalogue::Answer;
use chrono::{SecondsFormat, TimeDelta, Utc};
use identity::Caller;
use policy::{Act, Circumstances, Effect, Judgement};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{Door, Refusal, Reply};

/// Name of the tool, and of its acts in the ledger.
pub const TOOL: &str = "audit_changes";
const TOOLSET: &str = "audit";
/// Days that are looked back where nothing is said, and at most.
const DAYS: u16 = 7;
const MOST_DAYS: u16 = 3650;
const SHOWN: usize = 50;
const MOST_SHOWN: usize = 500;

/// Which changes are wanted.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    /// `[controller:][owner/]name`; of all models without.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    /// Subject or address of whoever asked; of everybody without.
    #[serde(skip_serializing_if = "Option::is_none")]
    caller: Option<String>,
    /// So many days back, 7 without.
    #[serde(skip_serializing_if = "Option::is_none")]
    days: Option<u16>,
    /// So many of the newest, 50 without.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<usize>,
}

/// Tells the changes of a range, of the models of which the caller may know them. That they were asked for stands in the ledger.
///
/// # Errors
/// [`Refusal`]: a role that may not see content, a ledger that cannot be kept or read.
pub async fn changes(door: &Door, caller: &Caller, wanted: &Wanted) -> Result<Reply, Refusal> {
    let policy = door.policy.now();
    let arguments = serde_json::to_value(wanted).unwrap_or_default();
    let act = Act {
        tool: TOOL.to_owned(),
        effect: Effect::Sensitive,
        controller: String::new(),
        model: wanted.model.clone().unwrap_or_default(),
        targets: Vec::new(),
        arguments,
    };
    let request = Request { roles: policy.roles_of(caller), ..Request::new(caller, &act) };
    let entry = door.ledger.begin(request).await.map_err(Refusal::LedgerClosed)?;
    if let Err(denial) = policy.may_see(caller, TOOL, TOOLSET, Effect::Sensitive) {
        let refusal = Refusal::Denied(denial);
        entry.close(refusal.outcome(), &refusal.to_string());
        return Err(refusal);
    }
    // by each change's own place: who may know of one model learns nothing of another
    let circumstances = Circumstances { toolset: TOOLSET.to_owned(), ..Circumstances::at(Utc::now()) };
    let may_see = |begun: &Beginning| {
        let (controller, model) = (begun.asked.controller.clone(), begun.asked.model.clone());
        let act = Act { controller, model, ..act.clone() };
        matches!(policy.judge(caller, &act, &circumstances), Judgement::Allow { .. })
    };
    let days = wanted.days.unwrap_or(DAYS).clamp(1, MOST_DAYS);
    let since = Utc::now() - TimeDelta::days(days.into());
    let only = Only {
        since: Some(since.to_rfc3339_opts(SecondsFormat::Micros, true)),
        until: None,
        model: wanted.model.clone(),
        caller: wanted.caller.clone(),
    };
    let most = wanted.limit.unwrap_or(SHOWN).clamp(1, MOST_SHOWN);
    match audit::changes(door.ledger.store(), &only, most, may_see).await {
        Ok(found) => {
            let reply = Reply::of(told(&found, days), entry.id(), Vec::new());
            entry.close(Outcome::Done, "");
            Ok(reply)
        }
        Err(error) => {
            let refusal = Refusal::LedgerClosed(error);
            entry.close(refusal.outcome(), &refusal.to_string());
            Err(refusal)
        }
    }
}

fn told(found: &audit::Changes, days: u16) -> Answer {
    let mut value = json!({"changes": found.found, "older": found.older, "days": days});
    let mut text: String = found.found.iter().map(line).collect();
    if found.found.is_empty() {
        text = format!("nothing was changed by way of this server in the last {days} days, as far as you may know\n");
    }
    if found.older > 0 {
        let older = found.older.to_string();
        text.extend([&*older, " older ones are not shown: ask for fewer days, or for more by `limit`\n"]);
    }
    let removed = content::clean_value(&mut value);
    let (text, also_removed) = content::clean(&text);
    Answer { value, text: text.into_owned(), removed: removed + also_removed }
}

/// One change in one line.
fn line(change: &Change) -> String {
    let who = change.email.as_deref().unwrap_or(&change.caller);
    let place = [change.controller.as_str(), change.model.as_str()].join(":");
    let outcome =
        change.outcome.map_or("under way".to_owned(), |outcome| json!(outcome).as_str().unwrap_or_default().to_owned());
    let reason = if change.reason.is_empty() { String::new() } else { format!(" ({})", change.reason) };
    let (time, tool, targets) = (&change.time, &change.tool, change.targets.join(" "));
    format!("{time} {who} {tool} {} {targets}: {outcome}{reason}\n", place.trim_matches(':'))
}
