//! The tools of the observer: its findings, the explanation of one, and the diagnosis of a model, for callers that may know the models.

use std::sync::Arc;

use audit::{Entry, NewEntry, Outcome, ToolCall};
use catalogue::{Answer, BadArguments, Concise, Failure, Format, Table, ViewOptions};
use content::Findings;
use identity::Caller;
use observer::{Finding, FindingEntity, FindingSeverity, Observer, sort_findings};
use policy::{Act, Effect, Location, Policy, Target};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Dispatcher, Refusal, Reply};

/// Names of the tools, and of their acts in the ledger.
pub const FINDINGS_TOOL: &str = "observer_findings";
/// Explains one finding.
pub const EXPLAIN_TOOL: &str = "observer_explain";
/// Diagnoses a model.
pub const DIAGNOSE_TOOL: &str = "diagnose_model";
/// Toolset of the tools, for the selectors of roles and rules.
pub const OBSERVER_TOOLSET: &str = "observer";

/// Which findings to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FindingsQuery {
    /// `[controller:][owner/]name`; default: all models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The least severity; default: `info`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<FindingSeverity>,
    /// `open` or `all`, with those that closed in the last seven days; default: `open`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<WantedState>,
    /// Detail of the text; default: a table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// `next_cursor` of the previous page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Which findings are wanted by their state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WantedState {
    /// Open ones.
    Open,
    /// Closed ones too.
    All,
}

/// Which finding to explain.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExplainQuery {
    /// Id of the finding.
    pub id: String,
    /// `next_cursor` of the previous page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Which model to diagnose.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiagnoseQuery {
    /// `[controller:][owner/]name`.
    pub model: String,
    /// `next_cursor` of the previous page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Lists findings in the models that the caller may know.
///
/// # Errors
/// [`Refusal`]: a role that may not read, a ledger that cannot be written, no observer.
pub async fn findings(dispatcher: &Dispatcher, caller: &Caller, wanted: &FindingsQuery) -> Result<Reply, Refusal> {
    let arguments = serde_json::to_value(wanted).unwrap_or_default();
    run(dispatcher, caller, FINDINGS_TOOL, arguments, wanted.model.as_deref(), |_, visible| {
        let found: Vec<_> = visible.iter().filter(|finding| wanted.fits(finding)).collect();
        let rows = found
            .iter()
            .map(|finding| row(finding, visible).into_iter().map(|cell| cleaned(&cell)).collect())
            .collect();
        let heading = ["Id", "Severity", "Model", "Entity", "Finding", "Cause", "Follows from", "Since", "Call"];
        let none =
            found.is_empty().then(|| "the observer has no such finding in the models that you may know".to_owned());
        let concise = Concise::with_head(none.into_iter().collect()).and(Table::new("findings", &heading, rows));
        let mut value = json!({"findings": found});
        content::clean_value(&mut value);
        let (format, cursor) = (wanted.format.unwrap_or_default(), wanted.cursor.clone());
        let identity = format!("{FINDINGS_TOOL} {:?}", FindingsQuery { cursor: None, ..wanted.clone() });
        let view = ViewOptions { format, cursor, ..ViewOptions::default() };
        catalogue::render_rows(&view, &identity, "findings", value, &concise).map_err(Refusal::from)
    })
    .await
}

/// The open findings that the caller may know as one JSON document, sorted. It is an act as a call of `observer_findings`.
///
/// # Errors
/// As [`findings`].
pub async fn findings_document(dispatcher: &Dispatcher, caller: &Caller) -> Result<Reply, Refusal> {
    run(dispatcher, caller, FINDINGS_TOOL, json!({}), None, |_, visible| {
        let open: Vec<_> = visible.iter().filter(|finding| finding.is_open()).collect();
        let mut value = json!({"findings": open});
        let removed = content::clean_value(&mut value);
        Ok(Answer { text: value.to_string(), value, removed })
    })
    .await
}

