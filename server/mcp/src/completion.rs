//! Completion of arguments: names of the estate as the tools that read them show them to this caller.
//!
//! Each lookup is a call of a read by the caller: policy decides about it, limits count it and the ledger records it. A caller who may not
//! make it gets no values, as if there were none.

use std::{collections::BTreeSet, time::Duration};

use catalogue::RISKS;
use dispatch::{Call, execute};
use identity::Caller;
use policy::Permissions;
use rmcp::model::{CompleteRequestParams, CompleteResult, CompletionInfo};
use serde_json::{Map, Value, json};

use crate::{resources::SCHEMAS, services::Services};

/// Time for one lookup; a caller types on meanwhile.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest text that is completed, in bytes.
const MAX_TEXT_BYTES: usize = 256;

/// What an argument names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Controller,
    Model,
    Application,
    Unit,
    Machine,
    Endpoint,
    Action,
    Setting,
    Channel,
    User,
    Command,
    Schema,
}

/// Names of arguments by what they name, in the forms of prompts and of tools.
const ARGUMENTS: [(Subject, &[&str]); 12] = [
    (Subject::Controller, &["controller", "controllers", "target_controller"]),
    (Subject::Model, &["model", "models", "model_name"]),
    (Subject::Application, &["application", "applications", "app", "apps", "application_name"]),
    (Subject::Unit, &["unit", "units"]),
    (Subject::Machine, &["machine", "machines"]),
    (Subject::Endpoint, &["endpoint", "endpoints"]),
    (Subject::Action, &["action", "actions"]),
    (Subject::Setting, &["option", "options", "key", "setting", "settings"]),
    (Subject::Channel, &["channel", "channels"]),
    (Subject::User, &["user", "users"]),
    (Subject::Command, &["command", "commands"]),
    (Subject::Schema, &["resource"]),
];

/// What an argument of a prompt or a variable of a resource template names. Templates name an entity `name` or `id` behind its kind.
fn subject(argument: &str, template: Option<&str>) -> Option<Subject> {
    let argument = argument.to_lowercase().replace('-', "_");
    let behind = |kind: &str| template.is_some_and(|template| template.contains(&format!("/{kind}/{{{argument}}}")));
    match argument.as_str() {
        "name" | "id" if behind("application") => Some(Subject::Application),
        "name" | "id" if behind("unit") => Some(Subject::Unit),
        "name" | "id" if behind("machine") => Some(Subject::Machine),
        name => ARGUMENTS.iter().find(|(_, names)| names.contains(&name)).map(|(subject, _)| *subject),
    }
}

/// Values of one argument, looked up for one caller.
pub(crate) struct Completion<'a> {
    pub(crate) services: &'a Services,
    pub(crate) caller: &'a Caller,
    pub(crate) rights: &'a Permissions<'a>,
    pub(crate) request: &'a CompleteRequestParams,
}

/// Names that a lookup found, and whether there are more than it shows.
#[derive(Default)]
struct Found {
    names: BTreeSet<String>,
    more: bool,
}

