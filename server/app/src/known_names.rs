//! The names that policies and configurations may use: tools, toolsets, arguments, controllers.

use catalogue::Catalogue;
use policy::{KnownNames, KnownTool};

use crate::config::Config;

/// Options of every tool, which acts do not have as arguments.
const OPTIONS: [&str; 8] =
    ["model", "controller", "dry_run", "idempotency_key", "format", "fields", "filter", "cursor"];

/// The names that exist for a configuration.
pub(crate) fn known_names(config: &Config) -> KnownNames {
    let catalogue = Catalogue::builtin();
    let tools = mcp::tool_arguments(&catalogue).into_iter().map(|(name, mut arguments)| {
        let own = match name.as_str() {
            dispatch::CHANGES_TOOL => dispatch::CHANGES_TOOLSET,
            dispatch::FINDINGS_TOOL
            | dispatch::EXPLAIN_TOOL
            | dispatch::DIAGNOSE_TOOL
            | dispatch::SAVE_BASELINE_TOOL
            | dispatch::BASELINE_TOOL
            | dispatch::PLANS_TOOL => dispatch::OBSERVER_TOOLSET,
            _ => "",
        };
        let toolset = catalogue.get(&name).map_or(own, |tool| tool.toolset()).to_owned();
        arguments.retain(|argument| !OPTIONS.contains(&argument.as_str()));
        (name, KnownTool { toolset, arguments })
    });
    // a webhook, which is no tool, and has a permission as one
    let webhook = KnownTool { toolset: dispatch::OBSERVER_TOOLSET.to_owned(), arguments: Vec::new() };
    let tools = tools.chain([(dispatch::ALERTS_TOOL.to_owned(), webhook)]);
    let controllers: Vec<_> = config.controllers.iter().map(|controller| controller.name.clone()).collect();
    KnownNames {
        tools: tools.collect(),
        controllers: Some(controllers).filter(|names| !names.is_empty() && config.juju_data_dir.is_none()),
        issuer: config.oauth.as_ref().map(|oauth| oauth.issuer.clone()),
    }
}

#[cfg(test)]
mod tests {
    use policy::{BuiltinRules, Policy};

    use super::*;

    #[test]
    fn builtin_policy_names_only_tools_and_arguments_that_exist() {
        let known = known_names(&Config::default());
        for rules in [BuiltinRules::All, BuiltinRules::Relaxed] {
            let policy = Policy::read(&[], rules).expect("built-in policy");
            assert_eq!(policy.unknown_names(&known), []);
        }
        assert_eq!((&*known.tools["audit_changes"].toolset, &*known.tools["juju_status"].toolset), ("audit", "status"));
        assert!(known.tools["juju_add_unit"].arguments.contains(&"num_units".to_owned()));
        assert!(!known.tools["juju_add_unit"].arguments.contains(&"model".to_owned()));
    }
}
