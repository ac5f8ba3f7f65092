//! Every built-in rule, with an act that satisfies it and one that violates it, for real tools and arguments.

use std::collections::BTreeSet;

use catalogue::Catalogue;
use chrono::{DateTime, TimeDelta, Utc};
use identity::Caller;
use policy::{Act, Budget, Effect, EvaluationContext, Explanation, Fact, Policy, PolicyDecision, Target};
use serde_json::{Value, json};

/// A Tuesday morning.
const WORKING: &str = "2026-11-17T09:00:00Z";
/// A Saturday.
const WEEKEND: &str = "2026-11-21T09:00:00Z";

/// An act with its evaluation context.
#[derive(Clone)]
struct Attempt {
    act: Act,
    role: &'static str,
    context: EvaluationContext,
}

/// An act of a tool of this server, with arguments that match its schema; otherwise of another MCP server.
fn act(tool: &str, model: &str, arguments: Value) -> Act {
    let Value::Object(mut given) = arguments else { panic!("an object") };
    let Some(tool) = Catalogue::builtin().get(tool).map(|tool| tool.name().to_owned()) else {
        let destroys = ["destroy", "kill", "remove", "disable"].iter().any(|word| tool.starts_with(word));
        let effect = if destroys { Effect::Destructive } else { Effect::Write };
        return Act::new(format!("juju_{}", tool.replace('-', "_")), effect)
            .with_target(Target::in_model("eu", model, []))
            .with_arguments(Value::Object(given));
    };
    if !model.is_empty() {
        given.insert("model".to_owned(), model.into());
    }
    let catalogue = Catalogue::builtin();
    let plan = catalogue.get(&tool).expect("it was there").plan(given);
    let plan = plan.unwrap_or_else(|error| panic!("{tool}: {error}"));
    let act = plan.unresolved_act();
    let target = Target::in_model("eu", model, act.target.entities.clone());
    act.with_target(target)
}

fn at(tool: &str, model: &str, arguments: Value) -> Attempt {
    let (now, act) = (WORKING.parse().expect("a moment"), act(tool, model, arguments));
    // the first act of its caller and in its model
    let reservation = Some(Budget::default().preview("ana", &act, &policy::Prices::default(), now));
    Attempt { act, role: "admin", context: EvaluationContext { reservation, ..EvaluationContext::new(now) } }
}

impl Attempt {
    fn by(self, role: &'static str) -> Self {
        Self { role, ..self }
    }

    fn with_time(mut self, now: &str) -> Self {
        self.context.now = now.parse().expect("a moment");
        self
    }

    fn with_units_now(mut self, count: u64) -> Self {
        self.context.facts.insert(Fact::UnitsNow, count);
        self
    }

    fn explain(&self, policy: &Policy) -> Explanation {
        policy.explain(&Caller::local("ana", self.role), &self.act, &self.context)
    }

    /// Result of one rule.
    fn result(&self, policy: &Policy, rule: &str) -> String {
        let explained = self.explain(policy);
        explained.rules.into_iter().find(|rule_result| rule_result.rule == rule).expect(rule).result.to_owned()
    }
}

fn pod(container: &str, more: &str) -> Value {
    json!({"manifest": format!("kind: Pod\nspec: {{{more} containers: [{{name: web, {container}}}]}}\n")})
}

fn good_pod() -> Value {
    let limits = "resources: {limits: {cpu: '1', memory: 1Gi}}";
    pod(&format!("image: nginx:1.29, {limits}, securityContext: {{runAsNonRoot: true, privileged: false}}"), "")
}

/// Rule, enforcement, an act that violates it, one that does not, and whether the rule applies to the second.
type Case = (&'static str, &'static str, Attempt, Attempt, bool);

