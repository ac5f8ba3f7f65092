//! [`AlertmanagerClient`]: alerts and silences of Alertmanager's HTTP API, version 2.

use backend::{BackendError, HttpEndpoint};
use chrono::{DateTime, SecondsFormat, Utc};
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Labels, Limit, MODEL_UUID};

/// A client of one Alertmanager.
#[derive(Debug, Clone)]
pub struct AlertmanagerClient {
    endpoint: HttpEndpoint,
}

/// An alert that Alertmanager has received.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ManagedAlert {
    /// Its labels, with those that its sender added.
    pub labels: Labels,
    /// Texts for humans.
    #[serde(default)]
    pub annotations: Labels,
    /// Since when.
    pub starts_at: DateTime<Utc>,
    /// What is done with it.
    pub status: AlertStatus,
}

/// What Alertmanager does with an alert.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AlertStatus {
    /// `active`, `suppressed` or `unprocessed`.
    pub state: String,
    /// Ids of the silences that apply.
    #[serde(default)]
    pub silenced_by: Vec<String>,
    /// Alerts that inhibit it.
    #[serde(default)]
    pub inhibited_by: Vec<String>,
}

/// A condition on a label, `severity=~"warning|info"`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LabelMatcher {
    /// The label.
    pub name: String,
    /// The value, or the pattern.
    pub value: String,
    /// Whether the value is a pattern.
    #[serde(default)]
    pub is_regex: bool,
    /// Whether the label has to match; if not, it must not.
    #[serde(default = "truth")]
    pub is_equal: bool,
}

/// A text without the backslashes that Alertmanager takes as escapes; others stay, as patterns have them.
fn unescape(text: &str) -> String {
    let mut letters = text.chars().peekable();
    let mut plain = String::new();
    while let Some(letter) = letters.next() {
        match (letter, letters.peek()) {
            ('\\', Some(next @ ('\\' | '"'))) => {
                plain.push(*next);
                letters.next();
            }
            ('\\', Some('n')) => {
                plain.push('\n');
                letters.next();
            }
            _ => plain.push(letter),
        }
    }
    plain
}

fn truth() -> bool {
    true
}

impl LabelMatcher {
    /// Reads `name=value`, `name!=value`, `name=~pattern` or `name!~pattern`, the value with or without quotes.
    ///
    /// # Errors
    /// One sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let problem = || format!("a matcher has to be like alertname=Down or severity=~\"warning|info\", not: {text}");
        let at = text.find(['=', '!']).ok_or_else(problem)?;
        let (name, rest) = text.split_at(at);
        let operators = [("=~", true, true), ("!~", true, false), ("!=", false, false), ("=", false, true)];
        let (sign, is_regex, is_equal) =
            operators.into_iter().find(|(sign, ..)| rest.starts_with(sign)).ok_or_else(problem)?;
        let (name, value) = (name.trim(), rest[sign.len()..].trim());
        let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        let value = quoted.map_or_else(|| value.to_owned(), unescape);
        let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        if name.is_empty() || !name.chars().all(plain) {
            return Err(problem());
        }
        Ok(Self { name: name.to_owned(), value, is_regex, is_equal })
    }

    /// The matcher as a text.
    #[must_use]
    pub fn text(&self) -> String {
        let sign = match (self.is_equal, self.is_regex) {
            (true, false) => "=",
            (true, true) => "=~",
            (false, false) => "!=",
            (false, true) => "!~",
        };
        let value = self.value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n");
        format!("{}{sign}\"{value}\"", self.name)
    }

    /// Whether it matches the empty text, and so alerts without the label.
    fn matches_everything(&self) -> bool {
        let empty = self.value.is_empty() || (self.is_regex && matches!(self.value.as_str(), ".*" | ".+|" | "|.+"));
        empty == self.is_equal
    }
}

