//! Facade `ModelManager`: models of the controller.

pub mod access;
pub mod defaults;
pub mod info;
pub mod lifecycle;
pub mod size;
pub mod summary;

use crate::bulk::{MapResults, StringResults};
use crate::code::ErrorResults;
use crate::entity::{Entities, Entity};
use crate::facade::model_manager::access::ModifyModelAccessRequest;
use crate::facade::model_manager::defaults::{ModelDefaultsResults, SetModelDefaultsParams, UnsetModelDefaultsParams};
use crate::facade::model_manager::info::{ModelDetails, ModelInfoResults};
use crate::facade::model_manager::lifecycle::{
    ChangeModelCredentialsParams, DestroyModelsParams, DumpModelRequest, ModelCreateArgs,
};
use crate::facade::model_manager::size::ModelStatusResults;
use crate::facade::model_manager::summary::{ModelSummariesRequest, ModelSummaryResults, UserModelList};

crate::methods! { ModelManager {
    /// Gives models another credential.
    ChangeModelCredential(write): ChangeModelCredentialsParams => ErrorResults,
    /// Makes a model.
    CreateModel(write): ModelCreateArgs => ModelDetails,
    /// Begins to destroy models.
    DestroyModels(write): DestroyModelsParams => ErrorResults,
    /// Models as YAML, for support.
    DumpModels(read): DumpModelRequest => StringResults,
    /// Models as their documents in the database, for support.
    DumpModelsDB(read): Entities => MapResults,
    /// Models that a user sees, in short.
    ListModelSummaries(read): ModelSummariesRequest => ModelSummaryResults,
    /// Names of the models that a user sees.
    ListModels(read): Entity => UserModelList,
    /// Defaults of model settings, for each cloud.
    ModelDefaultsForClouds(read): Entities => ModelDefaultsResults,
    /// Models in detail.
    ModelInfo(read): Entities => ModelInfoResults,
    /// How much models hold.
    ModelStatus(read): Entities => ModelStatusResults,
    /// Grants and revokes access to models.
    ModifyModelAccess(write): ModifyModelAccessRequest => ErrorResults,
    /// Sets defaults of model settings.
    SetModelDefaults(write): SetModelDefaultsParams => ErrorResults,
    /// Removes defaults of model settings.
    UnsetModelDefaults(write): UnsetModelDefaultsParams => ErrorResults,
} }
