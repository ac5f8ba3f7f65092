//! One controller: a connection to the controller and one to each of its models in use.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use juju_wire::facade::pinger::Ping;
use parking_lot::{Mutex, MutexGuard};

use crate::{
    CallerLogin, Connection, ControllerEndpoint, ControllerStatus, IfTokenRefused, LoginGrant, LoginTokens, ModelEntry,
    Settings,
    access::{Access, CurrentAccess},
    caller_connections::{CallerConnections, Side},
    circuit::{Circuit, Condition},
    controller_state::ControllerState,
    error::Error,
    login_tokens::TokenLogin,
    models::ModelCache,
};

/// Time for which the credential takes the place of tokens, after the controller has refused one.
const TOKEN_RETRY_INTERVAL: Duration = Duration::from_mins(1);

/// One controller with its connections, which open on first use.
#[derive(Debug)]
pub struct Controller {
    shared: Arc<ControllerState>,
    connection: Arc<Connection>,
    models: Mutex<HashMap<String, Arc<Connection>>>,
    model_cache: ModelCache,
    callers: CallerConnections,
    /// When the controller last refused a token, if the credential takes its place.
    token_refused_at: Mutex<Option<Instant>>,
}

impl Controller {
    /// Checks the endpoint; does not connect yet.
    pub(crate) fn new(endpoint: ControllerEndpoint, settings: Arc<Settings>) -> Result<Self, Error> {
        let circuit = Arc::new(Circuit::new(&endpoint.name));
        Self::with_circuit(endpoint, settings, circuit)
    }

    /// The same, with the circuit of a controller that has another credential.
    pub(crate) fn with_circuit(
        endpoint: ControllerEndpoint,
        settings: Arc<Settings>,
        circuit: Arc<Circuit>,
    ) -> Result<Self, Error> {
        let access = Access::new(endpoint, &settings)?;
        let shared = Arc::new(ControllerState {
            name: access.endpoint.name.as_str().into(),
            settings,
            access: CurrentAccess::new(access),
            changes: Arc::default(),
            circuit,
            log_in: Condition::new("trust and log-in"),
            token_log_in: Condition::new("log-in by token"),
        });
        let connection = Arc::new(Connection::new(Arc::clone(&shared), None));
        let (models, model_cache, callers) = (Mutex::default(), ModelCache::default(), CallerConnections::default());
        Ok(Self { shared, connection, models, model_cache, callers, token_refused_at: Mutex::default() })
    }

    pub(crate) fn state(&self) -> &ControllerState {
        &self.shared
    }

    /// Name of the controller.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// Endpoint of the controller, as it was last read.
    #[must_use]
    pub fn endpoint(&self) -> ControllerEndpoint {
        self.shared.access.get().endpoint.clone()
    }

    /// Condition of the controller as of its last use; does not connect.
    #[must_use]
    pub fn status(&self) -> ControllerStatus {
        let circuit = &self.shared.circuit;
        let network = circuit.network.status(circuit);
        if network.up == Some(false) {
            return network;
        }
        let log_in = self.shared.log_in.status(circuit);
        if log_in.up.is_some() { log_in } else { network }
    }

    /// Checks that the controller answers a ping within `limit`. If it is known to be away, returns the known error at once.
    ///
    /// # Errors
    /// [`Error::Away`], [`Error::TimedOut`], or any [`Error`] of the connection.
    pub async fn check(&self, limit: Duration) -> Result<(), Error> {
        let ping = async { self.connection.session().await?.call::<Ping>(()).await };
        tokio::time::timeout(limit, ping)
            .await
            .unwrap_or_else(|_| Err(Error::TimedOut { method: "Pinger.Ping".to_owned(), limit }))
    }

    /// Opens the connection to the controller.
    ///
    /// # Errors
    /// Any [`Error`] of the connection or the log-in.
    pub async fn connection(&self) -> Result<Arc<Connection>, Error> {
        self.connection.session().await?;
        Ok(Arc::clone(&self.connection))
    }

    /// Opens the connection to a model; `name` is `admin/prod`, `prod` or a UUID.
    ///
    /// # Errors
    /// [`Error::ModelUnknown`], [`Error::ModelAmbiguous`], or any [`Error`] of the connection.
    pub async fn model(&self, name: &str) -> Result<Arc<Connection>, Error> {
        match self.open_model(name).await {
            // the cache was stale: the model was destroyed, and perhaps created again
            Err(Error::ModelUnknown { .. }) => self.open_model(name).await,
            answer => answer,
        }
    }

    /// Domain of the users as which callers log in to this controller; `None` if they do not log in as themselves.
    #[must_use]
    pub fn user_domain(&self) -> Option<&str> {
        let tokens = self.shared.settings.login_tokens.as_ref()?;
        tokens.of_controller(self.name()).map(|_| tokens.user_domain())
    }

