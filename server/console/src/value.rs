//! Renders JSON for people: objects as definition lists, arrays as lists, and every text escaped.

use maud::{Markup, html};
use serde_json::Value;

use crate::text::text;

/// Renders a value of any shape.
pub(crate) fn render(value: &Value) -> Markup {
    html! {
        @match value {
            Value::Object(members) if !members.is_empty() => {
                dl.map {
                    // nested objects go below their name, so that depth needs no width
                    @for (name, value) in members {
                        div class=[has_parts(value).then_some("nested")] {
                            dt { (text(name)) }
                            dd { (render(value)) }
                        }
                    }
                }
            }
            Value::Array(items) if !items.is_empty() => {
                ul.items { @for item in items { li { (render(item)) } } }
            }
            Value::String(content) if !content.is_empty() => { code { (text(content)) } }
            Value::String(_) => { span.muted { "empty text" } }
            Value::Null => { span.muted { "nothing" } }
            Value::Object(_) | Value::Array(_) => { span.muted { "none" } }
            Value::Bool(true) => { "yes" }
            Value::Bool(false) => { "no" }
            Value::Number(number) => { code { (number.to_string()) } }
        }
    }
}

fn has_parts(value: &Value) -> bool {
    match value {
        Value::Object(members) => !members.is_empty(),
        Value::Array(items) => items.iter().any(has_parts),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn render_escapes_names_and_values() {
        let page = render(&json!({"<b>": ["<i>", 1, true, null, {}]})).into_string();
        assert!(page.contains("<dt>&lt;b&gt;</dt>") && page.contains("<code>&lt;i&gt;</code>"), "{page}");
        assert!(page.contains("<code>1</code>") && page.contains("yes") && page.contains("nothing"), "{page}");
        assert!(!page.contains("<b>") && !page.contains("<i>"), "{page}");
    }
}
