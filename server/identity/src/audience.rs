//! Which paths of the server a token is for.

use crate::Caller;

/// Whether a path is an endpoint with a selection of tools.
#[must_use]
pub fn is_toolset_path(path: &str) -> bool {
    path == "/mcp/readonly" || path.strip_prefix("/mcp/x/").is_some_and(|name| !name.is_empty() && !name.contains('/'))
}

impl Caller {
    /// Whether the audience of the caller's token includes a path of the server with this public URL. A token for a toolset endpoint, such
    /// as the read-only one, is valid for that endpoint alone: not for other endpoints, the management API, metrics or the approval page.
    /// Any other is valid for all paths, because `/mcp` offers every command.
    #[must_use]
    pub fn may_use_path(&self, public_url: &str, path: &str) -> bool {
        let audience = self.claims().map(|claims| claims.audience.as_slice()).unwrap_or_default();
        let includes_path = |one: &String| match one.strip_prefix(public_url.trim_end_matches('/')) {
            Some(part) if is_toolset_path(part) => part == path,
            _ => true,
        };
        audience.is_empty() || audience.iter().any(includes_path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Claims;

    #[test]
    fn token_for_one_toolset_is_valid_for_its_path_alone() {
        let caller = |audience: &[&str]| {
            Caller::from_claims(Claims {
                audience: audience.iter().map(|one| format!("https://h/prefix{one}")).collect(),
                ..Claims::default()
            })
        };
        let narrow = caller(&["/mcp/readonly"]);
        for path in ["/mcp", "/mcp/full", "/mcp/x/deploy", "/metrics", "/readyz", "/console", "/api/v1/approvals"] {
            assert!(!narrow.may_use_path("https://h/prefix", path), "{path}");
            assert!(
                caller(&["/mcp"]).may_use_path("https://h/prefix/", path)
                    && caller(&[]).may_use_path("https://h", path)
            );
        }
        assert!(narrow.may_use_path("https://h/prefix", "/mcp/readonly"));
        assert!(caller(&["/mcp/readonly", "/mcp"]).may_use_path("https://h/prefix", "/metrics"));
    }
}
