//! The section of Kubernetes clusters.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};

use backend::{BackendKind, Instances};
use kubernetes::{Cluster, ClusterAccess, ClusterSettings, is_namespace};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Sections;

/// Seconds that a request may take.
const DEFAULT_TIMEOUT: u32 = 30;
/// Name of the only cluster.
const DEFAULT_NAME: &str = "default";
/// Key of the path of a section.
const PATH_KEY: &str = "kubernetes[].kubeconfig_path";
/// The variable with the paths of kubeconfig files.
const KUBECONFIG: &str = "KUBECONFIG";
/// The token of the service account of the pod that the program runs in.
const SERVICE_ACCOUNT_TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// A Kubernetes cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct KubernetesSection {
    /// Its name, by which calls choose among several. Default: `default`.
    pub(crate) name: Option<String>,
    /// Use it. Default: true.
    pub(crate) enabled: Option<bool>,
    /// Its kubeconfig file; `~/` is the home directory. Default: the files of the environment variable `KUBECONFIG`, else the service
    /// account of the pod that the program runs in, else `~/.kube/config`.
    pub(crate) kubeconfig_path: Option<PathBuf>,
    /// Context of the file. Default: its current one.
    pub(crate) context: Option<String>,
    /// Namespace of objects that a call names without one. Default: that of the context, else `default`.
    pub(crate) namespace: Option<String>,
    /// Seconds that a request may take. Default: 30.
    #[schemars(range(min = 1, max = 600))]
    pub(crate) timeout: Option<u32>,
    /// Make requests as the caller, by the headers `Impersonate-User` and `Impersonate-Group`, so that the cluster's own access control
    /// applies. Default: false, requests are made as the user of the file.
    pub(crate) impersonate: bool,
}

impl Sections<KubernetesSection> {
    /// The first value that cannot be used: its key, what is wrong with it, and the remedy.
    pub(super) fn kubernetes_problem(&self) -> Option<(String, String, &'static str)> {
        let mut names = BTreeSet::new();
        self.0.iter().find_map(|section| {
            let name = section.name();
            let (key, problem, remedy) = match () {
                () if !names.insert(name) => ("name", format!("is `{name}` more than once"), "give each its own name"),
                () if !is_usable(name) => ("name", format!("is `{name}`"), "use letters, digits, `-`, `_` and `.`"),
                () if section.timeout.is_some_and(|seconds| !(1..=600).contains(&seconds)) => {
                    ("timeout", format!("of `{name}` is not usable"), "give a number from 1 to 600")
                }
                () if section.namespace.as_ref().is_some_and(|namespace| !is_namespace(namespace)) => (
                    "namespace",
                    format!("of `{name}` is no name of a namespace"),
                    "use lower-case letters, digits and `-`",
                ),
                () => return None,
            };
            Some((format!("kubernetes[].{key}"), problem, remedy))
        })
    }

    /// The clusters that are enabled; without a section, that of the environment variable `KUBECONFIG`.
    pub(super) fn clusters(&self, environment: fn(&str) -> Option<String>) -> Instances<Cluster> {
        let from_environment = environment(KUBECONFIG).filter(|paths| !paths.is_empty());
        let implied = (self.0.is_empty() && from_environment.is_some()).then(KubernetesSection::default);
        let enabled = self.0.iter().chain(&implied).filter(|section| section.enabled.unwrap_or(true));
        enabled.fold(Instances::none(BackendKind::Kubernetes), |clusters, section| {
            clusters.with(section.name(), Cluster::new(section.settings(environment)))
        })
    }

    /// Every path that is relative to the file, with its key.
    pub(super) fn kubeconfig_paths_mut(&mut self) -> impl Iterator<Item = (&'static str, Option<&mut PathBuf>)> {
        let paths = self.0.iter_mut().filter_map(|section| section.kubeconfig_path.as_mut());
        paths.filter(|path| !path.starts_with("~")).map(|path| (PATH_KEY, Some(path)))
    }
}

