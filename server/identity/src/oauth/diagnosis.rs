//! Diagnosis of an identity provider: every step of what a token needs, with the reason of the first failure.

use reqwest::{Response, Url, header};
use serde_json::Value;

use super::{
    Provider,
    keys::count_keys,
    metadata::{ProviderMetadata, parse_configured_url},
    transport::read_json,
};

/// What an identity provider returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderDiagnosis {
    /// Keys that can verify tokens with an accepted algorithm.
    pub usable_keys: usize,
    /// The header `Date` of its response.
    pub date: Option<String>,
}

impl Provider {
    /// Fetches metadata and keys without the cache.
    ///
    /// # Errors
    /// One sentence that describes the first problem.
    pub async fn diagnose(&self) -> Result<ProviderDiagnosis, String> {
        let url = ProviderMetadata::url(self.settings());
        let url = parse_configured_url(&url).map_err(|_| format!("`{url}` is not https"))?;
        let (document, date) = self.fetch_for_diagnosis(url).await?;
        let metadata = ProviderMetadata::parse(document, self.settings(), None).map_err(|error| error.to_string())?;
        let jwks_uri = &metadata.document.jwks_uri;
        let url =
            self.endpoint(jwks_uri).map_err(|_| format!("the metadata names `{jwks_uri}`, which is not https"))?;
        let (set, _) = self.fetch_for_diagnosis(url).await?;
        let usable_keys = count_keys(&set, &self.settings().algorithms);
        let usable_keys = usable_keys.ok_or_else(|| format!("`{jwks_uri}` returns no set of keys"))?;
        if usable_keys == 0 {
            return Err(format!("`{jwks_uri}` has no key for an algorithm in `oauth.algorithms`"));
        }
        Ok(ProviderDiagnosis { usable_keys, date })
    }

    async fn fetch_for_diagnosis(&self, url: Url) -> Result<(Value, Option<String>), String> {
        let response = self.client().get(url.clone()).send().await;
        let response = response.map_err(|error| format!("`{url}` cannot be reached: {}", root_cause(&error)))?;
        let status = response.status();
        if !status.is_success() {
            return Err(format!("`{url}` answers HTTP {}", status.as_u16()));
        }
        let date = date(&response);
        let value = read_json(response).await.map_err(|_| format!("`{url}` returns no JSON"))?;
        Ok((value, date))
    }
}

fn date(response: &Response) -> Option<String> {
    Some(response.headers().get(header::DATE)?.to_str().ok()?.to_owned())
}

/// The last cause in the chain is the specific one, for example `connection refused`.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
