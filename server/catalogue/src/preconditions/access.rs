//! Whether the controller's user may do an act, whether a block keeps it back, and whether the substrate fits.

use juju_wire::{
    Code,
    entity::Entities,
    facade::{block::List, model_manager::ModelInfo},
    tag::Tag,
};

use super::{
    precondition::{Access, Blocks, Substrate},
    unmet::unmet,
};
use crate::{Failure, ResolvedTarget};

/// Words of access to a model, the least first (`core/permission/access.go`).
const MODEL_ACCESS: [&str; 3] = ["read", "write", "admin"];

/// Fails where the user of the connection has too little access, as of now: access can change while a connection is open.
pub(super) async fn check(wanted: Access, target: &ResolvedTarget) -> Result<(), Failure> {
    if wanted == Access::AddModel || target.location().model().is_none() {
        return Ok(());
    }
    let session = target.model_connection().await?.session().await?;
    let (needed, user) = (if wanted == Access::Admin { "admin" } else { "write" }, session.user().to_owned());
    if session.controller_access() == "superuser" || suffices(session.model_access(), needed) {
        return Ok(());
    }
    let own = Tag::new("model", target.model_uuid());
    let reply =
        target.controller_connection().await?.call::<ModelInfo>([own].into_iter().collect::<Entities>()).await?;
    let users = reply.results.into_iter().filter_map(|result| result.result).flat_map(|details| details.users);
    let now = users.into_iter().find(|known| known.user == user).map(|known| known.access).unwrap_or_default();
    if suffices(&now, needed) {
        return Ok(());
    }
    let (model, has) = (target.model_name(), if now.is_empty() { "no" } else { &now });
    let remedy = format!(
        "`{user}` has {has} access to {model} and needs {needed} access: ask an administrator for `juju grant {user} {needed} {model}`"
    );
    Err(unmet(Code::Unauthorized, "permission denied", remedy))
}

fn suffices(access: &str, needed: &str) -> bool {
    let level = |word: &str| MODEL_ACCESS.iter().position(|known| *known == word);
    level(access).is_some_and(|has| Some(has) >= level(needed))
}

/// Fails where `juju disable-command` keeps the act back.
pub(super) async fn check_blocks(blocks: Blocks, target: &ResolvedTarget) -> Result<(), Failure> {
    let kinds: &[(&str, &str)] = match blocks {
        Blocks::None => return Ok(()),
        Blocks::Change => &[("BlockChange", "all")],
        Blocks::Removal => &[("BlockRemove", "remove-object"), ("BlockChange", "all")],
        Blocks::Destruction => {
            &[("BlockDestroy", "destroy-model"), ("BlockRemove", "remove-object"), ("BlockChange", "all")]
        }
    };
    if target.location().model().is_none() {
        return Ok(());
    }
    let listed = target.model_connection().await?.call::<List>(()).await?.results;
    let find = |kind: &str| listed.iter().map(|block| &block.result).find(|block| block.kind == kind);
    let Some((block, word)) = kinds.iter().find_map(|(kind, word)| Some((find(kind)?, word))) else { return Ok(()) };
    let message = if block.message.is_empty() { "the operation has been blocked" } else { &block.message };
    let remedy =
        format!("lift the block with `juju enable-command -m {} {word}`, if it may be lifted", target.model_name());
    Err(unmet(Code::OperationBlocked, message, remedy))
}

/// Fails where the command is for the other kind of model.
pub(super) fn check_substrate(wanted: Substrate, other: &str, target: &ResolvedTarget) -> Result<(), Failure> {
    let (fits, has) = match wanted {
        Substrate::Machines => (!target.is_kubernetes(), "a Kubernetes"),
        Substrate::Kubernetes => (target.is_kubernetes(), "a machine"),
    };
    if fits {
        return Ok(());
    }
    Err(unmet(
        Code::NotSupported,
        format!("{} is {has} model, where this is not supported", target.model_name()),
        other.to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_suffices_from_its_level_on() {
        assert!(suffices("admin", "write") && suffices("write", "write") && suffices("admin", "admin"));
        assert!(!suffices("read", "write") && !suffices("write", "admin") && !suffices("", "write"));
    }
}