fn pods() -> Vec<Case> {
    let apply = |arguments| at("apply-manifest", "ana/shop", arguments);
    vec![
        ("require-resource-limits", "warn", apply(pod("image: nginx:1", "")), apply(good_pod()), true),
        (
            "no-privileged-containers",
            "require_approval",
            apply(pod("securityContext: {privileged: true}", "")),
            apply(good_pod()),
            true,
        ),
        (
            "no-host-namespaces",
            "require_approval",
            apply(pod("image: nginx:1", "hostNetwork: true,")),
            apply(good_pod()),
            true,
        ),
        ("no-latest-image-tag", "warn", apply(pod("image: nginx", "")), apply(good_pod()), true),
        ("run-as-non-root", "warn", apply(pod("securityContext: {runAsUser: 0}", "")), apply(good_pod()), true),
    ]
}

fn production() -> Vec<Case> {
    let deploy = |model, more: Value| {
        let mut arguments = json!({"charm": "postgresql"});
        arguments.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
        at("deploy", model, arguments)
    };
    let (prod, dev) = ("ana/prod-shop", "ana/dev");
    let none = || json!({});
    let upgrade = || at("upgrade-model", prod, none());
    vec![
        (
            "no-floating-channel-in-production",
            "warn",
            deploy(prod, json!({"channel": "latest/stable"})),
            deploy(prod, json!({"channel": "14/stable"})),
            true,
        ),
        ("deny-destroy-production", "deny", at("destroy-model", prod, none()), at("destroy-model", dev, none()), false),
        (
            "second-approver-in-production",
            "require_approval",
            at("remove-unit", prod, json!({"units": ["web/0"]})),
            at("remove-unit", dev, json!({"units": ["web/0"]})),
            false,
        ),
        (
            "require-ha-for-stateful",
            "warn",
            deploy(prod, json!({"num_units": 2})),
            deploy(prod, json!({"num_units": 3})),
            true,
        ),
        (
            "no-public-expose-without-cidrs",
            "require_approval",
            at("expose", prod, json!({"application": "web"})),
            at("expose", prod, json!({"application": "web", "to_cidrs": ["10.0.0.0/8"]})),
            false,
        ),
        (
            "warn-public-expose",
            "warn",
            at("expose", dev, json!({"application": "web", "to_cidrs": ["0.0.0.0/0"]})),
            at("expose", dev, json!({"application": "web", "to_spaces": ["internal"]})),
            false,
        ),
        (
            "no-shell-in-production",
            "deny",
            at("exec", prod, json!({"command": "uptime", "units": ["web/0"]})),
            at("exec", dev, json!({"command": "uptime", "units": ["web/0"]})),
            false,
        ),
        (
            "no-machine-setup-in-production",
            "deny",
            at("model-config", prod, json!({"values": {"apt-mirror": "http://192.0.2.1"}})).by("operator"),
            at("model-config", prod, json!({"values": {"apt-mirror": "http://192.0.2.1"}})),
            false,
        ),
        (
            "foreign-code-in-production",
            "require_approval",
            at("refresh", prod, json!({"application": "web", "path": "./web.charm"})),
            at("refresh", prod, json!({"application": "web"})),
            false,
        ),
        (
            "change-window",
            "require_approval",
            at("refresh", prod, json!({"application": "web"})).with_time(WEEKEND),
            at("refresh", prod, json!({"application": "web"})),
            true,
        ),
        (
            "require-backup-before-upgrade",
            "require_approval",
            upgrade(),
            at("refresh", prod, json!({"application": "web"})),
            false,
        ),
        (
            "revision-pinning",
            "warn",
            deploy(prod, none()),
            deploy(prod, json!({"revision": 363, "channel": "14/stable"})),
            true,
        ),
        ("require-constraints", "warn", deploy(prod, none()), deploy(prod, json!({"constraints": "mem=4G"})), true),
    ]
}

