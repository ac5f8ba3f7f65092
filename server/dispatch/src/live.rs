//! Reads of the live estate. Each is an act: authorized and recorded as a call of the tool that reads the same from the controller.

use std::{collections::BTreeSet, fmt, sync::Arc, time::Duration};

use catalogue::{Answer, Failure, KnownStatus, ResolvedTarget, StatusAnswer, StatusSource};
use estate::{EventLog, LiveEstate, ModelIdentity, ModelView, ModelWatch, OfferedApplication};
use futures::{FutureExt as _, future::BoxFuture};
use identity::Caller;
use juju_client::ModelEntry;
use parking_lot::Mutex;
use policy::{Location, redact_text};
use serde_json::{Map, Value, json};

use crate::{Call, Dispatcher, RefusedCall, Reply, call::ReadSource, execute};

/// Maximum time in which the state of a model has to be known after its watch has started.
const READY_TIMEOUT: Duration = Duration::from_secs(20);
/// Maximum time in which a controller lists its models for a notice.
const LIST_TIMEOUT: Duration = Duration::from_secs(5);
/// The tool that lists models.
const LIST_TOOL: &str = "juju_models";

/// A read of one model of the live estate.
pub struct LiveRead {
    /// The tool that reads the same from the controller; policy decides about it.
    pub tool: &'static str,
    /// Its arguments, which name the model and the entities.
    pub arguments: Map<String, Value>,
    /// W3C trace id of the request, or the id that the server gave it.
    pub trace: Option<String>,
    /// Makes the answer; `None` if the entity does not exist.
    pub document: Document,
}

/// Makes a JSON document of the state of a model.
pub type Document = Box<dyn Fn(&ModelView<'_>, &Arc<EventLog>) -> Option<Value> + Send + Sync>;

/// The answer of a read, and the handle that keeps its model watched.
pub struct LiveReply {
    /// The answer; its text is JSON.
    pub reply: Reply,
    /// The model.
    pub watch: ModelWatch,
}

/// Why a read of the live estate has no answer.
pub enum LiveError {
    /// The entity does not exist.
    NoSuchEntity,
    /// The read is refused, or the model is not known.
    Refused(Box<RefusedCall>),
}

/// One sentence for the caller, without secrets.
impl fmt::Display for LiveError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchEntity => formatter.write_str("there is no such entity"),
            Self::Refused(refused) => formatter.write_str(&redact_text(&refused.refusal.to_string())),
        }
    }
}

/// What the source of an answer leaves for its reader.
#[derive(Default)]
struct Slot {
    watch: Option<ModelWatch>,
    is_missing: bool,
}

/// The live estate as the callers with the same Juju user see it. Reading it by this handle is no act: use it for handles and places
/// in the log, and [`read_live`] for what a caller receives.
#[must_use]
pub fn live_estate(dispatcher: &Dispatcher, caller: &Caller) -> LiveEstate {
    dispatcher.estates.for_role(dispatcher.policy.current().permissions(caller).strongest_role())
}

/// Reads the live estate as one act of `caller`; watches the model if nothing does yet.
///
/// # Errors
/// [`LiveError`].
pub async fn read_live(dispatcher: &Dispatcher, caller: &Caller, read: LiveRead) -> Result<LiveReply, LiveError> {
    let estate = live_estate(dispatcher, caller);
    let slot = Arc::new(Mutex::new(Slot::default()));
    let (filled, document) = (Arc::clone(&slot), Arc::new(read.document));
    let source = ReadSource::new(move |target| {
        let (estate, filled, document) = (estate.clone(), Arc::clone(&filled), Arc::clone(&document));
        async move {
            let watch = ready_watch(&estate, &target).await?;
            let made = watch.read(|view| document(&view, estate.events()));
            let mut slot = filled.lock();
            (slot.watch, slot.is_missing) = (Some(watch), made.is_none());
            let missing = || Failure::refused("there is no such entity", "read the status of the model");
            let mut value = made.ok_or_else(missing)?;
            let removed = content::clean_value(&mut value);
            Ok(match value {
                // a document that is no JSON, such as a diagram
                Value::String(text) => Answer { value: json!({"text": text}), text, removed },
                value => Answer { text: value.to_string(), value, removed },
            })
        }
        .boxed()
    });
    let (tool, source) = (read.tool.to_owned(), Some(source));
    let call = Call { tool, arguments: read.arguments, trace: read.trace, source, ..Call::default() };
    let result = execute(dispatcher, caller, call).await;
    let Slot { watch, is_missing } = std::mem::take(&mut *slot.lock());
    match (result, watch) {
        (Ok(reply), Some(watch)) => Ok(LiveReply { reply, watch }),
        (Err(_), _) if is_missing => Err(LiveError::NoSuchEntity),
        (Err(refused), _) => Err(LiveError::Refused(Box::new(refused))),
        (Ok(_), None) => Err(LiveError::NoSuchEntity),
    }
}

