//! A tool as the rest of the program sees it: JSON in, a plan out. Nothing is done before the plan has its permit.

use std::{
    marker::PhantomData,
    sync::{Arc, OnceLock},
};

use futures::future::{BoxFuture, FutureExt};
use policy::{Act, Denial, Effect, Impact, Location, Lookups, Permissions, Permit, Planned, Target, TargetEntity};
use serde_json::{Map, Value, json};

use crate::{
    Access, Answer, BadArguments, Blocks, Command, Failure, JujuAccess, OfferUrl, Options, ResolvedTarget, Scope,
    bounds, coerce,
    command_line::{Shape, command_line},
    cursor::fingerprint,
    options::{Format, Kind},
    preconditions::Preconditions,
    schema,
    view::View,
};

/// A command with checked arguments. It previews without a permit and runs, once, with one.
pub trait PlannedCommand: Send + Sync {
    /// What a dry run can show beyond the act itself. Fails where an entity that the act needs does not exist.
    fn preview<'a>(&'a self, target: &'a ResolvedTarget) -> BoxFuture<'a, Result<Option<Value>, Failure>>;

    /// The answer if the controller is doing already what the call wants.
    fn already_done<'a>(&'a self, target: &'a ResolvedTarget) -> BoxFuture<'a, Option<Answer>>;

    /// Does what was permitted.
    fn run(self: Box<Self>, permit: Permit, target: Arc<ResolvedTarget>)
    -> BoxFuture<'static, Result<Answer, Failure>>;

    /// What it does where the application has this number of units; `None` where the number decides nothing.
    fn effect_with_units(&self, units: u64) -> Option<Effect>;
    /// The access that it needs at a controller that callers log in to as themselves.
    fn juju_access(&self) -> JujuAccess;
    /// The command line of the Juju client with the same meaning, made of these arguments: the command's own, or redacted ones.
    fn command_line(&self, arguments: &Value) -> String;
}

/// A command with its checked arguments, waiting for its permit.
pub type PlannedWork = Box<dyn PlannedCommand>;

/// The one implementation of [`PlannedCommand`]: a command with its parsed arguments.
struct PlannedCall<C: Command> {
    args: C::Args,
    options: Options,
    preconditions: Preconditions,
    /// Tool, arguments and view: what a cursor belongs to, beside the target.
    fingerprint: u32,
    changes: bool,
}

impl<C: Command> PlannedCommand for PlannedCall<C> {
    fn preview<'a>(&'a self, target: &'a ResolvedTarget) -> BoxFuture<'a, Result<Option<Value>, Failure>> {
        async {
            check_substrate::<C>(target)?;
            let facts = self.preconditions.check(target).await?;
            let preview = C::preview(&self.args, target).await?;
            let mut preview = preview.unwrap_or_else(|| json!({}));
            let destroyed = preview["destroying_storage"].as_array().into_iter().flatten();
            let destroyed = destroyed.filter_map(Value::as_str).map(str::to_owned).collect();
            let cost = C::cost(&self.args, &facts).with_storage_lost(destroyed);
            preview["cost"] = json!(cost.lines(&C::impact(&self.args)));
            if !facts.notes().is_empty() {
                preview["notes"] = json!(facts.notes());
            }
            Ok(Some(preview))
        }
        .boxed()
    }

    fn already_done<'a>(&'a self, target: &'a ResolvedTarget) -> BoxFuture<'a, Option<Answer>> {
        async {
            let output = C::already_done(&self.args, target).await?;
            render::<C>(&view::<C>(&self.options, self.fingerprint, self.changes, target).ok()?, output).ok()
        }
        .boxed()
    }

