//! `get_pod_logs`: what containers have written, and what they write from now on.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, SecondsFormat, Utc};
use futures::{StreamExt as _, stream};
use kubernetes::{ApiRequest, Lines, is_name, object, well_known};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    api::follow,
    place::{Place, TOOLSET, check_names, entities},
    shown::Shown,
};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, juju::log::debug::time_of};

/// The tool `get_pod_logs`.
pub(super) struct GetPodLogs;

/// Lines of each container, where the caller names no number.
const DEFAULT_LINES: u16 = 50;
/// Lines of one answer.
const MAX_LINES: u16 = 2_000;
/// Lines of a container that are searched for a text.
const MAX_SEARCHED_LINES: u16 = 10_000;
/// Containers of one answer.
const MAX_CONTAINERS: usize = 20;
/// Bytes that are read of each container.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Arguments.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Args {
    /// of the pod; or `label_selector`
    name: Option<String>,
    /// `app=web`
    label_selector: String,
    /// default: that of the cluster
    namespace: String,
    /// default: the first; `*` is all
    container: String,
    /// of each container
    #[schemars(extend("default" = 50))]
    tail_lines: Option<u16>,
    /// of the previous run
    previous: bool,
    /// in the line
    contains: String,
    /// `30m` ago, or a time
    since: String,
    /// how long to report new lines, `5m`; default: not
    follow: String,
    instance: String,
}

/// A container of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Source {
    pod: String,
    container: String,
}

/// A line of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    at: Option<DateTime<Utc>>,
    source: usize,
    message: String,
}

impl Command for GetPodLogs {
    type Args = Args;
    type Output = Shown;

    const COMMAND: &'static str = "get-pod-logs";
    const TOOL_NAME: Option<&'static str> = Some("get_pod_logs");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Shows the logs of pods, and reports new lines as progress for a while.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Sensitive;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("items");
    // the arguments limit them
    const DEFAULT_ROWS: usize = usize::MAX;

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        entities(&args.namespace)
    }

    fn validate(args: &Args) -> Result<(), String> {
        let names: Vec<(&str, &str)> = args.name.iter().map(|name| ("name", name.as_str())).collect();
        check_names(&args.namespace, &names)?;
        if args.name.is_some() != args.label_selector.is_empty() {
            return Err("give either `name` or `label_selector`".to_owned());
        }
        if !matches!(args.container.as_str(), "" | "*") && !is_name(&args.container) {
            return Err(format!("`container` has to be the name of a container, not: {}", args.container));
        }
        if args.previous && !args.follow.is_empty() {
            return Err("`previous` excludes `follow`: a run that has ended writes nothing".to_owned());
        }
        time_of("since", &args.since, Utc::now())?;
        follow(&args.follow)?;
        match args.tail_lines {
            Some(lines) if lines > MAX_LINES => Err(format!("`tail_lines` has to be {MAX_LINES} at most")),
            _ => Ok(()),
        }
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Shown, Failure> {
        let limit = follow(&args.follow).map_err(Failure::bad_argument)?;
        let place = Place::new(&target, &args.instance, &args.namespace).await?;
        let namespace = place.object_namespace().await?;
        let (sources, all) = sources(&place, &namespace, &args).await?;
        let mut shown = Shown::log("no lines");
        if sources.len() < all {
            shown
                .line(format!("logs of {} of {all} containers: narrow `label_selector` or `container`", sources.len()));
        }
        let lines = match limit {
            None => read(&place, &namespace, &args, &sources).await?,
            Some(limit) => tail(&place, &namespace, &args, &sources, limit, &target).await?,
        };
        for line in lines {
            let source = &sources[line.source];
            let data = json!({"pod": source.pod, "container": source.container, "time": line.at.map(time), "message": line.message});
            shown.row(vec![text_of(&line, &sources)], data);
        }
        Ok(shown)
    }

    fn concise(answer: &mut Shown, filter: &Filter) -> Option<Concise> {
        Some(answer.concise(filter))
    }
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A line with its time, and its container where there are several.
fn text_of(line: &Line, sources: &[Source]) -> String {
    let at = line.at.map_or_else(String::new, |at| format!("{} ", at.format("%H:%M:%S")));
    let source = sources.get(line.source).filter(|_| sources.len() > 1);
    let source = source.map_or_else(String::new, |one| format!("{}/{}: ", one.pod, one.container));
    format!("{source}{at}{}", line.message)
}

/// The containers that the arguments mean, and how many there are in all.
async fn sources(place: &Place, namespace: &str, args: &Args) -> Result<(Vec<Source>, usize), Failure> {
    let pods = if let Some(name) = &args.name {
        vec![place.find(&well_known::PODS, name).await?]
    } else {
        let selection = kubernetes::Selection { namespace: Some(namespace), labels: &args.label_selector, fields: "" };
        place.session.list(&well_known::PODS, selection).await?.items
    };
    if pods.is_empty() {
        return Err(Failure::refused(
            format!("no pod of the namespace {namespace} has these labels"),
            "list pods and their labels with `k8s_list` and `wide: true`",
        ));
    }
    let mut found: Vec<Source> = pods.iter().flat_map(|pod| containers(pod, &args.container)).collect();
    if found.is_empty() {
        let known: Vec<String> = pods.iter().flat_map(|pod| containers(pod, "*")).map(|one| one.container).collect();
        let problem = format!("no such pod has a container `{}`", args.container);
        return Err(Failure::refused(problem, format!("name one of: {}", known.join(", "))));
    }
    let all = found.len();
    found.truncate(MAX_CONTAINERS);
    Ok((found, all))
}

fn containers(pod: &Value, wanted: &str) -> Vec<Source> {
    let names = |member: &str| object::items(pod, member).iter().map(|one| object::text(one, "/name").to_owned());
    let default = object::annotation(pod, "kubectl.kubernetes.io/default-container").map(str::to_owned);
    let names: Vec<String> = match wanted {
        "" => default.or_else(|| names("/spec/containers").next()).into_iter().collect(),
        "*" => names("/spec/initContainers").chain(names("/spec/containers")).collect(),
        wanted => {
            names("/spec/initContainers").chain(names("/spec/containers")).filter(|name| name == wanted).collect()
        }
    };
    names.into_iter().map(|container| Source { pod: object::name(pod).to_owned(), container }).collect()
}

impl Args {
    fn lines(&self) -> usize {
        usize::from(self.tail_lines.unwrap_or(DEFAULT_LINES))
    }

    fn selects(&self, message: &str) -> bool {
        self.contains.is_empty() || message.contains(&self.contains)
    }

    fn request(&self, namespace: &str, source: &Source) -> ApiRequest {
        let path = format!("{}/log", well_known::PODS.path(Some(namespace), Some(&source.pod)));
        let searched = if self.contains.is_empty() { self.lines() } else { usize::from(MAX_SEARCHED_LINES) };
        let since = time_of("since", &self.since, Utc::now()).ok().flatten();
        let since = since.map(|since| since.to_rfc3339_opts(SecondsFormat::Secs, true)).unwrap_or_default();
        let request = ApiRequest::get(path).with("container", &*source.container).with("timestamps", "true");
        let request = request.with("tailLines", searched.to_string()).with("sinceTime", since);
        request.with("previous", if self.previous { "true" } else { "" })
    }
}

/// The last lines of each container, in the order of their times.
async fn read(place: &Place, namespace: &str, args: &Args, sources: &[Source]) -> Result<Vec<Line>, Failure> {
    let mut lines = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        let request = args.request(namespace, source).with("limitBytes", MAX_BYTES.to_string());
        let text = match place.session.read_text(&request).await {
            // one of several containers that has not run yet is left out
            Err(backend::BackendError::Refused { status: 400, .. }) if sources.len() > 1 => continue,
            text => text?,
        };
        let own: Vec<Line> =
            text.lines().map(|line| parse(line, index)).filter(|line| args.selects(&line.message)).collect();
        lines.extend(own.into_iter().rev().take(args.lines()).rev());
    }
    // lines without a time stay where they are
    lines.sort_by_key(|line| line.at);
    let excess = lines.len().saturating_sub(usize::from(MAX_LINES));
    Ok(lines.split_off(excess))
}

