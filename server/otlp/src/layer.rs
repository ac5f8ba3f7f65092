//! The layer that follows spans from their begin to their end and queues them for the exporter.

use std::{
    borrow::Cow,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use tokio::sync::mpsc;
use tracing::{
    Metadata, Subscriber,
    level_filters::LevelFilter,
    span::{Attributes, Id, Record},
    subscriber::Interest,
};
use tracing_subscriber::{
    layer::{Context, Filter, Layer},
    registry::LookupSpan,
};

use crate::{
    Exporter, Settings, TARGET,
    exporter::{QUEUE_SPANS, Sink},
    span::{Fields, Kind, Span},
    trace_context::SpanContext,
};

/// The spans of this process: off until [`Spans::start`] is called. A clone is cheap and shares the state.
#[derive(Debug, Clone, Default)]
pub struct Spans(Arc<State>);

#[derive(Debug, Default)]
struct State {
    active: OnceLock<Active>,
    dropped: Arc<AtomicU64>,
}

#[derive(Debug)]
struct Active {
    queue: mpsc::Sender<Span>,
    sample_ratio: f64,
}

impl Spans {
    /// The layer that records the spans.
    #[must_use]
    pub fn layer(&self) -> SpanLayer {
        SpanLayer(Arc::clone(&self.0))
    }

    /// The filter of the layer: nothing until the export starts, then the spans with the target [`TARGET`].
    #[must_use]
    pub fn filter(&self) -> SpanFilter {
        SpanFilter(Arc::clone(&self.0))
    }

    /// Starts the export; `None` if it has started already.
    #[must_use]
    pub fn start(&self, settings: Settings) -> Option<Exporter> {
        let (queue, spans) = mpsc::channel(QUEUE_SPANS);
        let sample_ratio = settings.sample_ratio;
        self.0.active.set(Active { queue, sample_ratio }).ok()?;
        // every callsite has cached that its span is off
        tracing::callsite::rebuild_interest_cache();
        Some(Exporter::start(Sink::new(settings, Arc::clone(&self.0.dropped)), spans))
    }

    /// Number of spans that were dropped: the queue was full, or the collector did not accept them.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }
}

/// The filter of [`SpanLayer`].
#[derive(Debug)]
pub struct SpanFilter(Arc<State>);

impl SpanFilter {
    fn accepts(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.target() == TARGET && self.0.active.get().is_some()
    }
}

impl<S> Filter<S> for SpanFilter {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        self.accepts(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.accepts(metadata) { Interest::always() } else { Interest::never() }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(if self.0.active.get().is_some() { LevelFilter::INFO } else { LevelFilter::OFF })
    }
}

/// Records spans and queues them for the exporter when they end. It never waits.
#[derive(Debug)]
pub struct SpanLayer(Arc<State>);

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for SpanLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let (Some(active), Some(span)) = (self.0.active.get(), context.span(id)) else { return };
        let parent = match attributes.parent() {
            Some(parent) => context.span(parent),
            None if attributes.is_contextual() => context.lookup_current(),
            None => None,
        };
        let local = parent.and_then(|parent| parent.extensions().get::<Span>().map(|span| span.context));
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(begun) = active.begin(attributes.metadata().name(), fields, local) {
            span.extensions_mut().insert(begun);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(begun) = span.extensions_mut().get_mut::<Span>().filter(|span| span.context.sampled) {
            let mut fields = Fields::default();
            values.record(&mut fields);
            fields.add_to(begun);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(mut ended) = span.extensions_mut().remove::<Span>().filter(|span| span.context.sampled) else {
            return;
        };
        ended.ended = SystemTime::now();
        let queued = self.0.active.get().is_some_and(|active| active.queue.try_send(ended).is_ok());
        if !queued {
            self.0.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Active {
    /// Begins a span with a parent in this process, a parent at the sender of the request, or none. `None` if it belongs to no trace: work
    /// of the program itself, such as health checks.
    fn begin(&self, name: &'static str, fields: Fields, local: Option<SpanContext>) -> Option<Span> {
        let mut span_id = [0; 8];
        getrandom::fill(&mut span_id).ok()?;
        let (parent, link) = match (local, fields.parent) {
            (Some(local), Some(remote)) if remote.trace_id != local.trace_id => (Some(remote), Some(local)),
            (Some(local), _) => (Some(local), None),
            (None, remote) => (remote, None),
        };
        let context = match parent {
            Some(parent) => SpanContext { span_id, ..parent },
            None if fields.kind == Kind::Server => self.begin_trace(fields.trace_id, span_id)?,
            None => return None,
        };
        let started = SystemTime::now();
        let mut span = Span {
            context,
            parent: parent.map(|parent| parent.span_id),
            link,
            name: Cow::Borrowed(name),
            kind: fields.kind,
            started,
            ended: started,
            attributes: Vec::new(),
            failed: false,
        };
        if context.sampled {
            span.name = fields.name.clone().map_or(span.name, Cow::Owned);
            fields.add_to(&mut span);
        }
        Some(span)
    }

    fn begin_trace(&self, given: Option<[u8; 16]>, span_id: [u8; 8]) -> Option<SpanContext> {
        let mut random_id = [0; 16];
        getrandom::fill(&mut random_id).ok()?;
        let trace_id = given.unwrap_or(random_id);
        // the last bytes of a trace id are random (W3C Trace Context level 2, section 2.2.1), so that all servers decide alike
        let random = f64::from(u32::from_be_bytes([trace_id[12], trace_id[13], trace_id[14], trace_id[15]]));
        let sampled = random < self.sample_ratio * (f64::from(u32::MAX) + 1.0);
        Some(SpanContext { trace_id, span_id, sampled })
    }
}
