//! Commands of the Juju client: a folder a noun, a file a verb.

use crate::{Tool, plan::Adapter};

pub mod action;
pub mod application;
pub mod block;
pub mod charmhub;
pub mod cloud;
pub mod controller;
pub mod credential;
pub mod firewall;
pub mod hooks;
pub mod key;
pub mod log;
pub mod machine;
pub mod model;
pub mod offer;
pub mod payload;
pub mod program;
pub mod relation;
pub mod removal;
mod render;
pub mod resource;
pub mod secret;
pub mod secret_backend;
mod setup;
pub mod space;
pub mod storage;
pub mod unit;
pub mod user;

/// One tool for each command that is here.
pub(crate) fn tools() -> Vec<Box<dyn Tool>> {
    [workload_tools(), model_tools(), controller_tools(), program_tools()].into_iter().flatten().collect()
}

/// Tools for applications and what they run on.
fn workload_tools() -> Vec<Box<dyn Tool>> {
    vec![
        Adapter::<action::cancel::CancelTask>::boxed(),
        Adapter::<action::exec::Exec>::boxed(),
        Adapter::<action::list::Actions>::boxed(),
        Adapter::<action::operations::Operations>::boxed(),
        Adapter::<action::run::Run>::boxed(),
        Adapter::<action::show_action::ShowAction>::boxed(),
        Adapter::<action::show_operation::ShowOperation>::boxed(),
        Adapter::<action::show_task::ShowTask>::boxed(),
        Adapter::<application::bind::Bind>::boxed(),
        Adapter::<application::config::Config>::boxed(),
        Adapter::<application::constraints::Constraints>::boxed(),
        Adapter::<application::deploy::Deploy>::boxed(),
        Adapter::<application::expose::Expose>::boxed(),
        Adapter::<application::refresh::Refresh>::boxed(),
        Adapter::<application::remove::RemoveApplication>::boxed(),
        Adapter::<application::scale::ScaleApplication>::boxed(),
        Adapter::<application::set_base::SetApplicationBase>::boxed(),
        Adapter::<application::set_constraints::SetConstraints>::boxed(),
        Adapter::<application::show::ShowApplication>::boxed(),
        Adapter::<application::trust::Trust>::boxed(),
        Adapter::<application::unexpose::Unexpose>::boxed(),
        Adapter::<machine::add::AddMachine>::boxed(),
        Adapter::<machine::list::Machines>::boxed(),
        Adapter::<machine::remove::RemoveMachine>::boxed(),
        Adapter::<machine::retry::RetryProvisioning>::boxed(),
        Adapter::<machine::show::ShowMachine>::boxed(),
        Adapter::<machine::upgrade::UpgradeMachine>::boxed(),
        Adapter::<relation::integrate::Integrate>::boxed(),
        Adapter::<relation::remove::RemoveRelation>::boxed(),
        Adapter::<relation::suspend::ResumeRelation>::boxed(),
        Adapter::<relation::suspend::SuspendRelation>::boxed(),
        Adapter::<resource::attach::AttachResource>::boxed(),
        Adapter::<resource::list::Resources>::boxed(),
        Adapter::<resource::of_charm::CharmResources>::boxed(),
        Adapter::<unit::add::AddUnit>::boxed(),
        Adapter::<unit::remove::RemoveUnit>::boxed(),
        Adapter::<unit::resolved::Resolved>::boxed(),
        Adapter::<unit::show::ShowUnit>::boxed(),
    ]
}

