//! JSON as a person reads it: maps as lists of names, lists as lists, and every text escaped.

use serde_json::Value;

use crate::html::Html;

/// A value, whatever its shape.
pub(crate) fn shown(page: Html, value: &Value) -> Html {
    match value {
        Value::Object(members) if !members.is_empty() => page
            .mark("<dl class=\"map\">")
            .each(members, |page, (name, value)| {
                // what has parts of its own stands below its name, so that depth costs no width
                let row = if has_parts(value) { "<div class=\"deep\"><dt>" } else { "<div><dt>" };
                shown(page.mark(row).text(name).mark("</dt><dd>"), value).mark("</dd></div>")
            })
            .mark("</dl>"),
        Value::Array(items) if !items.is_empty() => page
            .mark("<ul class=\"items\">")
            .each(items, |page, item| shown(page.mark("<li>"), item).mark("</li>"))
            .mark("</ul>"),
        Value::String(text) if !text.is_empty() => page.mark("<code>").text(text).mark("</code>"),
        Value::String(_) => page.mark("<span class=\"faint\">empty text</span>"),
        Value::Null => page.mark("<span class=\"faint\">nothing</span>"),
        Value::Object(_) | Value::Array(_) => page.mark("<span class=\"faint\">none</span>"),
        Value::Bool(true) => page.mark("yes"),
        Value::Bool(false) => page.mark("no"),
        Value::Number(number) => page.mark("<code>").text(&number.to_string()).mark("</code>"),
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
    fn names_and_values_are_both_escaped() {
        let page = shown(Html::default(), &json!({"<b>": ["<i>", 1, true, null, {}]})).into_text();
        assert!(page.contains("<dt>&lt;b&gt;</dt>") && page.contains("<code>&lt;i&gt;</code>"), "{page}");
        assert!(page.contains("<code>1</code>") && page.contains("yes") && page.contains("nothing"), "{page}");
        assert!(!page.contains("<b>") && !page.contains("<i>"), "{page}");
    }
}