/// The last lines of each container and those that it writes from now on, each reported as it arrives.
async fn tail(
    place: &Place,
    namespace: &str,
    args: &Args,
    sources: &[Source],
    limit: Duration,
    target: &ResolvedTarget,
) -> Result<Vec<Line>, Failure> {
    let mut streams = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        let lines = place.session.follow(&args.request(namespace, source).with("follow", "true")).await?;
        streams.push(
            stream::unfold(lines, move |mut lines: Lines| async move {
                let line = lines.next().await.ok().flatten()?;
                Some((parse(&line, index), lines))
            })
            .boxed(),
        );
    }
    let (mut merged, mut found) = (stream::select_all(streams), Vec::new());
    let reading = async {
        while let Some(line) = merged.next().await {
            if !args.selects(&line.message) {
                continue;
            }
            target.report(0.0, None, text_of(&line, sources));
            found.push(line);
            if found.len() >= usize::from(MAX_LINES) {
                break;
            }
        }
    };
    // the time is what the caller asked for
    let _ = tokio::time::timeout(limit, reading).await;
    Ok(found)
}

/// A line that begins with its time.
fn parse(line: &str, source: usize) -> Line {
    let parsed =
        line.split_once(' ').and_then(|(at, message)| Some((DateTime::parse_from_rfc3339(at).ok()?.to_utc(), message)));
    let (at, message) = parsed.map_or((None, line), |(at, message)| (Some(at), message));
    Line { at, source, message: policy::redact_text(message) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_are_chosen_by_name() {
        let pod = json!({"metadata": {"name": "web-1"}, "spec": {"initContainers": [{"name": "setup"}],
            "containers": [{"name": "app"}, {"name": "proxy"}]}});
        let names = |wanted: &str| containers(&pod, wanted).into_iter().map(|one| one.container).collect::<Vec<_>>();
        assert_eq!(
            (names(""), names("proxy"), names("x")),
            (vec!["app".into()], vec!["proxy".into()], Vec::<String>::new())
        );
        assert_eq!(names("*"), ["setup", "app", "proxy"]);
    }

    #[test]
    fn line_has_its_time_and_its_container_where_there_are_several() {
        let line = parse("2026-11-28T08:00:01.5Z error: disk full", 1);
        let source = |pod: &str| Source { pod: pod.to_owned(), container: "app".to_owned() };
        assert_eq!(text_of(&line, &[source("a"), source("b")]), "b/app: 08:00:01 error: disk full");
        assert_eq!(text_of(&parse("no time here", 0), &[source("a")]), "no time here");
    }

    #[test]
    fn arguments_that_exclude_each_other_are_rejected() {
        let args = |value: Value| GetPodLogs::validate(&serde_json::from_value(value).expect("arguments"));
        assert_eq!(args(json!({"name": "web-1", "container": "*", "since": "5m"})), Ok(()));
        for odd in [
            json!({}),
            json!({"name": "a", "label_selector": "b=c"}),
            json!({"name": "a", "previous": true, "follow": "5m"}),
            json!({"name": "a", "container": "a/b"}),
            json!({"name": "a", "tail_lines": 2001}),
            json!({"name": "a", "since": "x"}),
        ] {
            assert!(args(odd.clone()).is_err(), "{odd}");
        }
    }
}