/// Tools for models and what belongs to all of their applications.
fn model_tools() -> Vec<Box<dyn Tool>> {
    vec![
        Adapter::<block::enable_destroy::EnableDestroyController>::boxed(),
        Adapter::<block::list::DisabledCommands>::boxed(),
        Adapter::<block::switch::DisableCommand>::boxed(),
        Adapter::<block::switch::EnableCommand>::boxed(),
        Adapter::<firewall::list::FirewallRules>::boxed(),
        Adapter::<firewall::set::SetFirewallRule>::boxed(),
        Adapter::<key::change::ChangeKeys<key::change::Add>>::boxed(),
        Adapter::<key::change::ChangeKeys<key::change::Remove>>::boxed(),
        Adapter::<key::change::ChangeKeys<key::change::Import>>::boxed(),
        Adapter::<key::list::SshKeys>::boxed(),
        Adapter::<log::debug::DebugLog>::boxed(),
        Adapter::<log::status::ShowStatusLog>::boxed(),
        Adapter::<model::add::AddModel>::boxed(),
        Adapter::<model::config::ModelConfig>::boxed(),
        Adapter::<model::constraints::ModelConstraints>::boxed(),
        Adapter::<model::defaults::ModelDefaults>::boxed(),
        Adapter::<model::destroy::DestroyModel>::boxed(),
        Adapter::<model::export_bundle::ExportBundle>::boxed(),
        Adapter::<model::list::Models>::boxed(),
        Adapter::<model::migrate::Migrate>::boxed(),
        Adapter::<model::set_constraints::SetModelConstraints>::boxed(),
        Adapter::<model::show::ShowModel>::boxed(),
        Adapter::<model::status::Status>::boxed(),
        Adapter::<model::upgrade::Upgrade<model::upgrade::Model>>::boxed(),
        Adapter::<model::wait::WaitFor>::boxed(),
        Adapter::<offer::consume::Consume>::boxed(),
        Adapter::<offer::find::FindOffers>::boxed(),
        Adapter::<offer::list::Offers>::boxed(),
        Adapter::<offer::make::Offer>::boxed(),
        Adapter::<offer::remove::RemoveOffer>::boxed(),
        Adapter::<offer::remove_saas::RemoveSaas>::boxed(),
        Adapter::<offer::show::ShowOffer>::boxed(),
        Adapter::<payload::list::Payloads>::boxed(),
        Adapter::<secret::access::ChangeAccess<secret::access::Grant>>::boxed(),
        Adapter::<secret::access::ChangeAccess<secret::access::Revoke>>::boxed(),
        Adapter::<secret::add::AddSecret>::boxed(),
        Adapter::<secret::list::Secrets>::boxed(),
        Adapter::<secret::remove::RemoveSecret>::boxed(),
        Adapter::<secret::show::ShowSecret>::boxed(),
        Adapter::<secret::update::UpdateSecret>::boxed(),
        Adapter::<space::add::AddSpace>::boxed(),
        Adapter::<space::list::Spaces>::boxed(),
        Adapter::<space::move_subnets::MoveToSpace>::boxed(),
        Adapter::<space::reload::ReloadSpaces>::boxed(),
        Adapter::<space::remove::RemoveSpace>::boxed(),
        Adapter::<space::rename::RenameSpace>::boxed(),
        Adapter::<space::show::ShowSpace>::boxed(),
        Adapter::<space::subnets::Subnets>::boxed(),
        Adapter::<storage::add::AddStorage>::boxed(),
        Adapter::<storage::attach::AttachStorage>::boxed(),
        Adapter::<storage::change_pool::CreateStoragePool>::boxed(),
        Adapter::<storage::change_pool::UpdateStoragePool>::boxed(),
        Adapter::<storage::detach::DetachStorage>::boxed(),
        Adapter::<storage::import::ImportFilesystem>::boxed(),
        Adapter::<storage::list::ListStorage>::boxed(),
        Adapter::<storage::pools::StoragePools>::boxed(),
        Adapter::<storage::remove::RemoveStorage>::boxed(),
        Adapter::<storage::remove_pool::RemoveStoragePool>::boxed(),
        Adapter::<storage::show::ShowStorage>::boxed(),
    ]
}

