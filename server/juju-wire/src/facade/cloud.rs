//! Facade `Cloud`: clouds and credentials.

pub mod credential;
pub mod definition;

use crate::bulk::StringsResults;
use crate::code::ErrorResults;
use crate::entity::Entities;
use crate::facade::cloud::credential::{
    CloudCredentialArgs, CloudCredentialResults, CredentialContentResults, RevokeCredentialArgs, TaggedCredentials,
    UpdateCredentialArgs, UpdateCredentialResults, UserClouds,
};
use crate::facade::cloud::definition::{
    AddCloudArgs, CloudInfoResults, CloudInstanceTypesConstraints, CloudResults, CloudsResult, ListCloudInfoResults,
    ListCloudsRequest, ModifyCloudAccessRequest, UpdateCloudArgs,
};
use crate::facade::machine_manager::instance::InstanceTypesResults;

crate::methods! { Cloud {
    /// Adds a cloud.
    AddCloud(write): AddCloudArgs => (),
    /// Adds credentials.
    AddCredentials(write): TaggedCredentials => ErrorResults,
    /// Whether models would work with new credentials.
    CheckCredentialsModels(read): TaggedCredentials => UpdateCredentialResults,
    /// Clouds by their tags.
    Cloud(read): Entities => CloudResults,
    /// Clouds with their users.
    CloudInfo(read): Entities => CloudInfoResults,
    /// All clouds that the user sees.
    Clouds(read): () => CloudsResult,
    /// Credentials without their secrets.
    Credential(read): Entities => CloudCredentialResults,
    /// Credentials with the models that use them.
    CredentialContents(read): CloudCredentialArgs => CredentialContentResults,
    /// Kinds of instance that clouds have.
    InstanceTypes(read): CloudInstanceTypesConstraints => InstanceTypesResults,
    /// Clouds of a user with the access.
    ListCloudInfo(read): ListCloudsRequest => ListCloudInfoResults,
    /// Grants and revokes access to clouds.
    ModifyCloudAccess(write): ModifyCloudAccessRequest => ErrorResults,
    /// Removes clouds.
    RemoveClouds(write): Entities => ErrorResults,
    /// Removes credentials that no model needs.
    RevokeCredentialsCheckModels(write): RevokeCredentialArgs => ErrorResults,
    /// Changes clouds.
    UpdateCloud(write): UpdateCloudArgs => ErrorResults,
    /// Changes credentials if the models still work with them.
    UpdateCredentialsCheckModels(write): UpdateCredentialArgs => UpdateCredentialResults,
    /// Tags of users' credentials.
    UserCredentials(read): UserClouds => StringsResults,
} }
