//! `juju-mcp policy`: validates policy files, lists roles, rules and measures, and explains the decision about an act.

use std::process::ExitCode;

use catalogue::Catalogue;
use chrono::Utc;
use dispatch::SimulatedCall;
use identity::{Caller, Claims};
use policy::{
    Budget, BuiltinRules, EvaluationContext, Explanation, MEASURES, Policy, RuleResult, Subject, nearest_tool,
};
use serde_json::{Map, Value, json};

use crate::{
    cli::{self, Explain, Format, PolicyListArgs, PolicySource},
    failure::Failure,
    output,
    policy_watcher::PolicyWatcher,
};

pub(super) fn run(command: &cli::Policy) -> Result<ExitCode, Failure> {
    match command {
        cli::Policy::Check { files, builtin_rules } => {
            check(&PolicySource { policy: files.clone(), builtin_rules: *builtin_rules })?;
        }
        cli::Policy::Explain(explain) => self::explain(explain)?,
        cli::Policy::Roles(listed) => roles(listed)?,
        cli::Policy::Rules(listed) => rules(listed)?,
        cli::Policy::Measures => measures()?,
    }
    Ok(ExitCode::SUCCESS)
}

fn check(from: &PolicySource) -> Result<(), Failure> {
    let policy = PolicyWatcher::new(None, from, BuiltinRules::All).read()?;
    let names: Vec<_> = from.policy.iter().map(|file| format!("`{}`", file.display())).collect();
    let role_count = policy.roles().described().count();
    let bindings = policy.role_bindings().len();
    let rules = policy.rules().len();
    println!(
        "{}: valid; {role_count} roles and {rules} rules, including built-in ones, {bindings} role bindings",
        names.join(", ")
    );
    Ok(())
}

/// Reads the policy that the arguments name.
fn read_policy(listed: &PolicyListArgs) -> Result<Policy, Failure> {
    PolicyWatcher::new(listed.config.as_deref(), &listed.policy, BuiltinRules::All).read()
}

fn roles(listed: &PolicyListArgs) -> Result<(), Failure> {
    let policy = read_policy(listed)?;
    let rows: Vec<_> = policy.roles().described().map(|(name, text)| [name.to_owned(), text.to_owned()]).collect();
    match listed.format {
        Format::Table => output::table(&["ROLE", "DESCRIPTION"], &rows)?,
        Format::Json => {
            let rows: Vec<_> = rows.iter().map(|[name, text]| json!({"role": name, "description": text})).collect();
            output::json(&json!(rows))?;
        }
    }
    Ok(())
}

fn rules(listed: &PolicyListArgs) -> Result<(), Failure> {
    let policy = read_policy(listed)?;
    let rules = policy.rules();
    let catalogue = Catalogue::builtin();
    match listed.format {
        Format::Table => {
            let row = |rule: &policy::Rule| {
                let acts = if concerns_own_tools(&catalogue, rule) { "tools" } else { "validate_action only" };
                [&*rule.name, rule.severity.as_str(), rule.enforcement().as_str(), acts, &*rule.message]
                    .map(str::to_owned)
            };
            let rows: Vec<_> = rules.iter().map(row).collect();
            output::table(&["RULE", "SEVERITY", "ENFORCEMENT", "ACTS OF", "MESSAGE"], &rows)?;
        }
        Format::Json => {
            let row = |rule: &policy::Rule| {
                json!({
                    "rule": rule.name, "severity": rule.severity, "enforcement": rule.enforcement(),
                    "require_second_approver": rule.require_second_approver, "scope": rule.scope(),
                    "validate_action_only": !concerns_own_tools(&catalogue, rule), "check": rule.check(),
                    "message": rule.message, "explanation": rule.explanation,
                })
            };
            output::json(&rules.iter().map(row).collect::<Value>())?;
        }
    }
    Ok(())
}

/// Whether a tool of this server could violate the rule. Others are for acts of other MCP servers.
fn concerns_own_tools(catalogue: &Catalogue, rule: &policy::Rule) -> bool {
    catalogue.iter().any(|tool| {
        [tool.least(), tool.effect()].into_iter().any(|effect| rule.may_concern(tool.name(), tool.toolset(), effect))
    })
}

fn measures() -> Result<(), Failure> {
    let mut rows: Vec<_> = MEASURES.iter().map(|(name, text)| [(*name).to_owned(), (*text).to_owned()]).collect();
    rows.push([
        "arguments.NAME".to_owned(),
        "an argument of the act; with a JSON pointer after a slash, `arguments./a/b`".to_owned(),
    ]);
    output::table(&["MEASURE", "MEANING"], &rows)
}

