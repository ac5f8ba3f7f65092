//! `backend_status`: whether each backend answers, with its version.

use std::{sync::Arc, time::Duration};

use backend::{Backend, BackendKind};
use chrono::SecondsFormat;
use futures::future::join_all;
use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::error::Elapsed;

use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table};

/// How long each backend may take to answer.
const CHECK_TIMEOUT: Duration = Duration::from_secs(3);

/// The tool `backend_status`.
pub(crate) struct BackendStatus;

/// Nothing to choose.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Args {}

/// Whether a backend answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// It does not.
    Down,
    /// It does.
    Up,
    /// None of this kind is configured.
    Disabled,
}

/// One backend.
#[derive(Debug, Serialize)]
pub(crate) struct Output {
    backend: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// Methods of `backend_query`.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    methods: &'static [&'static str],
}

impl Command for BackendStatus {
    type Args = Args;
    type Output = Vec<Output>;

    const COMMAND: &'static str = "backend-status";
    const TOOL_NAME: Option<&'static str> = Some("backend_status");
    const TOOLSET: &'static str = "overview";
    const DESCRIPTION: &'static str = "Shows which backends are configured, and whether each answers.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("");

    async fn run(_: Permit, _: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let names = target.controllers().names();
        let (controllers, backends) = futures::join!(
            join_all(names.iter().map(|name| controller(&target, name))),
            join_all(target.backends().iter().map(check))
        );
        let mut found: Vec<Output> = controllers.into_iter().chain(backends).collect();
        for kind in BackendKind::ALL {
            if !found.iter().any(|one| one.backend == kind.word()) {
                found.push(Output::new(kind, "", State::Disabled));
            }
        }
        found.sort_by(|one, other| one.state.cmp(&other.state).then_with(|| one.backend.cmp(other.backend)));
        Ok(found)
    }

    fn concise(answer: &mut Self::Output, filter: &Filter) -> Option<Concise> {
        answer.retain(|one| filter.selects(one.backend, one));
        let row = |one: &Output| {
            vec![
                one.backend.to_owned(),
                one.name.clone(),
                format!("{:?}", one.state).to_lowercase(),
                one.version.clone().unwrap_or_default(),
                one.since.clone().unwrap_or_default(),
                one.problem.clone().unwrap_or_default(),
            ]
        };
        let down = answer.iter().filter(|one| one.state == State::Down).count();
        let head = match down {
            0 => "every backend that is configured answers".to_owned(),
            count => format!("{count} of the backends do not answer; tools that need them fail, the others work"),
        };
        let heading = ["Backend", "Name", "State", "Version", "Since", "Problem"];
        let rows = answer.iter().map(row).collect();
        Some(Concise::with_head(vec![head]).and(Table::new("backends", &heading, rows)))
    }
}

impl Output {
    fn new(kind: BackendKind, name: &str, state: State) -> Self {
        Self {
            backend: kind.word(),
            name: name.to_owned(),
            state,
            version: None,
            since: None,
            problem: None,
            methods: &[],
        }
    }

    /// Takes the version, or the problem, of a check that ended in time.
    fn set(&mut self, result: Result<Result<String, String>, Elapsed>) {
        let late = |_| Err(format!("no answer within {} s", CHECK_TIMEOUT.as_secs()));
        match result.unwrap_or_else(late) {
            Ok(version) => self.version = Some(version),
            Err(problem) => {
                self.state = State::Down;
                self.problem = Some(problem);
            }
        }
    }
}

/// Connects to a controller of Juju, as every call does.
async fn controller(target: &ResolvedTarget, name: &str) -> Output {
    let connected = async {
        let controller = target.controllers().controller(Some(name))?;
        let connection = controller.connection().await?;
        let session = connection.session().await?;
        Ok::<_, juju_client::Error>(session.server_version().to_string())
    };
    let result = tokio::time::timeout(CHECK_TIMEOUT, connected).await;
    let mut output = Output::new(BackendKind::Juju, name, State::Up);
    output.set(result.map(|result| result.map_err(|error| error.to_string())));
    let status = target.controllers().controller(Some(name)).ok().map(|controller| controller.status());
    output.since = status.and_then(|status| status.since).map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true));
    output
}

async fn check(backend: &dyn Backend) -> Output {
    let result = tokio::time::timeout(CHECK_TIMEOUT, backend.connect()).await;
    let condition = backend.condition();
    let mut output = Output::new(backend.kind(), backend.name(), State::Up);
    output.methods = backend.capabilities();
    output.since = condition.since.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true));
    output.set(result.map(|result| result.map_err(|error| error.to_string())));
    output
}
