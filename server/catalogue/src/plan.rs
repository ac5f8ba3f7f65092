//! A tool as the rest of the program sees it: JSON in, a plan out. Nothing is done before the plan has its permit.

use std::{
    marker::PhantomData,
    sync::{Arc, OnceLock},
};

use policy::{Act, Denial, Effect, Impact, Location, Lookups, Permissions, Planned, Target, TargetEntity};
use schemars::{JsonSchema as _, Schema, SchemaGenerator};
use serde_json::{Map, Value};

use crate::{
    Access, BadArguments, Blocks, Command, OfferUrl, Options, ResolvedTarget, Scope, bounds, coerce,
    cursor::fingerprint,
    options::Kind,
    planned_call::{Call, PlannedCall, PlannedWork},
    preconditions::Preconditions,
    schema,
};

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
    /// Whether it is a command of the Juju client.
    fn is_client_command(&self) -> bool {
        true
    }
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
    /// Whether the live estate may answer it while it is fresh.
    fn is_answered_from_estate(&self) -> bool {
        false
    }
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
        let name = C::TOOL_NAME.map_or_else(|| format!("juju_{}", C::COMMAND.replace('-', "_")), str::to_owned);
        Box::new(Self { name, input: OnceLock::new(), command: PhantomData })
    }

    fn input(&self) -> &InputSchema {
        self.input.get_or_init(|| InputSchema::new(Kind::of::<C>(), C::Args::json_schema))
    }
}

impl InputSchema {
    fn new(kind: Kind, arguments: fn(&mut SchemaGenerator) -> Schema) -> Self {
        let required: &[_] = if kind.scope == Scope::NamedModel { &["model"] } else { &[] };
        let members = schema::input(arguments, Options::properties(kind), required);
        Self { text: Value::Object(members.clone()).to_string(), members: Arc::new(members) }
    }
}

impl<C: Command> Tool for Adapter<C> {
    fn name(&self) -> &str {
        &self.name
    }

    fn command(&self) -> &'static str {
        C::COMMAND
    }

    fn is_client_command(&self) -> bool {
        C::TOOL_NAME.is_none()
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

    fn is_answered_from_estate(&self) -> bool {
        C::FROM_ESTATE
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
        let checked = CheckedArguments::read(C::COMMAND, Kind::of::<C>(), self.input_schema(), arguments)?;
        let args: C::Args = BadArguments::parse(checked.arguments.clone())?;
        C::validate(&args).map_err(BadArguments::message)?;
        coerce::check_required(self.input_schema(), &checked.arguments)?;
        let effect = C::effect(&args);
        let mut meaning = Meaning::new(effect, C::target_entities(&args), C::source(&args));
        if effect.changes() {
            meaning.impact = C::impact(&args);
            meaning.preconditions = Preconditions {
                access: Some(C::ACCESS),
                blocks: C::BLOCKS,
                entities: C::required_entities(&args),
                others: C::preconditions(&args),
            };
        }
        let call = checked.call(&self.name, C::MACHINES_ONLY, &mut meaning)?;
        Ok(checked.plan(&self.name, meaning, Box::new(PlannedCall::<C> { args, call })))
    }
}

/// The arguments of a call, read by the schema and within its bounds.
struct CheckedArguments {
    command: &'static str,
    kind: Kind,
    /// The command's own.
    arguments: Map<String, Value>,
    options: Options,
}

/// What the typed arguments of a call mean.
struct Meaning {
    effect: Effect,
    entities: Vec<TargetEntity>,
    source: Option<OfferUrl>,
    impact: Impact,
    preconditions: Preconditions,
}

impl CheckedArguments {
    fn read(
        command: &'static str,
        kind: Kind,
        schema: &Map<String, Value>,
        arguments: Map<String, Value>,
    ) -> Result<Self, BadArguments> {
        let mut arguments = coerce::coerce_command_arguments(command, schema, arguments)?;
        bounds::check_bounds(schema, &arguments)?;
        let options = Options::extract(kind, &mut arguments)?;
        Ok(Self { command, kind, arguments, options })
    }

    /// What the call has beside its typed arguments; takes the preconditions out of the meaning.
    fn call(&self, tool: &str, machines_only: bool, meaning: &mut Meaning) -> Result<Call, BadArguments> {
        let changes = meaning.effect.changes();
        if changes && self.options.view.cursor.is_some() {
            return Err(BadArguments::argument("cursor", "is for reads, and this call changes something"));
        }
        Ok(Call {
            command: self.command,
            kind: self.kind,
            machines_only,
            options: self.options.clone(),
            preconditions: std::mem::take(&mut meaning.preconditions),
            fingerprint: view_fingerprint(tool, &self.arguments, &self.options),
            changes,
        })
    }

    fn plan(self, tool: &str, meaning: Meaning, command: PlannedWork) -> Plan {
        Plan {
            tool: tool.to_owned(),
            effect: meaning.effect,
            entities: meaning.entities,
            source: meaning.source,
            impact: meaning.impact,
            arguments: Value::Object(self.arguments),
            options: self.options,
            command,
        }
    }
}

impl Meaning {
    /// The meaning of a read. It needs only its entities, for the remedy if it fails.
    fn new(effect: Effect, entities: Vec<TargetEntity>, source: Option<OfferUrl>) -> Self {
        let preconditions = Preconditions { entities: entities.clone(), ..Preconditions::default() };
        Self { effect, entities, source, impact: Impact::default(), preconditions }
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
