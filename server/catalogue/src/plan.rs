//! A tool as the rest of the program sees it: JSON in, a plan out; nothing is done before the plan got its permit.

use std::{marker::PhantomData, sync::Arc};

use futures::future::{BoxFuture, FutureExt};
use policy::{Act, Effect, Impact, Location, Permit, Planned, Target, TargetEntity};
use serde_json::{Map, Value};

use crate::{BadArguments, Command, Failure, OfferUrl, Options, Scope, Site, options::Kind, schema, view};

/// What a tool answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The answer as data: what the client prints with `--format json`; always an object.
    pub value: Value,
    /// The answer as text for a reader.
    pub text: String,
    /// Characters that nobody sees and that were taken out of it.
    pub removed: usize,
}

/// Work whose arguments are checked, waiting for its permit. The number is the most bytes of data in a read's answer.
pub type Job = Box<dyn FnOnce(Permit, Arc<Site>, usize) -> BoxFuture<'static, Result<Answer, Failure>> + Send>;

/// What a dry run can say beyond the act itself.
pub type Preview = Box<dyn FnOnce(Arc<Site>) -> BoxFuture<'static, Result<Option<Value>, Failure>> + Send>;

/// A call whose arguments fit: what it would do, and the work that would do it.
pub struct Plan {
    /// Options that every tool of its kind takes.
    pub options: Options,
    /// The command line of the Juju client that does the same.
    pub command_line: String,
    /// Makes that command line of other arguments, redacted ones for a start.
    pub speak: fn(&Value, &Options) -> String,
    tool: String,
    effect: Effect,
    entities: Vec<TargetEntity>,
    source: Option<OfferUrl>,
    impact: Impact,
    arguments: Value,
    job: Job,
    preview: Preview,
}

impl Plan {
    /// The act at the place that was found, joined to its work, and what a dry run would say.
    #[must_use]
    pub fn at(self, site: &Site) -> (Planned<Job>, Preview) {
        let source = self.source.map(|url| url.target_from(site.location()));
        let act = Act {
            tool: self.tool,
            effect: self.effect,
            target: Target { location: site.location().clone(), entities: self.entities },
            source,
            impact: self.impact,
            arguments: self.arguments,
        };
        (Planned::new(act, self.job), self.preview)
    }

    /// The act at a place that could not be found, by the names that the caller gave: for the ledger.
    #[must_use]
    pub fn act_nowhere(&self) -> Act {
        let place = &self.options.place;
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
    /// The client's word, `add-unit`.
    fn word(&self) -> &'static str;
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
    /// Whether doing it twice is the same as doing it once.
    fn idempotent(&self) -> bool;
    /// Whether it stands among the few that `/mcp` shows.
    fn curated(&self) -> bool;
    /// JSON Schema of the arguments, closed.
    fn input_schema(&self) -> &Value;
    /// The same as compact JSON.
    fn input_schema_text(&self) -> &str;
    /// JSON Schema of the answer.
    fn output_schema(&self) -> &Value;
    /// Checks the arguments and says what they would do, without doing it.
    ///
    /// # Errors
    /// [`BadArguments`], naming the argument.
    fn plan(&self, arguments: Map<String, Value>) -> Result<Plan, BadArguments>;
}

/// Makes a [`Tool`] of a [`Command`].
pub(crate) struct Adapter<C> {
    name: String,
    input: Value,
    input_text: String,
    output: Value,
    command: PhantomData<fn() -> C>,
}

impl<C: Command> Adapter<C> {
    pub(crate) fn boxed() -> Box<dyn Tool> {
        let required: &[_] = if C::SCOPE == Scope::NamedModel { &["model"] } else { &[] };
        let input = schema::input::<C::Args>(Options::properties(Kind::of::<C>()), required);
        Box::new(Self {
            name: format!("juju_{}", C::COMMAND.replace('-', "_")),
            input_text: input.to_string(),
            input,
            output: schema::output::<C::Output>(),
            command: PhantomData,
        })
    }
}

impl<C: Command> Tool for Adapter<C> {
    fn name(&self) -> &str {
        &self.name
    }

    fn word(&self) -> &'static str {
        C::COMMAND
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