fn anywhere() -> Vec<Case> {
    let dev = "ana/dev";
    let add_unit = |number: u32| at("add-unit", dev, json!({"application": "web", "num_units": number}));
    let machine = |constraints: &str| at("add-machine", dev, json!({"constraints": constraints}));
    let config = |values: Value| at("config", dev, json!({"application": "web", "values": values}));
    let run = |script: &str| at("run", dev, json!({"units": ["web/0"], "action": "shell", "params": {"do": script}}));
    vec![
        (
            "approve-destructive",
            "require_approval",
            at("remove-application", dev, json!({"applications": ["web"]})),
            add_unit(1),
            false,
        ),
        (
            "gpu-needs-approval",
            "require_approval",
            machine("instance-type=g4dn.xlarge"),
            machine("instance-type=m5.large"),
            true,
        ),
        (
            "machine-setup-needs-approval",
            "require_approval",
            at("model-config", dev, json!({"values": {"cloudinit-userdata": "runcmd: [id]"}})),
            at("model-config", dev, json!({"values": {"logging-config": "<root>=INFO"}})),
            false,
        ),
        ("large-node-count-needs-approval", "require_approval", add_unit(11), add_unit(10), true),
        (
            "max-units-per-application",
            "require_approval",
            add_unit(9).with_units_now(45),
            add_unit(5).with_units_now(45),
            true,
        ),
        ("cost-cap", "require_approval", machine("instance-type=p4d.24xlarge"), machine("mem=8G cores=4"), true),
        (
            "no-plaintext-secrets-in-config",
            "require_approval",
            config(json!({"admin-password": "hunter2"})),
            config(json!({"admin-password": "secret:cq8v2h4t1pso3qd0kfg0", "port": 80})),
            true,
        ),
        (
            "no-trust-without-approval",
            "require_approval",
            at("trust", dev, json!({"application": "web"})),
            at("trust", dev, json!({"application": "web", "remove": true})),
            false,
        ),
        (
            "deny-user-and-credential-changes",
            "deny",
            at("add-user", "", json!({"user": "eve"})).by("operator"),
            at("add-user", "", json!({"user": "eve"})),
            false,
        ),
        ("blocked-patterns", "deny", run("cd /tmp && rm -rf /"), run("rm -rf /tmp/build"), true),
        (
            "force-flag-needs-approval",
            "require_approval",
            at("remove-relation", dev, json!({"endpoints": ["web", "db"], "force": true})),
            at("remove-relation", dev, json!({"endpoints": ["web", "db"]})),
            true,
        ),
    ]
}

#[test]
fn builtin_rule_is_violated_only_where_intended() {
    let policy = Policy::builtin().expect("built-in policy");
    let mut covered = BTreeSet::from(["write-budget"]);
    for (rule, answer, violating, satisfying, about) in pods().into_iter().chain(production()).chain(anywhere()) {
        assert!(covered.insert(rule), "{rule} is covered twice");
        assert_eq!(violating.result(&policy, rule), answer, "{rule}: {}", violating.act.arguments);
        let passes = if about { "passed" } else { "not_applicable" };
        assert_eq!(satisfying.result(&policy, rule), passes, "{rule}: {}", satisfying.act.arguments);
        let decision = violating.explain(&policy).decision;
        let at_least: &[&str] = match answer {
            "deny" => &["deny"],
            "require_approval" => &["require_approval", "deny"],
            _ => &["allow", "require_approval", "deny"],
        };
        assert!(at_least.contains(&decision), "{rule}: {decision}");
    }
    let builtin: BTreeSet<&str> = policy.rules().iter().map(|rule| rule.name.as_str()).collect();
    assert_eq!(covered, builtin);
    assert!(builtin.len() >= 22);
    for rule in policy.rules() {
        assert!(!rule.message.is_empty() && rule.explanation.len() > 20, "{} has no explanation", rule.name);
    }
}

