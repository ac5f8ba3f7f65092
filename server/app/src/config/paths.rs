//! The paths of a configuration file: relative ones start at the directory of the file.

use std::path::{Path, PathBuf};

use super::{ALERTMANAGER, Config, LOKI, PROMETHEUS};

impl Config {
    /// Resolves every path against the directory of the file.
    pub(super) fn resolve_paths(&mut self, file: &Path) {
        let base = file.parent().unwrap_or_else(|| Path::new("/"));
        for (_, path) in self.paths_mut() {
            *path = base.join(&*path);
        }
    }

    /// Every path with its key.
    pub(super) fn paths_mut(&mut self) -> Vec<(&'static str, &mut PathBuf)> {
        let mut paths: Vec<(&'static str, Option<&mut PathBuf>)> =
            vec![("state_dir", self.state_dir.as_mut()), ("juju_data_dir", self.juju_data_dir.as_mut())];
        for controller in &mut self.controllers {
            paths.extend([
                ("controllers[].ca_certificate_file", controller.ca_certificate_file.as_mut()),
                ("controllers[].password_file", controller.password_file.as_mut()),
                ("controllers[].client_secret_file", controller.client_secret_file.as_mut()),
            ]);
            for credential in controller.credentials_by_role.values_mut() {
                paths.extend([
                    ("controllers[].credentials_by_role.NAME.password_file", credential.password_file.as_mut()),
                    (
                        "controllers[].credentials_by_role.NAME.client_secret_file",
                        credential.client_secret_file.as_mut(),
                    ),
                ]);
            }
        }
        paths.extend(self.tokens.iter_mut().map(|token| ("tokens[].file", Some(&mut token.file))));
        for sink in &mut self.ledger.checkpoint_sinks {
            paths.extend([
                ("ledger.checkpoint_sinks[].file", sink.file.as_mut()),
                ("ledger.checkpoint_sinks[].token_file", sink.token_file.as_mut()),
            ]);
        }
        for receiver in &mut self.notifications.receivers {
            paths.extend([
                ("notifications.receivers[].url_file", receiver.url_file.as_mut()),
                ("notifications.receivers[].token_file", receiver.token_file.as_mut()),
                ("notifications.receivers[].signing_key_file", receiver.signing_key_file.as_mut()),
                ("notifications.receivers[].ca_certificate_file", receiver.ca_certificate_file.as_mut()),
            ]);
        }
        if let Some(tls) = &mut self.tls {
            paths.extend([("tls.certificate", Some(&mut tls.certificate)), ("tls.key", Some(&mut tls.key))]);
        }
        if let Some(console) = &mut self.console {
            paths.push(("console.client_secret_file", console.client_secret_file.as_mut()));
        }
        if let Some(oauth) = &mut self.oauth {
            paths.push(("oauth.ca_certificate_file", oauth.ca_certificate_file.as_mut()));
            let introspection = oauth.introspection.as_mut();
            paths.extend(
                introspection
                    .map(|section| ("oauth.introspection.client_secret_file", section.client_secret_file.as_mut())),
            );
        }
        paths.extend(self.prompts.as_mut().map(|section| ("prompts.file", Some(&mut section.file))));
        if let Some(tracing) = &mut self.tracing {
            paths.extend([
                ("tracing.ca_certificate_file", tracing.ca_certificate_file.as_mut()),
                ("tracing.headers_file", tracing.headers_file.as_mut()),
            ]);
        }
        paths.push(("charmhub.ca_certificate_file", self.charmhub.ca_certificate_file.as_mut()));
        paths.extend(self.kubernetes.kubeconfig_paths_mut());
        paths.extend(self.prometheus.paths_mut(PROMETHEUS));
        paths.extend(self.alertmanager.paths_mut(ALERTMANAGER));
        paths.extend(self.loki.paths_mut(LOKI));
        paths.extend(self.policy.files.iter_mut().map(|file| ("policy.files", Some(file))));
        paths.into_iter().filter_map(|(key, path)| Some((key, path?))).collect()
    }
}
