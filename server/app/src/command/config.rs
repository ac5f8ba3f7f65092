//! `juju-mcp config`: checks a configuration file, or prints its schema.

use std::process::ExitCode;

use policy::BuiltinRules;

use super::serve::{self, Required};
use crate::{
    cli::{self, PolicySource},
    config::Config,
    failure::Failure,
    output,
    policy_watcher::PolicyWatcher,
    wiring,
};

pub(super) async fn run(command: &cli::Config) -> Result<ExitCode, Failure> {
    match command {
        cli::Config::Check { file, connect } => {
            let config = Config::read(file)?;
            let controllers = config.endpoints()?;
            let policy = PolicyWatcher::new(Some(file), &PolicySource::default(), BuiltinRules::All).read()?;
            serve::validate(&config, policy.roles())?;
            if *connect {
                let configured = wiring::controllers(&config, config.juju_data_dir.as_deref()).await?;
                serve::check_controllers(&configured, Required::All).await?;
            }
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
