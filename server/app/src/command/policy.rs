//! `juju-mcp policy`: checks a policy, lists what is in one, and explains what it says to an act.

use std::process::ExitCode;

use catalogue::Catalogue;
use chrono::Utc;
use dispatch::Supposed;
use identity::{Caller, Claims};
use policy::{Budget, Circumstances, Explanation, Holder, Looked, MEASURES, Policy, Profile, known_facts};
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
            check(&PolicySource { policy: files.clone(), builtin_rules: *builtin_rules })?
        }
        cli::Policy::Explain(explain) => self::explain(explain)?,
        cli::Policy::Roles(listed) => roles(listed)?,
        cli::Policy::Rules(listed) => rules(listed)?,
        cli::Policy::Measures => measures(),
    }
    Ok(ExitCode::SUCCESS)
}

fn check(from: &PolicySource) -> Result<(), Failure> {
    let policy = PolicyWatcher::new(None, from, Profile::Shipped).read()?;
    let names: Vec<_> = from.policy.iter().map(|file| format!("`{}`", file.display())).collect();
    let (roles, bindings) = (policy.roles().described().count(), policy.bindings().len());
    let guards = policy.rules().len();
    println!("{}: good, with what is shipped {roles} roles, {guards} rules, {bindings} bindings", names.join(", "));
    Ok(())
}

/// The policy that the arguments name.
fn named(listed: &PolicyListArgs) -> Result<Policy, Failure> {
    PolicyWatcher::new(listed.config.as_deref(), &listed.policy, Profile::Shipped).read()
}

fn roles(listed: &PolicyListArgs) -> Result<(), Failure> {
    let policy = named(listed)?;
    let rows: Vec<_> = policy.roles().described().map(|(name, text)| [name.to_owned(), text.to_owned()]).collect();
    match listed.format {
        Format::Table => table(&["ROLE", "WHAT IT IS FOR"], &rows),
        Format::Json => {
            let rows: Vec<_> = rows.iter().map(|[name, text]| json!({"role": name, "description": text})).collect();
            output::json(&json!(rows))?;
        }
    }
    Ok(())
}

fn rules(listed: &PolicyListArgs) -> Result<(), Failure> {
    let policy = named(listed)?;
    let rules = policy.rules();
    match listed.format {
        Format::Table => {
            let row = |rule: &policy::Rule| {
                [&*rule.name, rule.severity.as_str(), rule.response().as_str(), &*rule.message].map(str::to_owned)
            };
            table(&["RULE", "SEVERITY", "EFFECT", "MESSAGE"], &rules.iter().map(row).collect::<Vec<_>>());
        }
        Format::Json => {
            let row = |rule: &policy::Rule| {
                json!({"rule": rule.name, "severity": rule.severity, "effect": rule.response(), "about": rule.about(), "check": rule.check(),
                    "message": rule.message, "explanation": rule.explanation})
            };
            output::json(&rules.iter().map(row).collect::<Value>())?;
        }
    }
    Ok(())
}

fn measures() {
    let mut rows: Vec<_> = MEASURES.iter().map(|(name, text)| [(*name).to_owned(), (*text).to_owned()]).collect();
    rows.push([
        "arguments.NAME".to_owned(),
        "an argument of the act; a JSON pointer after a slash, `arguments./a/b`".to_owned(),
    ]);
    table(&["MEASURE", "WHAT IT SAYS"], &rows);
}

fn explain(explain: &Explain) -> Result<(), Failure> {
    let policy = named(&explain.listed)?;
    let caller = caller(explain, &policy)?;
    let supposed = simulated_call(explain)?;
    let now = explain.at.unwrap_or_else(Utc::now);
    // as if nothing had been changed of late
    let reserved = Some(Budget::default().reserve("", &supposed.act, now));
    let facts = explain.assume.iter().map(|(name, value)| (*name, json!(value))).collect();
    let circumstances = Circumstances { now, toolset: supposed.toolset.to_owned(), facts, reserved };
    let explained = policy.explain(&caller, &supposed.act, &circumstances);
    match explain.listed.format {
        Format::Json => output::json(&json!({"act": supposed.act, "explanation": explained})),
        Format::Table => {
            print!("{}", told(&supposed, &explained));
            Ok(())
        }
    }
}