#[test]
fn write_budget_requires_approval_after_sixty_changes_in_an_hour() {
    let policy = Policy::builtin().expect("built-in policy");
    let budget = Budget::default();
    let one = act("config", "ana/dev", json!({"application": "web", "values": {"port": 80}}));
    let begin: DateTime<Utc> = WORKING.parse().expect("a moment");
    let caller = Caller::local("ana", "operator");
    let evaluate = |minute: i64| {
        let now = begin + TimeDelta::seconds(30 * minute);
        let reserved = Some(budget.reserve("ana", &one, &policy::Prices::default(), now));
        policy.evaluate(&caller, &one, &EvaluationContext { reservation: reserved, ..EvaluationContext::new(now) })
    };
    for minute in 0..60 {
        assert!(matches!(evaluate(minute), PolicyDecision::Allow { .. }), "{minute}");
    }
    let PolicyDecision::RequireApproval { requirements, .. } = evaluate(60) else { panic!("the 61st act passed") };
    assert_eq!(requirements.iter().map(|requirement| requirement.rule.as_str()).collect::<Vec<_>>(), ["write-budget"]);
    assert!(requirements[0].message.contains("61 acts of 60"), "{}", requirements[0].message);
    assert!(matches!(evaluate(60 + 122), PolicyDecision::Allow { .. }), "an hour later the budget is free again");
}

#[test]
fn cluster_with_many_gpu_nodes_violates_two_rules() {
    let policy = Policy::builtin().expect("built-in policy");
    let reasons = |tried: Attempt| {
        let explained = tried.explain(&policy);
        let asking = explained.rules.into_iter().filter(|rule_result| rule_result.result == "require_approval");
        (explained.decision, asking.map(|rule_result| rule_result.rule).collect::<Vec<_>>())
    };
    let budgeted = |mut tried: Attempt| {
        let now = tried.context.now;
        tried.context.reservation = Some(Budget::default().reserve("ana", &tried.act, &policy::Prices::default(), now));
        tried
    };
    let cluster =
        |count: u32, gpu: bool| budgeted(at("create-cluster", "", json!({"node_count": count, "gpu_enabled": gpu})));
    let (gpu, many) = ("gpu-needs-approval".to_owned(), "large-node-count-needs-approval".to_owned());
    assert_eq!(reasons(cluster(15, true)), ("require_approval", vec![gpu.clone(), many.clone()]));
    assert_eq!(reasons(cluster(3, false)), ("allow", vec![]));
    let units = at("add-unit", "ana/shop", json!({"application": "web", "num_units": 15})).with_units_now(2);
    assert_eq!(reasons(budgeted(units)), ("require_approval", vec![many]));
    let machine = at("add-machine", "ana/shop", json!({"constraints": "instance-type=g5.xlarge"}));
    assert_eq!(reasons(budgeted(machine)), ("require_approval", vec![gpu]));
}

#[test]
fn production_needs_a_second_approver_and_development_one() {
    let policy = Policy::builtin().expect("built-in policy");
    let evaluate = |tool: &str, model: &str, arguments: Value| {
        let tried = at(tool, model, arguments);
        policy.evaluate(&Caller::local("ana", "admin"), &tried.act, &tried.context)
    };
    let second = |decision: PolicyDecision| match decision {
        PolicyDecision::RequireApproval { requirements, .. } => {
            requirements.iter().any(|requirement| requirement.requires_second_approver)
        }
        other => panic!("no approval required: {other:?}"),
    };
    let removal = || json!({"applications": ["web"]});
    assert!(matches!(evaluate("destroy-model", "ana/prod", json!({})), PolicyDecision::Deny(_)));
    assert!(second(evaluate("remove-application", "ana/prod", removal())));
    assert!(!second(evaluate("destroy-model", "ana/dev", json!({}))));
    assert!(!second(evaluate("remove-application", "ana/dev", removal())));
}

#[test]
fn unknown_value_requires_approval() {
    let policy = Policy::builtin().expect("built-in policy");
    for (rule, tried) in [
        ("max-units-per-application", at("add-unit", "ana/dev", json!({"application": "web"}))),
        ("no-privileged-containers", at("apply-manifest", "ana/dev", json!({"manifest": "a: [1"}))),
    ] {
        assert_eq!(tried.result(&policy, rule), "require_approval", "{rule}");
    }
}
