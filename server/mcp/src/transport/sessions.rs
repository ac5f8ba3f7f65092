//! The sessions of older clients: what each client has declared, its calls in progress and its subscriptions. A session without
//! subscriptions has no task and no buffers, so it costs about a kilobyte.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use rmcp::model::{ClientJsonRpcMessage, InitializeRequestParams, RequestId, ServerJsonRpcMessage, ServerNotification};
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use super::outbox::Outbox;
use crate::{CallMetrics, subscriptions::Subscriptions};

/// Open sessions of all callers; one more ends those that were not used for the longest time.
const MAX_SESSIONS: usize = 8192;
/// Share of the sessions that end when there are too many, so that the search for them is rare.
const EVICTED_SHARE: usize = 16;
/// Open sessions of one caller; one more ends the caller's oldest.
const MAX_SESSIONS_PER_CALLER: usize = 500;
/// A session without a request and without a call in progress ends after this time.
const IDLE_TIMEOUT: Duration = Duration::from_mins(30);
/// Minimum interval between two searches for idle sessions.
const SWEEP_INTERVAL: Duration = Duration::from_mins(1);
/// Largest description of a client that a session stores, in bytes of JSON; of a larger one, only name and version remain.
const MAX_CLIENT_BYTES: usize = 2048;
/// Longest name or version of a client, in bytes.
const MAX_CLIENT_NAME_BYTES: usize = 256;

/// All open sessions.
pub(super) struct Sessions {
    open: Mutex<OpenSessions>,
    metrics: Arc<dyn CallMetrics>,
}

struct OpenSessions {
    by_id: HashMap<Arc<str>, Arc<Session>>,
    /// The sessions of each caller, oldest first.
    by_owner: HashMap<Arc<str>, VecDeque<Arc<str>>>,
    last_sweep: Instant,
}

/// The session of one client.
pub(crate) struct Session {
    pub(super) id: Arc<str>,
    owner: Arc<str>,
    /// What the client declared in `initialize`, with the negotiated version.
    pub(crate) client: InitializeRequestParams,
    /// What the client is subscribed to.
    pub(crate) subscriptions: Subscriptions,
    /// Notices for the stream of the session.
    pub(super) notices: Outbox,
    state: Mutex<SessionState>,
}

struct SessionState {
    last_used: Instant,
    ended: bool,
    calls: HashMap<RequestId, CancellationToken>,
    /// Requests to the client that have no response yet, by the id that the client received.
    questions: HashMap<i64, Question>,
    next_question: i64,
    /// The open stream of the session.
    stream: Option<RequestId>,
}

/// A request to the client: its id at the sender, and where the response goes.
struct Question {
    id: RequestId,
    responses: UnboundedSender<ClientJsonRpcMessage>,
}

/// A call in progress; dropping it removes it from its session.
pub(super) struct CallInSession {
    session: Arc<Session>,
    id: RequestId,
    pub(super) token: CancellationToken,
}

impl Sessions {
    pub(super) fn new(metrics: Arc<dyn CallMetrics>) -> Self {
        let open = OpenSessions { by_id: HashMap::new(), by_owner: HashMap::new(), last_sweep: Instant::now() };
        Self { open: Mutex::new(open), metrics }
    }

    /// Opens a session, and ends others if there are too many.
    pub(super) fn open(&self, owner: &str, client: InitializeRequestParams) -> Arc<Session> {
        let session = Arc::new(Session {
            id: uuid::Uuid::new_v4().to_string().into(),
            owner: owner.into(),
            client: trim(client),
            subscriptions: Subscriptions::default(),
            notices: Outbox::default(),
            state: Mutex::new(SessionState {
                last_used: Instant::now(),
                ended: false,
                calls: HashMap::new(),
                questions: HashMap::new(),
                next_question: 0,
                stream: None,
            }),
        });
        let mut open = self.open.lock();
        open.evict();
        let of_caller = open.by_owner.entry(Arc::clone(&session.owner)).or_default();
        let oldest = if of_caller.len() >= MAX_SESSIONS_PER_CALLER { of_caller.front().cloned() } else { None };
        if let Some(oldest) = oldest {
            open.end(&oldest);
        }
        open.by_owner.entry(Arc::clone(&session.owner)).or_default().push_back(Arc::clone(&session.id));
        open.by_id.insert(Arc::clone(&session.id), Arc::clone(&session));
        self.metrics.sessions_open(open.by_id.len());
        session
    }

    /// The open session of this id, if it is the caller's.
    pub(super) fn get(&self, id: &str, owner: &str) -> Option<Arc<Session>> {
        let mut open = self.open.lock();
        let session = open.by_id.get(id).filter(|session| *session.owner == *owner).cloned()?;
        if session.is_idle(Instant::now()) {
            open.end(id);
            self.metrics.sessions_open(open.by_id.len());
            return None;
        }
        session.state.lock().last_used = Instant::now();
        Some(session)
    }

