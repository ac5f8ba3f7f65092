//! Facade `ModelGeneration`: branches, which units track until they are committed or dropped.

use chrono::Utc;
use juju_wire::{
    Code, ErrorResult, RemoteError,
    bulk::{BoolResult, IntResult},
    code::ErrorResults,
    facade::model_generation::{
        AbortBranch, AddBranch, BranchArg, BranchInfo, BranchInfoArgs, BranchResults, BranchTrackArg, CommitBranch,
        Generation, GenerationApplication, GenerationId, GenerationResult, HasActiveBranch, ListCommits, ShowCommit,
        TrackBranch,
    },
    tag::Tag,
};

use crate::{
    call::Call,
    methods::Methods,
    state::{Branch, Model, ModelAccess},
};

/// The branch that is none.
const MASTER: &str = "master";

pub(super) fn register(methods: &mut Methods) {
    methods.on::<AddBranch>(|call, params| Ok(ErrorResult::of(add(call, &params))));
    methods.on::<AbortBranch>(|call, params| Ok(ErrorResult::of(abort(call, &params))));
    methods.on::<CommitBranch>(|call, params| {
        Ok(match commit(call, &params) {
            Ok(result) => IntResult { result, error: None },
            Err(error) => IntResult { error: Some(error), ..IntResult::default() },
        })
    });
    methods.on::<TrackBranch>(track);
    methods.on::<HasActiveBranch>(has);
    methods.on::<BranchInfo>(info);
    methods.on::<ListCommits>(commits);
    methods.on::<ShowCommit>(show);
}

fn missing(name: &str) -> RemoteError {
    RemoteError::not_found(format!("branch \"{name}\""))
}

fn add(call: &Call, params: &BranchArg) -> Result<(), RemoteError> {
    let user = call.user();
    call.write_model_as(ModelAccess::Admin, |model| {
        let name = &params.branch;
        if name.is_empty() || name == MASTER {
            return Err(RemoteError::new(Code::NotValid, format!("branch name \"{name}\" not valid")));
        }
        if model.branches.contains_key(name) {
            return Err(RemoteError::new(Code::AlreadyExists, format!("model already has branch \"{name}\"")));
        }
        let branch = Branch { created: Utc::now(), created_by: user.clone(), ..Branch::default() };
        model.branches.insert(name.clone(), branch);
        Ok(())
    })
}

/// A branch that units track cannot be dropped.
fn abort(call: &Call, params: &BranchArg) -> Result<(), RemoteError> {
    call.write_model_as(ModelAccess::Admin, |model| {
        let branch = model.branches.get(&params.branch).ok_or_else(|| missing(&params.branch))?;
        if !branch.units.is_empty() {
            return Err(RemoteError::plain(
                "branch is in progress. Either reset values on tracking units or commit the branch",
            ));
        }
        model.branches.remove(&params.branch);
        Ok(())
    })
}

fn commit(call: &Call, params: &BranchArg) -> Result<i64, RemoteError> {
    let user = call.user();
    call.write_model_as(ModelAccess::Admin, |model| {
        let branch = model.branches.remove(&params.branch).ok_or_else(|| missing(&params.branch))?;
        let id = i64::try_from(model.commits.len()).unwrap_or_default().saturating_add(1);
        let done = Generation {
            completed: Utc::now().timestamp(),
            completed_by: user.clone(),
            generation_id: id,
            ..shown(model, &params.branch, &branch, true)
        };
        model.commits.push(done);
        Ok(id)
    })
}

/// Puts units, or all units of applications, on a branch.
fn track(call: &Call, params: BranchTrackArg) -> Result<ErrorResults, RemoteError> {
    let one = |tag: &str| {
        let tag = Tag::parse(tag)?;
        call.write_model_as(ModelAccess::Admin, |model| {
            let units: Vec<String> = match tag.kind() {
                "unit" => vec![model.unit(tag.id())?.name()],
                "application" => {
                    model.application(tag.id())?;
                    let most = usize::try_from(params.num_units).ok().filter(|most| *most > 0).unwrap_or(usize::MAX);
                    model.units_of(tag.id()).map(crate::state::Unit::name).take(most).collect()
                }
                kind => {
                    return Err(RemoteError::plain(format!(
                        "expected names of the type application or unit, got {kind}"
                    )));
                }
            };
            let branch = model.branches.get_mut(&params.branch).ok_or_else(|| missing(&params.branch))?;
            branch.units.extend(units);
            Ok(())
        })
    };
    Ok(ErrorResults { results: params.entities.iter().map(|entity| ErrorResult::of(one(&entity.tag))).collect() })
}

fn has(call: &Call, params: BranchArg) -> Result<BoolResult, RemoteError> {
    let result = call.read_model(|model| Ok(model.branches.contains_key(&params.branch)))?;
    Ok(BoolResult { result, error: None })
}

/// A branch as the API describes it: the applications that it touches, with the units that track it.
fn shown(model: &Model, name: &str, branch: &Branch, detailed: bool) -> Generation {
    let of_units = |unit: &String| unit.split_once('/').map(|(application, _)| application.to_owned());
    let mut applications: Vec<String> = branch.units.iter().filter_map(of_units).collect();
    applications.dedup();
    let one = |application: String| {
        let all: Vec<String> = model.units_of(&application).map(crate::state::Unit::name).collect();
        let (tracking, pending): (Vec<_>, Vec<_>) = all.into_iter().partition(|unit| branch.units.contains(unit));
        GenerationApplication {
            progress: format!("{}/{}", tracking.len(), tracking.len() + pending.len()),
            tracking: if detailed { tracking } else { Vec::new() },
            pending: if detailed { pending } else { Vec::new() },
            application,
            ..GenerationApplication::default()
        }
    };
    Generation {
        branch: name.to_owned(),
        created: branch.created.timestamp(),
        created_by: branch.created_by.clone(),
        applications: applications.into_iter().map(one).collect(),
        ..Generation::default()
    }
}

fn info(call: &Call, params: BranchInfoArgs) -> Result<BranchResults, RemoteError> {
    call.read_model(|model| {
        if let Some(unknown) = params.branches.iter().find(|name| !model.branches.contains_key(*name)) {
            return Ok(BranchResults { error: Some(missing(unknown)), ..BranchResults::default() });
        }
        let wanted = |name: &String| params.branches.is_empty() || params.branches.contains(name);
        let chosen = model.branches.iter().filter(|(name, _)| wanted(name));
        let generations = chosen.map(|(name, branch)| shown(model, name, branch, params.detailed)).collect();
        Ok(BranchResults { generations, error: None })
    })
}

fn commits(call: &Call, (): ()) -> Result<BranchResults, RemoteError> {
    call.read_model(|model| Ok(BranchResults { generations: model.commits.clone(), error: None }))
}

fn show(call: &Call, params: GenerationId) -> Result<GenerationResult, RemoteError> {
    call.read_model(|model| {
        let found = model.commits.iter().find(|one| one.generation_id == params.generation_id);
        let missing = || GenerationResult {
            error: Some(RemoteError::not_found(format!("generation {}", params.generation_id))),
            ..GenerationResult::default()
        };
        Ok(found.map_or_else(missing, |generation| GenerationResult { generation: generation.clone(), error: None }))
    })
}
