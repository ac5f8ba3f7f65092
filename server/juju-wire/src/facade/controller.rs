//! Facade `Controller`: the controller itself.

pub mod access;
pub mod dashboard;
pub mod info;
pub mod migration;
pub mod model;

use crate::bulk::{NotifyWatchResults, StringResult};
use crate::code::ErrorResults;
use crate::entity::Entities;
use crate::facade::client::status::AllWatcherId;
use crate::facade::controller::access::{ModifyControllerAccessRequest, UserAccessResults};
use crate::facade::controller::dashboard::DashboardConnection;
use crate::facade::controller::info::{
    ControllerAPIInfoResults, ControllerConfigResult, ControllerConfigSet, ControllerVersionResults, SummaryWatcherID,
};
use crate::facade::controller::migration::{InitiateMigrationArgs, InitiateMigrationResults};
use crate::facade::controller::model::{
    CloudSpecResults, DestroyControllerArgs, HostedModelConfigsResults, ModelBlockInfoList, RemoveBlocksArgs,
};
use crate::facade::model_manager::size::ModelStatusResults;
use crate::facade::model_manager::summary::UserModelList;

crate::methods! { Controller {
    /// All models of the controller.
    AllModels(read): () => UserModelList,
    /// The clouds of models, with credentials.
    CloudSpec(read): Entities => CloudSpecResults,
    /// Changes settings of the controller.
    ConfigSet(write): ControllerConfigSet => (),
    /// At which controllers models are.
    ControllerAPIInfoForModels(read): Entities => ControllerAPIInfoResults,
    /// Settings of the controller.
    ControllerConfig(read): () => ControllerConfigResult,
    /// Version of the controller.
    ControllerVersion(read): () => ControllerVersionResults,
    /// How to reach the dashboard.
    DashboardConnectionInfo(read): () => DashboardConnection,
    /// Begins to destroy the controller.
    DestroyController(write): DestroyControllerArgs => (),
    /// Users' access to the controller.
    GetControllerAccess(read): Entities => UserAccessResults,
    /// Configurations of all models.
    HostedModelConfigs(read): () => HostedModelConfigsResults,
    /// Where external users prove who they are.
    IdentityProviderURL(read): () => StringResult,
    /// Begins to move models to another controller.
    InitiateMigration(write): InitiateMigrationArgs => InitiateMigrationResults,
    /// Models that have blocks.
    ListBlockedModels(read): () => ModelBlockInfoList,
    /// How much models hold.
    ModelStatus(read): Entities => ModelStatusResults,
    /// Grants and revokes access to the controller.
    ModifyControllerAccess(write): ModifyControllerAccessRequest => ErrorResults,
    /// Version of the database.
    MongoVersion(read): () => StringResult,
    /// Removes the blocks of all models.
    RemoveBlocks(write): RemoveBlocksArgs => (),
    /// Starts a watcher of all models in short.
    WatchAllModelSummaries(read): () => SummaryWatcherID,
    /// Starts a watcher of everything in all models, for `AllModelWatcher`.
    WatchAllModels(read): () => AllWatcherId,
    /// Starts watchers of models' clouds.
    WatchCloudSpecsChanges(read): Entities => NotifyWatchResults,
    /// Starts a watcher of the user's models in short.
    WatchModelSummaries(read): () => SummaryWatcherID,
} }
