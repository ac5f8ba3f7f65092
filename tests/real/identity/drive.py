"""drive.py: signs in to an MCP server and calls tools, with the Python `mcp` package, from a job on standard input; prints JSON."""
import asyncio
import json
import sys
import urllib.parse

import httpx2
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata


class Metadata(OAuthClientMetadata):
    """The metadata that the client registers, with Hydra's field for the audience of its tokens."""
    audience: list[str] | None = None


class Memory:
    """The client's storage of tokens and its registration."""

    def __init__(self, client):
        self.tokens, self.client = None, client

    async def get_tokens(self):
        """The tokens, once there are any."""
        return self.tokens

    async def set_tokens(self, tokens):
        """Stores tokens."""
        self.tokens = tokens

    async def get_client_info(self):
        """The registration, if there is one."""
        return self.client

    async def set_client_info(self, client):
        """Stores the client's own registration."""
        self.client = client


async def called(client, name, given, timeout):
    """The result of a call; with a timeout in seconds also the number of progress notifications."""
    updates = []

    async def count(*update):
        updates.append(update)

    options = {"read_timeout_seconds": timeout, "progress_callback": count} if timeout else {}
    result = (await client.call_tool(name, given, **options)).model_dump(mode="json", by_alias=True)
    return result | {"_meta": result.get("_meta") or {}, "updates": len(updates)}


async def main(job):
    registered = job.get("client") and OAuthClientInformationFull(**job["client"], redirect_uris=[job["callback"]])
    memory, seen = Memory(registered), {}

    async def to_the_browser(url):
        async with httpx2.AsyncClient(timeout=180) as http:
            page = await http.get(job["browser"], params={"person": job["person"], "url": url})
        assert page.status_code == 200, page.text
        seen["authorize"], seen["callback"] = url, page.text

    async def from_the_browser():
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(seen["callback"]).query))
        return AuthorizationCodeResult(code=query["code"], state=query.get("state"), iss=query.get("iss"))

    auth = OAuthClientProvider(
        server_url=job["url"], client_metadata=Metadata.model_validate(job["metadata"]), storage=memory,
        redirect_handler=to_the_browser, callback_handler=from_the_browser)
    http = create_mcp_http_client(auth=auth)
    async with Client(streamable_http_client(job["url"], http_client=http)) as client:
        tools = [tool.name for tool in (await client.list_tools()).tools]
        results, waited = [], 0
        for name, given in job["calls"]:
            result = await called(client, name, given, job.get("timeout"))
            while result["_meta"].get("juju-mcp/code") == "approval_required" and waited < 2 * job.get("wait_seconds", 0):
                await asyncio.sleep(0.5)
                waited += 1
                result = await called(client, name, given, job.get("timeout"))
            results.append(result)
    print(json.dumps({"tools": tools, "results": results, "waited": waited, "authorize": seen["authorize"], "token": memory.tokens.access_token,
                      "client": memory.client.client_id}))


if __name__ == "__main__":
    asyncio.run(main(json.load(sys.stdin)))
