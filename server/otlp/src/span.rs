//! One span between its begin and its export, and the fields that describe it.

use std::{borrow::Cow, fmt, time::SystemTime};

use tracing::field::{Field, Visit};

use crate::trace_context::{SpanContext, TraceParent, uuid_bytes};

/// Longest text of an attribute, in bytes; the rest is cut.
const MAX_TEXT_BYTES: usize = 256;
/// Most attributes of a span.
const MAX_ATTRIBUTES: usize = 32;

/// The role of a span (`SpanKind` in OTLP).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Kind {
    /// Work inside of this program.
    #[default]
    Internal,
    /// The handling of a request from outside.
    Server,
    /// A request to another program.
    Client,
}

impl Kind {
    /// The number of the role in OTLP.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Internal => 1,
            Self::Server => 2,
            Self::Client => 3,
        }
    }
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Number(i64),
    Flag(bool),
}

/// One span.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    pub(crate) context: SpanContext,
    pub(crate) parent: Option<[u8; 8]>,
    /// A span of another trace that this one belongs to.
    pub(crate) link: Option<SpanContext>,
    pub(crate) name: Cow<'static, str>,
    pub(crate) kind: Kind,
    pub(crate) started: SystemTime,
    pub(crate) ended: SystemTime,
    pub(crate) attributes: Vec<(&'static str, Value)>,
    pub(crate) failed: bool,
}

/// The fields of a span, as the macro or a later `record` gives them.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    pub(crate) name: Option<String>,
    pub(crate) kind: Kind,
    pub(crate) trace_id: Option<[u8; 16]>,
    pub(crate) parent: Option<SpanContext>,
    pub(crate) attributes: Vec<(&'static str, Value)>,
    pub(crate) failed: bool,
}

impl Fields {
    fn set(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("otel.name", Value::Text(text)) => self.name = Some(text),
            ("otel.kind", Value::Text(text)) => {
                self.kind = match text.as_str() {
                    "server" => Kind::Server,
                    "client" => Kind::Client,
                    _ => Kind::Internal,
                }
            }
            ("otel.trace_id", Value::Text(text)) => self.trace_id = uuid_bytes(&text),
            ("traceparent", Value::Text(text)) => self.parent = TraceParent::parse(&text).map(|parent| parent.context),
            (name, value) => {
                self.failed |= name == "error.type";
                self.attributes.push((name, value));
            }
        }
    }

    /// Adds the fields of a later `record`; the last value of an attribute counts.
    pub(crate) fn add_to(self, span: &mut Span) {
        span.failed |= self.failed;
        for (name, value) in self.attributes {
            if let Some(at) = span.attributes.iter().position(|(known, _)| *known == name) {
                span.attributes[at].1 = value;
            } else if span.attributes.len() < MAX_ATTRIBUTES {
                span.attributes.push((name, value));
            }
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        let mut end = value.len().min(MAX_TEXT_BYTES);
        while !value.is_char_boundary(end) {
            end -= 1;
        }
        self.set(field, Value::Text(value[..end].to_owned()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, Value::Number(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, Value::Number(i64::try_from(value).unwrap_or(i64::MAX)));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, Value::Flag(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}
