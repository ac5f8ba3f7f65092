//! Frames of the real client and the real 3.6.11 server, read and written again: nothing may be lost or change.
//!
//! `frames.json` was recorded between Juju's own client and API server, `libjuju.json` between python-libjuju and that server;
//! certificates and long texts are cut.

use juju_wire::{Method, Request};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A call as it went over the wire.
#[derive(serde::Deserialize)]
struct Frame {
    facade: String,
    method: String,
    params: Option<Value>,
    response: Option<Value>,
    /// Set if it is not the newest.
    version: Option<u32>,
}

type Rewrite = fn(&Frame) -> Vec<String>;

macro_rules! rewrites {
    ($( $facade:ident: $($method:ident),+; )*) => {
        vec![$( $( {
            type M = juju_wire::facade::$facade::$method;
            (M::FACADE, M::NAME, rewrite::<M> as Rewrite)
        }, )+ )*]
    };
}

fn methods() -> Vec<(&'static str, &'static str, Rewrite)> {
    rewrites! {
        action: Actions, ApplicationsCharmsActions, Cancel, EnqueueOperation, ListOperations, Operations, Run, RunOnAllMachines, WatchActionsProgress;
        admin: Login, LoginWithClientCredentials, RedirectInfo;
        all_model_watcher: Next, Stop;
        all_watcher: Next, Stop;
        annotations: Get, Set;
        application: AddRelation, AddUnits, ApplicationsInfo, CharmConfig, CharmRelations, Consume, Deploy, DeployFromRepository, DestroyApplication, DestroyConsumedApplications, DestroyRelation, DestroyUnit, Expose, Get, GetApplicationStorage, GetCharmURLOrigin, GetConfig, GetConstraints, Leader, MergeBindings, ResolveUnitErrors, ScaleApplications, SetCharm, SetConfigs, SetConstraints, SetMetricCredentials, SetRelationsSuspended, Unexpose, UnitsInfo, UnsetApplicationsConfig, UpdateApplicationBase, UpdateApplicationStorage;
        application_offers: ApplicationOffers, DestroyOffers, FindApplicationOffers, GetConsumeDetails, ListApplicationOffers, ModifyOfferAccess, Offer, RemoteApplicationInfo;
        backups: Create;
        block: List, SwitchBlockOff, SwitchBlockOn;
        bundle: ExportBundle, GetChanges, GetChangesMapArgs;
        charms: AddCharm, CharmInfo, CheckCharmPlacement, GetDownloadInfos, IsMetered, List, ListCharmResources, ResolveCharms;
        client: FullStatus, StatusHistory, WatchAll;
        cloud: AddCloud, AddCredentials, CheckCredentialsModels, Cloud, CloudInfo, Clouds, Credential, CredentialContents, InstanceTypes, ListCloudInfo, ModifyCloudAccess, RemoveClouds, RevokeCredentialsCheckModels, UpdateCloud, UpdateCredentialsCheckModels, UserCredentials;
        controller: AllModels, CloudSpec, ConfigSet, ControllerAPIInfoForModels, ControllerConfig, ControllerVersion, DashboardConnectionInfo, DestroyController, GetControllerAccess, HostedModelConfigs, IdentityProviderURL, InitiateMigration, ListBlockedModels, ModelStatus, ModifyControllerAccess, MongoVersion, RemoveBlocks, WatchAllModelSummaries, WatchAllModels, WatchCloudSpecsChanges, WatchModelSummaries;
        credential_manager: InvalidateModelCredential;
        high_availability: EnableHA;
        key_manager: AddKeys, DeleteKeys, ImportKeys, ListKeys;
        machine_manager: AddMachines, DestroyMachineWithParams, GetUpgradeSeriesMessages, InstanceTypes, ProvisioningScript, RetryProvisioning, UpgradeSeriesComplete, UpgradeSeriesPrepare, UpgradeSeriesValidate, WatchUpgradeSeriesNotifications;
        model_config: GetModelConstraints, ModelGet, ModelSet, ModelUnset, SLALevel, Sequences, SetModelConstraints, SetSLALevel;
        model_generation: AbortBranch, AddBranch, BranchInfo, CommitBranch, HasActiveBranch, ListCommits, ShowCommit, TrackBranch;
        model_manager: ChangeModelCredential, CreateModel, DestroyModels, DumpModels, DumpModelsDB, ListModelSummaries, ListModels, ModelDefaultsForClouds, ModelInfo, ModelStatus, ModifyModelAccess, SetModelDefaults, UnsetModelDefaults;
        model_summary_watcher: Next, Stop;
        model_upgrader: AbortModelUpgrade, UpgradeModel;
        notify_watcher: Next, Stop;
        payloads: List;
        pinger: Ping;
        resources: AddPendingResources, ListResources;
        secret_backends: AddSecretBackends, ListSecretBackends, RemoveSecretBackends, UpdateSecretBackends;
        secrets: CreateSecrets, GrantSecret, ListSecrets, RemoveSecrets, RevokeSecret, UpdateSecrets;
        spaces: CreateSpaces, ListSpaces, MoveSubnets, ReloadSpaces, RemoveSpace, RenameSpace, ShowSpace;
        ssh_client: AllAddresses, ModelCredentialForSSH, PrivateAddress, Proxy, PublicAddress, PublicHostKeyForTarget, PublicKeys, VirtualHostname;
        storage: AddToUnit, Attach, CreatePool, DetachStorage, Import, ListFilesystems, ListPools, ListStorageDetails, ListVolumes, Remove, RemovePool, StorageDetails, UpdatePool;
        strings_watcher: Next, Stop;
        subnets: AllZones, ListSubnets, SubnetsByCIDR;
        user_manager: AddUser, DisableUser, EnableUser, ModelUserInfo, RemoveUser, ResetPassword, SetPassword, UserInfo;
    }
}