    fn run(
        self: Box<Self>,
        permit: Permit,
        target: Arc<ResolvedTarget>,
    ) -> BoxFuture<'static, Result<Answer, Failure>> {
        async move {
            let view = view::<C>(&self.options, self.fingerprint, self.changes, &target)?;
            check_substrate::<C>(&target)?;
            match C::run(permit, self.args, Arc::clone(&target)).await {
                Ok(output) => render::<C>(&view, output),
                Err(failure) => Err(self.preconditions.explain(failure, &target).await),
            }
        }
        .boxed()
    }

    fn effect_with_units(&self, units: u64) -> Option<Effect> {
        C::UNITS_DECIDE_EFFECT.then(|| C::effect_with_units(&self.args, units))
    }

    fn juju_access(&self) -> JujuAccess {
        C::juju_access(&self.args)
    }

    fn command_line(&self, arguments: &Value) -> String {
        let shape = Shape { command: C::COMMAND, scope: C::SCOPE, positional: C::POSITIONAL };
        command_line(shape, arguments, &self.options)
    }
}

/// Fails in a Kubernetes model where the command works on machines only.
fn check_substrate<C: Command>(target: &ResolvedTarget) -> Result<(), Failure> {
    if !C::MACHINES_ONLY || !target.is_kubernetes() {
        return Ok(());
    }
    let problem = format!("`{}` is not supported on container models, and {} is one", C::COMMAND, target.model_name());
    Err(Failure::refused(problem, "name a model on machines; `juju_models` lists the type of each"))
}

/// How the caller wants the answer of a command.
fn view<'a, C: Command>(
    options: &'a Options,
    own: u32,
    changes: bool,
    target: &ResolvedTarget,
) -> Result<View<'a>, Failure> {
    let call = fingerprint([target.controller_name(), target.model_name(), &own.to_string()]);
    let view = View::new(Kind::of::<C>(), &options.view, call, changes);
    view.map_err(|problem| Failure::refused(problem.to_string(), "correct `cursor`"))
}

fn render<C: Command>(view: &View<'_>, mut output: C::Output) -> Result<Answer, Failure> {
    let concise = match view.options.format {
        Format::Concise => C::concise(&mut output, &view.filter()),
        Format::Detailed | Format::Json => None,
    };
    if let (Some(concise), true) = (&concise, view.options.fields.is_empty()) {
        return Ok(view.render_concise(concise, None));
    }
    let value = serde_json::to_value(output).map_err(|cause| Failure::Unwritable(cause.to_string()))?;
    Ok(view.render_document(value, concise.map(|concise| concise.head).unwrap_or_default()))
}

/// A call with arguments that fit: what it would do, and the command that would do it.
pub struct Plan {
    /// Options that every tool of its kind takes.
    pub options: Options,
    tool: String,
    effect: Effect,
    entities: Vec<TargetEntity>,
    source: Option<OfferUrl>,
    impact: Impact,
    arguments: Value,
    command: PlannedWork,
}

impl Plan {
    /// The act at its resolved location, joined to the command that would do it. What the arguments do not show is looked up: the
    /// model behind a name, the units on a machine and the applications of a relation (for a read only where a role or a rule
    /// selects by them), the number of units where it decides about the effect, and the size of units that are added, where a rule
    /// reads it. What cannot be looked up stays unresolved, at its worst. A unit of unknown size counts at the default price.
    pub async fn resolve(self, target: &ResolvedTarget, lookups: Lookups) -> Planned<PlannedWork> {
        let effect = match (target.unit_count(&self.entities), self.command.effect_with_units(0)) {
            (units, Some(_)) => units.await.and_then(|units| self.command.effect_with_units(units)),
            _ => None,
        };
        let mut impact = self.impact;
        // units that are added to an application have its size
        if impact.units_added > 0 && impact.charm.is_none() {
            let constraints =
                if lookups.sizes { target.application_constraints(&self.entities).await.ok() } else { None };
            impact.size_unknown = constraints.is_none();
            impact.constraints = constraints.flatten();
        }
        let entities = target.resolve_entities(self.entities, lookups.applications || self.effect.changes()).await;
        let act = Act {
            tool: self.tool,
            effect: effect.unwrap_or(self.effect),
            source: self.source.map(|url| url.target_from(target.location())),
            target: Target { location: target.location().clone(), entities },
            impact,
            arguments: self.arguments,
        };
        Planned::new(act, self.command)
    }

