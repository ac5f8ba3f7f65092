//! Facade `HighAvailability`: more machines for the controller.

use juju_wire::{
    RemoteError,
    facade::high_availability::{
        ControllersChangeResult, ControllersChangeResults, ControllersChanges, ControllersSpec, ControllersSpecs,
        EnableHA,
    },
    tag::Tag,
};

use crate::{
    call::Call,
    methods::Methods,
    state::{MachineId, OF_CHARMS},
};

/// Controllers that there are to be where no number is asked for.
const USUAL: i64 = 3;

pub(super) fn register(methods: &mut Methods) {
    methods.on::<EnableHA>(enable);
}

fn enable(call: &Call, params: ControllersSpecs) -> Result<ControllersChangeResults, RemoteError> {
    call.require_superuser()?;
    let one = |spec: &ControllersSpec| {
        let wanted = if spec.num_controllers == 0 { USUAL } else { spec.num_controllers };
        if wanted < 0 || wanted % 2 == 0 {
            return Err(RemoteError::plain("number of controllers must be odd and non-negative"));
        }
        call.write(|state| {
            let own = state.models.values_mut().find(|model| model.name == "controller");
            let model = own.ok_or_else(|| RemoteError::not_found("model"))?;
            let tag = |id: &MachineId| Tag::new("machine", id.to_string()).to_string();
            let maintained: Vec<_> = model.machines.keys().map(tag).collect();
            let number = usize::try_from(wanted).unwrap_or_default();
            if number < maintained.len() {
                return Err(RemoteError::plain("cannot reduce controller count"));
            }
            let added: Vec<_> =
                (maintained.len()..number).map(|_| model.add_machine(spec.constraints.clone(), OF_CHARMS)).collect();
            let added = added.iter().map(tag).collect();
            Ok(ControllersChanges { added, maintained, ..ControllersChanges::default() })
        })
    };
    let results = params.specs.iter().map(|spec| match one(spec) {
        Ok(result) => ControllersChangeResult { result, error: None },
        Err(error) => ControllersChangeResult { error: Some(error), ..ControllersChangeResult::default() },
    });
    Ok(ControllersChangeResults { results: results.collect() })
}