fn rewrite<M: Method>(frame: &Frame) -> Vec<String> {
    let mut wrong = Vec::new();
    let name = format!("{}.{}", M::FACADE, M::NAME);
    if let Some(params) = &frame.params {
        let request: Request =
            serde_json::from_value(serde_json::json!({"request-id": 1, "params": params})).expect("frame");
        match request.params::<M>() {
            Ok(read) => match serde_json::to_value(read).expect("json") {
                // the real client writes `{}` where a method takes nothing, and the server takes either
                Value::Null if *params == serde_json::json!({}) => {}
                ours => compare(&format!("{name} params"), params, &ours, &mut wrong),
            },
            Err(error) => wrong.push(format!("{name} params: {error}: {params}")),
        }
    }
    if let Some(response) = frame.response.as_ref().filter(|response| *response != &serde_json::json!({})) {
        match read::<M::Reply>(response) {
            Ok(read) => {
                compare(&format!("{name} reply"), response, &serde_json::to_value(read).expect("json"), &mut wrong);
            }
            Err(error) => wrong.push(format!("{name} reply: {error}: {response}")),
        }
    }
    wrong
}

fn read<T: DeserializeOwned>(value: &Value) -> Result<T, serde_json::Error> {
    // through text, as it comes from the socket: raw values cannot be read from a tree
    serde_json::from_str(&value.to_string())
}

fn compare(at: &str, real: &Value, ours: &Value, wrong: &mut Vec<String>) {
    match (real, ours) {
        (Value::Object(real), Value::Object(ours)) => {
            for key in real.keys().chain(ours.keys().filter(|key| !real.contains_key(*key))) {
                match (real.get(key), ours.get(key)) {
                    (Some(real), Some(ours)) => compare(&format!("{at}.{key}"), real, ours, wrong),
                    (real, ours) => wrong.push(format!("{at}.{key}: really {real:?}, ours {ours:?}")),
                }
            }
        }
        (Value::Array(real), Value::Array(ours)) if real.len() == ours.len() => {
            for (index, (real, ours)) in real.iter().zip(ours).enumerate() {
                compare(&format!("{at}[{index}]"), real, ours, wrong);
            }
        }
        _ if real == ours => {}
        _ => wrong.push(format!("{at}: really {real}, ours {ours}")),
    }
}

#[test]
fn every_real_frame_is_read_and_written_again_unchanged() {
    let frames: Vec<Frame> = serde_json::from_str(include_str!("frames.json")).expect("frames");
    assert!(frames.len() > 100, "only {} frames", frames.len());
    let methods = methods();
    let mut wrong = Vec::new();
    for frame in &frames {
        match methods.iter().find(|(facade, method, _)| (*facade, *method) == (&frame.facade, &frame.method)) {
            Some((_, _, rewrite)) => wrong.extend(rewrite(frame)),
            None => wrong.push(format!("no type for {}.{}", frame.facade, frame.method)),
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn requests_of_python_libjuju_are_read_with_all_their_nulls() {
    let frames: Vec<Frame> = serde_json::from_str(include_str!("libjuju.json")).expect("frames");
    let methods = methods();
    let mut wrong = Vec::new();
    for mut frame in frames {
        let found = methods.iter().find(|(facade, method, _)| (*facade, *method) == (&frame.facade, &frame.method));
        let Some((_, _, newest)) = found else { panic!("no type for {}.{}", frame.facade, frame.method) };
        let rewrite = match (frame.facade.as_str(), frame.method.as_str(), frame.version) {
            ("Charms", "ResolveCharms", Some(6)) => rewrite::<juju_wire::facade::charms::series::ResolveCharmsV6>,
            _ => *newest,
        };
        // it writes what it leaves open as null, so only what cannot be read is wrong, and any wrong answer
        wrong.extend(rewrite(&frame).into_iter().filter(|line| line.contains("not what") || line.contains(" reply")));
        frame.params = None;
        wrong.extend(rewrite(&frame));
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}
