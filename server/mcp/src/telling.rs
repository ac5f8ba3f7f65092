//! What tools have in common that this program answers by itself: arguments are read, limits hold, time is taken.

use std::time::Instant;

use dispatch::{Refusal, Reply};
use identity::Caller;
use rmcp::model::CallToolResult;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{Server, reply};

impl Server {
    /// Answers a call of the tool `name` by `work`, which is given the arguments.
    pub(crate) async fn tell<Wanted: DeserializeOwned, Work: Future<Output = Result<Reply, Refusal>>>(
        &self,
        name: &str,
        caller: &Caller,
        arguments: Map<String, Value>,
        work: impl FnOnce(Wanted) -> Work,
    ) -> CallToolResult {
        let wanted = match serde_json::from_value(Value::Object(arguments)) {
            Ok(wanted) => wanted,
            Err(error) => return reply::failed(format!("the arguments do not fit: {error}"), "bad arguments"),
        };
        let _under_way = match self.enter(name, caller).await {
            Ok(under_way) => under_way,
            Err(limited) => return limited,
        };
        let begun = Instant::now();
        let result = work(wanted).await;
        self.observe.call_ended(name, reply::outcome(&result), begun.elapsed());
        match result {
            Ok(told) => reply::done(told),
            Err(refusal) => reply::refused(&refusal),
        }
    }
}
