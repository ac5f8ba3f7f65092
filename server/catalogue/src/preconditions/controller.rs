//! Whether a controller can make a model: its name, cloud, region and credential.

use juju_wire::{
    Code,
    facade::cloud::{
        Clouds, UserCredentials,
        credential::{UserCloud, UserClouds},
    },
    tag::Tag,
};

use super::unmet::{suggest, unmet};
use crate::{Failure, ResolvedTarget};

/// The model that is to be made.
pub(super) struct WantedModel<'a> {
    pub(super) name: &'a str,
    pub(super) cloud: Option<&'a str>,
    pub(super) region: Option<&'a str>,
    pub(super) credential: Option<&'a str>,
}

pub(super) async fn check(wanted: &WantedModel<'_>, target: &ResolvedTarget) -> Result<(), Failure> {
    let name = wanted.name;
    let letters = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    if !name.chars().all(letters) || name.starts_with('-') || name.is_empty() {
        let message = format!(
            "\"{name}\" is not a valid name: model names may only contain lowercase letters, digits and hyphens"
        );
        return Err(unmet(Code::None, message, "choose another name".to_owned()));
    }
    let connection = target.controller_connection().await?;
    let session = connection.session().await?;
    let models = target.controller()?.models().await?;
    if models.iter().any(|model| model.name == name && model.owner == session.user()) {
        let message = format!("model \"{name}\" for {} already exists", session.user());
        return Err(unmet(Code::AlreadyExists, message, "choose another name".to_owned()));
    }
    let clouds = connection.call::<Clouds>(()).await?.clouds;
    let known: Vec<_> = clouds.keys().map(|tag| tag.trim_start_matches("cloud-")).collect();
    if known.is_empty() && session.controller_access() != "superuser" {
        let user = session.user();
        let remedy = format!("ask an administrator for `juju grant-cloud {user} add-model CLOUD`");
        return Err(unmet(Code::Unauthorized, "permission denied", remedy));
    }
    let Some(cloud) = wanted.cloud else {
        return check_region(wanted.region, &known, clouds.values().flat_map(|cloud| &cloud.regions));
    };
    let Some(definition) = clouds.get(&Tag::new("cloud", cloud).to_string()) else {
        let remedy = suggest(cloud, known, "list clouds with `juju clouds`");
        return Err(unmet(Code::NotFound, format!("cloud \"{cloud}\" not found"), remedy));
    };
    check_region(wanted.region, &[cloud], &definition.regions)?;
    let Some(credential) = wanted.credential else { return Ok(()) };
    let user_cloud =
        UserCloud { user_tag: session.user_tag().to_owned(), cloud_tag: Tag::new("cloud", cloud).to_string() };
    let reply = connection.call::<UserCredentials>(UserClouds { user_clouds: vec![user_cloud] }).await?;
    let tags: Vec<String> = reply.results.into_iter().flat_map(|result| result.result).collect();
    let names: Vec<_> = tags.iter().filter_map(|tag| Tag::parse(tag).ok()).collect();
    let names: Vec<_> = names.iter().filter_map(|tag| tag.id().rsplit('/').next()).collect();
    if names.contains(&credential) {
        return Ok(());
    }
    let remedy = suggest(credential, names, "list credentials with `juju credentials`");
    Err(unmet(Code::NotFound, format!("credential \"{credential}\" not found"), remedy))
}

fn check_region<'a>(
    region: Option<&str>,
    clouds: &[&str],
    known: impl IntoIterator<Item = &'a juju_wire::facade::cloud::definition::CloudRegion>,
) -> Result<(), Failure> {
    let Some(region) = region.filter(|region| !region.is_empty()) else { return Ok(()) };
    let known: Vec<_> = known.into_iter().map(|region| region.name.as_str()).collect();
    if known.contains(&region) {
        return Ok(());
    }
    let remedy = suggest(region, known, "list regions with `juju regions`");
    Err(unmet(Code::NotFound, format!("region \"{region}\" of cloud \"{}\" not found", clouds.join(", ")), remedy))
}
