//! Charms and resources that clients upload over HTTP (`apiserver/objects.go`, `apiserver/charms.go`,
//! `apiserver/resources.go`).

mod archive;

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::Utc;
use juju_wire::{Code, RemoteError};
use serde_json::json;
use sha2::{Digest as _, Sha256, Sha384};

use crate::{
    command_blocks,
    context::Context,
    errors::permission_denied,
    facade::resources,
    log,
    state::{ModelAccess, Topic, Upload},
};

/// Who uploads, if they may write in this model.
fn writer(context: &Context, headers: &HeaderMap, uuid: &str) -> Result<String, RemoteError> {
    let user = log::authenticate(context, headers)?;
    let access = context.estate.read(|state| state.model_access(&user, uuid));
    if access >= Some(ModelAccess::Write) { Ok(user) } else { Err(permission_denied()) }
}

fn status(error: &RemoteError) -> StatusCode {
    match error.code {
        Code::Unauthorized => StatusCode::UNAUTHORIZED,
        Code::NotFound => StatusCode::NOT_FOUND,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// Takes a charm at `PUT /model-UUID/charms/NAME-SHA`.
pub(crate) async fn charm_object(
    State(context): State<Arc<Context>>,
    Path((model, object)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let uuid = model.trim_start_matches("model-");
    let wanted = headers.get("juju-curl").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let taken = writer(&context, &headers, uuid).and_then(|_| {
        let (name, sha) = object.rsplit_once('-').unwrap_or((&object, ""));
        let found = hex::encode(Sha256::digest(&body));
        if found.get(..7) != Some(sha) {
            let found = found.split_at(7).0;
            let message = format!("Uploaded charm sha256 ({found}) does not match sha in url ({sha})");
            return Err(RemoteError::new(Code::BadRequest, message));
        }
        let series = wanted.strip_prefix("local:").and_then(|rest| rest.split_once('/')).map(|(series, _)| series);
        keep(&context, uuid, &body, name, series.unwrap_or_default())
    });
    answer(taken)
}

/// Takes a charm at `POST /model/UUID/charms?series=..`, as clients before 3.4 send it.
pub(crate) async fn charm(
    State(context): State<Arc<Context>>,
    Path(uuid): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let named = |key: &str| query.get(key).map(String::as_str).unwrap_or_default();
    let taken =
        writer(&context, &headers, &uuid).and_then(|_| keep(&context, &uuid, &body, named("name"), named("series")));
    answer(taken)
}

fn answer(taken: Result<String, RemoteError>) -> Response {
    match taken {
        Ok(url) => ([("Juju-Curl", url.clone())], Json(json!({"charm-url": url}))).into_response(),
        Err(error) => {
            let text = format!("cannot upload charm: {}", error.message);
            let code = error.code.as_str().to_owned();
            (status(&error), Json(json!({"error": text, "error-code": code}))).into_response()
        }
    }
}

/// Keeps an uploaded charm under the first revision that is free, and returns its URL.
fn keep(context: &Context, uuid: &str, body: &[u8], name: &str, series: &str) -> Result<String, RemoteError> {
    let mut charm = archive::read(body)
        .map_err(|cause| RemoteError::new(Code::BadRequest, format!("invalid charm archive: {cause}")))?;
    if !name.is_empty() {
        name.clone_into(&mut charm.name);
    }
    let series = if series.is_empty() { String::new() } else { format!("{series}/") };
    charm.local = Some(format!("local:{series}{}", charm.name));
    context.estate.write(|state| {
        let model = state.models.get_mut(uuid).ok_or_else(|| RemoteError::not_found("model"))?;
        while model.local_charms.contains_key(&charm.url(charm.revision)) {
            charm.revision += 1;
        }
        let url = charm.url(charm.revision);
        model.local_charms.insert(url.clone(), Arc::new(charm));
        Ok(url)
    })
}

/// Takes a resource at `PUT /model/UUID/applications/NAME/resources/NAME[?pendingid=..]`.
pub(crate) async fn resource(
    State(context): State<Arc<Context>>,
    Path((uuid, application, name)): Path<(String, String, String)>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let taken = writer(&context, &headers, &uuid).and_then(|user| {
        let pending = query.get("pendingid").map(String::as_str).unwrap_or_default();
        take(&context, &headers, &uuid, &user, (&application, &name, pending), &body)
    });
    match taken {
        Ok(resource) => Json(json!({"resource": resource})).into_response(),
        Err(error) => (status(&error), Json(json!({"error": error}))).into_response(),
    }
}

fn take(
    context: &Context,
    headers: &HeaderMap,
    uuid: &str,
    user: &str,
    (application, name, pending): (&str, &str, &str),
    body: &[u8],
) -> Result<juju_wire::facade::resources::Resource, RemoteError> {
    let fingerprint = hex::encode(Sha384::digest(body));
    let declared = headers.get("content-sha384").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if declared != fingerprint {
        return Err(RemoteError::plain("resource fingerprint does not match the content"));
    }
    let disposition = headers.get(header::CONTENT_DISPOSITION).and_then(|value| value.to_str().ok());
    let file = disposition.and_then(|text| text.split("filename=").nth(1)).unwrap_or_default().trim_matches('"');
    context.estate.write(|state| {
        let model = state.models.get_mut(uuid).ok_or_else(|| RemoteError::not_found("model"))?;
        command_blocks::check_upload(model)?;
        let missing = || RemoteError::not_found(format!("resource \"{application}/{name}\""));
        let wanted = if let Some((_, wanted)) = model.pending.remove(pending) {
            wanted
        } else {
            let charm = &model.application(application)?.charm;
            resources::of_charm(charm).into_iter().find(|known| known.name == name).ok_or_else(missing)?
        };
        let ending = |path: &str| path.rsplit_once('.').map(|(_, ending)| format!(".{ending}")).unwrap_or_default();
        if wanted.kind == "file" && ending(file) != ending(&wanted.path) {
            let expected = ending(&wanted.path);
            let message = format!("incorrect extension on resource upload \"{file}\", expected \"{expected}\"");
            return Err(RemoteError::plain(message));
        }
        let upload = Upload { fingerprint, size: body.len(), user: user.to_owned(), time: Utc::now() };
        model.uploads.insert((application.to_owned(), name.to_owned()), upload);
        if model.applications.contains_key(application) {
            model.queue(application, &["upgrade-charm".to_owned()]);
            model.journal.mark_changed(Topic::Application(application.to_owned()));
        }
        Ok(resources::of_application(model, application, wanted))
    })
}
