//! Every shipped rule, with an act that it lets pass and one that it does not, over real tools and arguments.

use std::collections::BTreeSet;

use catalogue::Catalogue;
use chrono::{DateTime, TimeDelta, Utc};
use identity::Caller;
use policy::{Act, Budget, Circumstances, Effect, Explanation, Judgement, Policy, Target};
use serde_json::{Value, json};

/// A Tuesday morning.
const WORKING: &str = "2026-11-17T09:00:00Z";
/// A Saturday.
const WEEKEND: &str = "2026-11-21T09:00:00Z";

/// An act and what surrounds it.
#[derive(Clone)]
struct Try {
    act: Act,
    role: &'static str,
    circumstances: Circumstances,
}

/// An act of a real tool where the program has it, with arguments that fit its schema; else of another peer's.
fn act(tool: &str, model: &str, arguments: Value) -> Act {
    let Value::Object(mut given) = arguments else { panic!("an object") };
    let Some(tool) = Catalogue::shipped().get(tool).map(|tool| tool.name().to_owned()) else {
        let destroys = ["destroy", "kill", "remove", "disable"].iter().any(|word| tool.starts_with(word));
        let effect = if destroys { Effect::Destructive } else { Effect::Write };
        return Act::new(format!("juju_{}", tool.replace('-', "_")), effect)
            .with_target(Target::in_model("eu", model, []))
            .with_arguments(Value::Object(given));
    };
    given.insert("model".to_owned(), model.into());
    let catalogue = Catalogue::shipped();
    let plan = catalogue.get(&tool).expect("it was there").plan(given);
    let plan = plan.unwrap_or_else(|error| panic!("{tool}: {error}"));
    let act = plan.act_nowhere();
    let target = Target::in_model("eu", model, act.target.entities.clone());
    act.with_target(target)
}

fn at(tool: &str, model: &str, arguments: Value) -> Try {
    let circumstances = Circumstances::at(WORKING.parse().expect("a moment"));
    Try { act: act(tool, model, arguments), role: "admin", circumstances }
}

impl Try {
    fn by(self, role: &'static str) -> Self {
        Self { role, ..self }
    }

    fn when(mut self, now: &str) -> Self {
        self.circumstances.now = now.parse().expect("a moment");
        self
    }

    fn knowing(mut self, name: &'static str, value: u32) -> Self {
        self.circumstances.facts.insert(name, json!(value));
        self
    }

    fn explained(&self, policy: &Policy) -> Explanation {
        policy.explain(&Caller::local("ana", self.role), &self.act, &self.circumstances)
    }

    /// What one rule answers.
    fn answer(&self, policy: &Policy, rule: &str) -> String {
        let explained = self.explained(policy);
        explained.rules.into_iter().find(|looked| looked.rule == rule).expect(rule).answer.to_owned()
    }
}

fn pod(container: &str, more: &str) -> Value {
    json!({"manifest": format!("kind: Pod\nspec: {{{more} containers: [{{name: web, {container}}}]}}\n")})
}

fn good_pod() -> Value {
    let limits = "resources: {limits: {cpu: '1', memory: 1Gi}}";
    pod(&format!("image: nginx:1.29, {limits}, securityContext: {{runAsNonRoot: true, privileged: false}}"), "")
}

/// Rule, what follows, an act that breaks it, one that does not, and whether the second is one that it is about.
type Case = (&'static str, &'static str, Try, Try, bool);