/// A silence: no notification of the alerts that it matches.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Silence {
    /// Its id.
    #[serde(default)]
    pub id: String,
    /// What it matches: all of these.
    pub matchers: Vec<LabelMatcher>,
    /// From when.
    pub starts_at: DateTime<Utc>,
    /// Until when.
    pub ends_at: DateTime<Utc>,
    /// Who made it.
    #[serde(default)]
    pub created_by: String,
    /// Why.
    #[serde(default)]
    pub comment: String,
    /// `active`, `pending` or `expired`.
    #[serde(default)]
    pub status: SilenceStatus,
}

/// Whether a silence applies now.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
pub struct SilenceStatus {
    /// `active`, `pending` or `expired`.
    pub state: String,
}

impl Silence {
    /// Whether it applies to alerts of the caller's model only.
    fn is_within(&self, limit: Limit<'_>) -> bool {
        let Some(model) = limit else { return true };
        let holds =
            |one: &LabelMatcher| one.name == MODEL_UUID && one.value == model.uuid() && one.is_equal && !one.is_regex;
        self.matchers.iter().any(holds)
    }
}

/// A silence to make.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSilence {
    /// What it matches.
    pub matchers: Vec<LabelMatcher>,
    /// From when.
    pub starts_at: DateTime<Utc>,
    /// Until when.
    pub ends_at: DateTime<Utc>,
    /// Who makes it.
    pub created_by: String,
    /// Why.
    pub comment: String,
}

impl NewSilence {
    /// Its matchers with the one of the model that the caller is limited to.
    #[must_use]
    pub fn limited_matchers(&self, limit: Limit<'_>) -> Vec<LabelMatcher> {
        let model = limit.map(|model| LabelMatcher {
            name: MODEL_UUID.to_owned(),
            value: model.uuid().to_owned(),
            is_regex: false,
            is_equal: true,
        });
        self.matchers.iter().cloned().chain(model).collect()
    }

    /// Checks what Alertmanager would refuse too.
    ///
    /// # Errors
    /// One sentence.
    pub fn check(&self) -> Result<(), String> {
        if self.matchers.iter().all(LabelMatcher::matches_everything) {
            return Err("a silence needs a matcher that does not match the empty text".to_owned());
        }
        if self.ends_at <= self.starts_at {
            return Err("a silence has to end after it starts".to_owned());
        }
        Ok(())
    }
}

impl AlertmanagerClient {
    /// A client of the API at this endpoint, the URL of which ends with `/api/v2`.
    #[must_use]
    pub fn new(endpoint: HttpEndpoint) -> Self {
        Self { endpoint }
    }

    pub(crate) fn endpoint(&self) -> &HttpEndpoint {
        &self.endpoint
    }

