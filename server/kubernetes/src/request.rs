//! [`ApiRequest`]: a request to the API of a cluster.

use form_urlencoded::Serializer;
use http::Method;
use serde_json::Value;

/// How a patch is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatchFormat {
    /// Fields that the caller owns from then on (server-side apply).
    Apply,
    /// Fields that replace others (RFC 7386).
    Merge,
    /// The same with lists merged by the keys of their kind.
    Strategic,
    /// A list of operations (RFC 6902).
    Json,
}

impl PatchFormat {
    fn content_type(self) -> &'static str {
        match self {
            // JSON is YAML
            Self::Apply => "application/apply-patch+yaml",
            Self::Merge => "application/merge-patch+json",
            Self::Strategic => "application/strategic-merge-patch+json",
            Self::Json => "application/json-patch+json",
        }
    }
}

/// A request to the API of a cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiRequest {
    method: Method,
    path: String,
    params: Vec<(&'static str, String)>,
    accept: &'static str,
    content_type: Option<&'static str>,
    body: Vec<u8>,
}

impl ApiRequest {
    /// A read.
    #[must_use]
    pub fn get(path: impl Into<String>) -> Self {
        let (method, path) = (Method::GET, path.into());
        Self { method, path, params: Vec::new(), accept: "application/json", content_type: None, body: Vec::new() }
    }

    /// A new object, or a question that is one.
    #[must_use]
    pub fn create(path: impl Into<String>, body: &Value) -> Self {
        Self { method: Method::POST, ..Self::get(path) }.with_body("application/json", body)
    }

    /// A change of an object.
    #[must_use]
    pub fn patch(path: impl Into<String>, format: PatchFormat, body: &Value) -> Self {
        Self { method: Method::PATCH, ..Self::get(path) }.with_body(format.content_type(), body)
    }

    /// The removal of an object.
    #[must_use]
    pub fn delete(path: impl Into<String>, options: &Value) -> Self {
        Self { method: Method::DELETE, ..Self::get(path) }.with_body("application/json", options)
    }

    /// The same with a parameter; an empty value adds none.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        let value = value.into();
        if !value.is_empty() {
            self.params.push((name, value));
        }
        self
    }

    /// The same as a dry run of the server, which changes nothing.
    #[must_use]
    pub fn as_dry_run(self, dry_run: bool) -> Self {
        self.with("dryRun", if dry_run { "All" } else { "" })
    }

    /// The same with a header `Accept`.
    #[must_use]
    pub fn accepting(self, accept: &'static str) -> Self {
        Self { accept, ..self }
    }

    fn with_body(self, content_type: &'static str, body: &Value) -> Self {
        Self { content_type: Some(content_type), body: body.to_string().into_bytes(), ..self }
    }

    /// Whether it changes nothing, so that it may be repeated.
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.method == Method::GET
    }

    pub(crate) fn method(&self) -> &Method {
        &self.method
    }

    pub(crate) fn uri(&self) -> String {
        if self.params.is_empty() {
            return self.path.clone();
        }
        let query = Serializer::new(String::new()).extend_pairs(&self.params).finish();
        format!("{}?{query}", self.path)
    }

    pub(crate) fn accept(&self) -> &'static str {
        self.accept
    }

    pub(crate) fn content_type(&self) -> Option<&'static str> {
        self.content_type
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn request_has_its_parameters_and_its_format() {
        let request = ApiRequest::patch("/apis/apps/v1/x", PatchFormat::Apply, &json!({"a": 1}));
        let request = request.with("fieldManager", "juju mcp").with("force", "").as_dry_run(true);
        assert_eq!(request.uri(), "/apis/apps/v1/x?fieldManager=juju+mcp&dryRun=All");
        assert_eq!((request.content_type(), request.is_read()), (Some("application/apply-patch+yaml"), false));
        let read = ApiRequest::get("/api/v1/pods").with("labelSelector", "a in (b, c)");
        assert_eq!((read.uri().as_str(), read.is_read()), ("/api/v1/pods?labelSelector=a+in+%28b%2C+c%29", true));
    }
}
