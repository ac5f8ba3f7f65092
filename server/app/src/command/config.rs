//! `juju-mcp config`: checks a configuration file, or prints its schema.

use std::process::ExitCode;

use policy::BuiltinRules;

use crate::{
    cli::{self, PolicySource},
    config::{Config, read_token},
    failure::Failure,
    output,
    policy_watcher::PolicyWatcher,
};

pub(super) fn run(command: &cli::Config) -> Result<ExitCode, Failure> {
    match command {
        cli::Config::Check { file } => {
            let config = Config::read(file)?;
            let controllers = config.endpoints()?;
            for token in &config.tokens {
                read_token(&token.file)?;
            }
            let policy = PolicyWatcher::new(Some(file), &PolicySource::default(), BuiltinRules::All).read()?;
            super::serve::check_roles(policy.roles(), config.tokens.iter().map(|token| token.role.as_str()))?;
            println!(
                "`{}` is valid: {} controllers, {} tokens",
                file.display(),
                controllers.len(),
                config.tokens.len()
            );
        }
        cli::Config::Schema => {
            output::json(&schemars::schema_for!(Config))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
