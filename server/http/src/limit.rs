//! How often, and how much at once, each caller may ask; what is too much is answered with the time of the next try.

use std::{sync::Arc, time::Instant};

use axum::{
    body::{Body, HttpBody as _},
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use dispatch::{Door, Limited};
use futures::StreamExt as _;
use identity::Caller;
use limits::{Exceeded, Table, UnderWay, Which};

use crate::{Refusal, Settings, metrics::Metrics};

/// Counts what each caller asks.
#[derive(Clone)]
pub(crate) struct Limit {
    table: Arc<Table>,
    begun: Instant,
    metrics: Arc<Metrics>,
    /// Where a flood is written down, once a minute.
    ledger: Option<Arc<Door>>,
}

impl Limit {
    pub(crate) fn new(settings: &Settings, metrics: Arc<Metrics>, ledger: Option<Arc<Door>>) -> Self {
        let table = Arc::new(Table::new(settings.rate, settings.at_once));
        Self { table, begun: Instant::now(), metrics, ledger }
    }

    fn refuse(&self, caller: &Caller, exceeded: &Exceeded) -> Refusal {
        let limit = match exceeded.which {
            Which::Rate => "caller-rate",
            Which::AtOnce => "caller-at-once",
        };
        self.metrics.limited(limit);
        if let (Some(door), Some(count)) = (&self.ledger, exceeded.to_tell) {
            tracing::warn!(caller = caller.subject(), limit, count, "asks too much");
            let (door, caller) = (Arc::clone(door), caller.clone());
            tokio::spawn(
                async move { dispatch::note_limited(&door, &caller, Limited { limit, tool: None, count }).await },
            );
        }
        match exceeded.which {
            Which::Rate => Refusal::TooOften { seconds: exceeded.seconds() },
            Which::AtOnce => Refusal::TooManyAtOnce { seconds: exceeded.seconds() },
        }
    }
}

/// Middleware: lets a caller's request in, or says when to come again. Stands behind the one that finds the caller.
pub(crate) async fn keep(State(limit): State<Limit>, request: Request, next: Next) -> Response {
    let Some(caller) = request.extensions().get::<Caller>().filter(|_| limit.table.limits()) else {
        return next.run(request).await;
    };
    match limit.table.enter(caller.subject(), limit.begun.elapsed()) {
        Ok(under_way) => until_its_end(next.run(request).await, under_way),
        Err(exceeded) => limit.refuse(caller, &exceeded).into_response(),
    }
}

/// Counts a request as under way until its answer ends: that of a stream is not there when its head is.
fn until_its_end(response: Response, under_way: UnderWay) -> Response {
    if response.body().size_hint().exact().is_some() {
        return response;
    }
    response.map(|body| {
        Body::from_stream(body.into_data_stream().inspect(move |_| {
            let _ = &under_way;
        }))
    })
}
