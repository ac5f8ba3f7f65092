//! Looks for orders in the text that a call brings and gets: they are labelled and counted, and nothing is dropped.

use std::sync::Arc;

use audit::Entry;
use catalogue::{Catalogue, Scope};
use content::{Detector, Findings};
use serde_json::{Map, Value};

use crate::Reply;

/// What is known of the text of one call.
pub(crate) struct Text {
    detector: Arc<Detector>,
    arguments: Findings,
    of_estate: bool,
}

impl Text {
    /// Looks at a call's arguments.
    pub(crate) fn of_call(catalogue: &Catalogue, scope: Scope, arguments: &Map<String, Value>) -> Self {
        let detector = Arc::clone(catalogue.detector());
        let arguments = detector.scan_members(arguments);
        Self { detector, arguments, of_estate: scope != Scope::Client }
    }

    /// What the ledger says of the arguments.
    pub(crate) fn labels(&self) -> Vec<String> {
        labels("arguments", &self.arguments)
    }

    /// Looks at the answer, and lets the ledger have what was found.
    pub(crate) fn judge(self, mut reply: Reply, entry: &mut Entry) -> Reply {
        reply.provenance.of_estate = self.of_estate;
        if self.of_estate {
            reply.provenance.suspicious = self.detector.scan_value(&reply.value);
            for label in labels("result", &reply.provenance.suspicious) {
                entry.add_label(label);
            }
        }
        reply.provenance.arguments = self.arguments;
        reply
    }
}

fn labels(place: &str, findings: &Findings) -> Vec<String> {
    findings.kinds.keys().map(|kind| format!("{place}:{kind}")).collect()
}
