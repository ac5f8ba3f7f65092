//! Facade `Charms`: charms of the store and of the model.

pub mod info;
pub mod meta;
pub mod resolve;
pub mod series;

use crate::code::ErrorResults;
use crate::facade::charms::info::{CharmDetails, CharmURL, CharmsList, CharmsListResult, IsMeteredResult};
use crate::facade::charms::resolve::{
    AddCharmWithOrigin, ApplicationCharmPlacements, CharmOriginResult, CharmResourcesResults, CharmURLAndOrigins,
    DownloadInfoResults, ResolveCharmWithChannelResults, ResolveCharmsWithChannel,
};

crate::methods! { Charms {
    /// Brings a charm of the store into the model.
    AddCharm(write): AddCharmWithOrigin => CharmOriginResult,
    /// The description of a charm of the model.
    CharmInfo(read): CharmURL => CharmDetails,
    /// Whether charms fit the machines of their applications.
    CheckCharmPlacement(read): ApplicationCharmPlacements => ErrorResults,
    /// From where charms and bundles can be downloaded.
    GetDownloadInfos(read): CharmURLAndOrigins => DownloadInfoResults,
    /// Whether a charm is metered.
    IsMetered(read): CharmURL => IsMeteredResult,
    /// The charms of the model.
    List(read): CharmsList => CharmsListResult,
    /// Resources of charms, as the store has them.
    ListCharmResources(read): CharmURLAndOrigins => CharmResourcesResults,
    /// Looks charms up in the store.
    ResolveCharms(read): ResolveCharmsWithChannel => ResolveCharmWithChannelResults,
} }
