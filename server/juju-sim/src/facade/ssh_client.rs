//! Facade `SSHClient`: addresses and host keys of machines and units, and the credential of a cluster.

use juju_wire::{
    RemoteError,
    entity::Entities,
    facade::{
        controller::model::CloudSpecResult,
        ssh_client::{
            AllAddresses, ModelCredentialForSSH, PrivateAddress, Proxy, PublicAddress, PublicKeys, SSHAddressResult,
            SSHAddressResults, SSHAddressesResult, SSHAddressesResults, SSHProxyResult, SSHPublicKeysResult,
            SSHPublicKeysResults,
        },
    },
    tag::Tag,
};

use super::cloud;
use crate::{call::Call, methods::Methods, state::ModelAccess};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<AllAddresses>(all_addresses);
    methods.on::<PublicAddress>(addresses);
    methods.on::<PrivateAddress>(addresses);
    methods.on::<PublicKeys>(keys);
    methods.on::<Proxy>(proxy);
    methods.on::<ModelCredentialForSSH>(credential);
}

/// The id of the machine that a tag means, and its address.
fn machine(call: &Call, tag: &str) -> Result<(String, String), RemoteError> {
    let tag = Tag::parse(tag)?;
    call.read_model(|model| {
        let id = match tag.kind() {
            "machine" => tag.id().to_owned(),
            "unit" => {
                let unit = model.unit(tag.id())?;
                let unassigned =
                    || RemoteError::plain(format!("unit \"{}\" is not assigned to a machine", unit.name()));
                unit.machine.clone().ok_or_else(unassigned)?
            }
            kind => return Err(RemoteError::plain(format!("unsupported entity: \"{kind}-{}\"", tag.id()))),
        };
        let machine = model.machine(&id).ok_or_else(|| RemoteError::not_found(format!("machine {id}")))?;
        if machine.started() { Ok((id, machine.address())) } else { Err(RemoteError::plain("no public address(es)")) }
    })
}

fn addresses(call: &Call, params: Entities) -> Result<SSHAddressResults, RemoteError> {
    call.require(ModelAccess::Admin)?;
    let one = |tag: &str| match machine(call, tag) {
        Ok((_, address)) => SSHAddressResult { address, error: None },
        Err(error) => SSHAddressResult { error: Some(error), ..SSHAddressResult::default() },
    };
    Ok(SSHAddressResults { results: params.entities.iter().map(|entity| one(&entity.tag)).collect() })
}

fn all_addresses(call: &Call, params: Entities) -> Result<SSHAddressesResults, RemoteError> {
    call.require(ModelAccess::Admin)?;
    let one = |tag: &str| match machine(call, tag) {
        Ok((_, address)) => SSHAddressesResult { addresses: vec![address], error: None },
        Err(error) => SSHAddressesResult { error: Some(error), ..SSHAddressesResult::default() },
    };
    Ok(SSHAddressesResults { results: params.entities.iter().map(|entity| one(&entity.tag)).collect() })
}

/// One host key for each machine, which its agent reports when it starts.
fn keys(call: &Call, params: Entities) -> Result<SSHPublicKeysResults, RemoteError> {
    call.require(ModelAccess::Admin)?;
    let one = |tag: &str| match machine(call, tag) {
        Ok((id, _)) => {
            let key = format!("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{:0>43} root@machine", id.replace('/', "x"));
            SSHPublicKeysResult { public_keys: vec![key], error: None }
        }
        Err(error) => SSHPublicKeysResult { error: Some(error), ..SSHPublicKeysResult::default() },
    };
    Ok(SSHPublicKeysResults { results: params.entities.iter().map(|entity| one(&entity.tag)).collect() })
}

/// Whether the model's option sends connections through the controller.
fn proxy(call: &Call, (): ()) -> Result<SSHProxyResult, RemoteError> {
    call.require(ModelAccess::Admin)?;
    let use_proxy = call.read_model(|model| Ok(model.config.get("proxy-ssh").is_some_and(|value| value == true)))?;
    Ok(SSHProxyResult { use_proxy })
}

fn credential(call: &Call, (): ()) -> Result<CloudSpecResult, RemoteError> {
    call.require(ModelAccess::Admin)?;
    let uuid = call.model_uuid()?;
    let spec = call.read(|state| state.models.get(uuid).map(|model| cloud::spec(&model.cloud)));
    Ok(match spec {
        Some(spec) if spec.kind == "kubernetes" => CloudSpecResult { result: Some(spec), error: None },
        _ => {
            let error = RemoteError::plain("facade ModelCredentialForSSH only supported for CAAS model");
            CloudSpecResult { result: None, error: Some(error) }
        }
    })
}
