//! The reply of a dry run: what the act would do.

use catalogue::{Answer, PlannedCommand, ResolvedTarget};
use policy::{Act, ApprovalRequirement, Violation, redact, redact_text};
use serde_json::json;

use crate::{Refusal, Reply};

/// Maximum tokens of a preview in the text.
const MAX_PREVIEW_TOKENS: usize = 4_000;

/// Previews an act without doing it.
pub(crate) async fn dry_run(
    command: &dyn PlannedCommand,
    act: &Act,
    required_approvals: &[ApprovalRequirement],
    warnings: &[Violation],
    target: &ResolvedTarget,
    entry: &str,
) -> Result<Reply, Refusal> {
    let preview = command.preview(target).await?;
    let command_line = redact_text(&command.command_line(&redact(&act.arguments)));
    let act = act.without_secrets();
    let mut value = json!({"operation": act, "command": command_line});
    let mut text = format!(
        "nothing was changed; this would run `{command_line}`\n{} at {}\n",
        act.effect.as_str(),
        act.target.location
    );
    let mut removed = 0;
    if let Some(mut preview) = preview {
        removed = content::clean_value(&mut preview);
        text = format!("{text}{}\n", catalogue::shorten(preview.to_string(), MAX_PREVIEW_TOKENS));
        value["preview"] = preview;
    }
    if !required_approvals.is_empty() {
        let names: Vec<_> = required_approvals.iter().map(|required| required.rule.as_str()).collect();
        // not in the value: the rules are the operator's own text, so they are not searched for prompt injections
        text = format!("{text}it requires approval under `{}`\n", names.join("`, `"));
    }
    Ok(Reply::from_answer(Answer { value, text, removed }, entry, warnings.to_vec()))
}
