//! Every tool and every shipped role, pinned; and the reference of the shipped policy, held against the policy itself.

use std::{fmt::Write as _, path::Path};

use catalogue::{Catalogue, Tool};
use identity::Caller;
use policy::{Act, Budget, Circumstances, Effect, MEASURES, Policy, Target};
use serde_json::json;

const ROLES: [&str; 5] = ["viewer", "observer", "operator", "approver", "admin"];

/// A Tuesday morning, with all that rules look up known and harmless.
fn circumstances(tool: &dyn Tool, act: &Act) -> Circumstances {
    let now = "2026-11-17T09:00:00Z".parse().expect("a moment");
    Circumstances {
        now,
        toolset: tool.toolset().to_owned(),
        facts: [("units.now", json!(2))].into(),
        reserved: Some(Budget::default().reserve("ana", act, now)),
    }
}

/// What a role gets: `yes`, `ask` (a human), `two` (a second person), `-`.
fn cell(policy: &Policy, role: &str, tool: &dyn Tool, effect: Effect, model: &str) -> &'static str {
    let act = Act::new(tool.name(), effect).with_target(Target::in_model("eu", model, []));
    let caller = Caller::local("ana", role);
    let explained = policy.explain(&caller, &act, &circumstances(tool, &act));
    let seen = policy.rights(&caller).may_see(tool.name(), tool.toolset(), effect).is_ok();
    match (explained.decision, explained.second_person) {
        ("allow", _) => "yes",
        ("ask", false) => "ask",
        ("ask", true) => "two",
        // what is denied for another reason than the role alone is still seen
        _ if seen && !explained.right.contains("not allowed") => "no",
        _ => "-",
    }
}

fn matrix() -> String {
    let policy = Policy::shipped().expect("part of the program");
    let mut text = format!("{:<28} {:<12}", "tool", "effect");
    for role in ROLES {
        write!(text, " {role:<13}").expect("a string takes all");
    }
    text = format!("{}\n", text.trim_end());
    for tool in Catalogue::shipped().iter() {
        let effects = [Effect::Read, Effect::Sensitive, Effect::Write, Effect::Destructive];
        for effect in effects.into_iter().filter(|effect| [tool.least(), tool.effect()].contains(effect)) {
            let mut line = format!("{:<28} {:<12}", tool.name(), effect.as_str());
            for role in ROLES {
                let places = ["ana/dev", "ana/prod"].map(|model| cell(&policy, role, tool, effect, model));
                write!(line, " {:<13}", places.join(" / ")).expect("a string takes all");
            }
            text.extend([line.trim_end(), "\n"]);
        }
    }
    text
}

/// Compares a text with a file that was reviewed; `UPDATE_SNAPSHOTS=1` writes it anew.
fn reviewed(file: &Path, now: &str) {
    if option_env!("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(file, now).expect("written");
    }
    let before = std::fs::read_to_string(file).unwrap_or_default();
    let odd = now.lines().find(|line| !before.lines().any(|known| known == *line));
    let gone = before.lines().find(|line| !now.lines().any(|known| known == *line));
    let file = file.display();
    assert!(
        before == now,
        "{file} differs; review it, then write it anew with UPDATE_SNAPSHOTS=1\n  now: {odd:?}\n  before: {gone:?}"
    );
}

/// Outside production / in production: `yes`, `ask` a human, `two` (a second person), `no` (by a rule), `-` (by role).
#[test]
fn who_gets_what_is_as_it_was_reviewed() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots/rights.txt");
    reviewed(&file, &matrix());
}

#[test]
fn no_role_below_admin_gets_anything_destructive_and_only_operators_change_anything() {
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

/// The lists of roles, rules and measures, as the reference shows them.
fn lists(policy: &Policy) -> String {
    let mut text = "## Shipped roles\n\n| role | what it is for |\n|---|---|\n".to_owned();
    for (name, description) in policy.roles().described() {
        writeln!(text, "| `{name}` | {description} |").expect("a string takes all");
    }
    text.push_str(
        "\n## Shipped rules\n\n| rule | severity | effect | about | what has to hold | why |\n|---|---|---|---|---|---|\n",
    );
    for rule in policy.rules() {
        let (severity, effect) = (rule.severity.as_str(), rule.response().as_str());
        let second = if rule.second_person { ", second person" } else { "" };
        let check = rule.check().replace('|', "\\|");
        let why = format!("{}. {}", rule.message.trim_end_matches('.'), rule.explanation);
        // stars would be read as emphasis
        let about = rule.about().replace('*', "\\*");
        writeln!(text, "| `{}` | {severity} | {effect}{second} | {about} | `{check}` | {why} |", rule.name)
            .expect("a string takes all");
    }
    text.push_str("\n## Measures\n\n| measure | what it says |\n|---|---|\n");
    for (name, meaning) in MEASURES {
        writeln!(text, "| `{name}` | {meaning} |").expect("a string takes all");
    }
    text
}

#[test]
fn the_reference_lists_what_is_shipped() {
    let policy = Policy::shipped().expect("part of the program");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tree").join("docs/policy.md");
    let text = std::fs::read_to_string(&file).expect("the reference");
    let head = text.split("## Shipped roles\n").next().expect("a head");
    reviewed(&file, &format!("{head}{}", lists(&policy)));
}

/// Every example of the reference is read as it stands.
#[test]
fn the_examples_of_the_reference_can_be_used() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tree").join("docs/policy.md");
    let text = std::fs::read_to_string(&file).expect("the reference");
    let examples: Vec<&str> = text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(examples.len() >= 4);
    for example in examples {
        Policy::read(&[("docs/policy.md", example)], policy::Profile::Shipped)
            .unwrap_or_else(|error| panic!("{error}\n{example}"));
    }
}