    /// The command line of the Juju client with the same meaning.
    #[must_use]
    pub fn command_line(&self) -> String {
        self.command.command_line(&self.arguments)
    }

    /// The least that it does, where only the state of the model decides.
    #[must_use]
    pub fn least_effect(&self) -> Effect {
        self.command.effect_with_units(0).unwrap_or(self.effect)
    }

    /// The act by the names that the caller gave, where its location cannot be resolved: for the ledger.
    #[must_use]
    pub fn unresolved_act(&self) -> Act {
        let place = &self.options.selector;
        let location = Location::from_names(place.controller.clone(), place.model.clone());
        Act {
            tool: self.tool.clone(),
            effect: self.effect,
            source: self.source.as_ref().map(|url| url.target_from(&location)),
            target: Target { location, entities: self.entities.clone() },
            impact: self.impact.clone(),
            arguments: self.arguments.clone(),
        }
    }
}

/// A tool as the rest of the program sees it.
pub trait Tool: Send + Sync {
    /// Its name, `juju_add_unit`.
    fn name(&self) -> &str;
    /// The command of the Juju client, `add-unit`.
    fn command(&self) -> &'static str;
    /// Other names that the Juju client has for the command.
    fn aliases(&self) -> &'static [&'static str];
    /// Group of tools that it belongs to.
    fn toolset(&self) -> &'static str;
    /// What it does, in one or two sentences.
    fn description(&self) -> &'static str;
    /// What it acts on.
    fn scope(&self) -> Scope;
    /// The worst that it can do.
    fn effect(&self) -> Effect;
    /// The least that it does.
    fn least(&self) -> Effect;
    /// Whether a caller with these rights may see it: it is visible where some act of its least effect is allowed.
    ///
    /// # Errors
    /// Why it is not visible.
    fn check_visibility(&self, rights: &Permissions<'_>) -> Result<(), Denial> {
        rights.check_visibility(self.name(), self.toolset(), self.least())
    }
    /// Whether doing it twice is the same as doing it once.
    fn idempotent(&self) -> bool;
    /// Whether its answer has text that others wrote.
    fn answers_untrusted(&self) -> bool;
    /// Whether `/mcp` lists it.
    fn curated(&self) -> bool;
    /// Access that the controller requires of its user, where it changes something.
    fn access(&self) -> Access {
        Access::Write
    }
    /// Blocks of `juju disable-command` that keep it back.
    fn blocks(&self) -> Blocks {
        Blocks::None
    }
    /// JSON Schema of the arguments, closed. Lists of tools share it.
    fn input_schema(&self) -> &Arc<Map<String, Value>>;
    /// The same as compact JSON.
    fn input_schema_text(&self) -> &str;
    /// Whether it takes an argument of this name: a property, or a flag of the client that means one.
    fn accepts(&self, argument: &str) -> bool {
        coerce::accepts(self.command(), self.input_schema(), argument)
    }
    /// Checks the arguments and states what they would do, without doing it.
    ///
    /// # Errors
    /// [`BadArguments`], naming the argument.
    fn plan(&self, arguments: Map<String, Value>) -> Result<Plan, BadArguments>;
}

/// Makes a [`Tool`] of a [`Command`].
pub(crate) struct Adapter<C> {
    name: String,
    /// Made when it is first needed: most catalogues are asked for names only.
    input: OnceLock<InputSchema>,
    command: PhantomData<fn() -> C>,
}

/// The schema of arguments, and the same as compact JSON.
struct InputSchema {
    members: Arc<Map<String, Value>>,
    text: String,
}

impl<C: Command> Adapter<C> {
    pub(crate) fn boxed() -> Box<dyn Tool> {
        let name = format!("juju_{}", C::COMMAND.replace('-', "_"));
        Box::new(Self { name, input: OnceLock::new(), command: PhantomData })
    }

