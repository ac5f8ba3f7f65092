//! Facade `MachineManager`: machines.

pub mod add;
pub mod destroy;
pub mod instance;
pub mod series;

use crate::ErrorResult;
use crate::bulk::{NotifyWatchResults, StringsResults};
use crate::code::ErrorResults;
use crate::entity::Entities;
use crate::facade::application::deploy::{UpdateChannelArg, UpdateChannelArgs};
use crate::facade::machine_manager::add::{AddMachinesParams, AddMachinesResults};
use crate::facade::machine_manager::destroy::{DestroyMachineResults, DestroyMachinesParams};
use crate::facade::machine_manager::instance::{
    InstanceTypesResults, ModelInstanceTypesConstraints, ProvisioningScriptParams, ProvisioningScriptResult,
    RetryProvisioningArgs,
};
use crate::facade::machine_manager::series::{UpgradeSeriesNotificationParams, UpgradeSeriesUnitsResults};

crate::methods! { MachineManager {
    /// Adds machines.
    AddMachines(write): AddMachinesParams => AddMachinesResults,
    /// Begins to remove machines, or reports what would go.
    DestroyMachineWithParams(write): DestroyMachinesParams => DestroyMachineResults,
    /// Messages of upgrades of the operating system.
    GetUpgradeSeriesMessages(read): UpgradeSeriesNotificationParams => StringsResults,
    /// Kinds of instance that the cloud has.
    InstanceTypes(read): ModelInstanceTypesConstraints => InstanceTypesResults,
    /// The script that makes a host a machine of the model.
    ProvisioningScript(read): ProvisioningScriptParams => ProvisioningScriptResult,
    /// Tries again to get instances for machines.
    RetryProvisioning(write): RetryProvisioningArgs => ErrorResults,
    /// Ends the upgrade of a machine's operating system.
    UpgradeSeriesComplete(write): UpdateChannelArg => ErrorResult,
    /// Begins the upgrade of a machine's operating system.
    UpgradeSeriesPrepare(write): UpdateChannelArg => ErrorResult,
    /// Which units an upgrade of the operating system would touch.
    UpgradeSeriesValidate(read): UpdateChannelArgs => UpgradeSeriesUnitsResults,
    /// Starts watchers of upgrades of the operating system.
    WatchUpgradeSeriesNotifications(read): Entities => NotifyWatchResults,
} }