    /// Ends a session and cancels its calls.
    pub(super) fn end(&self, session: &Session) {
        let mut open = self.open.lock();
        open.end(&session.id);
        self.metrics.sessions_open(open.by_id.len());
    }
}

impl OpenSessions {
    fn end(&mut self, id: &str) {
        let Some(session) = self.by_id.remove(id) else { return };
        if let Some(owned) = self.by_owner.get_mut(&session.owner) {
            owned.retain(|other| **other != *id);
            if owned.is_empty() {
                self.by_owner.remove(&session.owner);
            }
        }
        session.subscriptions.clear();
        let mut state = session.state.lock();
        state.ended = true;
        state.questions.clear();
        state.calls.drain().for_each(|(_, token)| token.cancel());
    }

    /// Ends idle sessions from time to time, and a share of all sessions if there are too many.
    fn evict(&mut self) {
        let now = Instant::now();
        if self.by_id.len() < MAX_SESSIONS && now.duration_since(self.last_sweep) < SWEEP_INTERVAL {
            return;
        }
        self.last_sweep = now;
        let idle = self.by_id.values().filter(|session| session.is_idle(now)).map(|session| Arc::clone(&session.id));
        idle.collect::<Vec<_>>().iter().for_each(|id| self.end(id));
        if self.by_id.len() >= MAX_SESSIONS {
            let mut by_use: Vec<_> =
                self.by_id.values().map(|session| (session.order(), Arc::clone(&session.id))).collect();
            by_use.sort_unstable();
            by_use.iter().take(MAX_SESSIONS / EVICTED_SHARE).for_each(|(_, id)| self.end(id));
        }
    }
}

impl Session {
    fn is_idle(&self, now: Instant) -> bool {
        let state = self.state.lock();
        state.calls.is_empty() && now.duration_since(state.last_used) >= IDLE_TIMEOUT
    }

    /// The order in which sessions end: those without calls first, then those that were not used for the longest time.
    fn order(&self) -> (bool, Instant) {
        let state = self.state.lock();
        (!state.calls.is_empty(), state.last_used)
    }

    /// Begins a call; `None` if the session has ended.
    pub(super) fn begin(self: &Arc<Self>, id: RequestId) -> Option<CallInSession> {
        let token = CancellationToken::new();
        let mut state = self.state.lock();
        if state.ended {
            return None;
        }
        state.calls.insert(id.clone(), token.clone());
        Some(CallInSession { session: Arc::clone(self), id, token })
    }

    /// Begins the stream of the session, and ends an earlier one; `None` if the session has ended.
    pub(super) fn begin_stream(self: &Arc<Self>) -> Option<CallInSession> {
        // no request of a client has an id of this kind by chance
        let id = RequestId::String(format!("stream {}", uuid::Uuid::new_v4()).into());
        let stream = self.begin(id.clone())?;
        let mut state = self.state.lock();
        let earlier = state.stream.replace(id);
        if let Some(token) = earlier.and_then(|id| state.calls.get(&id).cloned()) {
            token.cancel();
        }
        Some(stream)
    }

    /// Sends a notice by the stream of the session, where it waits until there is one; `false` if the session has ended.
    pub(crate) fn notify(&self, notice: ServerNotification) -> bool {
        self.notices.push(&ServerJsonRpcMessage::notification(notice));
        !self.state.lock().ended
    }

    /// Cancels a call, as its client requested.
    pub(super) fn cancel(&self, id: &RequestId) {
        if let Some(token) = self.state.lock().calls.get(id) {
            token.cancel();
        }
    }

    /// Notes a request to the client. Returns the id that the client receives, which is unique in the session.
    pub(super) fn add_question(
        &self,
        id: RequestId,
        responses: UnboundedSender<ClientJsonRpcMessage>,
    ) -> Option<RequestId> {
        let mut state = self.state.lock();
        if state.ended {
            return None;
        }
        let number = state.next_question;
        state.next_question += 1;
        // a call that has ended receives no response
        state.questions.retain(|_, question| !question.responses.is_closed());
        state.questions.insert(number, Question { id, responses });
        Some(RequestId::Number(number))
    }

    /// Passes the response of the client on to the call that waits for it.
    pub(super) fn answer(&self, mut message: ClientJsonRpcMessage) {
        let id = match &mut message {
            ClientJsonRpcMessage::Response(response) => Some(&mut response.id),
            ClientJsonRpcMessage::Error(error) => error.id.as_mut(),
            _ => None,
        };
        let Some(id) = id else { return };
        let RequestId::Number(number) = *id else { return };
        if let Some(question) = self.state.lock().questions.remove(&number) {
            *id = question.id;
            // the call may have ended meanwhile
            let _ = question.responses.send(message);
        }
    }
}

