//! The controller and the model of an act, resolved before policy evaluates the act.

use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Utc};
use juju_client::{AuditTrail, CallerLogin, Connection, Controller, Controllers, ModelEntry, ModelKind};
use kubernetes::Impersonation;
use policy::{Location, OptionMask, Target, TargetEntity};
use tokio::sync::mpsc;

use crate::{Backends, Externals, Failure, Scope, StatusSource, status_source::OptionalSource};

/// The controller and the model that a caller named; an absent name means the default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TargetSelector {
    /// Name of the controller.
    pub controller: Option<String>,
    /// Name of the model, `prod` or `admin/prod`, or its UUID.
    pub model: Option<String>,
}

/// The progress of long work.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// How far it is.
    pub done: f64,
    /// How far it will be at the end, where that is known.
    pub total: Option<f64>,
    /// What is happening, in a few words.
    pub message: String,
}

/// The resolved controller and model of an act: names are the controller's own, connections are made when they are first used.
#[derive(Debug)]
pub struct ResolvedTarget {
    controllers: Controllers,
    controller: Option<Arc<Controller>>,
    model: Option<ModelEntry>,
    location: Location,
    progress: Option<mpsc::UnboundedSender<Progress>>,
    trail: Arc<AuditTrail>,
    operation: OnceLock<String>,
    model_filter: ModelFilter,
    option_mask: OptionMaskSource,
    caller: OnceLock<CallerLogin>,
    externals: Externals,
    kubernetes_user: Impersonation,
    status_source: OptionalSource,
    as_of: OnceLock<DateTime<Utc>>,
}

/// The mask of secret options for a caller; none where the caller may read content.
#[derive(Clone, Default)]
struct OptionMaskSource(Option<Arc<FindMask>>);

/// The mask for the options of a target.
type FindMask = dyn Fn(&Target) -> Option<OptionMask> + Send + Sync;

impl std::fmt::Debug for OptionMaskSource {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("OptionMaskSource")
    }
}

/// Which models the caller may see.
#[derive(Clone, Default)]
struct ModelFilter(Option<Arc<IsVisible>>);

/// Whether the caller may see the model at a location.
type IsVisible = dyn Fn(&Location) -> bool + Send + Sync;

impl std::fmt::Debug for ModelFilter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ModelFilter")
    }
}

impl ResolvedTarget {
    /// Resolves the selector to a controller and to a model by its full name.
    ///
    /// # Errors
    /// [`Failure`] where there is no such controller or model, or the controller cannot be reached.
    pub async fn resolve(
        controllers: &Controllers,
        scope: Scope,
        selector: &TargetSelector,
        progress: Option<mpsc::UnboundedSender<Progress>>,
    ) -> Result<Self, Failure> {
        let controller = match scope {
            Scope::Client => None,
            Scope::Backend if selector.model.is_none() => None,
            Scope::Backend | Scope::Model | Scope::NamedModel | Scope::Controller => {
                Some(controllers.find_controller(selector.controller.as_deref()).await?)
            }
        };
        let model = match (scope, &controller) {
            (Scope::Model | Scope::NamedModel | Scope::Backend, Some(controller)) => {
                let current = || controllers.current_model(controller.name());
                let entry = match selector.model.clone().or_else(current) {
                    Some(name) => controller.find_model(&name).await?,
                    None => only_model(controller).await?,
                };
                Some(entry)
            }
            _ => None,
        };
        let (controllers, trail, operation) = (controllers.clone(), Arc::default(), OnceLock::new());
        let location = match (&controller, &model) {
            (None, _) => Location::Client,
            (Some(controller), None) => Location::Controller { controller: controller.name().to_owned() },
            (Some(controller), Some(entry)) => Location::Model {
                controller: controller.name().to_owned(),
                model: entry.full_name(),
                uuid: Some(entry.uuid.clone()),
            },
        };
        let (model_filter, option_mask) = (ModelFilter::default(), OptionMaskSource::default());
        let caller = OnceLock::new();
        Ok(Self {
            controllers,
            controller,
            model,
            location,
            progress,
            trail,
            operation,
            model_filter,
            option_mask,
            caller,
            externals: Externals::default(),
            kubernetes_user: Impersonation::default(),
            status_source: OptionalSource::default(),
            as_of: OnceLock::new(),
        })
    }

    /// The same for a caller that may see only some models: tools that list models of a controller leave out the others.
    #[must_use]
    pub fn with_model_filter(self, filter: impl Fn(&Location) -> bool + Send + Sync + 'static) -> Self {
        Self { model_filter: ModelFilter(Some(Arc::new(filter))), ..self }
    }