impl KubernetesSection {
    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(DEFAULT_NAME)
    }

    fn settings(&self, environment: fn(&str) -> Option<String>) -> ClusterSettings {
        let home = PathBuf::from(environment("HOME").unwrap_or_default());
        let listed = environment(KUBECONFIG).filter(|paths| !paths.is_empty());
        let kubeconfig = |paths| ClusterAccess::Kubeconfig { paths, context: self.context.clone() };
        let access = match (&self.kubeconfig_path, listed) {
            (Some(path), _) => match path.strip_prefix("~") {
                Ok(rest) => kubeconfig(vec![home.join(rest)]),
                Err(_) => kubeconfig(vec![path.clone()]),
            },
            // separated as `kubectl` takes them
            (None, Some(paths)) => {
                kubeconfig(paths.split(':').filter(|path| !path.is_empty()).map(PathBuf::from).collect())
            }
            (None, None) if Path::new(SERVICE_ACCOUNT_TOKEN).exists() => ClusterAccess::ServiceAccount,
            (None, None) => kubeconfig(vec![home.join(".kube").join("config")]),
        };
        ClusterSettings {
            name: self.name().to_owned(),
            access,
            namespace: self.namespace.clone(),
            timeout: Duration::from_secs(u64::from(self.timeout.unwrap_or(DEFAULT_TIMEOUT))),
            impersonate: self.impersonate,
        }
    }
}

fn is_usable(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    use super::*;

    fn config(section: &str) -> Result<Config, String> {
        let config = Config::parse(Path::new("/etc/juju-mcp/config.yaml"), &format!("kubernetes: {section}\n"));
        config.and_then(|config| config.validate().map(|()| config)).map_err(|failure| failure.to_string())
    }

    fn access(section: &str, environment: fn(&str) -> Option<String>) -> Vec<(String, ClusterAccess)> {
        let clusters = config(section).expect("a configuration").kubernetes.clusters(environment);
        clusters.iter().map(|(name, cluster)| (name.to_owned(), cluster.settings().access.clone())).collect()
    }

    fn paths(paths: &[&str]) -> ClusterAccess {
        ClusterAccess::Kubeconfig { paths: paths.iter().map(PathBuf::from).collect(), context: None }
    }

    #[test]
    fn section_with_the_keys_of_kubectl_is_accepted_and_others_are_reported() {
        for fine in [
            "{}",
            "{enabled: true, kubeconfig_path: ~/.kube/config, namespace: default}",
            "[{name: eu, context: eu, impersonate: true}, {name: us, kubeconfig_path: us.yaml, timeout: 5}]",
        ] {
            assert!(config(fine).is_ok(), "{fine}");
        }
        for (section, named) in [
            ("{namespace: A/b}", "kubernetes[].namespace"),
            ("{timeout: 601}", "kubernetes[].timeout"),
            ("[{}, {}]", "more than once"),
            ("{name: a b}", "kubernetes[].name"),
            ("{kubeconfig: x}", "line 1"),
        ] {
            let text = config(section).expect_err(section);
            assert!(text.contains(named), "{section}: {text}");
        }
    }

    #[test]
    fn kubeconfig_is_found_by_section_environment_and_home() {
        let none = |_: &str| None;
        let home = |name: &str| (name == "HOME").then(|| "/home/ana".to_owned());
        let both = |name: &str| match name {
            "HOME" => Some("/home/ana".to_owned()),
            "KUBECONFIG" => Some("/a:/b".to_owned()),
            _ => None,
        };
        assert_eq!(access("", none), []);
        assert_eq!(access("", both), [("default".to_owned(), paths(&["/a", "/b"]))]);
        assert_eq!(access("{enabled: false}", both), []);
        assert_eq!(access("{kubeconfig_path: ~/k}", both), [("default".to_owned(), paths(&["/home/ana/k"]))]);
        assert_eq!(access("{kubeconfig_path: k}", home), [("default".to_owned(), paths(&["/etc/juju-mcp/k"]))]);
        assert_eq!(access("{}", home), [("default".to_owned(), paths(&["/home/ana/.kube/config"]))]);
    }
}
