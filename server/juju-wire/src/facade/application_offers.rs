//! Facade `ApplicationOffers`: endpoints that a model offers to others.

pub mod consume;
pub mod offer;

use crate::code::ErrorResults;
use crate::facade::application_offers::consume::{
    ConsumeOfferDetailsArg, ConsumeOfferDetailsResults, RemoteApplicationInfoResults,
};
use crate::facade::application_offers::offer::{
    AddApplicationOffers, ApplicationOffersResults, DestroyApplicationOffers, ModifyOfferAccessRequest, OfferFilters,
    OfferURLs, QueryApplicationOffersResultsV5,
};

crate::methods! { ApplicationOffers {
    /// Offers by their URLs.
    ApplicationOffers(read): OfferURLs => ApplicationOffersResults,
    /// Removes offers.
    DestroyOffers(write): DestroyApplicationOffers => ErrorResults,
    /// Offers that the user may use.
    FindApplicationOffers(read): OfferFilters => QueryApplicationOffersResultsV5,
    /// What is needed to consume offers.
    GetConsumeDetails(read): ConsumeOfferDetailsArg => ConsumeOfferDetailsResults,
    /// Offers that the user administers.
    ListApplicationOffers(read): OfferFilters => QueryApplicationOffersResultsV5,
    /// Grants and revokes access to offers.
    ModifyOfferAccess(write): ModifyOfferAccessRequest => ErrorResults,
    /// Offers endpoints to other models.
    Offer(write): AddApplicationOffers => ErrorResults,
    /// Applications behind offers.
    RemoteApplicationInfo(read): OfferURLs => RemoteApplicationInfoResults,
} }
