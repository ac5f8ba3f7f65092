//! Facade `Action`: actions and commands on units and machines, gathered into operations.

pub mod actions;
pub mod operation;

use crate::bulk::StringsWatchResults;
use crate::entity::Entities;
use crate::facade::action::actions::{ActionResults, ActionsToRun, ApplicationsCharmActionsResults};
use crate::facade::action::operation::{EnqueuedActions, OperationQueryArgs, OperationResults, RunParams};

crate::methods! { Action {
    /// Actions with their outcomes.
    Actions(read): Entities => ActionResults,
    /// Actions that the charms of applications have.
    ApplicationsCharmsActions(read): Entities => ApplicationsCharmActionsResults,
    /// Cancels actions.
    Cancel(write): Entities => ActionResults,
    /// Asks units to run actions, as one operation.
    EnqueueOperation(write): ActionsToRun => EnqueuedActions,
    /// Operations that fit a filter.
    ListOperations(read): OperationQueryArgs => OperationResults,
    /// Operations by their tags.
    Operations(read): Entities => OperationResults,
    /// Runs commands on units and machines.
    Run(write): RunParams => EnqueuedActions,
    /// Runs commands on every machine.
    RunOnAllMachines(write): RunParams => EnqueuedActions,
    /// Starts watchers of what actions log.
    WatchActionsProgress(read): Entities => StringsWatchResults,
} }
