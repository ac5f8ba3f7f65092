//! Facade `Spaces`: named sets of subnets.

pub mod space;
pub mod subnet;

use crate::code::ErrorResults;
use crate::entity::Entities;
use crate::facade::spaces::space::{
    CreateSpacesParams, ListSpacesResults, RemoveSpaceParams, RemoveSpaceResults, RenameSpacesParams, ShowSpaceResults,
};
use crate::facade::spaces::subnet::{MoveSubnetsParams, MoveSubnetsResults};

crate::methods! { Spaces {
    /// Makes spaces.
    CreateSpaces(write): CreateSpacesParams => ErrorResults,
    /// All spaces.
    ListSpaces(read): () => ListSpacesResults,
    /// Moves subnets to other spaces.
    MoveSubnets(write): MoveSubnetsParams => MoveSubnetsResults,
    /// Reads spaces and subnets from the cloud again.
    ReloadSpaces(write): () => (),
    /// Removes spaces.
    RemoveSpace(write): RemoveSpaceParams => RemoveSpaceResults,
    /// Renames spaces.
    RenameSpace(write): RenameSpacesParams => ErrorResults,
    /// Spaces with what uses them.
    ShowSpace(read): Entities => ShowSpaceResults,
} }