fn pods() -> Vec<Case> {
    let apply = |arguments| at("apply-manifest", "ana/shop", arguments);
    vec![
        ("require-resource-limits", "warn", apply(pod("image: nginx:1", "")), apply(good_pod()), true),
        (
            "no-privileged-containers",
            "approve",
            apply(pod("securityContext: {privileged: true}", "")),
            apply(good_pod()),
            true,
        ),
        ("no-host-namespaces", "approve", apply(pod("image: nginx:1", "hostNetwork: true,")), apply(good_pod()), true),
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
            "second-person-in-production",
            "approve",
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
            "approve",
            at("expose", prod, json!({"application": "web"})),
            at("expose", prod, json!({"application": "web", "to_cidrs": ["10.0.0.0/8"]})),
            true,
        ),
        (
            "warn-public-expose",
            "warn",
            at("expose", dev, json!({"application": "web", "to_cidrs": ["0.0.0.0/0"]})),
            at("expose", dev, json!({"application": "web", "to_spaces": ["internal"]})),
            true,
        ),
        (
            "no-shell-in-production",
            "deny",
            at("exec", prod, json!({"command": "uptime", "units": ["web/0"]})),
            at("exec", dev, json!({"command": "uptime", "units": ["web/0"]})),
            false,
        ),
        (
            "change-window",
            "approve",
            at("refresh", prod, json!({"application": "web"})).when(WEEKEND),
            at("refresh", prod, json!({"application": "web"})),
            true,
        ),
        (
            "require-backup-before-upgrade",
            "approve",
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
            "approve",
            at("remove-application", dev, json!({"applications": ["web"]})),
            add_unit(1),
            false,
        ),
        (
            "gpu-needs-approval",
            "approve",
            machine("instance-type=g4dn.xlarge"),
            machine("instance-type=m5.large"),
            true,
        ),
        ("large-node-count-needs-approval", "approve", add_unit(11), add_unit(10), true),
        (
            "max-units-per-application",
            "approve",
            add_unit(9).knowing("units.now", 45),
            add_unit(5).knowing("units.now", 45),
            true,
        ),
        ("cost-cap", "approve", machine("instance-type=p4d.24xlarge"), machine("mem=8G cores=4"), true),
        (
            "no-plaintext-secrets-in-config",
            "approve",
            config(json!({"admin-password": "hunter2"})),
            config(json!({"admin-password": "secret:cq8v2h4t1pso3qd0kfg0", "port": 80})),
            true,
        ),
        (
            "no-trust-without-approval",
            "approve",
            at("trust", dev, json!({"application": "web"})),
            at("trust", dev, json!({"application": "web", "remove": true})),
            true,
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
            "approve",
            at("remove-relation", dev, json!({"endpoints": ["web", "db"], "force": true})),
            at("remove-relation", dev, json!({"endpoints": ["web", "db"]})),
            true,
        ),
    ]
}

#[test]
fn every_shipped_rule_strikes_where_it_should_and_nowhere_else() {
    let policy = Policy::shipped().expect("part of the program");
    let mut hit = BTreeSet::from(["write-budget"]);
    for (rule, answer, breaking, keeping, about) in pods().into_iter().chain(production()).chain(anywhere()) {
        assert!(hit.insert(rule), "{rule} is there twice");
        assert_eq!(breaking.answer(&policy, rule), answer, "{rule}: {}", breaking.act.arguments);
        let passes = if about { "fulfilled" } else { "not about this" };
        assert_eq!(keeping.answer(&policy, rule), passes, "{rule}: {}", keeping.act.arguments);
        let decision = breaking.explained(&policy).decision;
        let at_least: &[&str] = match answer {
            "deny" => &["deny"],
            "approve" => &["ask", "deny"],
            _ => &["allow", "ask", "deny"],
        };
        assert!(at_least.contains(&decision), "{rule}: {decision}");
    }
    let shipped: BTreeSet<&str> = policy.rules().iter().map(|rule| rule.name.as_str()).collect();
    assert_eq!(hit, shipped);
    assert!(shipped.len() >= 22);
    for rule in policy.rules() {
        assert!(!rule.message.is_empty() && rule.explanation.len() > 20, "{} is not explained", rule.name);
    }
}