    fn input(&self) -> &InputSchema {
        self.input.get_or_init(|| {
            let required: &[_] = if C::SCOPE == Scope::NamedModel { &["model"] } else { &[] };
            let members = schema::input::<C::Args>(Options::properties(Kind::of::<C>()), required);
            InputSchema { text: Value::Object(members.clone()).to_string(), members: Arc::new(members) }
        })
    }
}

impl<C: Command> Tool for Adapter<C> {
    fn name(&self) -> &str {
        &self.name
    }

    fn command(&self) -> &'static str {
        C::COMMAND
    }

    fn aliases(&self) -> &'static [&'static str] {
        C::ALIASES
    }

    fn toolset(&self) -> &'static str {
        C::TOOLSET
    }

    fn description(&self) -> &'static str {
        C::DESCRIPTION
    }

    fn scope(&self) -> Scope {
        C::SCOPE
    }

    fn effect(&self) -> Effect {
        C::MAX_EFFECT
    }

    fn least(&self) -> Effect {
        C::MIN_EFFECT
    }

    fn idempotent(&self) -> bool {
        C::IDEMPOTENT
    }

    fn answers_untrusted(&self) -> bool {
        C::ANSWERS_UNTRUSTED
    }

    fn curated(&self) -> bool {
        C::IN_DEFAULT_LIST
    }

    fn access(&self) -> Access {
        C::ACCESS
    }

    fn blocks(&self) -> Blocks {
        C::BLOCKS
    }

    fn input_schema(&self) -> &Arc<Map<String, Value>> {
        &self.input().members
    }

    fn input_schema_text(&self) -> &str {
        &self.input().text
    }

    fn plan(&self, arguments: Map<String, Value>) -> Result<Plan, BadArguments> {
        let schema = self.input_schema();
        let mut arguments = coerce::coerce_command_arguments(C::COMMAND, schema, arguments)?;
        bounds::check_bounds(schema, &arguments)?;
        let options = Options::extract(Kind::of::<C>(), &mut arguments)?;
        let args: C::Args = BadArguments::parse(arguments.clone())?;
        C::validate(&args).map_err(BadArguments::message)?;
        let effect = C::effect(&args);
        if effect.changes() && options.view.cursor.is_some() {
            return Err(BadArguments::argument("cursor", "is for reads, and this call changes something"));
        }
        let fingerprint = view_fingerprint(&self.name, &arguments, &options);
        let impact = if effect.changes() { C::impact(&args) } else { Impact::default() };
        let preconditions = preconditions::<C>(&args, effect);
        Ok(Plan {
            tool: self.name.clone(),
            effect,
            entities: C::target_entities(&args),
            source: C::source(&args),
            impact,
            arguments: Value::Object(arguments),
            options: options.clone(),
            command: Box::new(PlannedCall::<C> {
                args,
                options,
                preconditions,
                fingerprint,
                changes: effect.changes(),
            }),
        })
    }
}

/// What the act needs; of a read only its entities, for the remedy if it fails.
fn preconditions<C: Command>(args: &C::Args, effect: Effect) -> Preconditions {
    if effect.changes() {
        let (entities, others) = (C::required_entities(args), C::preconditions(args));
        Preconditions { access: Some(C::ACCESS), blocks: C::BLOCKS, entities, others }
    } else {
        let entities = C::target_entities(args);
        Preconditions { access: None, blocks: Blocks::None, entities, others: Vec::new() }
    }
}

/// What identifies a call and its view for a cursor. The limit may differ from page to page.
fn view_fingerprint(tool: &str, arguments: &Map<String, Value>, options: &Options) -> u32 {
    let crate::ViewOptions { format, fields, filter, .. } = &options.view;
    let arguments =
        arguments.iter().map(|(name, value)| format!("{name} {value}")).collect::<std::collections::BTreeSet<_>>();
    let view = format!("{format:?} {fields:?} {filter:?} {arguments:?}");
    fingerprint([tool, view.as_str()])
}
