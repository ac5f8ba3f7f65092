//! One controller: a connection to itself and one to each of its models that is in use.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    Connection, ControllerEndpoint, ModelEntry, Settings, address::Address, dial::Target, error::Error, login::Dialler,
    models::Directory, tls,
};

/// One controller with its connections, which are opened when they are first needed.
#[derive(Debug)]
pub struct Controller {
    endpoint: ControllerEndpoint,
    /// Dials the controller itself.
    dialler: Dialler,
    itself: Arc<Connection>,
    models: Mutex<HashMap<String, Arc<Connection>>>,
    directory: Directory,
}

impl Controller {
    /// Nothing is dialled yet.
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
        let trust = tls::ways(endpoint.ca_certificate.as_deref(), endpoint.public_hostname.as_deref())
            .map_err(|cause| unusable(cause.to_string()))?;
        let target = Target {
            controller: endpoint.name.as_str().into(),
            addresses,
            trust: trust.into(),
            connect_timeout: settings.connect_timeout,
            largest_message: settings.largest_message,
        };
        let dialler = Dialler {
            target,
            controller_uuid: endpoint.uuid.clone(),
            credential: endpoint.credential.clone(),
            settings,
            model_uuid: None,
            changes: Arc::default(),
        };
        let itself = Arc::new(Connection::new(dialler.clone(), None));
        Ok(Self { endpoint, dialler, itself, models: Mutex::default(), directory: Directory::default() })
    }

    /// The name by which callers mean it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.endpoint.name
    }

    /// What it was made from.
    #[must_use]
    pub fn endpoint(&self) -> &ControllerEndpoint {
        &self.endpoint
    }

    /// The connection to the controller itself, open.
    ///
    /// # Errors
    /// Why it cannot be opened.
    pub async fn connection(&self) -> Result<Arc<Connection>, Error> {
        self.itself.session().await?;
        Ok(Arc::clone(&self.itself))
    }

    /// The connection to a model, open; `name` is `admin/prod`, `prod` or a UUID.
    ///
    /// # Errors
    /// [`Error::ModelUnknown`], [`Error::ModelAmbiguous`], or why it cannot be opened.
    pub async fn model(&self, name: &str) -> Result<Arc<Connection>, Error> {
        match self.open_model(name).await {
            // what was known of it is old: it was destroyed, and perhaps made anew
            Err(Error::ModelUnknown { .. }) => self.open_model(name).await,
            answer => answer,
        }
    }

    /// All models that the user can see, asked for now.
    ///
    /// # Errors
    /// Any [`Error`] of a call.
    pub async fn models(&self) -> Result<Vec<ModelEntry>, Error> {
        Ok(self.directory.refresh(&self.itself).await?.to_vec())
    }

    /// The model that is meant by `name`, without a connection to it.
    ///
    /// # Errors
    /// [`Error::ModelUnknown`], [`Error::ModelAmbiguous`], or any of a call.
    pub async fn find_model(&self, name: &str) -> Result<ModelEntry, Error> {
        self.directory.find(&self.itself, name).await
    }

    async fn open_model(&self, name: &str) -> Result<Arc<Connection>, Error> {
        let entry = self.find_model(name).await?;
        let connection = Arc::clone(self.connections().entry(entry.uuid.clone()).or_insert_with(|| {
            let dialler = Dialler { model_uuid: Some(entry.uuid.clone()), ..self.dialler.clone() };
            Arc::new(Connection::new(dialler, Some(entry.full_name())))
        }));
        match connection.session().await {
            Ok(_) => Ok(connection),
            Err(error) => {
                if matches!(error, Error::ModelUnknown { .. }) {
                    self.connections().remove(&entry.uuid);
                    self.directory.forget();
                }
                Err(error)
            }
        }
    }

    fn connections(&self) -> MutexGuard<'_, HashMap<String, Arc<Connection>>> {
        // no code that can panic runs under the lock
        self.models.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