    /// The version of the server, and whether it answers.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn version(&self) -> Result<String, BackendError> {
        let status: Value = self.endpoint.get_json("/status", &[]).await?;
        let version = status.pointer("/versionInfo/version").and_then(Value::as_str).unwrap_or("unknown").to_owned();
        self.endpoint.set_version(&version);
        Ok(version)
    }

    /// The alerts that it has received and that have not ended.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn alerts(&self, limit: Limit<'_>) -> Result<Vec<ManagedAlert>, BackendError> {
        let filter: Vec<_> = limit.map(|model| ("filter", model.to_string())).into_iter().collect();
        let mut alerts: Vec<ManagedAlert> = self.endpoint.get_json("/alerts", &filter).await?;
        if let Some(model) = limit {
            alerts.retain(|alert| alert.labels.get(MODEL_UUID).is_some_and(|uuid| uuid == model.uuid()));
        }
        Ok(alerts)
    }

    /// The alerts that a silence with these matchers applies to.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn alerts_matching(&self, matchers: &[LabelMatcher]) -> Result<Vec<ManagedAlert>, BackendError> {
        let filter: Vec<_> = matchers.iter().map(|matcher| ("filter", matcher.text())).collect();
        self.endpoint.get_json("/alerts", &filter).await
    }

    /// Its silences, those that have ended too.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn silences(&self, limit: Limit<'_>) -> Result<Vec<Silence>, BackendError> {
        let mut silences: Vec<Silence> = self.endpoint.get_json("/silences", &[]).await?;
        silences.retain(|silence| silence.is_within(limit));
        Ok(silences)
    }

    /// A silence by its id; `None` where the caller sees none.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn silence(&self, id: &str, limit: Limit<'_>) -> Result<Option<Silence>, BackendError> {
        Ok(self.silences(limit).await?.into_iter().find(|silence| silence.id == id))
    }

    /// Makes a silence and returns its id. With a limit it applies to alerts of the model only.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn add_silence(&self, silence: &NewSilence, limit: Limit<'_>) -> Result<String, BackendError> {
        silence.check().map_err(BackendError::Parameters)?;
        let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Millis, true);
        let body = json!({
            "matchers": silence.limited_matchers(limit),
            "startsAt": time(silence.starts_at),
            "endsAt": time(silence.ends_at),
            "createdBy": silence.created_by,
            "comment": silence.comment,
        });
        let made = self.endpoint.send_once(Method::POST, "/silences", Some(&body)).await?;
        Ok(made.get("silenceID").and_then(Value::as_str).unwrap_or_default().to_owned())
    }

    /// Ends a silence that the server has returned.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn expire_silence(&self, silence: &Silence) -> Result<(), BackendError> {
        // the id is one that the server has returned, so it is safe in a path
        self.endpoint.send_once(Method::DELETE, &format!("/silence/{}", silence.id), None).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::ModelMatcher;

    #[test]
    fn matchers_are_read_in_each_form() {
        for (text, shown) in [
            ("alertname=Down", r#"alertname="Down""#),
            ("severity =~ \"warning|info\"", r#"severity=~"warning|info""#),
            ("juju_unit!=web/0", r#"juju_unit!="web/0""#),
            ("a!~b=c", r#"a!~"b=c""#),
            (r#"a="b\"c\\d\e""#, r#"a="b\"c\\d\\e""#),
        ] {
            assert_eq!(LabelMatcher::parse(text).map(|one| one.text()), Ok(shown.to_owned()));
        }
        for text in ["", "alertname", "=x", "a b=c", "a!b"] {
            assert!(LabelMatcher::parse(text).is_err_and(|problem| problem.contains("has to be like")), "{text}");
        }
    }

    fn new_silence(matchers: &[&str]) -> NewSilence {
        let matchers = matchers.iter().map(|text| LabelMatcher::parse(text).expect("a matcher")).collect();
        let now = Utc::now();
        let (created_by, comment) = ("me".to_owned(), "work".to_owned());
        NewSilence { matchers, starts_at: now, ends_at: now + TimeDelta::hours(1), created_by, comment }
    }

    #[test]
    fn silence_of_everything_or_without_a_duration_is_refused() {
        for matchers in [&[][..], &["a="], &["a=~.*"], &["a!=x"]] {
            assert!(new_silence(matchers).check().is_err(), "{matchers:?}");
        }
        let silence = new_silence(&["a!=x", "alertname=Down"]);
        assert_eq!(silence.check(), Ok(()));
        assert!(NewSilence { ends_at: silence.starts_at, ..silence }.check().is_err());
    }

    #[test]
    fn silence_of_a_limited_caller_is_limited_to_the_model() {
        let model = ModelMatcher::new("u-1").expect("a UUID");
        let limited = new_silence(&["alertname=Down", "juju_model_uuid=u-2"]).limited_matchers(Some(&model));
        assert_eq!(limited.last().map(LabelMatcher::text).as_deref(), Some(r#"juju_model_uuid="u-1""#));
        let silence = |matchers: Value| -> Silence {
            let times = json!({"id": "s", "matchers": matchers, "startsAt": "2026-11-28T06:00:00Z", "endsAt": "2026-11-28T09:00:00Z"});
            serde_json::from_value(times).expect("a silence")
        };
        let own = json!([{"name": "juju_model_uuid", "value": "u-1", "isRegex": false, "isEqual": true}]);
        let all = json!([{"name": "juju_model_uuid", "value": "u-1", "isRegex": true}]);
        let but = json!([{"name": "juju_model_uuid", "value": "u-1", "isRegex": false, "isEqual": false}]);
        assert_eq!([own, all, but].map(|matchers| silence(matchers).is_within(Some(&model))), [true, false, false]);
    }
}
