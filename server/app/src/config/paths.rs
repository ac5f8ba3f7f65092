//! Relative paths of a configuration file start at the directory of the file.

use std::path::{Path, PathBuf};

use super::Config;

impl Config {
    /// Resolves every path against the directory of the file.
    pub(super) fn resolve_paths(&mut self, file: &Path) {
        let base = file.parent().unwrap_or_else(|| Path::new("/"));
        for path in self.paths_mut() {
            *path = base.join(&*path);
        }
    }

    fn paths_mut(&mut self) -> Vec<&mut PathBuf> {
        let mut paths: Vec<Option<&mut PathBuf>> = vec![self.state_dir.as_mut(), self.juju_data_dir.as_mut()];
        for controller in &mut self.controllers {
            paths.extend([
                controller.ca_certificate_file.as_mut(),
                controller.password_file.as_mut(),
                controller.client_secret_file.as_mut(),
            ]);
            for credential in controller.credentials_by_role.values_mut() {
                paths.extend([credential.password_file.as_mut(), credential.client_secret_file.as_mut()]);
            }
        }
        paths.extend(self.tokens.iter_mut().map(|token| Some(&mut token.file)));
        for sink in &mut self.ledger.checkpoint_sinks {
            paths.extend([sink.file.as_mut(), sink.token_file.as_mut()]);
        }
        if let Some(tls) = &mut self.tls {
            paths.extend([Some(&mut tls.certificate), Some(&mut tls.key)]);
        }
        if let Some(console) = &mut self.console {
            paths.push(console.client_secret_file.as_mut());
        }
        if let Some(oauth) = &mut self.oauth {
            paths.push(oauth.ca_certificate_file.as_mut());
            paths.extend(oauth.introspection.as_mut().map(|section| section.client_secret_file.as_mut()));
        }
        paths.extend(self.prompts.as_mut().map(|section| Some(&mut section.file)));
        if let Some(tracing) = &mut self.tracing {
            paths.extend([tracing.ca_certificate_file.as_mut(), tracing.headers_file.as_mut()]);
        }
        paths.extend(self.policy.files.iter_mut().map(Some));
        paths.into_iter().flatten().collect()
    }
}
