//! Scans arguments and results for prompt injections. Findings are labelled and counted; nothing is dropped.

use std::sync::Arc;

use audit::Entry;
use catalogue::{Catalogue, Tool};
use content::{Detector, Findings};
use serde_json::{Map, Value};

use crate::{Reply, blocking::run_for_size};

/// The findings in the text of one call.
pub(crate) struct ContentScan {
    detector: Arc<Detector>,
    arguments: Findings,
    untrusted: bool,
}

impl ContentScan {
    /// Scans the arguments of a call.
    pub(crate) async fn scan_arguments(catalogue: &Catalogue, tool: &dyn Tool, arguments: Map<String, Value>) -> Self {
        let (detector, untrusted) = (Arc::clone(catalogue.detector()), tool.answers_untrusted());
        let own = Arc::clone(&detector);
        let bytes = content::text_bytes_of_members(&arguments);
        let arguments = run_for_size(bytes, move || own.scan_members(&arguments)).await;
        Self { detector, arguments, untrusted }
    }

    /// The findings in the arguments.
    pub(crate) fn arguments(&self) -> &Findings {
        &self.arguments
    }

    /// The labels of the arguments for the ledger.
    pub(crate) fn labels(&self) -> Vec<String> {
        labels("arguments", &self.arguments)
    }

    /// Scans a reply, and labels the ledger entry with the findings.
    pub(crate) async fn scan_reply(self, mut reply: Reply, entry: &mut Entry) -> Reply {
        reply.provenance.untrusted = self.untrusted;
        if self.untrusted {
            let bytes = content::text_bytes(&reply.value);
            let (detector, value) = (self.detector, std::mem::take(&mut reply.value));
            let scan = move || {
                let findings = detector.scan_value(&value);
                (value, findings)
            };
            (reply.value, reply.provenance.findings) = run_for_size(bytes, scan).await;
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
