//! Scans arguments and results for prompt injections. Findings are labelled and counted; nothing is dropped.

use std::sync::Arc;

use audit::Entry;
use catalogue::{Catalogue, Scope};
use content::{Detector, Findings};
use serde_json::{Map, Value};

use crate::Reply;

/// The findings in the text of one call.
pub(crate) struct ContentScan {
    detector: Arc<Detector>,
    arguments: Findings,
    untrusted: bool,
}

impl ContentScan {
    /// Scans the arguments of a call.
    pub(crate) fn scan_arguments(catalogue: &Catalogue, scope: Scope, arguments: &Map<String, Value>) -> Self {
        let detector = Arc::clone(catalogue.detector());
        let arguments = detector.scan_members(arguments);
        Self { detector, arguments, untrusted: scope != Scope::Client }
    }

    /// The labels of the arguments for the ledger.
    pub(crate) fn labels(&self) -> Vec<String> {
        labels("arguments", &self.arguments)
    }

    /// Scans a reply, and labels the ledger entry with the findings.
    pub(crate) fn scan_reply(self, mut reply: Reply, entry: &mut Entry) -> Reply {
        reply.provenance.untrusted = self.untrusted;
        if self.untrusted {
            reply.provenance.findings = self.detector.scan_value(&reply.value);
            for label in labels("result", &reply.provenance.findings) {
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
