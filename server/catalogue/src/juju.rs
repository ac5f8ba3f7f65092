//! Commands of the Juju client: a folder a noun, a file a verb.

use crate::{Tool, plan::Adapter};

pub mod action;
pub mod application;
pub mod controller;
pub mod log;
pub mod machine;
pub mod model;
pub mod offer;
pub mod relation;
pub mod removal;
mod render;
mod setup;
pub mod unit;
pub mod user;

/// One tool for each command that is here.
pub(crate) fn tools() -> Vec<Box<dyn Tool>> {
    vec![
        Adapter::<action::exec::Exec>::boxed(),
        Adapter::<action::list::Actions>::boxed(),
        Adapter::<action::operations::Operations>::boxed(),
        Adapter::<action::run::Run>::boxed(),
        Adapter::<action::show_operation::ShowOperation>::boxed(),
        Adapter::<application::config::Config>::boxed(),
        Adapter::<application::constraints::Constraints>::boxed(),
        Adapter::<application::deploy::Deploy>::boxed(),
        Adapter::<application::expose::Expose>::boxed(),
        Adapter::<application::refresh::Refresh>::boxed(),
        Adapter::<application::remove::RemoveApplication>::boxed(),
        Adapter::<application::scale::ScaleApplication>::boxed(),
        Adapter::<application::set_constraints::SetConstraints>::boxed(),
        Adapter::<application::show::ShowApplication>::boxed(),
        Adapter::<application::trust::Trust>::boxed(),
        Adapter::<application::unexpose::Unexpose>::boxed(),
        Adapter::<controller::list::Controllers>::boxed(),
        Adapter::<controller::whoami::Whoami>::boxed(),
        Adapter::<log::debug::DebugLog>::boxed(),
        Adapter::<log::status::ShowStatusLog>::boxed(),
        Adapter::<machine::add::AddMachine>::boxed(),
        Adapter::<machine::list::Machines>::boxed(),
        Adapter::<machine::remove::RemoveMachine>::boxed(),
        Adapter::<machine::show::ShowMachine>::boxed(),
        Adapter::<model::add::AddModel>::boxed(),
        Adapter::<model::config::ModelConfig>::boxed(),
        Adapter::<model::destroy::DestroyModel>::boxed(),
        Adapter::<model::list::Models>::boxed(),
        Adapter::<model::show::ShowModel>::boxed(),
        Adapter::<model::status::Status>::boxed(),
        Adapter::<model::wait::WaitFor>::boxed(),
        Adapter::<offer::consume::Consume>::boxed(),
        Adapter::<offer::find::FindOffers>::boxed(),
        Adapter::<offer::list::Offers>::boxed(),
        Adapter::<offer::make::Offer>::boxed(),
        Adapter::<relation::integrate::Integrate>::boxed(),
        Adapter::<relation::remove::RemoveRelation>::boxed(),
        Adapter::<unit::add::AddUnit>::boxed(),
        Adapter::<unit::remove::RemoveUnit>::boxed(),
        Adapter::<unit::resolved::Resolved>::boxed(),
        Adapter::<unit::show::ShowUnit>::boxed(),
        Adapter::<user::list::Users>::boxed(),
    ]
}