/// Explains a finding: its evidence, its root, its consequences and the recommended call.
///
/// # Errors
/// As [`findings`]; and if there is no such finding.
pub async fn explain(dispatcher: &Dispatcher, caller: &Caller, wanted: &ExplainQuery) -> Result<Reply, Refusal> {
    let arguments = serde_json::to_value(wanted).unwrap_or_default();
    run(dispatcher, caller, EXPLAIN_TOOL, arguments, None, |_, visible| {
        let found = visible.iter().find(|finding| finding.id == wanted.id);
        let missing = || Failure::refused("there is no such finding", "`observer_findings` lists all");
        let lines = explanation(found.ok_or_else(missing)?, visible);
        render_lines(EXPLAIN_TOOL, &wanted.id, wanted.cursor.as_ref(), json!({"finding": found}), lines)
    })
    .await
}

/// Diagnoses a model: its open findings as trees, roots first, each with its consequences and the recommended call.
///
/// # Errors
/// As [`findings`].
pub async fn diagnose(dispatcher: &Dispatcher, caller: &Caller, wanted: &DiagnoseQuery) -> Result<Reply, Refusal> {
    let arguments = serde_json::to_value(wanted).unwrap_or_default();
    run(dispatcher, caller, DIAGNOSE_TOOL, arguments, Some(&wanted.model), |observer, visible| {
        let own: Vec<_> =
            visible.iter().filter(|finding| finding.is_open() && fits_model(&wanted.model, &finding.entity)).collect();
        let mut lines = vec![summary(observer, &own)];
        let shown = |finding: &&&Arc<Finding>| {
            // a consequence of something in another model begins a tree here
            let parent = finding.consequence_of.as_deref();
            parent.is_none_or(|id| !own.iter().any(|other| other.id == id))
        };
        for root in own.iter().filter(shown) {
            lines.push(String::new());
            lines.extend(explanation(root, visible));
        }
        render_lines(DIAGNOSE_TOOL, &wanted.model, wanted.cursor.as_ref(), json!({"findings": own}), lines)
    })
    .await
}

/// The findings that a caller may know, sorted: those in models that the roles of the caller show.
///
/// It is no act: use it for notices, and the tools for what a caller receives.
#[must_use]
pub fn visible_findings(observer: &Observer, policy: &Policy, caller: &Caller) -> Vec<Arc<Finding>> {
    let may_see = |entity: &FindingEntity| may_see_model(policy, caller, entity);
    let all = observer.findings();
    let mut visible: Vec<Arc<Finding>> = all.iter().filter(|finding| may_see(&finding.entity)).cloned().collect();
    for finding in &mut visible {
        let root_is_hidden = finding
            .consequence_of
            .as_deref()
            .is_some_and(|id| all.iter().any(|other| other.id == id && !may_see(&other.entity)));
        if root_is_hidden || finding.affected.iter().any(|entity| !may_see(entity)) {
            let finding = Arc::make_mut(finding);
            finding.affected.retain(may_see);
            if root_is_hidden && let Some(cause) = &mut finding.cause {
                cause.reasons = vec!["it follows from a finding in a model that you may not know".to_owned()];
            }
        }
    }
    sort_findings(&mut visible);
    visible
}

/// Whether a caller may know of an entity.
#[must_use]
pub fn may_see_model(policy: &Policy, caller: &Caller, entity: &FindingEntity) -> bool {
    let (controller, model) = (entity.controller.to_string(), entity.model.to_string());
    policy.may_see_model(caller, &Location::from_names(Some(controller), Some(model)))
}

/// Runs a tool of the observer as an act: authorized and recorded.
pub(crate) async fn run(
    dispatcher: &Dispatcher,
    caller: &Caller,
    tool: &str,
    arguments: Value,
    model: Option<&str>,
    answer: impl FnOnce(&Observer, &[Arc<Finding>]) -> Result<Answer, Refusal>,
) -> Result<Reply, Refusal> {
    let policy = dispatcher.policy.current();
    let location = Location::from_names(None, model.map(ToOwned::to_owned));
    let act = Act::new(tool, Effect::Read).with_target(Target::from_location(location)).with_arguments(arguments);
    let rights = policy.permissions(caller);
    let new = NewEntry::from_call(caller, ToolCall::new(&act)).with_roles(rights.roles().to_vec());
    let entry = dispatcher.ledger.open_entry(new).await?;
    if let Err(denial) = rights.check_visibility(tool, OBSERVER_TOOLSET, Effect::Read) {
        return Err(refuse(entry, Refusal::Denied(denial)));
    }
    let Some(observer) = &dispatcher.observer else { return Err(refuse(entry, observer_off())) };
    let visible = visible_findings(observer, &policy, caller);
    match answer(observer, &visible) {
        Ok(answer) => Ok(close(dispatcher, answer, &visible, entry)),
        Err(refusal) => Err(refuse(entry, refusal)),
    }
}

