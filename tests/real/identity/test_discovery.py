"""Authorization by MCP clients of other projects: from a 401 over metadata, sign-in and PKCE to an executed call."""
import urllib.parse

import pytest
from mcp_clients import CLIENTS, driven
from provider import CALLBACK
from test_tokens import hydra, server, sim  # noqa: F401


@pytest.mark.parametrize("known", ["registered before", "registers itself"])
@pytest.mark.parametrize("name", CLIENTS)
def test_from_401_to_a_call(server, hydra, name, known):  # noqa: F811
    metadata = {"client_name": name, "redirect_uris": [CALLBACK], "grant_types": ["authorization_code", "refresh_token"],
                "response_types": ["code"], "token_endpoint_auth_method": "none"}
    job = {"url": server.mcp, "browser": f"{hydra.pages}/browser", "person": "ana", "callback": CALLBACK, "metadata": metadata,
           "calls": [("juju_status", {"model": "shop"}), ("juju_add_model", {"name": f"{name}-{known[-6:]}"})]}
    if known == "registered before":
        hydra.client(f"desktop-{name}", [server.mcp], "jwt", ["authorization_code", "refresh_token"], token_endpoint_auth_method="none")
        job["client"] = {"client_id": f"desktop-{name}", "issuer": hydra.issuer} | ({} if CLIENTS[name] else {"token_endpoint_auth_method": "none"})
    else:
        # Hydra does not support RFC 8707: a client registers its audience. Hydra returns unset metadata as empty strings and
        # null, which the TypeScript clients refuse
        uris = {f"{page}_uri": "https://client.example/" for page in ("client", "logo", "policy", "tos")}
        job["metadata"] = metadata | uris | {"audience": [server.mcp], "contacts": ["ana@example.com"]}
    result = driven(name, job)
    asked = urllib.parse.parse_qs(urllib.parse.urlsplit(result["authorize"]).query)
    assert asked["resource"] == [server.mcp] and asked["code_challenge_method"] == ["S256"] and "juju:write" in asked["scope"][0]
    assert result["authorize"].startswith(f"{hydra.issuer}/oauth2/auth?")
    assert (result["client"] == f"desktop-{name}") == (known == "registered before")
    assert "juju_status" in result["tools"] and "juju_add_unit" in result["tools"]
    for answer in result["results"]:
        assert not answer.get("isError") and answer["content"][0]["text"].strip(), answer
    # the token that the client got is for this server alone, and is not valid for the URL of another endpoint
    assert server.status(result["token"]) == 200
