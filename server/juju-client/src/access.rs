//! Address, trust and credential of one controller: as they are now, and how they are read again after they have failed.

use std::{collections::BTreeMap, fmt, sync::Arc};

use futures::future::BoxFuture;
use parking_lot::RwLock;

use crate::{ControllerEndpoint, Settings, address::Address, dial_target::DialTarget, error::Error, tls};

/// The controllers that a source names: the files of the Juju client, or a configuration.
#[derive(Debug, Clone, Default)]
pub struct KnownControllers {
    /// How to reach each controller.
    pub endpoints: Vec<ControllerEndpoint>,
    /// Name of the default controller.
    pub default: Option<String>,
    /// Default model of each controller.
    pub current_models: BTreeMap<String, String>,
}

/// Reads the controllers again from the source that they came from.
#[derive(Clone)]
pub struct ControllersReader(Arc<Read>);

type Read = dyn Fn() -> BoxFuture<'static, Result<KnownControllers, Error>> + Send + Sync;

impl ControllersReader {
    /// A reader that calls `read`.
    pub fn new(read: impl Fn() -> BoxFuture<'static, Result<KnownControllers, Error>> + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    pub(crate) async fn read(&self) -> Result<KnownControllers, Error> {
        (self.0)().await
    }
}

impl fmt::Debug for ControllersReader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ControllersReader")
    }
}

/// One version of an endpoint, with its parsed addresses and certificates.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) endpoint: ControllerEndpoint,
    pub(crate) target: DialTarget,
}

impl Access {
    /// Checks the endpoint.
    pub(crate) fn new(endpoint: ControllerEndpoint, settings: &Settings) -> Result<Self, Error> {
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
        Ok(Self { endpoint, target })
    }
}

/// The access to one controller that all its connections use.
#[derive(Debug)]
pub(crate) struct CurrentAccess {
    current: RwLock<Arc<Access>>,
    reader: RwLock<Option<ControllersReader>>,
    renewal: tokio::sync::Mutex<()>,
}

impl CurrentAccess {
    pub(crate) fn new(access: Access) -> Self {
        Self {
            current: RwLock::new(Arc::new(access)),
            reader: RwLock::default(),
            renewal: tokio::sync::Mutex::default(),
        }
    }

    pub(crate) fn get(&self) -> Arc<Access> {
        Arc::clone(&self.current.read())
    }

    /// Sets the source of this access.
    pub(crate) fn set_reader(&self, reader: Option<&ControllersReader>) {
        *self.reader.write() = reader.cloned();
    }

    /// Reads the endpoint again after `used` has failed. `None` if the source has nothing newer.
    pub(crate) async fn renew(&self, used: &Arc<Access>, settings: &Settings) -> Option<Arc<Access>> {
        let reader = self.reader.read().clone()?;
        let _renewing = self.renewal.lock().await;
        let current = self.get();
        if !Arc::ptr_eq(&current, used) {
            return Some(current); // another connection has read it meanwhile
        }
        let controller = &used.endpoint.name;
        let read = match reader.read().await {
            Ok(known) => known.endpoints.into_iter().find(|endpoint| endpoint.name == *controller)?,
            Err(error) => {
                tracing::warn!(%controller, %error, "the endpoint of a controller cannot be read again");
                return None;
            }
        };
        if read == used.endpoint {
            return None;
        }
        match Access::new(read, settings) {
            Ok(access) => {
                let access = Arc::new(access);
                *self.current.write() = Arc::clone(&access);
                tracing::info!(%controller, "address, certificate or credential of a controller has changed and is read again");
                Some(access)
            }
            Err(error) => {
                tracing::warn!(%controller, %error, "the changed endpoint of a controller cannot be used");
                None
            }
        }
    }
}