/// Lists the models of a controller that the caller may see, as one act.
///
/// # Errors
/// The refusal.
pub async fn visible_models(
    dispatcher: &Dispatcher,
    caller: &Caller,
    controller: &str,
    trace: Option<String>,
) -> Result<Vec<ModelEntry>, RefusedCall> {
    let slot = Arc::new(Mutex::new(Vec::new()));
    let filled = Arc::clone(&slot);
    let source = ReadSource::new(move |target| {
        let filled = Arc::clone(&filled);
        async move {
            let mut models = target.controller()?.models().await?;
            models.retain(|model| target.may_see_model(&model.full_name()));
            let mut value = json!({"models": models.iter().map(ModelEntry::full_name).collect::<Vec<_>>()});
            *filled.lock() = models;
            let removed = content::clean_value(&mut value);
            Ok(Answer { text: value.to_string(), value, removed })
        }
        .boxed()
    });
    let arguments = [("controller".to_owned(), json!(controller))].into_iter().collect();
    let call = Call { trace, source: Some(source), ..Call::new(LIST_TOOL, arguments) };
    execute(dispatcher, caller, call).await?;
    Ok(std::mem::take(&mut *slot.lock()))
}

/// Finds the application behind an offer that a model of `controller` consumes, if its model is watched and the caller may see it.
pub fn find_offered(
    dispatcher: &Dispatcher,
    caller: &Caller,
    controller: &str,
) -> impl Fn(&str) -> Option<OfferedApplication> + Send + Sync + use<> {
    let (estate, policy) = (live_estate(dispatcher, caller), dispatcher.policy.current());
    let (caller, controller) = (caller.clone(), controller.to_owned());
    move |url| {
        let found = estate.offered_application(&controller, url)?;
        let (controller, model) = (found.model.controller.to_string(), found.model.model.to_string());
        policy.may_see_model(&caller, &Location::from_names(Some(controller), Some(model))).then_some(found)
    }
}

/// Whether the caller may list models, for a subscription to all of them.
#[must_use]
pub fn may_list_models(dispatcher: &Dispatcher, caller: &Caller) -> bool {
    let policy = dispatcher.policy.current();
    let rights = policy.permissions(caller);
    dispatcher.catalogue.get(LIST_TOOL).is_some_and(|tool| tool.check_visibility(&rights).is_ok())
}

/// Controllers and models that the caller may see, for the notice that the list of resources has changed. The caller receives no
/// name, so it is no act. A controller that does not answer is left out.
pub async fn model_list(dispatcher: &Dispatcher, caller: &Caller) -> BTreeSet<(String, String)> {
    let policy = dispatcher.policy.current();
    let rights = policy.permissions(caller);
    let mut listed = BTreeSet::new();
    if dispatcher.catalogue.get(LIST_TOOL).is_none_or(|tool| tool.check_visibility(&rights).is_err()) {
        return listed;
    }
    let controllers = dispatcher.controllers_for(&rights);
    for name in controllers.names() {
        let Ok(controller) = controllers.controller(Some(&name)) else { continue };
        let Ok(Ok(models)) = tokio::time::timeout(LIST_TIMEOUT, controller.models()).await else { continue };
        let names = models.into_iter().map(|model| (name.clone(), model.full_name()));
        listed.extend(names.filter(|(controller, model)| {
            let location = Location::from_names(Some(controller.clone()), Some(model.clone()));
            policy.may_see_model(caller, &location)
        }));
    }
    listed
}

/// The status of the model of a target from the live estate, for a read of this caller; `None` where the model is not watched,
/// and where the caller acts as another user of Juju than the one who watches.
pub(crate) fn status_source(
    dispatcher: &Dispatcher,
    caller: &Caller,
    target: &ResolvedTarget,
    fresh: bool,
) -> Option<Arc<dyn StatusSource>> {
    if target.user_domain().is_some() {
        return None;
    }
    let (controller, uuid) = (target.location().controller()?, target.location().model_uuid()?);
    let watch = live_estate(dispatcher, caller).watched(controller, uuid)?;
    Some(Arc::new(EstateStatus { watch, fresh }))
}

/// The status of a watched model.
struct EstateStatus {
    watch: ModelWatch,
    /// Whether the controller is asked in any case.
    fresh: bool,
}

impl StatusSource for EstateStatus {
    fn status<'a>(&'a self, request: BoxFuture<'a, StatusAnswer>) -> BoxFuture<'a, Result<KnownStatus, Failure>> {
        async move {
            if let Some(known) = self.watch.fresh_status().filter(|_| !self.fresh) {
                let (status, storage_problem) = (Arc::clone(&known.status), known.storage_problem.clone());
                return Ok(KnownStatus { status, storage_problem, as_of: Some(known.as_of) });
            }
            let number = self.watch.request_status();
            let (status, storage_problem) = request.await?;
            let stored = self.watch.store_status(number, status, storage_problem.clone());
            Ok(KnownStatus { status: Arc::clone(&stored.status), storage_problem, as_of: None })
        }
        .boxed()
    }
}

/// Watches the model of a target, and waits until its state is known.
async fn ready_watch(estate: &LiveEstate, target: &ResolvedTarget) -> Result<ModelWatch, Failure> {
    let location = target.location();
    let model = ModelIdentity {
        controller: location.controller().unwrap_or_default().into(),
        model: location.model().unwrap_or_default().into(),
        uuid: location.model_uuid().unwrap_or_default().into(),
    };
    let watch = estate.watch(model).map_err(|many| Failure::refused(many.to_string(), "end other subscriptions"))?;
    match tokio::time::timeout(READY_TIMEOUT, watch.ready()).await {
        Ok(ready) => ready?,
        Err(_) => return Err(Failure::refused("the controller has not reported the model in time", "read it again")),
    }
    watch.wait_for_own_writes().await;
    Ok(watch)
}