/// Closes the entry of an answer with findings.
fn close(dispatcher: &Dispatcher, answer: Answer, visible: &[Arc<Finding>], entry: Entry) -> Reply {
    let texts = visible.iter().flat_map(|finding| &finding.evidence).filter(|one| answer.text.contains(&one.value));
    let texts: Value = texts.map(|one| one.value.clone()).collect();
    finish(dispatcher, answer, &texts, entry)
}

/// Closes the entry of an answer. The texts of the estate in it are scanned as every result.
pub(crate) fn finish(dispatcher: &Dispatcher, answer: Answer, texts: &Value, mut entry: Entry) -> Reply {
    let found: Findings = dispatcher.catalogue.detector().scan_value(texts);
    for kind in found.kinds.keys() {
        entry.add_label(format!("result:{kind}"));
    }
    let mut reply = Reply::from_answer(answer, entry.id(), Vec::new());
    reply.provenance.untrusted = true;
    reply.provenance.findings = found;
    entry.close(Outcome::Done, "");
    reply
}

/// The refusal where there is no observer.
pub(crate) fn observer_off() -> Refusal {
    Failure::refused("the observer is off", "set `observer.enabled: true` in the configuration").into()
}

/// Closes the entry of a call that is refused.
pub(crate) fn refuse(entry: Entry, refusal: Refusal) -> Refusal {
    entry.close(refusal.outcome(), &refusal.to_string());
    refusal
}

/// A text of the estate without invisible characters.
pub(crate) fn cleaned(text: &str) -> String {
    content::clean(text).0.into_owned()
}

pub(crate) fn render_lines(
    tool: &str,
    identity: &str,
    cursor: Option<&String>,
    value: Value,
    lines: Vec<String>,
) -> Result<Answer, Refusal> {
    let view = ViewOptions { cursor: cursor.cloned(), ..ViewOptions::default() };
    let lines = lines.into_iter().map(|line| cleaned(&line));
    let concise = Concise::with_head(Vec::new()).and(Table::lines("lines", lines));
    Ok(catalogue::render_rows(&view, &format!("{tool} {identity}"), "", value, &concise)
        .map_err(|bad: BadArguments| bad)?)
}

impl FindingsQuery {
    fn fits(&self, finding: &Finding) -> bool {
        self.model.as_deref().is_none_or(|model| fits_model(model, &finding.entity))
            && self.severity.is_none_or(|least| finding.severity >= least)
            && (finding.is_open() || self.state == Some(WantedState::All))
    }
}

/// Whether an entity is in the model of this name, `[controller:][owner/]name`.
pub(crate) fn fits_model(name: &str, entity: &FindingEntity) -> bool {
    let (controller, model) = match name.split_once(':') {
        Some((controller, model)) => (Some(controller), model),
        None => (None, name),
    };
    let short = entity.model.rsplit('/').next().unwrap_or_default();
    controller.is_none_or(|controller| *entity.controller == *controller) && (*entity.model == *model || short == model)
}

fn place(entity: &FindingEntity) -> String {
    format!("{} {}", entity.kind, entity.name).trim_end().to_owned()
}