impl Completion<'_> {
    /// The values that fit what the client has typed, those that begin with it first; at most as many as the protocol allows.
    pub(crate) async fn complete(&self, template: Option<&str>) -> CompleteResult {
        let argument = &self.request.argument;
        if argument.value.len() > MAX_TEXT_BYTES {
            return result(&Found::default(), "");
        }
        let found = match subject(&argument.name, template) {
            Some(subject) => tokio::time::timeout(LOOKUP_TIMEOUT, self.find(subject)).await.unwrap_or_default(),
            None => Found::default(),
        };
        result(&found, argument.value.trim())
    }

    async fn find(&self, subject: Subject) -> Found {
        let typed = self.request.argument.value.trim();
        let filter = json!({"filter": typed});
        match subject {
            Subject::Command => {
                let tools = self.services.dispatcher.catalogue.iter();
                let visible = tools.filter(|tool| tool.check_visibility(self.rights).is_ok());
                Found { names: visible.map(|tool| tool.command().to_owned()).collect(), more: false }
            }
            Subject::Schema => Found { names: SCHEMAS.map(str::to_owned).into(), more: false },
            Subject::Controller => {
                self.look_up("juju_controllers", json!({}), |value| keys(&value["controllers"])).await
            }
            Subject::Model => {
                let names = |value: &Value| members(&value["models"], "name");
                self.look_up("juju_models", filter, names).await
            }
            Subject::Application => self.look_up("juju_status", filter, |value| keys(&value["applications"])).await,
            Subject::Unit => {
                let application = typed.split('/').next().unwrap_or_default();
                self.look_up("juju_status", json!({"filter": application}), units).await
            }
            Subject::Machine => self.look_up("juju_machines", json!({}), |value| machines(&value["machines"])).await,
            Subject::Endpoint => self.find_endpoints(typed).await,
            Subject::Action => match self.application() {
                Some(application) => self.look_up("juju_actions", json!({"application": application}), keys).await,
                None => Found::default(),
            },
            Subject::Setting => match self.application() {
                Some(application) => {
                    let names = |value: &Value| keys(&value["settings"]);
                    self.look_up("juju_config", json!({"application": application}), names).await
                }
                None => self.look_up("juju_model_config", json!({}), keys).await,
            },
            Subject::Channel => self.find_channels().await,
            Subject::User => {
                let names = |value: &Value| members(value.get("result").unwrap_or(value), "user-name");
                self.look_up("juju_users", json!({}), names).await
            }
        }
    }

    /// Endpoints of the application before the colon, or of the one that the client has named; otherwise applications.
    async fn find_endpoints(&self, typed: &str) -> Found {
        let application = typed.split_once(':').map(|(application, _)| application.to_owned());
        let Some(application) = application.or_else(|| self.application()) else {
            return self.look_up("juju_status", json!({"filter": typed}), |value| keys(&value["applications"])).await;
        };
        let prefix = if typed.contains(':') { format!("{application}:") } else { String::new() };
        let names = |value: &Value| {
            let own = &value[&application]["endpoint-bindings"];
            keys(own).into_iter().filter(|name| !name.is_empty()).map(|name| format!("{prefix}{name}")).collect()
        };
        self.look_up("juju_show_application", json!({"applications": [application]}), names).await
    }

    /// Channels of the charm of an application: those of Charmhub if they can be looked up, and the risks of its own track.
    async fn find_channels(&self) -> Found {
        let charm = match (self.context("charm"), self.application()) {
            (Some(charm), _) => Some(charm),
            (None, Some(application)) => {
                let of_charm = |value: &Value| {
                    let own = &value[&application];
                    let texts = ["charm", "channel"].map(|name| own[name].as_str().unwrap_or_default().to_owned());
                    texts.into_iter().collect()
                };
                // a channel has a slash, and the name of a charm has none
                let found =
                    self.look_up("juju_show_application", json!({"applications": [application]}), of_charm).await;
                let (channels, charms): (Vec<_>, Vec<_>) = found.names.into_iter().partition(|name| name.contains('/'));
                let track = channels.first().and_then(|channel| channel.split('/').next()).unwrap_or("latest");
                let names = RISKS.iter().map(|risk| format!("{track}/{risk}")).collect();
                let own = Found { names, more: false };
                let Some(charm) = charms.into_iter().find(|name| !name.is_empty()) else { return own };
                let published = self.published_channels(&charm).await;
                return if published.names.is_empty() { own } else { published };
            }
            (None, None) => None,
        };
        match charm {
            Some(charm) => self.published_channels(&charm).await,
            None => Found { names: RISKS.iter().map(|risk| format!("latest/{risk}")).collect(), more: false },
        }
    }

    async fn published_channels(&self, charm: &str) -> Found {
        let channels = |value: &Value| {
            let tracks = value["channels"].as_object().into_iter().flatten();
            let risks = |(track, risks): (&String, &Value)| {
                keys(risks).into_iter().map(|risk| format!("{track}/{risk}")).collect::<Vec<_>>()
            };
            tracks.flat_map(risks).collect()
        };
        self.look_up("juju_info", json!({"charm": charm}), channels).await
    }

    /// The application that the client has named in another argument.
    fn application(&self) -> Option<String> {
        let unit = || self.context("unit").or_else(|| self.context("units"));
        let of_unit = || unit().map(|unit| unit.split('/').next().unwrap_or_default().to_owned());
        self.context("application").or_else(|| self.context("app")).or_else(of_unit)
    }

    /// The value that the client has already for another argument.
    fn context(&self, argument: &str) -> Option<String> {
        let known = self.request.context.as_ref()?.arguments.as_ref()?;
        known.get(argument).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// Calls a read as the caller, and takes names out of its JSON.
    async fn look_up(&self, tool: &str, arguments: Value, names: impl Fn(&Value) -> BTreeSet<String>) -> Found {
        let dispatcher = &self.services.dispatcher;
        let Some(known) = dispatcher.catalogue.get(tool) else { return Found::default() };
        let mut arguments = arguments.as_object().cloned().unwrap_or_default();
        for place in ["controller", "model"] {
            if let Some(name) = self.context(place).filter(|_| known.accepts(place)) {
                arguments.insert(place.to_owned(), name.into());
            }
        }
        arguments.retain(|_, value| value.as_str() != Some(""));
        arguments.insert("format".to_owned(), json!("json"));
        let Ok(_slot) = self.services.acquire(known.name(), self.caller).await else { return Found::default() };
        // boxed: the future of the dispatcher is large
        let reply = Box::pin(execute(dispatcher, self.caller, Call::new(known.name(), arguments))).await;
        let Ok(reply) = reply else { return Found::default() };
        let value: Value = serde_json::from_str(&reply.text).unwrap_or_default();
        Found { names: names(&value), more: value.get("next_cursor").is_some() }
    }
}