    fn curated(&self) -> bool {
        C::IN_DEFAULT_LIST
    }

    fn input_schema(&self) -> &Value {
        &self.input
    }

    fn input_schema_text(&self) -> &str {
        &self.input_text
    }

    fn output_schema(&self) -> &Value {
        &self.output
    }

    fn plan(&self, mut arguments: Map<String, Value>) -> Result<Plan, BadArguments> {
        let options = Options::take(Kind::of::<C>(), &mut arguments)?;
        arguments.retain(|_, value| !value.is_null());
        let args: C::Args = BadArguments::read(arguments.clone())?;
        C::validate(&args).map_err(BadArguments::said)?;
        let again = BadArguments::read(arguments.clone())?;
        let effect = C::effect(&args);
        let needs = if effect.changes() { C::required_entities(&args) } else { Vec::new() };
        let arguments = Value::Object(arguments);
        let view = options.view.clone();
        Ok(Plan {
            command_line: command_line::<C>(&arguments, &options),
            speak: command_line::<C>,
            tool: self.name.clone(),
            effect,
            entities: C::target_entities(&args),
            source: C::source(&args),
            impact: if effect.changes() { C::impact(&args) } else { Impact::default() },
            arguments,
            options,
            job: Box::new(|permit, site, most| answer::<C>(permit, args, site, view, most).boxed()),
            preview: Box::new(|site| {
                let expected = C::preview(Arc::new(again), Arc::clone(&site)).boxed();
                expected_there(expected, site, needs).boxed()
            }),
        })
    }
}

/// What a dry run says beyond the act itself, where all that the act needs is there.
async fn expected_there(
    expected: BoxFuture<'_, Result<Option<Value>, Failure>>,
    site: Arc<Site>,
    needs: Vec<TargetEntity>,
) -> Result<Option<Value>, Failure> {
    let expected = expected.await?;
    site.require(&needs).await?;
    Ok(expected)
}

async fn answer<C: Command>(
    permit: Permit,
    args: C::Args,
    site: Arc<Site>,
    view: crate::ViewOptions,
    most_bytes: usize,
) -> Result<Answer, Failure> {
    let output = C::run(permit, args, site).await?;
    let value = serde_json::to_value(output).map_err(|cause| Failure::Unwritable(cause.to_string()))?;
    view::show(value, Kind::of::<C>(), C::concise, &view, most_bytes)
}

/// The command line of the Juju client with the same meaning, for people to read and to check by.
fn command_line<C: Command>(arguments: &Value, options: &Options) -> String {
    spoken_command(C::COMMAND, C::SCOPE, C::POSITIONAL, arguments, options)
}

fn spoken_command(word: &str, scope: Scope, positional: &[&str], arguments: &Value, options: &Options) -> String {
    let mut words = vec!["juju".to_owned(), word.to_owned()];
    let place = match (&options.place.controller, &options.place.model) {
        (Some(controller), Some(model)) => Some(format!("--model={controller}:{model}")),
        (None, Some(model)) => Some(format!("--model={model}")),
        (Some(controller), None) if scope == Scope::Controller => Some(format!("--controller={controller}")),
        (Some(controller), None) => Some(format!("--model={controller}:")),
        (None, None) => None,
    };
    words.extend(place);
    let Value::Object(arguments) = arguments else { return words.join(" ") };
    for (name, value) in arguments.iter().filter(|(name, _)| !positional.contains(&name.as_str())) {
        let flag = format!("--{}", name.replace('_', "-"));
        match value {
            Value::Bool(true) => words.push(flag),
            Value::Bool(false) | Value::Null => {}
            other => words.extend(spoken(other).into_iter().map(|value| format!("{flag}={value}"))),
        }
    }
    words.extend(positional.iter().filter_map(|name| arguments.get(*name)).flat_map(spoken));
    words.join(" ")
}

/// A value as words of a command line, quoted for a POSIX shell where that is needed.
fn spoken(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![quoted(text)],
        Value::Array(items) => items.iter().flat_map(spoken).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| match value {
                Value::String(text) => quoted(&format!("{name}={text}")),
                other => quoted(&format!("{name}={other}")),
            })
            .collect(),
        other => vec![other.to_string()],
    }
}

fn quoted(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=,@+%".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
