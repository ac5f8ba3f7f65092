//! One method of one facade as a type, so that a call and its answer cannot be mismatched on either side.

use serde::{Serialize, de::DeserializeOwned};

/// One method of one facade: what it is called, what it takes, what it answers.
pub trait Method: 'static {
    /// The facade, `Application`.
    const FACADE: &'static str;
    /// The method, `AddUnits`.
    const NAME: &'static str;
    /// Whether a call changes anything. A lost answer of such a call is never followed by a second try.
    const WRITES: bool;
    /// What it takes; `()` where the method has no parameters.
    type Params: Serialize + DeserializeOwned + Send + Sync;
    /// What it answers; `()` where the answer is empty.
    type Reply: Serialize + DeserializeOwned + Send;
}

/// A method that changes nothing. `methods!` implements it for each `read` method, so that a handle which takes only these can
/// change nothing, by type.
pub trait ReadMethod: Method {}

/// Declares methods of one facade: `methods! { Application { AddUnits(write): AddApplicationUnits => Results } }`.
///
/// `read` and `write` say whether a call changes anything.
#[macro_export]
macro_rules! methods {
    ($facade:ident { $( $(#[$doc:meta])* $name:ident ( $effect:ident ) : $params:ty => $reply:ty ),* $(,)? }) => {
        $(
            #[doc = concat!("`", stringify!($facade), ".", stringify!($name), "`.")]
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub struct $name;

            impl $crate::Method for $name {
                const FACADE: &'static str = stringify!($facade);
                const NAME: &'static str = stringify!($name);
                const WRITES: bool = $crate::methods!(@writes $effect);
                type Params = $params;
                type Reply = $reply;
            }

            $crate::methods!(@marker $effect $name);
        )*
    };
    (@marker read $name:ident) => { impl $crate::ReadMethod for $name {} };
    (@marker write $name:ident) => {};
    (@writes read) => { false };
    (@writes write) => { true };
}

/// Reads a list or map that Go wrote as `null` where it was empty.
///
/// # Errors
/// The error of the deserializer.
pub fn null_is_empty<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + serde::Deserialize<'de>,
{
    Ok(<Option<T> as serde::Deserialize>::deserialize(deserializer)?.unwrap_or_default())
}