/// The names that fit, in the form of the protocol. A name with invisible characters is left out: a client would insert it unseen.
fn result(found: &Found, typed: &str) -> CompleteResult {
    let typed = typed.to_lowercase();
    let visible = found.names.iter().filter(|name| !name.is_empty() && content::clean_name(name).0 == **name);
    let (first, others): (Vec<_>, Vec<_>) = visible
        .filter(|name| name.to_lowercase().contains(&typed))
        .cloned()
        .partition(|name| name.to_lowercase().starts_with(&typed));
    let mut values = first;
    values.extend(others);
    let total = values.len();
    values.truncate(CompletionInfo::MAX_VALUES);
    let more = found.more || total > values.len();
    let total = if found.more { None } else { u32::try_from(total).ok() };
    let info = CompletionInfo::with_pagination(values, total, more);
    // there are never too many values
    CompleteResult::new(info.unwrap_or_default())
}

fn keys(value: &Value) -> BTreeSet<String> {
    let own = |name: &&String| {
        !matches!(name.as_str(), "next_cursor" | "as_of" | "page_shown" | "page_note" | "page_continues")
    };
    value.as_object().into_iter().flat_map(Map::keys).filter(own).cloned().collect()
}

fn members(rows: &Value, name: &str) -> BTreeSet<String> {
    rows.as_array().into_iter().flatten().filter_map(|row| row[name].as_str()).map(str::to_owned).collect()
}

/// Units of a status, subordinates included.
fn units(status: &Value) -> BTreeSet<String> {
    let of = |value: &Value, name: &str| value[name].as_object().cloned().unwrap_or_default();
    let own = of(status, "applications").into_iter().flat_map(|(_, application)| of(&application, "units"));
    own.flat_map(|(name, unit)| {
        std::iter::once(name).chain(of(&unit, "subordinates").into_iter().map(|(name, _)| name))
    })
    .collect()
}

/// Machines and the containers on them.
fn machines(value: &Value) -> BTreeSet<String> {
    let found = value.as_object().into_iter().flatten();
    found.flat_map(|(id, machine)| machines(&machine["containers"]).into_iter().chain([id.clone()])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_is_bounded_and_begins_with_what_begins_like_the_typed_text() {
        let names = (0..150).map(|number| format!("web-{number:03}")).chain(["my-web".to_owned(), "db".to_owned()]);
        let found = Found { names: names.collect(), more: false };
        let CompletionInfo { values, total, has_more, .. } = result(&found, "WEB").completion;
        assert_eq!((values.len(), total, has_more), (100, Some(151), Some(true)));
        assert_eq!(values[0], "web-000");
        let CompletionInfo { values, total, has_more, .. } = result(&found, "my").completion;
        assert_eq!((values, total, has_more), (vec!["my-web".to_owned()], Some(1), Some(false)));
        let found = Found { names: ["we\u{200b}b".to_owned()].into(), more: true };
        let CompletionInfo { values, total, has_more, .. } = result(&found, "").completion;
        assert_eq!((values.len(), total, has_more), (0, None, Some(true)));
    }

    #[test]
    fn argument_names_its_subject_in_prompts_and_templates() {
        for (argument, template, expected) in [
            ("model", None, Some(Subject::Model)),
            ("application-name", None, Some(Subject::Application)),
            ("name", None, None),
            ("name", Some("juju://{controller}/{model}/unit/{name}"), Some(Subject::Unit)),
            ("id", Some("juju://{controller}/{model}/machine/{id}"), Some(Subject::Machine)),
            ("name", Some("juju://{controller}/{model}/application/{name}"), Some(Subject::Application)),
            ("command", Some("juju://help/{command}"), Some(Subject::Command)),
        ] {
            assert_eq!(subject(argument, template), expected, "{argument}");
        }
    }
}
