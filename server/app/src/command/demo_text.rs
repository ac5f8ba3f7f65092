//! What `juju-mcp demo` prints: lines to paste that connect a client, and questions to paste into it.

use std::path::Path;

use crate::{ready_file::ReadyFile, wiring};

/// The version of the MCP Inspector that the tests of this program use: Node 20 runs it, though npm would choose an older one.
const INSPECTOR_VERSION: &str = "2.12.0";

/// The role that the printed lines connect with. It may do all that the printed questions ask for.
const ROLE: &str = "operator";

/// Whether a scenario has the applications of the shop.
pub(super) fn is_of_shop(scenario: &str) -> bool {
    scenario == "shop" || scenario.starts_with("outage")
}

/// A question to paste for a scenario.
fn question(scenario: &str) -> &'static str {
    if scenario.starts_with("outage") {
        "Customers of my shop cannot pay. What is broken, since when, and what only suffers from it? Show me the evidence in the logs, and how to repair it."
    } else {
        "What runs in my models, and is anything wrong?"
    }
}

/// A question about what is about to go wrong; the demo makes the estate of the shop worse slowly.
fn warning(scenario: &str) -> &'static str {
    if is_of_shop(scenario) {
        "\nSomething else is about to go wrong, and no status shows it yet. A minute after the start, ask:\n  What does the observer warn of in the model shop? Explain what will fail, what it would affect, and what to do now.\n"
    } else {
        ""
    }
}

/// The instructions. Every line works as it is printed.
pub(super) fn instructions(ready: &ReadyFile, approver: &Path, scenario: &str) -> String {
    let url = ready.mcp_url.as_deref().unwrap_or_default();
    let base = url.trim_end_matches("/mcp");
    let token = ready.tokens.get(ROLE).map(String::as_str).unwrap_or_default();
    let juju_data = ready.juju_data.as_deref().map(|path| path.display().to_string()).unwrap_or_default();
    let program = wiring::program();
    let server = format!("--url {base} --token-file {}", approver.display());
    let roles: Vec<_> = ready.tokens.iter().map(|(role, token)| format!("  {role:<9} {token}")).collect();
    let roles = roles.join("\n");
    format!(
        r#"juju-mcp serves a simulated Juju controller at {url}

Connect a client, here with the role {ROLE}:

Claude Code:
  claude mcp add --transport http juju {url} --header "Authorization: Bearer {token}"

VS Code, in .vscode/mcp.json:
  {{"servers": {{"juju": {{"type": "http", "url": "{url}", "headers": {{"Authorization": "Bearer {token}"}}}}}}}}

MCP Inspector, with Node 20 or newer:
  npx @modelcontextprotocol/inspector@{INSPECTOR_VERSION} --cli {url} --transport http --header "Authorization: Bearer {token}" --method tools/list

Ask your assistant:
  {}
{}
{}
Break something else, and clear all faults:
  {program} fault machine-down 3
  {program} fault clear

The real juju client, on the same controller:
  JUJU_DATA={juju_data} juju status

Tokens by role:
{roles}

Stop with Ctrl+C.
"#,
        question(scenario),
        warning(scenario),
        approval(scenario, base, &format!("{program} approvals"), &server),
    )
}

/// How to see an approval. The scenarios of the shop have an act for it that the role of the printed lines may request.
fn approval(scenario: &str, base: &str, command: &str, server: &str) -> String {
    let request = if is_of_shop(scenario) {
        "Ask for something that waits for your approval, because it is large:\n  Add 11 units to the application web."
    } else {
        "Acts that are large or cannot be undone wait for your approval."
    };
    format!(
        "{request}\n\nApprove it in another terminal, or in a browser at {base}/console with the token of the role approver:\n  {command} list {server}\n  {command} approve ID {server}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_carry_a_token_of_the_role_that_may_do_what_they_suggest() {
        let tokens =
            ["admin", "approver", "operator", "viewer"].map(|role| (role.to_owned(), format!("token-of-{role}")));
        let ready = ReadyFile {
            mcp_url: Some("http://127.0.0.1:8080/mcp".to_owned()),
            tokens: tokens.into(),
            ..ReadyFile::default()
        };
        let text = instructions(&ready, Path::new("/state/approver.token"), "outage");
        assert_eq!(text.matches("Bearer token-of-operator").count(), 3, "{text}");
        assert!(!text.contains("Bearer token-of-admin"), "{text}");
        assert!(text.contains("Customers of my shop cannot pay") && text.contains("Add 11 units"), "{text}");
        assert!(text.contains("What does the observer warn of"), "{text}");
        assert!(
            text.contains("approvals list --url http://127.0.0.1:8080 --token-file /state/approver.token"),
            "{text}"
        );
        let other = instructions(&ready, Path::new("/state/approver.token"), "regions");
        assert!(!other.contains("shop cannot pay") && !other.contains("Add 11 units"), "{other}");
    }
}
