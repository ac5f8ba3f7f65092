//! Facade `Application`: everything that is done with applications, their units and relations.

pub mod config;
pub mod consume;
pub mod deploy;
pub mod destroy;
pub mod expose;
pub mod info;
pub mod origin;
pub mod relation;
pub mod repository;
pub mod scale;
pub mod storage;
pub mod unit;

use crate::bulk::StringResult;
use crate::code::ErrorResults;
use crate::entity::{Entities, Entity};
use crate::facade::application::config::{
    ApplicationConfigUnsetArgs, ApplicationGet, ApplicationGetArgs, ApplicationGetConfigResults,
    ApplicationGetConstraintsResults, ApplicationGetResults, ApplicationMetricCredentials, ConfigSetArgs,
    SetConstraintsParams,
};
use crate::facade::application::consume::{ConsumeApplicationArgsV5, DestroyConsumedApplicationsParams};
use crate::facade::application::deploy::{
    ApplicationMergeBindingsArgs, ApplicationSetCharm, ApplicationsDeploy, UpdateChannelArgs,
};
use crate::facade::application::destroy::{
    DestroyApplicationResults, DestroyApplicationsParams, DestroyUnitResults, DestroyUnitsParams,
};
use crate::facade::application::expose::{ApplicationExpose, ApplicationUnexpose};
use crate::facade::application::info::{ApplicationInfoResults, ScaleApplicationResults};
use crate::facade::application::origin::{
    ApplicationCharmRelations, ApplicationCharmRelationsResults, CharmURLOriginResult,
};
use crate::facade::application::relation::{
    AddRelationParams, AddRelationResults, DestroyRelationParams, RelationSuspendedArgs,
};
use crate::facade::application::repository::{DeployFromRepositoryArgs, DeployFromRepositoryResults};
use crate::facade::application::scale::ScaleApplicationsParamsV2;
use crate::facade::application::storage::{ApplicationStorageGetResults, ApplicationStorageUpdateRequest};
use crate::facade::application::unit::{
    AddApplicationUnits, AddApplicationUnitsResults, UnitInfoResults, UnitsResolved,
};

crate::methods! { Application {
    /// Relates two endpoints.
    AddRelation(write): AddRelationParams => AddRelationResults,
    /// Adds units to an application of a machine model.
    AddUnits(write): AddApplicationUnits => AddApplicationUnitsResults,
    /// Applications in detail.
    ApplicationsInfo(read): Entities => ApplicationInfoResults,
    /// Settings of applications, as given by the charm.
    CharmConfig(read): ApplicationGetArgs => ApplicationGetConfigResults,
    /// Names of the endpoints of an application's charm.
    CharmRelations(read): ApplicationCharmRelations => ApplicationCharmRelationsResults,
    /// Takes offers into this model as remote applications.
    Consume(write): ConsumeApplicationArgsV5 => ErrorResults,
    /// Deploys charms that the model already has.
    Deploy(write): ApplicationsDeploy => ErrorResults,
    /// Finds charms in the store and deploys them.
    DeployFromRepository(write): DeployFromRepositoryArgs => DeployFromRepositoryResults,
    /// Begins to remove applications, or reports what would go.
    DestroyApplication(write): DestroyApplicationsParams => DestroyApplicationResults,
    /// Removes remote applications.
    DestroyConsumedApplications(write): DestroyConsumedApplicationsParams => ErrorResults,
    /// Removes a relation.
    DestroyRelation(write): DestroyRelationParams => (),
    /// Begins to remove units, or reports what would go.
    DestroyUnit(write): DestroyUnitsParams => DestroyUnitResults,
    /// Lets an application be reached from outside.
    Expose(write): ApplicationExpose => (),
    /// The settings of one application with its charm and constraints.
    Get(read): ApplicationGet => ApplicationGetResults,
    /// Storage constraints of applications.
    GetApplicationStorage(read): Entities => ApplicationStorageGetResults,
    /// The charm of an application and where it came from.
    GetCharmURLOrigin(read): ApplicationGet => CharmURLOriginResult,
    /// Settings of applications, the charm's and the application's own.
    GetConfig(read): Entities => ApplicationGetConfigResults,
    /// Constraints of applications.
    GetConstraints(read): Entities => ApplicationGetConstraintsResults,
    /// Name of the unit that leads an application.
    Leader(read): Entity => StringResult,
    /// Changes the spaces of endpoints.
    MergeBindings(write): ApplicationMergeBindingsArgs => ErrorResults,
    /// Marks errors of units as resolved.
    ResolveUnitErrors(write): UnitsResolved => ErrorResults,
    /// Changes the number of units in a Kubernetes model.
    ScaleApplications(write): ScaleApplicationsParamsV2 => ScaleApplicationResults,
    /// Gives an application another charm or revision.
    SetCharm(write): ApplicationSetCharm => (),
    /// Changes settings of applications.
    SetConfigs(write): ConfigSetArgs => ErrorResults,
    /// Sets constraints of an application.
    SetConstraints(write): SetConstraintsParams => (),
    /// Sets credentials for metering, no longer used.
    SetMetricCredentials(write): ApplicationMetricCredentials => ErrorResults,
    /// Suspends and resumes relations across models.
    SetRelationsSuspended(write): RelationSuspendedArgs => ErrorResults,
    /// Closes an application to the outside.
    Unexpose(write): ApplicationUnexpose => (),
    /// Units in detail, with their relation data.
    UnitsInfo(read): Entities => UnitInfoResults,
    /// Resets settings of applications.
    UnsetApplicationsConfig(write): ApplicationConfigUnsetArgs => ErrorResults,
    /// Sets the base for future units.
    UpdateApplicationBase(write): UpdateChannelArgs => ErrorResults,
    /// Changes storage constraints for future units.
    UpdateApplicationStorage(write): ApplicationStorageUpdateRequest => ErrorResults,
} }
