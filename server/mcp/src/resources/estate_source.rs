//! The live estate as resources. Each read is an act of the caller: authorized and recorded as a call of the tool that reads the same.

use std::sync::Arc;

use dispatch::{Dispatcher, LiveError, LiveRead, LiveReply, ModelEntry, RefusedCall, Reply, read_live, visible_models};
use estate::{EventLog, LiveEstate, ModelIdentity, ModelView};
use futures::future::{BoxFuture, FutureExt as _, join_all};
use logs::LogReader;
use rmcp::model::{CacheScope, ReadResourceResult, Resource, ResourceContents, ResourceTemplate};
use serde_json::{Map, Value, json};

use super::{
    ReadFailure, ResourceSource,
    estate_uri::{ESTATE, LOG, ModelUri, PARTS, Part, application_uri, part_uri, template},
    schema_source::schema_meta,
};
use crate::{reply, request_scope::RequestScope};

const JSON: &str = "application/json";
const MERMAID: &str = "text/vnd.mermaid";
/// Events in the resource of the events of a model.
const MAX_EVENTS: usize = 200;
/// Applications of one model in the list of resources.
const MAX_LISTED_APPLICATIONS: usize = 100;

/// The source of `juju://estate` and of the resources of models.
pub(crate) struct EstateSource {
    dispatcher: Arc<Dispatcher>,
}

impl EstateSource {
    pub(crate) fn new(dispatcher: Arc<Dispatcher>) -> Self {
        Self { dispatcher }
    }

    /// Controllers with the models that the caller may see, and what is known of those that are watched.
    async fn read_estate(&self, scope: &RequestScope, trace: Option<String>) -> Value {
        let dispatcher = &self.dispatcher;
        let live = dispatch::live_estate(dispatcher, &scope.caller);
        let mut controllers = Map::new();
        for (name, models) in visible_by_controller(dispatcher, scope, &live, trace).await {
            let entry = match models {
                Ok(models) => {
                    let models = models.iter().map(|entry| {
                        let counts = live.watched(&name, &entry.uuid).map(|watch| watch.read(|view| view.counts()));
                        json!({"model": entry.full_name(), "uuid": entry.uuid, "watched": counts})
                    });
                    json!({"models": models.collect::<Vec<_>>()})
                }
                Err(refused) => json!({"error": reply::refusal_text(&refused.refusal)}),
            };
            controllers.insert(name, entry);
        }
        let is_visible = |model: &ModelIdentity| {
            let models = controllers.get(&*model.controller).and_then(|one| one["models"].as_array());
            models.into_iter().flatten().any(|one| one["model"] == *model.model)
        };
        let mut links = live.cross_model_links();
        links.retain(|link| is_visible(&link.consumer));
        for link in &mut links {
            link.offered.take_if(|offered| !is_visible(&offered.model));
        }
        json!({"controllers": controllers, "cross_model": links})
    }
}

impl ResourceSource for EstateSource {
    fn list<'a>(&'a self, scope: &'a RequestScope) -> BoxFuture<'a, Vec<Resource>> {
        async {
            let dispatcher = &self.dispatcher;
            let mut estate = Resource::new(ESTATE, "estate").with_title("Estate").with_mime_type(JSON);
            estate.meta = schema_meta("estate");
            let mut listed = vec![estate.with_description("All controllers and models, with what is watched of them")];
            let live = dispatch::live_estate(dispatcher, &scope.caller);
            for (controller, models) in visible_by_controller(dispatcher, scope, &live, None).await {
                for entry in models.unwrap_or_default() {
                    let model = entry.full_name();
                    let whole = PARTS.iter().filter(|part| part.variable.is_empty());
                    listed.extend(whole.map(|part| part_resource(&controller, &model, part)));
                    let Some(watch) = live.watched(&controller, &entry.uuid) else { continue };
                    let names: Vec<_> = watch
                        .read(|view| view.graph.applications.keys().take(MAX_LISTED_APPLICATIONS).cloned().collect());
                    listed.extend(names.iter().map(|name| {
                        let uri = application_uri(&controller, &model, name);
                        Resource::new(uri, format!("{model} {name}")).with_mime_type(JSON)
                    }));
                }
            }
            listed
        }
        .boxed()
    }

    fn templates(&self) -> Vec<ResourceTemplate> {
        let rendered = |part: &Part| {
            let mut named = ResourceTemplate::new(template(part), part.word).with_title(part.title);
            named.meta = part.is_json.then(|| schema_meta(part.word)).flatten();
            named.with_description(part.description).with_mime_type(mime_type(part))
        };
        PARTS.iter().map(rendered).collect()
    }