fn simulated_call(explain: &Explain) -> Result<Supposed, Failure> {
    let mut arguments: Map<String, Value> = serde_json::from_str(&explain.args).map_err(|error| {
        Failure::usage(
            format!("`--args` is no JSON object: {error}"),
            "give it as in `--args '{\"units\": [\"web/0\"]}'`",
        )
    })?;
    for (name, value) in [("controller", &explain.controller), ("model", &explain.model)] {
        if let Some(value) = value {
            arguments.insert(name.to_owned(), Value::String(value.clone()));
        }
    }
    Supposed::new(&Catalogue::shipped(), &explain.tool, arguments).map_err(|error| {
        Failure::usage(error, "`juju-mcp tools --endpoint /mcp/full --format json` prints what each tool takes")
    })
}

/// Whoever the arguments describe.
fn caller(explain: &Explain, policy: &Policy) -> Result<Caller, Failure> {
    if let Some(role) = &explain.role {
        super::serve::check_roles(policy.roles(), std::iter::once(role.as_str()))?;
        return Ok(Caller::local("somebody", role));
    }
    let mut claims = Claims { scopes: explain.scope.clone(), ..Claims::default() };
    for holder in &explain.caller {
        match holder.clone() {
            Holder::Group(name) => claims.groups.push(name),
            Holder::User(address) => claims.email = Some(address),
            Holder::Subject(subject) => claims.subject = subject,
            Holder::Client(id) => claims.client_id = Some(id),
        }
    }
    Ok(Caller::from_claims(claims))
}

fn told(supposed: &Supposed, explained: &Explanation) -> String {
    let act = &supposed.act;
    let place = act.target.location.to_string();
    let place = if place.is_empty() { String::new() } else { format!(" in `{place}`") };
    let production = if explained.production { ", in production" } else { "" };
    let roles = if explained.roles.is_empty() { "none".to_owned() } else { explained.roles.join(", ") };
    let decision = match explained.decision {
        "ask" if explained.second_person => "ask a second person",
        "ask" => "ask a human",
        other => other,
    };
    let mut text = format!(
        "act       `{}`{place}, {}{production}\nroles     {roles}\nright     {}\ndecision  {decision}\n",
        act.tool,
        act.effect.as_str(),
        explained.right,
    );
    let named = |answer: &str| {
        let found = explained.rules.iter().filter(|looked| looked.answer == answer);
        found.map(|looked: &Looked| looked.rule.as_str()).collect::<Vec<_>>()
    };
    for answer in ["deny", "approve", "warn"] {
        for sentence in explained.sentences(answer) {
            text.extend([&format!("{answer:<9} "), sentence.as_str(), "\n"]);
        }
    }
    for (word, names) in [("fulfilled", named("fulfilled")), ("other", named("not about this"))] {
        if !names.is_empty() {
            text.extend([&format!("{word:<9} "), names.join(", ").as_str(), "\n"]);
        }
    }
    text
}

/// Columns as wide as what stands in them; the last one as it is.
fn table<const N: usize>(head: &[&str; N], rows: &[[String; N]]) {
    let width = |column: usize| {
        rows.iter().map(|row| row[column].chars().count()).chain([head[column].len()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    let print = |cells: Vec<&str>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        println!("{}", padded.collect::<Vec<_>>().join("  ").trim_end());
    };
    print(head.to_vec());
    for row in rows {
        print(row.iter().map(String::as_str).collect());
    }
}

/// Reads `units.now=5`.
pub(crate) fn fact(text: &str) -> Result<(&'static str, f64), String> {
    let wanted =
        || format!("a fact and a number are wanted, as in `units.now=5`; facts are: {}", known_facts().join(", "));
    let (name, value) = text.split_once('=').ok_or_else(wanted)?;
    let name = known_facts().into_iter().find(|known| *known == name).ok_or_else(wanted)?;
    Ok((name, value.parse().map_err(|_| wanted())?))
}
