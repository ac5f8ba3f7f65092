//! Tools about all backends at once.

mod backend_query;
mod backend_status;

use crate::{Tool, plan::Adapter};

/// One tool for each file here.
pub(crate) fn tools() -> Vec<Box<dyn Tool>> {
    vec![Adapter::<backend_query::BackendQueryTool>::boxed(), Adapter::<backend_status::BackendStatus>::boxed()]
}
