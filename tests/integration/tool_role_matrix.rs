//! Pins the decision for every tool and every built-in role, and compares docs/policy.md with the built-in policy.

use std::{fmt::Write as _, path::Path};

use catalogue::{Catalogue, Tool};
use identity::Caller;
use policy::{Act, Budget, Capability, Effect, EvaluationContext, Exposure, Fact, Impact, MEASURES, Policy, Target};

const ROLES: [&str; 5] = ["viewer", "observer", "operator", "approver", "admin"];

/// A Tuesday morning, with harmless facts.
fn context(tool: &dyn Tool, act: &Act) -> EvaluationContext {
    let now = "2026-11-17T09:00:00Z".parse().expect("a moment");
    EvaluationContext {
        now,
        toolset: tool.toolset().to_owned(),
        facts: [(Fact::UnitsNow, 2)].into(),
        reservation: Some(Budget::default().reserve("ana", act, &policy::Prices::default(), now)),
    }
}

/// The decision for a role: `yes`, `ask` (an approval), `two` (a second approver), `no` (a rule), `-` (no role).
fn cell(policy: &Policy, role: &str, tool: &dyn Tool, effect: Effect, model: &str) -> &'static str {
    let act = Act::new(tool.name(), effect).with_target(Target::in_model("eu", model, []));
    let act = Act { impact: impact(tool.name()), ..act };
    let caller = Caller::local("ana", role);
    let explained = policy.explain(&caller, &act, &context(tool, &act));
    let visible = policy.permissions(&caller).check_visibility(tool.name(), tool.toolset(), effect).is_ok();
    match (explained.decision, explained.requires_second_approver) {
        ("allow", _) => "yes",
        ("require_approval", false) => "ask",
        ("require_approval", true) => "two",
        // a tool that only a rule denies is still listed
        _ if visible && !explained.role_decision.contains("not allowed") => "no",
        _ => "-",
    }
}

/// The impact of a typical act of a tool, as far as built-in rules depend on it.
fn impact(tool: &str) -> Impact {
    match tool {
        "juju_exec" => Impact::default().with_capability(Capability::OpensShell),
        "juju_expose" => Impact::default().with_exposure(Exposure::default()),
        "juju_add_ssh_key" | "juju_remove_ssh_key" | "juju_set_firewall_rule" => {
            Impact::default().with_capability(Capability::ChangesMachineSetup)
        }
        "juju_attach_resource" => Impact::default().with_capability(Capability::InstallsForeignCode),
        "juju_trust" => Impact::default().with_trust(true),
        _ => Impact::default(),
    }
}

fn matrix() -> String {
    let policy = Policy::builtin().expect("built-in policy");
    let mut text = format!("{:<28} {:<12}", "tool", "effect");
    for role in ROLES {
        write!(text, " {role:<13}").expect("a string accepts everything");
    }
    text = format!("{}\n", text.trim_end());
    for tool in Catalogue::builtin().iter() {
        let effects = [Effect::Read, Effect::Sensitive, Effect::Write, Effect::Destructive];
        for effect in effects.into_iter().filter(|effect| [tool.least(), tool.effect()].contains(effect)) {
            let mut line = format!("{:<28} {:<12}", tool.name(), effect.as_str());
            for role in ROLES {
                let places = ["ana/dev", "ana/prod"].map(|model| cell(&policy, role, tool, effect, model));
                write!(line, " {:<13}", places.join(" / ")).expect("a string accepts everything");
            }
            text.extend([line.trim_end(), "\n"]);
        }
    }
    text
}

/// Compares a text with a reviewed file; `UPDATE_SNAPSHOTS=1` overwrites the file.
fn assert_snapshot(file: &Path, now: &str) {
    if option_env!("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(file, now).expect("written");
    }
    let before = std::fs::read_to_string(file).unwrap_or_default();
    let odd = now.lines().find(|line| !before.lines().any(|known| known == *line));
    let gone = before.lines().find(|line| !now.lines().any(|known| known == *line));
    let file = file.display();
    assert!(
        before == now,
        "{file} differs; review it, then update it with UPDATE_SNAPSHOTS=1\n  now: {odd:?}\n  before: {gone:?}"
    );
}

/// Each cell: outside production / in production.
#[test]
fn decisions_match_the_reviewed_matrix() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots/rights.txt");
    assert_snapshot(&file, &matrix());
}

#[test]
fn destructive_acts_are_for_admin_and_changes_for_operator() {
    for line in matrix().lines().skip(1) {
        let words: Vec<&str> = line.split_whitespace().filter(|word| *word != "/").collect();
        let (effect, cells) = (words[1], &words[2..]);
        assert_eq!(cells.len(), 10, "{line}");
        if effect == "destructive" {
            assert!(cells[..8].iter().all(|cell| *cell == "-"), "{line}");
            assert!(cells[8] != "yes" && ["two", "no"].contains(&cells[9]), "{line}");
        }
        if effect != "read" {
            assert!([0, 1, 2, 3, 6, 7].iter().all(|place| cells[*place] == "-"), "{line}");
        }
    }
}

/// The lists of roles, rules and measures, in the form of docs/policy.md.
fn lists(policy: &Policy) -> String {
    let mut text = "## Built-in roles\n\n| role | description |\n|---|---|\n".to_owned();
    for (name, description) in policy.roles().described() {
        writeln!(text, "| `{name}` | {description} |").expect("a string accepts everything");
    }
    text.push_str(
        "\n## Built-in rules\n\n| rule | severity | enforcement | applies to | check | message and reason |\n|---|---|---|---|---|---|\n",
    );
    for rule in policy.rules() {
        let severity = rule.severity.as_str();
        let enforcement = format!("`{}`", rule.enforcement().as_str());
        let second = if rule.require_second_approver { ", second approver" } else { "" };
        let check = rule.check().replace('|', "\\|");
        let why = format!("{}. {}", rule.message.trim_end_matches('.'), rule.explanation);
        // Markdown would render stars as emphasis
        let mut scope = rule.scope().replace('*', "\\*");
        let concerns = |tool: &dyn Tool| {
            let effects = [tool.least(), tool.effect()];
            effects.into_iter().any(|effect| rule.may_concern(tool.name(), tool.toolset(), effect))
        };
        if !Catalogue::builtin().iter().any(concerns) {
            scope.push_str("; `validate_action` only");
        }
        writeln!(text, "| `{}` | {severity} | {enforcement}{second} | {scope} | `{check}` | {why} |", rule.name)
            .expect("a string accepts everything");
    }
    text.push_str("\n## Measures\n\n| measure | meaning |\n|---|---|\n");
    for (name, meaning) in MEASURES {
        writeln!(text, "| `{name}` | {meaning} |").expect("a string accepts everything");
    }
    text
}

#[test]
fn policy_reference_lists_the_builtin_policy() {
    let policy = Policy::builtin().expect("built-in policy");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tree").join("docs/policy.md");
    let text = std::fs::read_to_string(&file).expect("the reference");
    let head = text.split("## Built-in roles\n").next().expect("a head");
    assert_snapshot(&file, &format!("{head}{}", lists(&policy)));
}

/// Every YAML example of docs/policy.md is valid.
#[test]
fn policy_reference_examples_are_valid() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tree").join("docs/policy.md");
    let text = std::fs::read_to_string(&file).expect("the reference");
    let examples: Vec<&str> = text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(examples.len() >= 4);
    for example in examples {
        Policy::read(&[("docs/policy.md", example)], policy::BuiltinRules::All)
            .unwrap_or_else(|error| panic!("{error}\n{example}"));
    }
}