/// A finding as a row, short: `format: json` has it in full.
fn row(finding: &Finding, all: &[Arc<Finding>]) -> Vec<String> {
    let parent = finding.consequence_of.as_deref();
    let parent = parent.map(|id| all.iter().find(|other| other.id == id).map_or(id, |other| &other.entity.name));
    vec![
        finding.id.clone(),
        if finding.is_open() { finding.severity.word().to_owned() } else { "closed".to_owned() },
        format!("{}:{}", finding.entity.controller, finding.entity.model),
        place(&finding.entity),
        finding.title.clone(),
        finding.cause.as_ref().map(|cause| cause.class.word().to_owned()).unwrap_or_default(),
        parent.unwrap_or_default().to_owned(),
        finding.first_seen.format("%Y-%m-%d %H:%MZ").to_string(),
        finding.recommended.as_ref().map(|call| call.tool.clone()).unwrap_or_default(),
    ]
}

/// One line about the whole model.
fn summary(observer: &Observer, own: &[&Arc<Finding>]) -> String {
    let count = |severity: FindingSeverity| own.iter().filter(|finding| finding.severity == severity).count();
    let roots = own.iter().filter(|finding| finding.is_root() && finding.severity > FindingSeverity::Info).count();
    let looked = observer.last_look().map_or_else(|| "never".to_owned(), |time| time.format("%H:%M:%SZ").to_string());
    match (count(FindingSeverity::Critical), count(FindingSeverity::Warning), count(FindingSeverity::Info)) {
        (0, 0, notes) => format!("The model is healthy ({notes} notes; last look {looked})."),
        (critical, warnings, notes) => format!(
            "{critical} critical findings, {warnings} warnings, {notes} notes; {roots} of them are roots, the others follow from them (last look {looked})."
        ),
    }
}

/// A finding in words, with its root above and its consequences below it.
fn explanation(finding: &Finding, all: &[Arc<Finding>]) -> Vec<String> {
    let mut lines = vec![format!(
        "{} {} ({}, {})",
        finding.severity.word().to_uppercase(),
        finding.title,
        place(&finding.entity),
        finding.id
    )];
    let since = finding.first_seen.format("%Y-%m-%d %H:%M:%SZ");
    let end = if finding.is_open() { "open" } else { "closed" };
    lines.push(format!("  since {since}, last seen {}, {end}", finding.last_seen.format("%H:%M:%SZ")));
    if !finding.trend.detail.is_empty() || finding.trend.limit_at.is_some() {
        let limit = finding.trend.limit_at.map(|time| format!(", limit at {}", time.format("%Y-%m-%d %H:%MZ")));
        lines.push(format!("  trend: {}{}", finding.trend.detail, limit.unwrap_or_default()));
    }
    for one in &finding.evidence {
        let since = one.since.map(|time| format!(" since {}", time.format("%H:%M:%SZ"))).unwrap_or_default();
        lines.push(format!("  evidence: {} is {} (expected: {}){since}", one.what, one.value, one.expected));
    }
    if let Some(cause) = &finding.cause {
        let reasons = cause.reasons.join("; ");
        lines.push(format!("  cause: {} with confidence {:.2}: {reasons}", cause.class.word(), cause.confidence));
    }
    for parent in ancestors(finding, all) {
        lines.push(format!("  follows from: {} ({}, {})", parent.title, place(&parent.entity), parent.id));
    }
    let consequences = all.iter().filter(|other| other.is_open() && other.consequence_of.as_ref() == Some(&finding.id));
    for other in consequences {
        lines.push(format!("  causes: {} ({}, {})", other.title, place(&other.entity), other.id));
    }
    if !finding.affected.is_empty() {
        let names: Vec<_> = finding.affected.iter().map(place).collect();
        lines.push(format!("  affects: {}", names.join(", ")));
    }
    if let Some(call) = &finding.recommended {
        lines.push(format!("  call: {} {} - {}", call.tool, Value::Object(call.arguments.clone()), call.why));
    }
    lines
}

/// The findings that a finding follows from, up to its root.
fn ancestors<'a>(finding: &'a Finding, all: &'a [Arc<Finding>]) -> Vec<&'a Arc<Finding>> {
    let mut found: Vec<&Arc<Finding>> = Vec::new();
    let mut next = finding.consequence_of.as_deref();
    while let Some(parent) = next.and_then(|id| all.iter().find(|other| other.id == id)) {
        if found.iter().any(|other| other.id == parent.id) {
            break;
        }
        found.push(parent);
        next = parent.consequence_of.as_deref();
    }
    found
}
