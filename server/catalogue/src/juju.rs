//! Commands of the Juju client: a folder a noun, a file a verb.

use crate::{Tool, plan::Adapter};

pub mod application;
pub mod controller;
pub mod machine;
pub mod model;
pub mod offer;
pub mod relation;
pub mod unit;

/// One tool for each command that is here.
pub(crate) fn tools() -> Vec<Box<dyn Tool>> {
    vec![
        Adapter::<application::config::Config>::boxed(),
        Adapter::<application::deploy::Deploy>::boxed(),
        Adapter::<application::expose::Expose>::boxed(),
        Adapter::<application::remove::RemoveApplication>::boxed(),
        Adapter::<application::scale::ScaleApplication>::boxed(),
        Adapter::<application::set_constraints::SetConstraints>::boxed(),
        Adapter::<application::trust::Trust>::boxed(),
        Adapter::<application::unexpose::Unexpose>::boxed(),
        Adapter::<controller::whoami::Whoami>::boxed(),
        Adapter::<machine::add::AddMachine>::boxed(),
        Adapter::<machine::remove::RemoveMachine>::boxed(),
        Adapter::<model::add::AddModel>::boxed(),
        Adapter::<model::config::ModelConfig>::boxed(),
        Adapter::<model::destroy::DestroyModel>::boxed(),
        Adapter::<offer::consume::Consume>::boxed(),
        Adapter::<offer::make::Offer>::boxed(),
        Adapter::<relation::integrate::Integrate>::boxed(),
        Adapter::<relation::remove::RemoveRelation>::boxed(),
        Adapter::<unit::add::AddUnit>::boxed(),
        Adapter::<unit::remove::RemoveUnit>::boxed(),
        Adapter::<unit::resolved::Resolved>::boxed(),
    ]
}