impl CallInSession {
    pub(super) fn session(&self) -> &Session {
        &self.session
    }
}

impl Drop for CallInSession {
    fn drop(&mut self) {
        let mut state = self.session.state.lock();
        state.calls.remove(&self.id);
        state.last_used = Instant::now();
    }
}

/// Bounds what a session stores of its client: a client chooses its own description.
fn trim(mut client: InitializeRequestParams) -> InitializeRequestParams {
    client.meta = None;
    let bytes = serde_json::to_vec(&client).map_or(usize::MAX, |json| json.len());
    if bytes > MAX_CLIENT_BYTES {
        client.capabilities.experimental = None;
        client.capabilities.extensions = None;
        let short = |text: &str| {
            text.chars()
                .scan(0, |bytes, letter| {
                    *bytes += letter.len_utf8();
                    (*bytes <= MAX_CLIENT_NAME_BYTES).then_some(letter)
                })
                .collect::<String>()
        };
        client.client_info =
            rmcp::model::Implementation::new(short(&client.client_info.name), short(&client.client_info.version));
    }
    client
}

#[cfg(test)]
mod tests {
    use rmcp::model::{ClientCapabilities, Implementation};

    use super::*;

    fn client(name: &str) -> InitializeRequestParams {
        InitializeRequestParams::new(ClientCapabilities::default(), Implementation::new(name, "1"))
    }

    #[test]
    fn session_is_found_by_its_owner_until_it_ends() {
        let sessions = Sessions::new(Arc::new(()));
        let session = sessions.open("ana", client("test"));
        assert!(sessions.get(&session.id, "ben").is_none() && sessions.get(&session.id, "ana").is_some());
        let call = session.begin(RequestId::Number(1)).expect("open");
        sessions.end(&session);
        assert!(call.token.is_cancelled() && session.begin(RequestId::Number(2)).is_none());
        assert!(sessions.get(&session.id, "ana").is_none() && sessions.open.lock().by_owner.is_empty());
    }

    #[test]
    fn sessions_over_all_callers_stay_bounded_and_busy_ones_stay() {
        let sessions = Sessions::new(Arc::new(()));
        let busy = sessions.open("busy", client("test"));
        let _call = busy.begin(RequestId::Number(1));
        for number in 0..MAX_SESSIONS * 2 {
            sessions.open(&format!("caller {}", number / 100), client("test"));
        }
        let open = sessions.open.lock();
        assert!(open.by_id.len() <= MAX_SESSIONS && open.by_id.contains_key(&busy.id), "{}", open.by_id.len());
        assert_eq!(open.by_id.len(), open.by_owner.values().map(VecDeque::len).sum::<usize>());
    }

    #[test]
    fn idle_session_ends_and_one_with_a_call_does_not() {
        let sessions = Sessions::new(Arc::new(()));
        let [idle, busy] = ["idle", "busy"].map(|name| sessions.open("ana", client(name)));
        let call = busy.begin(RequestId::Number(1));
        let later = Instant::now() + IDLE_TIMEOUT;
        assert!(idle.is_idle(later) && !busy.is_idle(later));
        drop(call);
        assert!(busy.is_idle(later + IDLE_TIMEOUT));
    }

    #[test]
    fn description_of_a_client_is_trimmed_beyond_its_bound() {
        let mut large = client(&"ä".repeat(5000));
        large.client_info.title = Some("t".repeat(100_000));
        let trimmed = trim(large);
        assert_eq!(trimmed.client_info.name, "ä".repeat(MAX_CLIENT_NAME_BYTES / 2));
        assert!(trimmed.client_info.title.is_none());
        assert_eq!(trim(client("small")), client("small"));
    }

    #[test]
    fn response_of_the_client_reaches_its_call_under_the_original_id() {
        let sessions = Sessions::new(Arc::new(()));
        let session = sessions.open("ana", client("test"));
        let (sender, mut received) = tokio::sync::mpsc::unbounded_channel();
        let first = session.add_question(RequestId::Number(0), sender.clone()).expect("open");
        let second = session.add_question(RequestId::Number(0), sender).expect("open");
        assert_ne!(first, second);
        let response = |id: &RequestId| {
            serde_json::from_value(serde_json::json!({"jsonrpc": "2.0", "id": id, "result": {"action": "accept"}}))
                .expect("a response")
        };
        session.answer(response(&second));
        session.answer(response(&second));
        let ClientJsonRpcMessage::Response(response) = received.try_recv().expect("a response") else {
            panic!("no response")
        };
        assert_eq!(response.id, RequestId::Number(0));
        assert!(received.try_recv().is_err());
    }
}