    /// The same for a caller that gets the values of secret options masked where `find` returns a mask.
    #[must_use]
    pub fn with_option_mask(self, find: impl Fn(&Target) -> Option<OptionMask> + Send + Sync + 'static) -> Self {
        Self { option_mask: OptionMaskSource(Some(Arc::new(find))), ..self }
    }

    /// The same with services beside the controllers.
    #[must_use]
    pub fn with_externals(self, externals: Externals) -> Self {
        Self { externals, ..self }
    }

    /// The same for a caller: the user of clusters that impersonate callers.
    #[must_use]
    pub fn with_kubernetes_user(self, subject: &str, groups: &[String]) -> Self {
        Self { kubernetes_user: Impersonation::new(subject, groups), ..self }
    }

    /// The user of clusters that impersonate callers.
    pub(crate) fn kubernetes_user(&self) -> &Impersonation {
        &self.kubernetes_user
    }

    /// The same with a source of the status of the model, for reads that a status answers.
    #[must_use]
    pub fn with_status_source(self, source: Arc<dyn StatusSource>) -> Self {
        Self { status_source: OptionalSource(Some(source)), ..self }
    }

    /// The source of the status of the model.
    pub(crate) fn status_source(&self) -> Option<&Arc<dyn StatusSource>> {
        self.status_source.0.as_ref()
    }

    /// What is answered was the state at this time.
    pub(crate) fn set_as_of(&self, time: DateTime<Utc>) {
        // a read has one state
        let _ = self.as_of.set(time);
    }

    /// The time of the state that is answered; `None` where the controller was asked.
    pub(crate) fn as_of(&self) -> Option<DateTime<Utc>> {
        self.as_of.get().copied()
    }

    /// What commands use beside controllers.
    pub(crate) fn externals(&self) -> &Externals {
        &self.externals
    }

    /// UUID of the model that the call is limited to; `None` where it names none.
    ///
    /// # Errors
    /// [`Failure::Refused`] where the model has no UUID: then nothing can be limited to it.
    pub(crate) fn limiting_model(&self) -> Result<Option<&str>, Failure> {
        match (self.location.model(), self.location.model_uuid()) {
            (None, _) => Ok(None),
            (Some(_), Some(uuid)) => Ok(Some(uuid)),
            (Some(_), None) => Err(Failure::refused("the model has no UUID", "name the model by its full name")),
        }
    }

    /// The backends beside the controllers.
    pub(crate) fn backends(&self) -> &Backends {
        self.externals.backends()
    }

    /// The mask for the options of these entities, or of the model; none where the caller may read them.
    pub(crate) fn option_mask(&self, entities: Vec<TargetEntity>) -> Option<OptionMask> {
        self.option_mask.0.as_ref()?(&Target { location: self.location.clone(), entities })
    }

    /// Whether the caller may see a model of this controller, by its full name.
    #[must_use]
    pub fn may_see_model(&self, full_name: &str) -> bool {
        let controller = self.location.controller().map(ToOwned::to_owned);
        let location = Location::from_names(controller, Some(full_name.to_owned()));
        self.model_filter.0.as_ref().is_none_or(|filter| filter(&location))
    }

    /// All controllers of this program.
    #[must_use]
    pub fn controllers(&self) -> &Controllers {
        &self.controllers
    }

    /// Controller and model, by the controller's own names.
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Name of the controller, for a tool that has one by its scope.
    pub(crate) fn controller_name(&self) -> &str {
        self.location.controller().unwrap_or_default()
    }

    /// Full name of the model, `admin/prod`, for a tool that has one by its scope.
    pub(crate) fn model_name(&self) -> &str {
        self.location.model().unwrap_or_default()
    }

    /// UUID of the model, for a tool that has one by its scope.
    pub(crate) fn model_uuid(&self) -> &str {
        self.location.model_uuid().unwrap_or_default()
    }

    /// UUID of the controller, as it reports it; empty for a tool that needs none.
    ///
    /// # Errors
    /// [`Failure::Juju`] where it cannot be reached.
    pub async fn controller_uuid(&self) -> Result<String, Failure> {
        let Some(controller) = &self.controller else { return Ok(String::new()) };
        Ok(controller.connection().await?.session().await?.controller_uuid().to_owned())
    }