fn explain(explain: &Explain) -> Result<(), Failure> {
    let policy = read_policy(&explain.listed)?;
    let caller = caller(explain, &policy)?;
    let supposed = simulated_call(explain, &policy)?;
    let now = explain.at.unwrap_or_else(Utc::now);
    // an empty budget: as if the caller had made no recent changes
    let reservation = Some(Budget::default().preview("", &supposed.act, policy.prices(), now));
    let facts = explain.assume.iter().copied().collect();
    let context = EvaluationContext { now, toolset: supposed.toolset.to_owned(), facts, reservation };
    let explanation = policy.explain(&caller, &supposed.act, &context);
    match explain.listed.format {
        Format::Json => output::json(&json!({"act": supposed.act, "explanation": explanation})),
        Format::Table => {
            print!("{}", render(&supposed, &explanation));
            Ok(())
        }
    }
}

fn simulated_call(explain: &Explain, policy: &Policy) -> Result<SimulatedCall, Failure> {
    let catalogue = Catalogue::builtin();
    let names = mcp::tool_names(&catalogue);
    let exists = catalogue.get(&explain.tool).is_some() || names.contains(&explain.tool);
    if !exists && !policy.is_foreign_tool(&explain.tool) {
        let near = nearest_tool(&explain.tool, names.iter().map(String::as_str));
        let near = near.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
        return Err(Failure::usage(
            format!("there is no tool `{}`{near}", explain.tool),
            "`juju-mcp tools --endpoint /mcp/full` lists the tools; `settings.foreign_tools` of a policy declares those of other MCP servers",
        ));
    }
    let mut arguments: Map<String, Value> = serde_json::from_str(&explain.args).map_err(|error| {
        Failure::usage(
            format!("`--args` is not a JSON object: {error}"),
            "give it as in `--args '{\"units\": [\"web/0\"]}'`",
        )
    })?;
    for (name, value) in [("controller", &explain.controller), ("model", &explain.model)] {
        if let Some(value) = value {
            arguments.insert(name.to_owned(), Value::String(value.clone()));
        }
    }
    SimulatedCall::new(&catalogue, &explain.tool, arguments).map_err(|error| {
        Failure::usage(error, "`juju-mcp tools --endpoint /mcp/full --format json` prints the arguments of each tool")
    })
}

/// The caller that the arguments describe.
fn caller(explain: &Explain, policy: &Policy) -> Result<Caller, Failure> {
    if let Some(role) = &explain.role {
        super::serve::check_roles(policy.roles(), std::iter::once(("--role", role.as_str())))?;
        return Ok(Caller::local("caller", role));
    }
    let mut claims = Claims { scopes: explain.scope.clone(), ..Claims::default() };
    for subject in &explain.caller {
        match subject.clone() {
            Subject::Group(name) => claims.groups.push(name),
            Subject::User(address) => claims.email = Some(address),
            Subject::Sub(sub) => claims.subject = sub,
            Subject::Client(id) => claims.client_id = Some(id),
        }
    }
    Ok(Caller::from_claims(claims))
}

fn render(supposed: &SimulatedCall, explanation: &Explanation) -> String {
    let act = &supposed.act;
    let place = act.target.location.to_string();
    let place = if place.is_empty() { String::new() } else { format!(" in `{place}`") };
    let production = if explanation.production { ", in production" } else { "" };
    let roles = if explanation.roles.is_empty() { "none".to_owned() } else { explanation.roles.join(", ") };
    let decision = match explanation.decision {
        "require_approval" if explanation.requires_second_approver => "require approval of a second approver",
        "require_approval" => "require approval",
        other => other,
    };
    let effect = act.effect.as_str();
    let role = &explanation.role_decision;
    let mut text = format!(
        "act               `{}`{place}, {effect}{production}\nroles             {roles}\nrole              {role}\ndecision          {decision}\n",
        act.tool,
    );
    for result in ["deny", "require_approval", "warn"] {
        for sentence in explanation.sentences(result) {
            let label = result.replace('_', " ");
            text.extend([&format!("{label:<18}"), sentence.as_str(), "\n"]);
        }
    }
    for result in ["passed", "not_applicable"] {
        let matching = explanation.rules.iter().filter(|rule| rule.result == result);
        let names: Vec<_> = matching.map(|rule: &RuleResult| rule.rule.as_str()).collect();
        if !names.is_empty() {
            let label = result.replace('_', " ");
            text.extend([&format!("{label:<18}"), names.join(", ").as_str(), "\n"]);
        }
    }
    text
}