    /// Opens the connection of a caller to a model. If the controller refuses its token, the configuration decides whether the
    /// credential takes its place.
    ///
    /// # Errors
    /// [`Error::LoginTokenRefused`], or any [`Error`] of [`Self::model`].
    pub async fn model_as(&self, login: &CallerLogin, model: &ModelEntry) -> Result<Arc<Connection>, Error> {
        match self.open_as(login, model, Side::Model).await? {
            Some(connection) => Ok(connection),
            None => self.model(&model.uuid).await,
        }
    }

    /// The same to the controller itself, with access to that model only.
    ///
    /// # Errors
    /// As [`Self::model_as`].
    pub async fn connection_as(&self, login: &CallerLogin, model: &ModelEntry) -> Result<Arc<Connection>, Error> {
        match self.open_as(login, model, Side::Controller).await? {
            Some(connection) => Ok(connection),
            None => self.connection().await,
        }
    }

    /// Logs in once as `user` by token, without access to anything: whether the controller trusts this program.
    ///
    /// # Errors
    /// [`Error::LoginTokenRefused`], or any [`Error`] of the connection.
    pub async fn check_token_login(&self, user: &str) -> Result<(), Error> {
        let controller_uuid = self.connection.session().await?.controller_uuid().to_owned();
        let grant = LoginGrant::to_controller(user, &controller_uuid);
        let login = Some(TokenLogin { grant, tokens: self.login_tokens()?.clone() });
        Connection::with_login(Arc::clone(&self.shared), None, login).session().await.map(drop)
    }

    /// The connection of a caller; `None` if the controller refuses its token and the credential takes its place.
    async fn open_as(
        &self,
        login: &CallerLogin,
        model: &ModelEntry,
        side: Side,
    ) -> Result<Option<Arc<Connection>>, Error> {
        let tokens = self.login_tokens()?;
        let replaces = tokens.of_controller(self.name()) == Some(IfTokenRefused::UseCredential);
        if replaces && self.token_refused_at.lock().is_some_and(|at| at.elapsed() < TOKEN_RETRY_INTERVAL) {
            return Ok(None);
        }
        let controller_uuid = self.connection.session().await?.controller_uuid().to_owned();
        let connection = self.callers.get(login, &model.uuid, side, Instant::now(), || {
            let grant = LoginGrant::to_model(login, &controller_uuid, &model.uuid);
            let token = TokenLogin { grant, tokens: tokens.clone() };
            Connection::with_login(Arc::clone(&self.shared), (side == Side::Model).then_some(model), Some(token))
        });
        let opened = connection.session().await;
        if matches!(opened, Err(Error::LoginTokenRefused { .. })) {
            self.shared.circuit.record_refused_token();
        }
        match opened {
            Ok(_) => Ok(Some(connection)),
            Err(Error::LoginTokenRefused { .. }) if replaces => {
                *self.token_refused_at.lock() = Some(Instant::now());
                Ok(None)
            }
            Err(error) => {
                if matches!(error, Error::ModelUnknown { .. }) {
                    self.callers.remove_model(&model.uuid);
                    self.model_cache.clear();
                }
                Err(error)
            }
        }
    }

    fn login_tokens(&self) -> Result<&LoginTokens, Error> {
        self.shared.settings.login_tokens.as_ref().ok_or_else(|| Error::Configuration {
            controller: self.name().to_owned(),
            cause: "callers do not log in to it as themselves".to_owned(),
        })
    }

    /// Requests all models that the user can see.
    ///
    /// # Errors
    /// Any [`Error`] of a call.
    pub async fn models(&self) -> Result<Vec<ModelEntry>, Error> {
        Ok(self.model_cache.refresh(&self.connection).await?.to_vec())
    }

    /// Finds a model by name, without a connection to it.
    ///
    /// # Errors
    /// [`Error::ModelUnknown`], [`Error::ModelAmbiguous`], or any [`Error`] of a call.
    pub async fn find_model(&self, name: &str) -> Result<ModelEntry, Error> {
        self.model_cache.find(&self.connection, name).await
    }

    async fn open_model(&self, name: &str) -> Result<Arc<Connection>, Error> {
        let entry = self.find_model(name).await?;
        let connection = Arc::clone(
            self.connections()
                .entry(entry.uuid.clone())
                .or_insert_with(|| Arc::new(Connection::new(Arc::clone(&self.shared), Some(&entry)))),
        );
        match connection.session().await {
            Ok(_) => Ok(connection),
            Err(error) => {
                if matches!(error, Error::ModelUnknown { .. }) {
                    self.connections().remove(&entry.uuid);
                    self.model_cache.clear();
                }
                Err(error)
            }
        }
    }

    fn connections(&self) -> MutexGuard<'_, HashMap<String, Arc<Connection>>> {
        self.models.lock()
    }
}