#[test]
fn too_many_changes_of_one_caller_in_an_hour_want_a_human() {
    let policy = Policy::shipped().expect("part of the program");
    let budget = Budget::default();
    let one = act("config", "ana/dev", json!({"application": "web", "values": {"port": 80}}));
    let begin: DateTime<Utc> = WORKING.parse().expect("a moment");
    let caller = Caller::local("ana", "operator");
    let judged = |minute: i64| {
        let now = begin + TimeDelta::seconds(30 * minute);
        let reserved = Some(budget.reserve("ana", &one, now));
        policy.judge(&caller, &one, &Circumstances { reserved, ..Circumstances::at(now) })
    };
    for minute in 0..60 {
        assert!(matches!(judged(minute), Judgement::Allow { .. }), "{minute}");
    }
    let Judgement::Ask { demands, .. } = judged(60) else { panic!("the 61st passed") };
    assert_eq!(demands.iter().map(|demand| demand.rule.as_str()).collect::<Vec<_>>(), ["write-budget"]);
    assert!(demands[0].message.contains("61 acts of 60"), "{}", demands[0].message);
    assert!(matches!(judged(60 + 122), Judgement::Allow { .. }), "an hour later it is free again");
}

#[test]
fn the_example_of_a_cluster_wants_a_human_for_two_reasons() {
    let policy = Policy::shipped().expect("part of the program");
    let reasons = |tried: Try| {
        let explained = tried.explained(&policy);
        let asking = explained.rules.into_iter().filter(|looked| looked.answer == "approve");
        (explained.decision, asking.map(|looked| looked.rule).collect::<Vec<_>>())
    };
    let budgeted = |mut tried: Try| {
        let now = tried.circumstances.now;
        tried.circumstances.reserved = Some(Budget::default().reserve("ana", &tried.act, now));
        tried
    };
    let cluster =
        |count: u32, gpu: bool| budgeted(at("create-cluster", "", json!({"node_count": count, "gpu_enabled": gpu})));
    let (gpu, many) = ("gpu-needs-approval".to_owned(), "large-node-count-needs-approval".to_owned());
    assert_eq!(reasons(cluster(15, true)), ("ask", vec![gpu.clone(), many.clone()]));
    assert_eq!(reasons(cluster(3, false)), ("allow", vec![]));
    let units = at("add-unit", "ana/shop", json!({"application": "web", "num_units": 15})).knowing("units.now", 2);
    assert_eq!(reasons(budgeted(units)), ("ask", vec![many]));
    let machine = at("add-machine", "ana/shop", json!({"constraints": "instance-type=g5.xlarge"}));
    assert_eq!(reasons(budgeted(machine)), ("ask", vec![gpu]));
}

#[test]
fn production_is_denied_or_needs_two_and_development_needs_one() {
    let policy = Policy::shipped().expect("part of the program");
    let judged = |tool: &str, model: &str, arguments: Value| {
        let tried = at(tool, model, arguments);
        policy.judge(&Caller::local("ana", "admin"), &tried.act, &tried.circumstances)
    };
    let second = |judgement: Judgement| match judgement {
        Judgement::Ask { demands, .. } => demands.iter().any(|demand| demand.second_person),
        other => panic!("not asked: {other:?}"),
    };
    let removal = || json!({"applications": ["web"]});
    assert!(matches!(judged("destroy-model", "ana/prod", json!({})), Judgement::Deny(_)));
    assert!(second(judged("remove-application", "ana/prod", removal())));
    assert!(!second(judged("destroy-model", "ana/dev", json!({}))));
    assert!(!second(judged("remove-application", "ana/dev", removal())));
}

#[test]
fn what_cannot_be_known_is_asked_about() {
    let policy = Policy::shipped().expect("part of the program");
    for (rule, tried) in [
        ("max-units-per-application", at("add-unit", "ana/dev", json!({"application": "web"}))),
        ("no-privileged-containers", at("apply-manifest", "ana/dev", json!({"manifest": "a: [1"}))),
    ] {
        assert_eq!(tried.answer(&policy, rule), "approve", "{rule}");
    }
}
