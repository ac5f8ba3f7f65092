//! One controller: a connection to the controller and one to each of its models in use.

use std::{collections::HashMap, sync::Arc};

use parking_lot::{Mutex, MutexGuard};

use crate::{
    Connection, ControllerEndpoint, ModelEntry, Settings, address::Address, dial_target::DialTarget, error::Error,
    login::Connector, models::ModelCache, tls,
};

/// One controller with its connections, which open on first use.
#[derive(Debug)]
pub struct Controller {
    endpoint: ControllerEndpoint,
    connector: Connector,
    connection: Arc<Connection>,
    models: Mutex<HashMap<String, Arc<Connection>>>,
    model_cache: ModelCache,
}

impl Controller {
    /// Checks the endpoint; does not connect yet.
    pub(crate) fn new(endpoint: ControllerEndpoint, settings: Arc<Settings>) -> Result<Self, Error> {
        let unusable = |cause: String| Error::Configuration { controller: endpoint.name.clone(), cause };
        let addresses = endpoint
            .addresses
            .iter()
            .map(|text| Address::parse(text).ok_or_else(|| unusable(format!("`host:port` expected, not {text:?}"))))
            .collect::<Result<Vec<_>, _>>()?;
        if addresses.is_empty() {
            return Err(unusable("it has no address".to_owned()));
        }
        let trust = tls::trust_options(endpoint.ca_certificate.as_deref(), endpoint.public_hostname.as_deref())
            .map_err(|cause| unusable(cause.to_string()))?;
        let target = DialTarget {
            controller: endpoint.name.as_str().into(),
            addresses,
            trust: trust.into(),
            connect_timeout: settings.connect_timeout,
            max_message_bytes: settings.max_message_bytes,
        };
        let connector = Connector {
            target,
            controller_uuid: endpoint.uuid.clone(),
            credential: endpoint.credential.clone(),
            settings,
            model_uuid: None,
            changes: Arc::default(),
        };
        let connection = Arc::new(Connection::new(connector.clone(), None));
        let (models, model_cache) = (Mutex::default(), ModelCache::default());
        Ok(Self { endpoint, connector, connection, models, model_cache })
    }

    /// Name of the controller.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.endpoint.name
    }

    /// Endpoint of the controller.
    #[must_use]
    pub fn endpoint(&self) -> &ControllerEndpoint {
        &self.endpoint
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
        let connection = Arc::clone(self.connections().entry(entry.uuid.clone()).or_insert_with(|| {
            let connector = Connector { model_uuid: Some(entry.uuid.clone()), ..self.connector.clone() };
            Arc::new(Connection::new(connector, Some(entry.full_name())))
        }));
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
