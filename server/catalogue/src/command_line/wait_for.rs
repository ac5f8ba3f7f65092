//! The command lines of a wait: the client waits for one condition at a time, so several are joined by `&&`.

use serde_json::{Map, Value};

use crate::shell_words::{shell_quote, texts};

/// What the client calls the model where the call names none.
const UNNAMED_MODEL: &str = "MODEL";

/// One condition of a wait.
struct Condition<'a> {
    kind: &'a str,
    name: &'a str,
    query: Option<&'a str>,
    removed: bool,
}

/// The lines of a call of `wait-for`.
pub(super) fn lines(arguments: &Map<String, Value>, controller: Option<&str>, model: Option<&str>) -> String {
    let text = |name: &str| arguments.get(name).and_then(Value::as_str);
    let first = Condition {
        kind: text("kind").unwrap_or_default(),
        name: text("name").unwrap_or_default(),
        query: text("query"),
        removed: arguments.get("removed").and_then(Value::as_bool).unwrap_or_default(),
    };
    let also = arguments.get("also").map(texts).unwrap_or_default();
    let model = model.map(|model| controller.map_or(model.to_owned(), |controller| format!("{controller}:{model}")));
    let line = |condition: Condition| condition.line(model.as_deref(), controller, text("timeout"));
    std::iter::once(first)
        .chain(also.iter().map(|text| Condition::parse(text)))
        .map(line)
        .collect::<Vec<_>>()
        .join(" && ")
}

impl<'a> Condition<'a> {
    /// Reads `unit web/0 removed`, which the tool has checked.
    fn parse(text: &'a str) -> Self {
        let (kind, rest) = text.trim().split_once(' ').unwrap_or((text, ""));
        let (name, query) = rest.trim_start().split_once(' ').unwrap_or((rest.trim_start(), ""));
        let query = query.trim();
        Self {
            kind,
            name,
            query: Some(query).filter(|text| !["", "removed"].contains(text)),
            removed: query == "removed",
        }
    }

    fn line(&self, model: Option<&str>, controller: Option<&str>, timeout: Option<&str>) -> String {
        // the client waits for many entities as parts of an application or of the model
        let (kind, name) = match (self.kind, self.name) {
            ("model", name) => ("model", model.unwrap_or(name)),
            ("units" | "applications" | "machines", "*") => ("model", model.unwrap_or(UNNAMED_MODEL)),
            ("units", application) => ("application", application),
            single => single,
        };
        let mut words = vec!["juju wait-for".to_owned(), kind.to_owned()];
        match (kind, model, controller) {
            ("model", ..) | (_, None, None) => {}
            (_, Some(model), _) => words.push(shell_quote(&format!("--model={model}"))),
            (_, None, Some(controller)) => words.push(shell_quote(&format!("--model={controller}:"))),
        }
        words.extend(self.client_query().map(|query| format!("--query={}", shell_quote(&query))));
        words.extend(timeout.map(|timeout| shell_quote(&format!("--timeout={timeout}"))));
        if name.starts_with('-') {
            words.push("--".to_owned());
        }
        words.push(shell_quote(name));
        words.join(" ")
    }

    /// The query in the language of the client; `None` where its own default means the same.
    fn client_query(&self) -> Option<String> {
        let Some(single) = self.kind.strip_suffix('s') else {
            return self.query.map(str::to_owned).or_else(|| self.removed.then(|| r#"life=="dead""#.to_owned()));
        };
        if self.removed {
            return Some(format!("len({}) == 0", self.kind));
        }
        let goal = match single {
            "unit" => r#"life=="alive" && workload-status=="active""#,
            "machine" => r#"life=="alive" && status=="started""#,
            _ => r#"life=="alive" && status=="active""#,
        };
        Some(format!("forEach({}, {single} => {})", self.kind, of_each(single, self.query.unwrap_or(goal))))
    }
}

/// A query with `entity.` before each property.
fn of_each(entity: &str, query: &str) -> String {
    let (mut written, mut rest, mut quote) = (String::new(), query, None);
    while let Some(letter) = rest.chars().next() {
        let name_end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-').unwrap_or(rest.len());
        if quote.is_none() && name_end > 0 {
            let (name, after) = rest.split_at(name_end);
            let compared = ["==", "!="].iter().any(|sign| after.trim_start().starts_with(sign));
            if compared {
                written.push_str(entity);
                written.push('.');
            }
            written.push_str(name);
            rest = after;
            continue;
        }
        if ['"', '\''].contains(&letter) {
            quote = match quote {
                None => Some(letter),
                Some(open) if open == letter => None,
                open => open,
            };
        }
        written.push(letter);
        rest = &rest[letter.len_utf8()..];
    }
    written
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(arguments: &Value, model: Option<&str>) -> String {
        lines(arguments.as_object().expect("an object"), None, model)
    }

    #[test]
    fn removal_and_further_conditions_are_in_the_line() {
        let arguments = json!({"kind": "unit", "name": "web/1", "removed": true, "timeout": "5m",
            "also": ["application db", "machine 0 status==\"started\"", "model shop removed"]});
        assert_eq!(
            written(&arguments, Some("shop")),
            "juju wait-for unit --model=shop --query='life==\"dead\"' --timeout=5m web/1 && \
             juju wait-for application --model=shop --timeout=5m db && \
             juju wait-for machine --model=shop --query='status==\"started\"' --timeout=5m 0 && \
             juju wait-for model --query='life==\"dead\"' --timeout=5m shop"
        );
    }

    #[test]
    fn many_entities_are_parts_of_an_application_or_of_the_model() {
        for (arguments, line) in [
            (
                json!({"kind": "units", "name": "web", "query": "workload-status=='a \"b==c' && agent-status!=\"idle\""}),
                "juju wait-for application --model=shop --query='forEach(units, unit => unit.workload-status==\
                 '\\''a \"b==c'\\'' && unit.agent-status!=\"idle\")' web",
            ),
            (
                json!({"kind": "machines", "name": "*"}),
                "juju wait-for model --query='forEach(machines, machine => machine.life==\"alive\" && \
                 machine.status==\"started\")' shop",
            ),
            (
                json!({"kind": "applications", "name": "*", "removed": true}),
                "juju wait-for model --query='len(applications) == 0' shop",
            ),
            (json!({"kind": "model", "name": "shop"}), "juju wait-for model shop"),
        ] {
            assert_eq!(written(&arguments, Some("shop")), line);
        }
        assert!(written(&json!({"kind": "units", "name": "*"}), None).ends_with(" MODEL"));
    }
}
