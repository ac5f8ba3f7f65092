//! Connections that callers of this program have opened as themselves: bounded, one for each caller, model and access.

use std::{collections::HashMap, sync::Arc, time::Instant};

use parking_lot::Mutex;

use crate::{CallerLogin, Connection, LOGIN_TOKEN_LIFETIME, ModelAccess};

/// Maximum number of connections of callers to one controller; beyond it the least recently used one closes.
pub const MAX_CALLER_CONNECTIONS: usize = 128;

/// Which end of the controller a connection leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Side {
    Controller,
    Model,
}

/// What a connection belongs to. The user includes the domain.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    user: String,
    access: ModelAccess,
    model_uuid: String,
    side: Side,
}

#[derive(Debug)]
struct Entry<C> {
    connection: Arc<C>,
    roles: Vec<String>,
    last_used: Instant,
}

/// The connections of all callers to one controller. Dropping one closes it when its last act has ended.
#[derive(Debug)]
pub(crate) struct CallerConnections<C = Connection>(Mutex<HashMap<Key, Entry<C>>>);

impl<C> Default for CallerConnections<C> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<C> CallerConnections<C> {
    /// The connection of this caller, or a new one from `open`. Closes connections that are idle for the lifetime of a token,
    /// and those that the same user opened with other roles.
    pub(crate) fn get(
        &self,
        login: &CallerLogin,
        model_uuid: &str,
        side: Side,
        now: Instant,
        open: impl FnOnce() -> C,
    ) -> Arc<C> {
        let mut entries = self.0.lock();
        entries.retain(|key, entry| {
            let has_other_roles = key.user == login.user && entry.roles != login.roles;
            !has_other_roles && now.duration_since(entry.last_used) < LOGIN_TOKEN_LIFETIME
        });
        let key = Key { user: login.user.clone(), access: login.access, model_uuid: model_uuid.to_owned(), side };
        if let Some(entry) = entries.get_mut(&key) {
            entry.last_used = now;
            return Arc::clone(&entry.connection);
        }
        if entries.len() >= MAX_CALLER_CONNECTIONS {
            let oldest = entries.iter().min_by_key(|(_, entry)| entry.last_used).map(|(key, _)| key.clone());
            oldest.map(|key| entries.remove(&key));
        }
        let connection = Arc::new(open());
        let entry = Entry { connection: Arc::clone(&connection), roles: login.roles.clone(), last_used: now };
        entries.insert(key, entry);
        connection
    }

    /// Closes the connections to a model that no longer exists.
    pub(crate) fn remove_model(&self, model_uuid: &str) {
        self.0.lock().retain(|key, _| key.model_uuid != model_uuid);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn login(user: &str, roles: &[&str], access: ModelAccess) -> CallerLogin {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        CallerLogin { user: user.to_owned(), roles, access }
    }

    /// Seconds after the start of a test.
    struct Clock(Instant);

    impl Clock {
        fn get(&self, connections: &CallerConnections<u32>, login: &CallerLogin, at: Duration, number: u32) -> u32 {
            *connections.get(login, "m1", Side::Model, self.0 + at, || number)
        }
    }

    const START: Duration = Duration::ZERO;

    #[test]
    fn connection_is_reused_by_the_same_caller_roles_and_access_only() {
        let (connections, clock) = (CallerConnections::default(), Clock(Instant::now()));
        let ana = login("ana@x", &["operator"], ModelAccess::Read);
        let get = |login: &CallerLogin, number| clock.get(&connections, login, START, number);
        assert_eq!(get(&ana, 1), 1);
        assert_eq!(get(&ana, 2), 1, "the same");
        assert_eq!(get(&login("ben@x", &["operator"], ModelAccess::Read), 3), 3);
        assert_eq!(get(&login("ana@x", &["operator"], ModelAccess::Write), 4), 4);
        assert_eq!(*connections.get(&ana, "m2", Side::Model, clock.0, || 5), 5);
        assert_eq!(*connections.get(&ana, "m1", Side::Controller, clock.0, || 6), 6);
        assert_eq!(get(&ana, 7), 1);
        connections.remove_model("m1");
        assert_eq!((get(&ana, 8), *connections.get(&ana, "m2", Side::Model, clock.0, || 9)), (8, 5));
    }

    #[test]
    fn connections_close_when_roles_change_and_when_idle() {
        let (connections, clock) = (CallerConnections::default(), Clock(Instant::now()));
        let ana = login("ana@x", &["operator"], ModelAccess::Read);
        let ben = login("ben@x", &["viewer"], ModelAccess::Read);
        let get = |login: &CallerLogin, at, number| clock.get(&connections, login, at, number);
        let first = connections.get(&ana, "m1", Side::Model, clock.0, || 1);
        connections.get(&ana, "m2", Side::Model, clock.0, || 2);
        get(&ben, START, 3);
        get(&login("ana@x", &["viewer"], ModelAccess::Read), START, 4);
        assert_eq!(Arc::strong_count(&first), 1, "closed once its last act has ended");
        assert_eq!(connections.0.lock().len(), 2, "both of ana with the old role are closed");
        let later = Duration::from_secs(119);
        assert_eq!(get(&ben, later, 5), 3, "in use");
        get(&ben, later + Duration::from_secs(2), 6);
        assert_eq!(connections.0.lock().len(), 1, "only the one in use is left");
    }

    #[test]
    fn least_recently_used_connection_closes_beyond_the_limit() {
        let (connections, clock) = (CallerConnections::default(), Clock(Instant::now()));
        let user = |number: usize| login(&format!("user{number}@x"), &[], ModelAccess::Read);
        let mut at = Duration::ZERO;
        let mut get = |number: usize, new| {
            at += Duration::from_millis(1);
            clock.get(&connections, &user(number), at, new)
        };
        for number in 0..MAX_CALLER_CONNECTIONS {
            get(number, 0);
        }
        get(0, 1);
        get(MAX_CALLER_CONNECTIONS, 0);
        assert_eq!(connections.0.lock().len(), MAX_CALLER_CONNECTIONS);
        assert_eq!(get(0, 1), 0, "used since");
        assert_eq!(get(1, 1), 1, "closed");
    }
}
