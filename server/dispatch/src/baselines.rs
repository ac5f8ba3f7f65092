//! The tools of baselines: saves the state that a model should have, and compares it with the state that it has.

use std::sync::Arc;

use audit::{Entry, NewEntry, ToolCall};
use catalogue::{Answer, BadArguments, Concise, Failure, Format, Table, ViewOptions};
use content::read_yaml_documents;
use estate::ModelIdentity;
use identity::Caller;
use observer::{Baseline, BaselineApplication, Candidate, Evidence, FindingEntity, Observer};
use policy::{Act, Effect, Location, Policy, PolicyDecision, Target};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Dispatcher, OBSERVER_TOOLSET, Refusal, Reply,
    budget_reservation::Counting,
    evaluation_context::gather,
    findings::{cleaned, finish, fits_model, may_see_model, observer_off, refuse},
};

/// Saves a baseline.
pub const SAVE_BASELINE_TOOL: &str = "observer_save_baseline";
/// Compares a model with its baseline.
pub const BASELINE_TOOL: &str = "observer_baseline";

/// Which baseline to save.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaveBaselineQuery {
    /// `[controller:][owner/]name`.
    pub model: String,
    /// A bundle as YAML; default: the present state of the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<String>,
    /// Whether to save or to remove it; default: to save.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<BaselineChange>,
}

/// What happens to a baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BaselineChange {
    /// It is saved.
    Save,
    /// It is removed.
    Remove,
}

/// Which baseline to compare or show.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaselineQuery {
    /// `[controller:][owner/]name`.
    pub model: String,
    /// What to show; default: the differences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub show: Option<BaselineView>,
    /// Detail of the text; default: a table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// `next_cursor` of the previous page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// What to show of a baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BaselineView {
    /// What differs.
    Differences,
    /// The baseline itself.
    Baseline,
}

/// Saves or removes the baseline of a model that is observed. It changes nothing in the estate.
///
/// # Errors
/// [`Refusal`]: a role that may not write in the model, a rule, a bundle that cannot be read, no observer.
pub async fn save_baseline(
    dispatcher: &Dispatcher,
    caller: &Caller,
    wanted: &SaveBaselineQuery,
) -> Result<Reply, Refusal> {
    let mut arguments = json!(wanted);
    if let Some(bundle) = &wanted.bundle {
        arguments["bundle"] = format!("{} bytes", bundle.len()).into();
    }
    let act = Act::new(SAVE_BASELINE_TOOL, Effect::Write).with_arguments(arguments);
    let call = BaselineCall::begin(dispatcher, caller, act, &wanted.model).await?;
    let saved = call.save(wanted).await;
    call.end(saved)
}

/// Compares a model with its baseline, or shows the baseline.
///
/// # Errors
/// [`Refusal`]: a role that may not read the model, no baseline, no observer.
pub async fn baseline(dispatcher: &Dispatcher, caller: &Caller, wanted: &BaselineQuery) -> Result<Reply, Refusal> {
    let act = Act::new(BASELINE_TOOL, Effect::Read).with_arguments(json!(wanted));
    let call = BaselineCall::begin(dispatcher, caller, act, &wanted.model).await?;
    let shown = call.show(wanted).await;
    call.end(shown)
}

/// An act on the baseline of a model, authorized and with its entry.
struct BaselineCall<'a> {
    dispatcher: &'a Dispatcher,
    caller: &'a Caller,
    observer: &'a Observer,
    model: Arc<ModelIdentity>,
    entry: Entry,
}

/// A rendered answer, with the texts of the estate in it.
type Rendered = (Answer, Vec<String>);

impl<'a> BaselineCall<'a> {
    /// Records the act, and authorizes it in the model.
    async fn begin(dispatcher: &'a Dispatcher, caller: &'a Caller, act: Act, model: &str) -> Result<Self, Refusal> {
        let policy = dispatcher.policy.current();
        let rights = policy.permissions(caller);
        let found = match &dispatcher.observer {
            Some(observer) => find_model(observer, &policy, caller, model).await.map(|model| (&**observer, model)),
            None => Err(observer_off()),
        };
        let location = match &found {
            Ok((_, model)) => Location::from_names(Some(model.controller.to_string()), Some(model.model.to_string())),
            Err(_) => Location::from_names(None, Some(model.to_owned())),
        };
        let act = act.with_target(Target::from_location(location));
        let new = NewEntry::from_call(caller, ToolCall::new(&act)).with_roles(rights.roles().to_vec());
        let entry = dispatcher.ledger.open_entry(new).await?;
        if let Err(denial) = rights.check_visibility(&act.tool, OBSERVER_TOOLSET, act.effect) {
            return Err(refuse(entry, Refusal::Denied(denial)));
        }
        let (observer, model) = match found {
            Ok(found) => found,
            Err(refusal) => return Err(refuse(entry, refusal)),
        };
        match authorize(dispatcher, &policy, caller, &act).await {
            Ok(()) => Ok(Self { dispatcher, caller, observer, model, entry }),
            Err(refusal) => Err(refuse(entry, refusal)),
        }
    }

