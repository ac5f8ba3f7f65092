//! A command with checked arguments, and what surrounds each of them: preconditions, cost, view and rendering.
//!
//! Only a thin layer depends on the type of the command. The rest takes its futures and answers as values, so that the program has
//! one copy of it instead of one for each command.

use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt, TryFutureExt as _};
use policy::{Effect, Impact, Permit};
use serde_json::{Value, json};

use crate::{
    Answer, Command, Concise, Cost, Facts, Failure, Filter, JujuAccess, Options, ResolvedTarget, Scope,
    command_line::{Shape, command_line},
    cursor::fingerprint,
    options::{Format, Kind},
    preconditions::Preconditions,
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
pub(crate) struct PlannedCall<C: Command> {
    pub(crate) args: C::Args,
    pub(crate) call: Call,
}

/// What a call has beside its typed arguments.
pub(crate) struct Call {
    pub(crate) command: &'static str,
    pub(crate) kind: Kind,
    pub(crate) machines_only: bool,
    pub(crate) options: Options,
    pub(crate) preconditions: Preconditions,
    /// Tool, arguments and view: what a cursor belongs to, beside the target.
    pub(crate) fingerprint: u32,
    pub(crate) changes: bool,
}

/// The cost and the impact of a call, from what its model has.
type CostOf<'a> = Box<dyn Fn(&Facts) -> (Cost, Impact) + Send + 'a>;

/// The answer of a command, without its type.
trait Output: Send {
    /// The answer for a reader.
    fn concise(&mut self, filter: &Filter) -> Option<Concise>;
    /// The whole answer.
    fn into_value(self: Box<Self>) -> serde_json::Result<Value>;
}

struct OutputOf<C: Command>(C::Output);

impl<C: Command> Output for OutputOf<C> {
    fn concise(&mut self, filter: &Filter) -> Option<Concise> {
        C::concise(&mut self.0, filter)
    }

    fn into_value(self: Box<Self>) -> serde_json::Result<Value> {
        serde_json::to_value(self.0)
    }
}

fn without_type<C: Command>(output: C::Output) -> Box<dyn Output> {
    Box::new(OutputOf::<C>(output))
}

impl<C: Command> PlannedCommand for PlannedCall<C> {
    fn preview<'a>(&'a self, target: &'a ResolvedTarget) -> BoxFuture<'a, Result<Option<Value>, Failure>> {
        let cost = |facts: &Facts| (C::cost(&self.args, facts), C::impact(&self.args));
        self.call.preview(target, C::preview(&self.args, target).boxed(), Box::new(cost))
    }

    fn already_done<'a>(&'a self, target: &'a ResolvedTarget) -> BoxFuture<'a, Option<Answer>> {
        let output = C::already_done(&self.args, target).map(|output| output.map(without_type::<C>));
        self.call.already_done(target, output.boxed())
    }

    fn run(
        self: Box<Self>,
        permit: Permit,
        target: Arc<ResolvedTarget>,
    ) -> BoxFuture<'static, Result<Answer, Failure>> {
        let output = C::run(permit, self.args, Arc::clone(&target)).map_ok(without_type::<C>);
        self.call.run(target, output.boxed())
    }

    fn effect_with_units(&self, units: u64) -> Option<Effect> {
        C::UNITS_DECIDE_EFFECT.then(|| C::effect_with_units(&self.args, units))
    }

    fn juju_access(&self) -> JujuAccess {
        C::juju_access(&self.args)
    }

    fn command_line(&self, arguments: &Value) -> String {
        let shape = Shape { tool: C::TOOL_NAME, command: C::COMMAND, scope: C::SCOPE, positional: C::POSITIONAL };
        command_line(shape, arguments, &self.call.options)
    }
}

impl Call {
    /// Checks the preconditions, then adds cost and notes to the command's own preview, which is not polled before.
    fn preview<'a>(
        &'a self,
        target: &'a ResolvedTarget,
        own: BoxFuture<'a, Result<Option<Value>, Failure>>,
        cost: CostOf<'a>,
    ) -> BoxFuture<'a, Result<Option<Value>, Failure>> {
        async move {
            self.check_substrate(target)?;
            let facts = self.preconditions.check(target).await?;
            let mut preview = own.await?.unwrap_or_else(|| json!({}));
            let destroyed = preview["destroying_storage"].as_array().into_iter().flatten();
            let destroyed = destroyed.filter_map(Value::as_str).map(str::to_owned).collect();
            let (cost, impact) = cost(&facts);
            // a backend beside the controllers has no machines and no storage of Juju
            if self.kind.scope != Scope::Backend {
                preview["cost"] = json!(cost.with_storage_lost(destroyed).lines(&impact));
            }
            if !facts.notes().is_empty() {
                preview["notes"] = json!(facts.notes());
            }
            Ok(Some(preview))
        }
        .boxed()
    }

    fn already_done<'a>(
        &'a self,
        target: &'a ResolvedTarget,
        output: BoxFuture<'a, Option<Box<dyn Output>>>,
    ) -> BoxFuture<'a, Option<Answer>> {
        async move {
            let output = output.await?;
            render(&self.view(target).ok()?, output).ok()
        }
        .boxed()
    }

    /// Runs the command, which is not polled before its view and its substrate are checked.
    fn run(
        self,
        target: Arc<ResolvedTarget>,
        output: BoxFuture<'static, Result<Box<dyn Output>, Failure>>,
    ) -> BoxFuture<'static, Result<Answer, Failure>> {
        async move {
            let view = self.view(&target)?;
            self.check_substrate(&target)?;
            match output.await {
                Ok(output) => render(&view.with_time(target.as_of()), output),
                Err(failure) => Err(self.preconditions.explain(failure, &target).await),
            }
        }
        .boxed()
    }

    /// Fails in a Kubernetes model where the command works on machines only.
    fn check_substrate(&self, target: &ResolvedTarget) -> Result<(), Failure> {
        if !self.machines_only || !target.is_kubernetes() {
            return Ok(());
        }
        let (command, model) = (self.command, target.model_name());
        let problem = format!("`{command}` is not supported on container models, and {model} is one");
        Err(Failure::refused(problem, "name a model on machines; `juju_models` lists the type of each"))
    }

    /// How the caller wants the answer.
    fn view(&self, target: &ResolvedTarget) -> Result<View<'_>, Failure> {
        let call = fingerprint([target.controller_name(), target.model_name(), &self.fingerprint.to_string()]);
        let view = View::new(self.kind, &self.options.view, call, self.changes);
        view.map_err(|problem| Failure::refused(problem.to_string(), "correct `cursor`"))
    }
}

fn render(view: &View<'_>, mut output: Box<dyn Output>) -> Result<Answer, Failure> {
    let concise = match view.options.format {
        Format::Concise => output.concise(&view.filter()),
        Format::Detailed | Format::Json => None,
    };
    if let (Some(concise), true) = (&concise, view.options.fields.is_empty()) {
        return Ok(view.render_concise(concise, None));
    }
    let value = output.into_value().map_err(|cause| Failure::Unwritable(cause.to_string()))?;
    Ok(view.render_document(value, concise.map(|concise| concise.head).unwrap_or_default()))
}
