//! Looks up an offer at its own controller, for those who take it.

use juju_client::{Connection, Error};
use juju_wire::{
    Code,
    facade::application_offers::{
        FindApplicationOffers, GetConsumeDetails,
        consume::{ConsumeOfferDetailsArg, ConsumeOfferDetailsResult},
        offer::{ApplicationOfferDetailsV5, OfferFilter, OfferFilters, OfferURLs},
    },
};

use crate::{Failure, OfferUrl, ResolvedTarget, juju::render::bulk_single, nearest};

/// Asks the controller of an offer for the offer.
///
/// # Errors
/// [`Failure`] where this program does not know the controller, or the controller does not know the offer.
pub(crate) async fn look_up(
    url: &OfferUrl,
    target: &ResolvedTarget,
) -> Result<(ApplicationOfferDetailsV5, ConsumeOfferDetailsResult), Failure> {
    let own = target.model_name().split('/').next().unwrap_or_default();
    let local = url.local(own);
    let other = url.controller.as_deref().filter(|name| *name != target.controller_name());
    let source = match other {
        Some(name) => target.controllers().controller(Some(name))?.connection().await?,
        // the offer's model is not the one that the caller's token is for
        None => target.role_connection().await?,
    };
    let user_tag = source.session().await?.user_tag().to_owned();
    let wanted = OfferURLs { offer_urls: vec![local.clone()], bakery_version: 3 };
    let reply = source.call::<GetConsumeDetails>(ConsumeOfferDetailsArg { offer_urls: wanted, user_tag }).await?;
    let mut details = match bulk_single(reply.results, |details| details.error.take()) {
        Ok(details) => details,
        Err(failure) => return Err(with_nearest(failure, url, own, &source).await),
    };
    let missing =
        || Failure::refused(format!("nothing is known of the offer `{local}`"), "look for it with juju_find_offers");
    let mut offer = details.offer.take().ok_or_else(missing)?;
    if let Some(controller) = other {
        // with the controller, so that status can show where the offer comes from
        offer.offer_url = format!("{controller}:{}", offer.offer_url);
    }
    Ok((offer, details))
}

/// The refusal of a missing offer with the nearest offer of its model, as far as the user may see them.
async fn with_nearest(failure: Failure, url: &OfferUrl, owner: &str, source: &Connection) -> Failure {
    let error = match &failure {
        Failure::Juju(Error::Remote(error)) if error.code == Code::NotFound => error.clone(),
        _ => return failure,
    };
    let owner_name = url.owner.as_deref().unwrap_or(owner).to_owned();
    let filter = OfferFilter { owner_name, model_name: url.model.clone(), ..OfferFilter::default() };
    let found = source.call::<FindApplicationOffers>(OfferFilters { filters: vec![filter] }).await;
    let names: Vec<_> = found.map(|found| found.results).unwrap_or_default();
    let near = nearest(&url.offer, names.iter().map(|offer| offer.offer_name.as_str()));
    let remedy = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "look for offers with juju_find_offers".to_owned(),
    };
    Failure::Unmet { error: Box::new(error), remedy: Some(remedy) }
}