    fn end(self, result: Result<Rendered, Refusal>) -> Result<Reply, Refusal> {
        match result {
            Ok((answer, texts)) => Ok(finish(self.dispatcher, answer, &json!(texts), self.entry)),
            Err(refusal) => Err(refuse(self.entry, refusal)),
        }
    }

    fn place(&self) -> String {
        format!("{}:{}", self.model.controller, self.model.model)
    }

    async fn save(&self, wanted: &SaveBaselineQuery) -> Result<Rendered, Refusal> {
        let (uuid, now, saved_by) = (&*self.model.uuid, self.dispatcher.clock.now(), self.caller.subject());
        let baseline = match (wanted.change, &wanted.bundle) {
            (Some(BaselineChange::Remove), _) => None,
            (_, Some(text)) => Some(self.of_bundle(text).await?),
            (_, None) => {
                let captured = self.observer.capture_baseline(uuid, saved_by, now).await.map_err(Failure::from)?;
                Some(captured.ok_or_else(not_known)?)
            }
        };
        let count = baseline.as_ref().map(|baseline| baseline.applications.len());
        self.observer.save_baseline(uuid, baseline, now).await.map_err(|error| {
            let remedy = error.remedy();
            Failure::refused(format!("the baseline is not saved: {error}"), remedy)
        })?;
        let place = self.place();
        let line = match count {
            Some(count) => format!(
                "The baseline of {place} is saved: {count} applications. `{BASELINE_TOOL}` compares it with the model, and what differs becomes a finding."
            ),
            None => format!("The model {place} has no baseline any more."),
        };
        let value = json!({"model": place, "applications": count});
        let concise = Concise::with_head(vec![line]);
        let rendered = catalogue::render_rows(&ViewOptions::default(), SAVE_BASELINE_TOOL, "", value, &concise);
        Ok((rendered.map_err(|bad: BadArguments| bad)?, Vec::new()))
    }

    async fn of_bundle(&self, text: &str) -> Result<Baseline, Refusal> {
        let invalid = |problem: String| {
            Failure::refused(problem, "give the YAML of a bundle, as `juju_export_bundle` returns it")
        };
        let documents =
            read_yaml_documents(text).map_err(|error| invalid(format!("the bundle cannot be read: {error}")))?;
        // an overlay behind it has what belongs to one model only
        let bundle = documents.into_iter().next().unwrap_or_default();
        let (now, saved_by) = (self.dispatcher.clock.now(), self.caller.subject());
        let read = self.observer.baseline_of_bundle(&self.model.uuid, &bundle, saved_by, now).await;
        Ok(read.ok_or_else(not_known)?.map_err(|error| invalid(error.to_string()))?)
    }

    async fn show(&self, wanted: &BaselineQuery) -> Result<Rendered, Refusal> {
        let missing = || {
            let remedy = format!("`{SAVE_BASELINE_TOOL}` saves its present state, or a bundle");
            Failure::refused("the model has no baseline", remedy)
        };
        let baseline = self.observer.baseline(&self.model.uuid).ok_or_else(missing)?;
        let mut head = vec![format!(
            "Baseline of {}, saved {} by {}",
            self.place(),
            baseline.saved_at.format("%Y-%m-%d %H:%MZ"),
            cleaned(&baseline.saved_by)
        )];
        let (table, mut value) = if wanted.show == Some(BaselineView::Baseline) {
            (applications(&baseline), json!({"baseline": baseline}))
        } else {
            let found = self.observer.compare_baseline(&self.model.uuid, self.dispatcher.clock.now()).await;
            let found = found.map_err(Failure::from)?.ok_or_else(not_known)?;
            head.push(format!("{} of {} applications differ.", found.len(), baseline.applications.len()));
            differences(&found)
        };
        let texts = strings(&value);
        content::clean_value(&mut value);
        let view = ViewOptions {
            format: wanted.format.unwrap_or_default(),
            cursor: wanted.cursor.clone(),
            ..ViewOptions::default()
        };
        let identity = format!("{BASELINE_TOOL} {:?}", BaselineQuery { cursor: None, ..wanted.clone() });
        let rows = if value["differences"].is_array() { "differences" } else { "" };
        let rendered = catalogue::render_rows(&view, &identity, rows, value, &Concise::with_head(head).and(table));
        Ok((rendered.map_err(|bad: BadArguments| bad)?, texts))
    }
}