    /// Whether the model's units are pods.
    #[must_use]
    pub fn is_kubernetes(&self) -> bool {
        self.model.as_ref().is_some_and(|entry| entry.kind == ModelKind::Kubernetes)
    }

    /// The controller of this target.
    ///
    /// # Errors
    /// [`Failure::Juju`] where the tool needs none, which is a mistake in the tool.
    pub fn controller(&self) -> Result<&Arc<Controller>, Failure> {
        self.controller
            .as_ref()
            .ok_or_else(|| Failure::refused("this tool acts on no controller", "report it as a bug"))
    }

    /// Domain of the users as which callers log in to the controller of this target; `None` where they do not.
    #[must_use]
    pub fn user_domain(&self) -> Option<&str> {
        self.controller.as_ref()?.user_domain()
    }

    /// From now on, connections to the model, and to the controller about the model, are those of this caller.
    pub fn act_as(&self, caller: CallerLogin) {
        // an act has one caller
        let _ = self.caller.set(caller);
    }

    /// A connection to the controller itself, with the credential of the caller's role.
    ///
    /// # Errors
    /// [`Failure::Juju`] where it cannot be had.
    pub(crate) async fn role_connection(&self) -> Result<Arc<Connection>, Failure> {
        Ok(self.controller()?.connection().await?)
    }

    /// A connection to the controller itself.
    ///
    /// # Errors
    /// [`Failure::Juju`] where it cannot be had.
    pub async fn controller_connection(&self) -> Result<Arc<Connection>, Failure> {
        let controller = self.controller()?;
        let connection = match (self.caller.get(), &self.model) {
            (Some(caller), Some(model)) => self.record_user(controller.connection_as(caller, model).await?).await?,
            _ => controller.connection().await?,
        };
        Ok(Arc::new(connection.with_trail(&self.trail)))
    }

    /// A connection to the model.
    ///
    /// # Errors
    /// [`Failure::Juju`] where it cannot be had.
    pub async fn model_connection(&self) -> Result<Arc<Connection>, Failure> {
        let controller = self.controller()?;
        let connection = match (self.caller.get(), &self.model) {
            (Some(caller), Some(model)) => self.record_user(controller.model_as(caller, model).await?).await?,
            _ => controller.model(self.model_uuid()).await?,
        };
        Ok(Arc::new(connection.with_trail(&self.trail)))
    }

    /// A connection to the controller's own model.
    ///
    /// # Errors
    /// [`Failure::Juju`] where it cannot be had.
    pub(crate) async fn own_model_connection(&self) -> Result<Arc<Connection>, Failure> {
        let controller = self.controller()?;
        let own = controller.find_model("controller").await?;
        Ok(Arc::new(controller.model(&own.uuid).await?.with_trail(&self.trail)))
    }

    /// Records the user of the controller that the act of a caller runs as, for the ledger.
    async fn record_user(&self, connection: Arc<Connection>) -> Result<Arc<Connection>, Failure> {
        self.trail.record_user(connection.session().await?.user());
        Ok(connection)
    }

    /// Requests that were sent over the connections of this target and may have changed something.
    #[must_use]
    pub fn trail(&self) -> &AuditTrail {
        &self.trail
    }

    /// Id of the operation that Juju has made of the act's work, `12`; none where it made none.
    #[must_use]
    pub fn operation(&self) -> Option<&str> {
        self.operation.get().map(String::as_str)
    }

    /// Juju has made an operation of the act's work.
    pub(crate) fn set_operation_id(&self, operation: &str) {
        // an act makes one
        let _ = self.operation.set(operation.to_owned());
    }

    /// Reports the progress of long work to the caller.
    pub fn report(&self, done: f64, total: Option<f64>, message: impl Into<String>) {
        if let Some(progress) = &self.progress {
            // a caller that no longer listens loses only the news
            let _ = progress.send(Progress { done, total, message: message.into() });
        }
    }
}

/// The model that is meant where none is named: the only one beside the controller's own.
async fn only_model(controller: &Controller) -> Result<ModelEntry, Failure> {
    let models = controller.models().await?;
    let others: Vec<_> = models.iter().filter(|model| model.name != "controller").collect();
    match others.as_slice() {
        [only] => Ok((*only).clone()),
        [] => Err(Failure::refused("the controller has no model yet", "make one with `juju_add_model`")),
        many => {
            let names: Vec<_> = many.iter().map(|model| model.full_name()).collect();
            Err(Failure::refused("no model was named", format!("give `model`, one of: {}", names.join(", "))))
        }
    }
}
