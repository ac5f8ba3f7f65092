//! The things that acts need, as a command states them from its arguments.

use std::collections::BTreeMap;

use serde_json::Value;

/// Access that the controller requires of its user for an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Writes the model.
    Write,
    /// Administers the model.
    Admin,
    /// Adds models to the controller.
    AddModel,
}

/// Acts that `juju disable-command` keeps back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Blocks {
    /// No block keeps it back.
    #[default]
    None,
    /// Blocked by `all`.
    Change,
    /// Blocked by `remove-object` and `all`.
    Removal,
    /// Blocked by each block.
    Destruction,
}

/// Where units of a model run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Substrate {
    /// On machines.
    Machines,
    /// In pods of a Kubernetes cluster.
    Kubernetes,
}

/// One thing that an act needs beside the entities that it names, and would be refused for.
#[derive(Debug, Clone, PartialEq)]
pub enum Precondition {
    /// The model is on this substrate; otherwise this tool fits.
    Substrate(Substrate, &'static str),
    /// The application has units of its own, because it is no subordinate.
    OwnUnits(String),
    /// No application has the name, and an application can have it.
    NewApplication(String),
    /// Two endpoints can be related, and are not related yet.
    NewRelation(Vec<String>),
    /// Two endpoints are related.
    Relation(Vec<String>),
    /// The relation with this number exists, and is none of peers.
    RelationNumber(i64),
    /// The application has the endpoints.
    Endpoints(String, Vec<String>),
    /// The application has the endpoints, to relate or to offer them.
    RelationEndpoints(String, Vec<String>),
    /// The application exposes the endpoints.
    ExposedEndpoints(String, Vec<String>),
    /// The model has the spaces.
    Spaces(Vec<String>),
    /// A machine of the model's cloud can meet the constraints.
    Constraints(String),
    /// Units, of this application if it exists, can be placed there.
    Placements(Option<String>, Vec<String>),
    /// The storage instances exist and no unit has them.
    DetachedStorage(Vec<String>),
    /// The model has the storage pools.
    StoragePools(Vec<String>),
    /// The application has the options, and they can have the values.
    Options(String, BTreeMap<String, Value>),
    /// The application has the options.
    OptionNames(String, Vec<String>),
    /// The options of the model can have the values.
    ModelOptions(BTreeMap<String, Value>),
    /// The charms of the units have the action, with these parameters.
    Action {
        /// Units, `web/0` or `web/leader`.
        units: Vec<String>,
        /// Name of the action.
        action: String,
        /// Its parameters.
        params: BTreeMap<String, Value>,
    },
    /// One of the units is in error.
    UnitsInError(Vec<String>),
    /// The units exist and are no subordinates, which go with their principals.
    Principals(Vec<String>),
    /// Nothing runs on the machines.
    UnusedMachines(Vec<String>),
    /// The model has no storage that outlives it.
    NoPersistentStorage,
    /// It is not the model of the controller itself.
    HostedModel,
    /// The controller can make the model.
    NewModel {
        /// Its name.
        name: String,
        /// Its cloud.
        cloud: Option<String>,
        /// Its region.
        region: Option<String>,
        /// The user's credential.
        credential: Option<String>,
    },
}