/// Tools for controllers, their users and clouds.
fn controller_tools() -> Vec<Box<dyn Tool>> {
    vec![
        Adapter::<charmhub::download::Download>::boxed(),
        Adapter::<charmhub::find::Find>::boxed(),
        Adapter::<charmhub::info::Info>::boxed(),
        Adapter::<cloud::access::ChangeAccess<cloud::access::Grant>>::boxed(),
        Adapter::<cloud::access::ChangeAccess<cloud::access::Revoke>>::boxed(),
        Adapter::<cloud::change::AddCloud<cloud::change::Any>>::boxed(),
        Adapter::<cloud::change::AddCloud<cloud::change::Kubernetes>>::boxed(),
        Adapter::<cloud::change::RemoveCloud<cloud::change::Any>>::boxed(),
        Adapter::<cloud::change::RemoveCloud<cloud::change::Kubernetes>>::boxed(),
        Adapter::<cloud::change::UpdateCloud<cloud::change::Any>>::boxed(),
        Adapter::<cloud::change::UpdateCloud<cloud::change::Kubernetes>>::boxed(),
        Adapter::<cloud::list::Clouds>::boxed(),
        Adapter::<cloud::regions::Regions>::boxed(),
        Adapter::<cloud::show::ShowCloud>::boxed(),
        Adapter::<controller::backup::CreateBackup>::boxed(),
        Adapter::<controller::config::ControllerConfig>::boxed(),
        Adapter::<controller::dashboard::Dashboard>::boxed(),
        Adapter::<controller::destroy::EndController<controller::destroy::Destroy>>::boxed(),
        Adapter::<controller::destroy::EndController<controller::destroy::Kill>>::boxed(),
        Adapter::<controller::enable_ha::EnableHa>::boxed(),
        Adapter::<controller::list::Controllers>::boxed(),
        Adapter::<controller::show::ShowController>::boxed(),
        Adapter::<controller::version::Version>::boxed(),
        Adapter::<controller::whoami::Whoami>::boxed(),
        Adapter::<credential::change::GiveCredential<credential::change::Add>>::boxed(),
        Adapter::<credential::change::GiveCredential<credential::change::Update>>::boxed(),
        Adapter::<credential::change::RemoveCredential>::boxed(),
        Adapter::<credential::list::Credentials>::boxed(),
        Adapter::<credential::set::SetCredential>::boxed(),
        Adapter::<credential::show::ShowCredential>::boxed(),
        Adapter::<model::upgrade::Upgrade<model::upgrade::Controller>>::boxed(),
        Adapter::<secret_backend::change::AddSecretBackend>::boxed(),
        Adapter::<secret_backend::change::RemoveSecretBackend>::boxed(),
        Adapter::<secret_backend::change::UpdateSecretBackend>::boxed(),
        Adapter::<secret_backend::list::SecretBackends>::boxed(),
        Adapter::<secret_backend::show::ShowSecretBackend>::boxed(),
        Adapter::<user::access::ChangeAccess<user::access::Grant>>::boxed(),
        Adapter::<user::access::ChangeAccess<user::access::Revoke>>::boxed(),
        Adapter::<user::add::AddUser>::boxed(),
        Adapter::<user::list::Users>::boxed(),
        Adapter::<user::password::ChangeUserPassword>::boxed(),
        Adapter::<user::show::ShowUser>::boxed(),
        Adapter::<user::switch::SwitchUser<user::switch::Disable>>::boxed(),
        Adapter::<user::switch::SwitchUser<user::switch::Enable>>::boxed(),
        Adapter::<user::switch::SwitchUser<user::switch::Remove>>::boxed(),
    ]
}

/// Tools that the program of the Juju client does, and those about charms' own programs.
fn program_tools() -> Vec<Box<dyn Tool>> {
    vec![
        Adapter::<hooks::HelpOn<hooks::InActions>>::boxed(),
        Adapter::<hooks::HelpOn<hooks::InHooks>>::boxed(),
        Adapter::<program::ByProgram<program::account::Agree>>::boxed(),
        Adapter::<program::ByProgram<program::account::Agreements>>::boxed(),
        Adapter::<program::ByProgram<program::account::DefaultCredential>>::boxed(),
        Adapter::<program::ByProgram<program::account::DefaultRegion>>::boxed(),
        Adapter::<program::ByProgram<program::account::Login>>::boxed(),
        Adapter::<program::ByProgram<program::account::Logout>>::boxed(),
        Adapter::<program::ByProgram<program::account::Register>>::boxed(),
        Adapter::<program::ByProgram<program::account::Switch>>::boxed(),
        Adapter::<program::ByProgram<program::account::Unregister>>::boxed(),
        Adapter::<program::ByProgram<program::bootstrap::Bootstrap>>::boxed(),
        Adapter::<program::ByProgram<program::bundle::DiffBundle>>::boxed(),
        Adapter::<program::ByProgram<program::ssh::Scp>>::boxed(),
        Adapter::<program::ByProgram<program::ssh::Ssh>>::boxed(),
        Adapter::<program::ByProgram<program::transfer::DownloadBackup>>::boxed(),
        Adapter::<program::ByProgram<program::transfer::SyncAgentBinary>>::boxed(),
        Adapter::<program::ByProgram<program::transfer::UpdatePublicClouds>>::boxed(),
        Adapter::<program::terminal::InTerminal<program::terminal::AutoloadCredentials>>::boxed(),
        Adapter::<program::terminal::InTerminal<program::terminal::DebugCode>>::boxed(),
        Adapter::<program::terminal::InTerminal<program::terminal::DebugHooks>>::boxed(),
    ]
}
