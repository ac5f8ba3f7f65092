//! Which function answers which method: handlers are registered by the method's type, so both sides agree on shapes.

use std::{
    collections::{BTreeMap, VecDeque},
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use futures::future::{BoxFuture, FutureExt};
use juju_wire::{Code, Method, RemoteError, Reply, Request};
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::{call::Call, command_blocks, session::Session};

type Handler = Box<dyn Fn(Call, &Request) -> BoxFuture<'static, Result<Reply, RemoteError>> + Send + Sync>;

/// Represents all versions of a facade that have no handler of their own.
const ANY_VERSION: u32 = 0;

/// Requests of writing methods that are remembered.
const MAX_RECORDED: usize = 256;

/// All methods of all facades, by facade, name and version.
#[derive(Default)]
pub(crate) struct Methods {
    registered: BTreeMap<(&'static str, &'static str, u32), Registered>,
    /// The last requests that may have changed something, in order.
    recorded: Mutex<VecDeque<Value>>,
}

struct Registered {
    handler: Handler,
    writes: bool,
    asked: AtomicU64,
}

impl Methods {
    /// Answers `M` by a function that does not wait.
    pub(crate) fn on<M: Method>(&mut self, answer: fn(&Call, M::Params) -> Result<M::Reply, RemoteError>) {
        self.on_version::<M>(ANY_VERSION, answer);
    }

    /// The same for one version of the facade, which has different types.
    pub(crate) fn on_version<M: Method>(
        &mut self,
        version: u32,
        answer: fn(&Call, M::Params) -> Result<M::Reply, RemoteError>,
    ) {
        self.insert::<M>(
            version,
            Box::new(move |call, request| {
                let reply = read::<M>(request)
                    .and_then(|params| answer(&call, params))
                    .and_then(|reply| write::<M>(request.id, &reply));
                std::future::ready(reply).boxed()
            }),
        );
    }

    /// Answers `M` by a function that waits, as the watchers do.
    pub(crate) fn on_waiting<M: Method, Answer>(&mut self, answer: fn(Call, M::Params) -> Answer)
    where
        Answer: Future<Output = Result<M::Reply, RemoteError>> + Send + 'static,
    {
        self.insert::<M>(
            ANY_VERSION,
            Box::new(move |call, request| {
                let id = request.id;
                match read::<M>(request) {
                    Ok(params) => {
                        let waiting = answer(call, params);
                        async move { write::<M>(id, &waiting.await?) }.boxed()
                    }
                    Err(error) => std::future::ready(Err(error)).boxed(),
                }
            }),
        );
    }

    fn insert<M: Method>(&mut self, version: u32, handler: Handler) {
        let registered = Registered { handler, writes: M::WRITES, asked: AtomicU64::new(0) };
        self.registered.insert((M::FACADE, M::NAME, version), registered);
    }

    /// How often each method that may change something was asked for, as `Application.AddUnits`; those never asked for left out.
    pub(crate) fn writes(&self) -> BTreeMap<String, u64> {
        let mut writes = BTreeMap::new();
        for ((facade, name, _), registered) in &self.registered {
            let asked = registered.asked.load(Ordering::Relaxed);
            if registered.writes && asked > 0 {
                *writes.entry(format!("{facade}.{name}")).or_default() += asked;
            }
        }
        writes
    }

    /// How often each method was asked for; those never asked for left out.
    pub(crate) fn calls(&self) -> BTreeMap<String, u64> {
        let mut calls = BTreeMap::new();
        for ((facade, name, _), registered) in &self.registered {
            let asked = registered.asked.load(Ordering::Relaxed);
            if asked > 0 {
                *calls.entry(format!("{facade}.{name}")).or_default() += asked;
            }
        }
        calls
    }

    /// Every method, as `Application.AddUnits`.
    #[cfg(test)]
    pub(crate) fn names(&self) -> std::collections::BTreeSet<String> {
        self.registered.keys().map(|(facade, name, _)| format!("{facade}.{name}")).collect()
    }

    fn record(&self, request: &Request) {
        let mut recorded = self.recorded.lock();
        if recorded.len() == MAX_RECORDED {
            recorded.pop_front();
        }
        let Request { facade, version, method, params, .. } = request;
        recorded.push_back(json!({"facade": facade, "version": version, "method": method, "params": params}));
    }

    /// Takes the last requests that may have changed something, oldest first.
    pub(crate) fn take_recorded(&self) -> Vec<Value> {
        self.recorded.lock().drain(..).collect()
    }

    /// Answers one request.
    pub(crate) async fn answer(&self, session: &Arc<Session>, request: Request) -> Reply {
        let id = request.id;
        if let Err(error) = session.check_kind(&request.facade) {
            return Reply::failed(id, error);
        }
        let of = |version| self.registered.get(&(request.facade.as_str(), request.method.as_str(), version));
        let found = of(request.version).or_else(|| of(ANY_VERSION));
        let answer = match found {
            Some(registered) if session.may_call(&request.facade) => {
                registered.asked.fetch_add(1, Ordering::Relaxed);
                if registered.writes {
                    self.record(&request);
                }
                let call = Call::new(session, &request.object);
                match command_blocks::check_method(session, &request.facade, &request.method) {
                    Ok(()) => (registered.handler)(call, &request).await,
                    Err(error) => Err(error),
                }
            }
            _ => Err(session.elsewhere(&request.facade).unwrap_or_else(|| {
                unknown(&request, self.registered.keys().any(|(facade, ..)| *facade == request.facade))
            })),
        };
        answer.unwrap_or_else(|error| Reply::failed(id, error))
    }
}

fn read<M: Method>(request: &Request) -> Result<M::Params, RemoteError> {
    request.params::<M>().map_err(|error| RemoteError::plain(error.to_string()))
}

fn write<M: Method>(id: u64, reply: &M::Reply) -> Result<Reply, RemoteError> {
    Reply::of::<M>(id, reply).map_err(|error| RemoteError::plain(error.to_string()))
}

/// The error for an unknown method; before the login, for every method.
fn unknown(request: &Request, has_facade: bool) -> RemoteError {
    let Request { facade, version, method, .. } = request;
    let message = if has_facade {
        format!("no such request - method {facade}({version}).{method} is not implemented")
    } else {
        format!("unknown object type \"{facade}\"")
    };
    RemoteError::new(Code::NotImplemented, message)
}
