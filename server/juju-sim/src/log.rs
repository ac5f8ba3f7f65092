//! The log of a model as a stream (`apiserver/debuglog.go`): what was written, and then what is.

use std::sync::Arc;

use axum::http::{HeaderMap, header};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::DateTime;
use futures::{SinkExt as _, StreamExt as _};
use juju_wire::{
    RemoteError,
    debug_log::{LogQuery, LogRecord},
};
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;

use crate::{
    context::Context,
    errors::permission_denied,
    go_time::format_time,
    state::{LogLine, ModelAccess},
    web_socket::Socket,
};

/// Levels, the least first.
pub(crate) const LEVELS: [&str; 5] = ["TRACE", "DEBUG", "INFO", "WARNING", "ERROR"];

/// Sends the log of a model until the client goes away, or to its end where only that was asked for.
pub(crate) async fn stream(
    mut socket: Socket,
    context: Arc<Context>,
    uuid: String,
    query: LogQuery,
    user: Result<String, RemoteError>,
    stop: CancellationToken,
) {
    let allowed = user.and_then(|user| {
        let access = context.estate.read(|state| state.model_access(&user, &uuid));
        if access >= Some(ModelAccess::Read) { Ok(()) } else { Err(permission_denied()) }
    });
    let first = match &allowed {
        Ok(()) => "{}\n".to_owned(),
        Err(error) => format!("{}\n", serde_json::json!({"error": error})),
    };
    if socket.send(Message::text(first)).await.is_err() || allowed.is_err() {
        return;
    }
    let mut changed = context.estate.changed();
    let mut next = begin(&context, &uuid, &query);
    loop {
        changed.borrow_and_update();
        for line in lines(&context, &uuid, &query, next) {
            next = line.number + 1;
            let text = serde_json::to_string(&record(line)).unwrap_or_default();
            if socket.send(Message::text(text)).await.is_err() {
                return;
            }
        }
        if query.no_tail {
            // the real server just ends here; a proper close is kinder and understood by all clients
            let _ = socket.close(None).await;
            return;
        }
        tokio::select! {
            () = stop.cancelled() => return,
            received = socket.next() => if !matches!(received, Some(Ok(Message::Ping(_) | Message::Pong(_)))) { return },
            _ = changed.changed() => {}
        }
    }
}

/// Number of the first line: so many before the end as asked for, else the last ten, or all of them.
fn begin(context: &Context, uuid: &str, query: &LogQuery) -> u64 {
    if query.replay || (query.backlog == 0 && !query.start_time.is_empty()) {
        return 0;
    }
    let wanted = match (query.backlog, query.max_lines) {
        (0, 0) => 10,
        (0, most) => most,
        (backlog, _) => backlog,
    };
    let found = lines(context, uuid, query, 0);
    let first = found.len().saturating_sub(usize::try_from(wanted).unwrap_or(usize::MAX));
    found.get(first).map_or_else(|| found.last().map_or(0, |line| line.number + 1), |line| line.number)
}

fn lines(context: &Context, uuid: &str, query: &LogQuery, from: u64) -> Vec<LogLine> {
    context.estate.read(|state| {
        let lines = state.models.get(uuid).into_iter().flat_map(|model| &model.log);
        lines.filter(|line| line.number >= from && fits(line, query)).cloned().collect()
    })
}

fn fits(line: &LogLine, query: &LogQuery) -> bool {
    let rank = |level: &str| LEVELS.iter().position(|known| *known == level).unwrap_or_default();
    let entity = |pattern: &String| match pattern.strip_suffix('*') {
        Some(head) => line.entity.starts_with(head),
        None => line.entity == *pattern,
    };
    let module = |pattern: &String| line.module == *pattern || line.module.starts_with(&format!("{pattern}."));
    let start = DateTime::parse_from_rfc3339(&query.start_time).ok();
    (query.level.is_empty() || rank(line.level) >= rank(&query.level))
        && start.is_none_or(|start| line.time >= start)
        && (query.include_entity.is_empty() || query.include_entity.iter().any(entity))
        && !query.exclude_entity.iter().any(entity)
        && (query.include_module.is_empty() || query.include_module.iter().any(module))
        && !query.exclude_module.iter().any(module)
}

fn record(line: LogLine) -> LogRecord {
    LogRecord {
        entity: line.entity,
        timestamp: format_time(line.time),
        severity: line.level.to_owned(),
        module: line.module,
        message: line.message,
        ..LogRecord::default()
    }
}

/// Who sent these headers: Basic authentication with the full tag (`api/httpclient.go`).
pub(crate) fn authenticate(context: &Context, headers: &HeaderMap) -> Result<String, RemoteError> {
    let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let decoded = sent.and_then(|value| value.strip_prefix("Basic ")).and_then(|text| STANDARD.decode(text).ok());
    let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    let (tag, password) = text.split_once(':').unwrap_or_default();
    let name = tag.trim_start_matches("user-").to_owned();
    let known = context
        .estate
        .read(|state| state.users.get(&name).is_some_and(|user| user.enabled && user.password == password));
    if known {
        Ok(name)
    } else {
        Err(RemoteError::new(juju_wire::Code::Unauthorized, "invalid entity name or password"))
    }
}
