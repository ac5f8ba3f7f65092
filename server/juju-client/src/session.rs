//! One logged-in socket. A connection has one at a time; a watcher exists as long as the session that created it.

use std::time::Duration;

use juju_wire::Method;

use crate::{
    audit_trail::AuditTrail,
    encoded_call::EncodedCall,
    error::Error,
    login::LoginInfo,
    rpc_client::{RpcClient, RpcReply, RpcRequest},
};

/// One logged-in socket. It never reconnects, so ids of watchers stay valid until it closes.
#[derive(Debug)]
pub struct Session {
    rpc: RpcClient,
    pub(crate) login: LoginInfo,
    call_timeout: Duration,
}

impl Session {
    pub(crate) fn new(rpc: RpcClient, login: LoginInfo, call_timeout: Duration) -> Self {
        Self { rpc, login, call_timeout }
    }

    /// Whether the socket is closed; then every further call fails.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.rpc.is_closed()
    }

    /// Name of the logged-in user: `admin`, `alice@external`.
    #[must_use]
    pub fn user(&self) -> &str {
        self.login.user_tag.trim_start_matches("user-")
    }

    /// Tag of the logged-in user: `user-admin`.
    #[must_use]
    pub fn user_tag(&self) -> &str {
        &self.login.user_tag
    }

    /// Access of the user to the controller: `login`, `add-model`, `superuser`.
    #[must_use]
    pub fn controller_access(&self) -> &str {
        &self.login.controller_access
    }

    /// Access of the user to the model: `read`, `write`, `admin`; empty on a connection to the controller.
    #[must_use]
    pub fn model_access(&self) -> &str {
        &self.login.model_access
    }

    /// UUID of the model; `None` on a connection to the controller.
    #[must_use]
    pub fn model_uuid(&self) -> Option<&str> {
        self.login.model_uuid.as_deref()
    }

    /// UUID of the controller.
    #[must_use]
    pub fn controller_uuid(&self) -> &str {
        &self.login.controller_uuid
    }

    /// Version of the controller, `3.6.11`.
    #[must_use]
    pub fn server_version(&self) -> &str {
        &self.login.server_version
    }

    /// Highest version of `facade` that both sides support; `None` if there is none.
    #[must_use]
    pub fn facade_version(&self, facade: &str) -> Option<u32> {
        self.login.facades.get(facade).copied()
    }

    /// Calls a method.
    ///
    /// # Errors
    /// Any [`Error`] of a call.
    pub async fn call<M: Method>(&self, params: M::Params) -> Result<M::Reply, Error> {
        self.call_on::<M>("", params).await
    }

    /// Calls a method of one object of this session, for example `Stop` of a watcher.
    ///
    /// # Errors
    /// Any [`Error`] of a call.
    pub async fn call_on<M: Method>(&self, object: &str, params: M::Params) -> Result<M::Reply, Error> {
        let call = EncodedCall::of::<M>(&params)?;
        drop(params);
        self.decode::<M>(&self.rpc.send(self.request(&call, object)?).await?)
    }

    /// Calls a method of one object that replies when there is news, for example `Next` of a watcher.
    ///
    /// # Errors
    /// Any [`Error`] of a call except [`Error::TimedOut`].
    pub async fn call_without_timeout<M: Method>(&self, object: &str, params: M::Params) -> Result<M::Reply, Error> {
        let call = EncodedCall::of::<M>(&params)?;
        drop(params);
        self.decode::<M>(&self.rpc.send(RpcRequest { timeout: None, ..self.request(&call, object)? }).await?)
    }

    /// Calls a method; equal reads share one request, and the audit trail records a write.
    pub(crate) async fn call_coalesced(
        &self,
        call: &EncodedCall,
        audit_trail: Option<&AuditTrail>,
    ) -> Result<RpcReply, Error> {
        self.rpc.send(RpcRequest { coalesce: true, audit_trail, ..self.request(call, "")? }).await
    }

    /// Decodes the reply to a call of `M`.
    pub(crate) fn decode<M: Method>(&self, reply: &RpcReply) -> Result<M::Reply, Error> {
        self.rpc.decode::<M>(reply)
    }

    fn request<'a>(&self, call: &'a EncodedCall, object: &'a str) -> Result<RpcRequest<'a>, Error> {
        let facade = call.method.facade;
        let Some(version) = self.facade_version(facade) else {
            let side = if self.login.model_uuid.is_some() { "model" } else { "controller" };
            return Err(Error::FacadeMissing { facade, side });
        };
        let timeout = Some(self.call_timeout);
        Ok(RpcRequest { call, version, object, timeout, coalesce: false, audit_trail: None })
    }
}