    fn read<'a>(
        &'a self,
        scope: &'a RequestScope,
        uri: &'a str,
        trace: Option<String>,
    ) -> BoxFuture<'a, Option<Result<ReadResourceResult, ReadFailure>>> {
        async move {
            if uri == ESTATE {
                let value = self.read_estate(scope, trace).await;
                return Some(Ok(result(uri, JSON, value.to_string(), None)));
            }
            let parsed = ModelUri::parse(uri)?;
            let read = match parsed.part.word {
                LOG => read_log(&self.dispatcher, scope, &parsed, trace).await,
                _ => read_model(&self.dispatcher, scope, &parsed, trace).await.map(|live| live.reply),
            };
            let mime_type = mime_type(parsed.part);
            Some(read.map(|reply| {
                let content = reply::content_meta(&reply.provenance);
                result(uri, mime_type, reply.text, content)
            }))
        }
        .boxed()
    }
}

/// The models of each controller that the caller may see; all controllers receive the request at the same time.
async fn visible_by_controller(
    dispatcher: &Dispatcher,
    scope: &RequestScope,
    live: &LiveEstate,
    trace: Option<String>,
) -> Vec<(String, Result<Vec<ModelEntry>, RefusedCall>)> {
    let requests = live.controllers().names().into_iter().map(|name| {
        let trace = trace.clone();
        async move {
            let models = visible_models(dispatcher, &scope.caller, &name, trace).await;
            (name, models)
        }
    });
    join_all(requests).await
}

/// Reads a resource of a model, and returns the handle that keeps the model watched.
pub(super) async fn read_model(
    dispatcher: &Dispatcher,
    scope: &RequestScope,
    uri: &ModelUri,
    trace: Option<String>,
) -> Result<LiveReply, ReadFailure> {
    let mut arguments = Map::new();
    arguments.insert("controller".to_owned(), json!(uri.controller));
    arguments.insert("model".to_owned(), json!(uri.model));
    if !uri.part.argument.is_empty() {
        arguments.insert(uri.part.argument.to_owned(), json!([uri.application().unwrap_or(&uri.name)]));
    }
    let (part, name) = (uri.part, uri.name.clone());
    let find = dispatch::find_offered(dispatcher, &scope.caller, &uri.controller);
    let document = Box::new(move |view: &ModelView<'_>, events: &Arc<EventLog>| match part.word {
        "topology" => Some(view.topology(&find)),
        _ => document(part, &name, view, events),
    });
    let read = LiveRead { tool: part.tool, arguments, trace, document };
    read_live(dispatcher, &scope.caller, read).await.map_err(|error| match error {
        LiveError::NoSuchEntity => ReadFailure::NotFound,
        LiveError::Refused(refused) => failure(&refused),
    })
}

/// Reads the log of a model.
pub(super) async fn read_log(
    dispatcher: &Dispatcher,
    scope: &RequestScope,
    uri: &ModelUri,
    trace: Option<String>,
) -> Result<Reply, ReadFailure> {
    let read = dispatch::read_log(dispatcher, &scope.caller, &uri.controller, &uri.model, trace);
    // boxed: the future of the dispatcher is large
    Box::pin(read).await.map_err(|refused| failure(&refused))
}

/// Follows the log of a model.
pub(super) async fn follow_log(
    dispatcher: &Dispatcher,
    scope: &RequestScope,
    uri: &ModelUri,
) -> Result<LogReader, ReadFailure> {
    let followed = dispatch::follow_log(dispatcher, &scope.caller, &uri.controller, &uri.model);
    // boxed: the future of the dispatcher is large
    Box::pin(followed).await.map_err(|refused| failure(&refused))
}

/// What names nothing does not exist; all else is refused.
fn failure(refused: &RefusedCall) -> ReadFailure {
    let code = refused.refusal.code();
    match code {
        "model_not_found" | "controller_unknown" | "invalid_arguments" => ReadFailure::NotFound,
        _ => ReadFailure::Refused(reply::refusal_text(&refused.refusal), code),
    }
}

fn document(part: &Part, name: &str, view: &ModelView<'_>, events: &Arc<EventLog>) -> Option<Value> {
    Some(match part.word {
        "status" => view.status(),
        "application" => view.application(name)?,
        "unit" => view.unit(name)?,
        "machine" => view.machine(name)?,
        "relations" => view.relations(),
        "offers" => view.offers(),
        "topology.mmd" => Value::String(view.diagram()),
        _ => view.events(events, MAX_EVENTS),
    })
}

fn part_resource(controller: &str, model: &str, part: &Part) -> Resource {
    let named = Resource::new(part_uri(controller, model, part), format!("{model} {}", part.word));
    named.with_title(format!("{} {model}", part.title)).with_mime_type(mime_type(part))
}

fn mime_type(part: &Part) -> &'static str {
    if part.is_json { JSON } else { MERMAID }
}

fn result(uri: &str, mime_type: &str, text: String, content: Option<Value>) -> ReadResourceResult {
    let mut contents = ResourceContents::text(text, uri).with_mime_type(mime_type);
    if let (ResourceContents::TextResourceContents { meta, .. }, Some(content)) = (&mut contents, content) {
        *meta = serde_json::from_value(json!({"juju-mcp/content": content})).ok();
    }
    // the state changes at any time: a client subscribes instead of caching
    ReadResourceResult::new(vec![contents]).with_ttl_ms(0).with_cache_scope(CacheScope::Private)
}
