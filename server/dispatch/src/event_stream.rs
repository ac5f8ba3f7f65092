//! The events of one model as a stream for one caller, who resumes it after the last event that it has received.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use estate::{EstateEvent, EventId, EventLog, EventReader, ModelView, ModelWatch};
use identity::Caller;
use observer::{FindingBatch, FindingChange, FindingChangeKind, FindingReader};
use policy::Policy;
use serde_json::{Map, Value, json};

use crate::{Dispatcher, LiveError, LiveRead, live::live_estate, read_live};

/// Events that are read at once.
const MAX_BATCH: usize = 500;
/// Time between two checks whether the policy was replaced.
const POLICY_CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// Events of one model in order.
pub struct EventStream {
    dispatcher: Arc<Dispatcher>,
    caller: Caller,
    model: ModelSelector,
    /// Keeps the model watched.
    watch: ModelWatch,
    reader: EventReader,
    /// Changes of findings; `None` where there is no observer.
    findings: Option<FindingReader>,
    /// The policy that has authorized the stream.
    policy: Arc<Policy>,
    waiting: VecDeque<StreamedEvent>,
    has_ended: bool,
}

/// The model of a stream by the names that its caller gave; default: as for tools.
#[derive(Debug, Clone, Default)]
pub struct ModelSelector {
    /// Name of the controller.
    pub controller: Option<String>,
    /// Name of the model.
    pub model: Option<String>,
}

/// One event of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamedEvent {
    /// After this id the stream can be resumed.
    pub id: String,
    /// The type: that of an event of the estate, or `stream_opened`, `events_missed`, `stream_ended`.
    pub kind: String,
    /// The event as JSON, in one line.
    pub data: String,
}

impl EventStream {
    /// Authorizes the stream as a read of the status of the model, and begins it after the event `last_id`, or now.
    ///
    /// # Errors
    /// [`LiveError`].
    pub async fn open(
        dispatcher: Arc<Dispatcher>,
        caller: Caller,
        model: ModelSelector,
        last_id: Option<&str>,
    ) -> Result<Self, LiveError> {
        let log = Arc::clone(live_estate(&dispatcher, &caller).events());
        let (policy, now) = (dispatcher.policy.current(), log.reader());
        let watch = authorize(&dispatcher, &caller, &model).await?;
        let resumed = last_id.map(|text| text.parse::<EventId>().ok().and_then(|id| log.resume(&id)));
        let mut waiting = VecDeque::new();
        let reader = match resumed {
            Some(Some(reader)) => reader,
            Some(None) => {
                waiting.push_back(notice(&now, "events_missed", &json!({"missed": null, "remedy": REMEDY})));
                now
            }
            None => now,
        };
        let opened = json!({"controller": watch.identity().controller, "model": watch.identity().model});
        waiting.push_front(notice(&reader, "stream_opened", &opened));
        let findings = dispatcher.observer.as_ref().map(|observer| observer.log().subscribe());
        Ok(Self { dispatcher, caller, model, watch, reader, findings, policy, waiting, has_ended: false })
    }

    /// Waits for the next event; `None` after the last one.
    pub async fn next(&mut self) -> Option<StreamedEvent> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            if self.has_ended {
                return None;
            }
            let (mut changes, mut read) = (FindingBatch::default(), None);
            tokio::select! {
                batch = self.reader.next_batch(MAX_BATCH) => read = Some(batch),
                batch = next_findings(&mut self.findings) => changes = batch,
                () = tokio::time::sleep(POLICY_CHECK_INTERVAL) => {}
            }
            // a caller that has lost the permission gets no further event
            if let Err(error) = self.authorize_again().await {
                let reason = json!({"reason": error.to_string()});
                self.waiting.push_back(notice(&self.reader, "stream_ended", &reason));
                self.has_ended = true;
                continue;
            }
            let model = self.watch.identity();
            let own = changes.changes.iter().filter(|change| {
                let entity = &change.finding.entity;
                (&entity.controller, &entity.model) == (&model.controller, &model.model)
            });
            self.waiting.extend(own.map(|change| finding_event(&self.reader, change)));
            let Some(batch) = read else { continue };
            if batch.missed > 0 {
                let missed = json!({"missed": batch.missed, "remedy": REMEDY});
                self.waiting.push_back(notice(&self.reader, "events_missed", &missed));
            }
            let uuid = &self.watch.identity().uuid;
            let own = batch.events.iter().filter(|event| event.model.uuid == *uuid);
            self.waiting.extend(own.map(|event| streamed(event)));
        }
    }

    async fn authorize_again(&mut self) -> Result<(), LiveError> {
        let current = self.dispatcher.policy.current();
        if !Arc::ptr_eq(&current, &self.policy) {
            self.watch = authorize(&self.dispatcher, &self.caller, &self.model).await?;
            self.policy = current;
        }
        Ok(())
    }
}

/// What a reader does that has missed events.
const REMEDY: &str = "read the status of the model again";

async fn authorize(dispatcher: &Dispatcher, caller: &Caller, model: &ModelSelector) -> Result<ModelWatch, LiveError> {
    let named = [("controller", &model.controller), ("model", &model.model)];
    let arguments: Map<String, Value> =
        named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value.as_ref()?)))).collect();
    let document = Box::new(|view: &ModelView<'_>, _: &Arc<EventLog>| Some(view.counts()));
    let read = LiveRead { tool: "juju_status", arguments, trace: None, document };
    Ok(read_live(dispatcher, caller, read).await?.watch)
}

/// Waits for changes of findings; forever where there is no observer.
async fn next_findings(reader: &mut Option<FindingReader>) -> FindingBatch {
    match reader {
        Some(reader) => reader.next_batch(MAX_BATCH).await,
        None => std::future::pending().await,
    }
}

/// A change of a finding. A stream that is resumed has no earlier ones: the list of findings is the state.
fn finding_event(reader: &EventReader, change: &FindingChange) -> StreamedEvent {
    let kind = match change.change {
        FindingChangeKind::Opened => "finding_opened",
        FindingChangeKind::Updated => "finding_updated",
        FindingChangeKind::Closed => "finding_closed",
    };
    let mut data = json!(change);
    // what it affects and follows from in other models is not for every reader of this one
    if let Some(finding) = data["finding"].as_object_mut() {
        finding.remove("affected");
        finding.remove("cause");
    }
    content::clean_value(&mut data);
    StreamedEvent { id: reader.last_id().to_string(), kind: kind.to_owned(), data: data.to_string() }
}

fn streamed(event: &EstateEvent) -> StreamedEvent {
    let mut data = json!(event);
    content::clean_value(&mut data);
    StreamedEvent { id: event.id.to_string(), kind: event.kind(), data: data.to_string() }
}

fn notice(reader: &EventReader, kind: &str, data: &Value) -> StreamedEvent {
    StreamedEvent { id: reader.last_id().to_string(), kind: kind.to_owned(), data: data.to_string() }
}