/// Finds an observed model that the caller may know.
async fn find_model(
    observer: &Observer,
    policy: &Policy,
    caller: &Caller,
    name: &str,
) -> Result<Arc<ModelIdentity>, Refusal> {
    let mut found = observer.observed_models().await;
    found.retain(|model| {
        let entity = FindingEntity {
            controller: model.controller.clone(),
            model: model.model.clone(),
            kind: "model".into(),
            name: Box::default(),
        };
        fits_model(name, &entity) && may_see_model(policy, caller, &entity)
    });
    let name = cleaned(name);
    match (found.pop(), found.len()) {
        (Some(model), 0) => Ok(model),
        (None, _) => {
            let remedy =
                "`juju_models` lists the models; `observer.models` of the configuration selects the observed ones";
            Err(Failure::refused(format!("the observer observes no model `{name}`"), remedy).into())
        }
        (Some(_), more) => {
            let problem = format!("{} observed models have the name `{name}`", more + 1);
            Err(Failure::refused(problem, "name it in full, `controller:owner/name`").into())
        }
    }
}

/// Authorizes an act on what this server stores, by roles, scopes and rules. It has no share of the budgets.
pub(crate) async fn authorize(
    dispatcher: &Dispatcher,
    policy: &Policy,
    caller: &Caller,
    act: &Act,
) -> Result<(), Refusal> {
    let gathered = gather(dispatcher, policy, caller, act, OBSERVER_TOOLSET, None, Counting::Previewed);
    let (context, _previewed) = gathered.await;
    match policy.evaluate(caller, act, &context) {
        PolicyDecision::Allow { .. } => Ok(()),
        PolicyDecision::Deny(denial) => Err(Refusal::Denied(denial)),
        PolicyDecision::RequireApproval { .. } => {
            let problem = "a rule requires an approval for this act, which changes only what this server stores";
            Err(Failure::refused(problem, "exempt the toolset `observer` from the rule").into())
        }
    }
}

fn not_known() -> Failure {
    Failure::refused("the state of the model is not known yet", "repeat the call in a minute")
}

/// The differences of all applications, as a table and as data.
fn differences(found: &[Candidate]) -> (Table, Value) {
    let rows = found.iter().flat_map(|candidate| {
        let call = candidate.recommended.as_ref().map(|call| call.tool.clone()).unwrap_or_default();
        let row = move |one: &Evidence| {
            [&*candidate.entity.name, &one.what, &one.value, &one.expected, &call].map(cleaned).to_vec()
        };
        candidate.evidence.iter().map(row)
    });
    let table = Table::new("differences", &["Application", "What", "Is", "Should be", "Call"], rows.collect());
    let value = found.iter().map(
        |one| json!({"application": one.entity.name, "differences": one.evidence, "recommended": one.recommended}),
    );
    (table, json!({"differences": value.collect::<Vec<_>>()}))
}

/// The applications of a baseline.
fn applications(baseline: &Baseline) -> Table {
    let row = |name: &str, one: &BaselineApplication| {
        let revision = one.revision.map(|number| number.to_string()).unwrap_or_default();
        let units = one.units.map(|units| units.to_string()).unwrap_or_default();
        let exposed = one.exposed.map(|exposed| exposed.to_string()).unwrap_or_default();
        let options = one.options.as_ref().map(|options| options.keys().map(|name| &**name).collect::<Vec<_>>());
        let options = options.unwrap_or_default().join(", ");
        let constraints = one.constraints.as_deref().unwrap_or_default();
        [name, &one.charm, &revision, &units, &exposed, constraints, &options].map(cleaned).to_vec()
    };
    let heading = ["Application", "Charm", "Revision", "Units", "Exposed", "Constraints", "Options"];
    let rows = baseline.applications.iter().map(|(name, one)| row(name, one));
    Table::new("applications", &heading, rows.collect())
}

/// All texts in a value.
fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(strings).collect(),
        Value::Object(members) => members.values().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}
