"""watch.py: subscribes to a resource with the Python `mcp` package, prints `subscribed`, then the first notice and the content as JSON."""
import asyncio
import json
import sys

from mcp import Client
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client


async def main(job):
    notices = asyncio.Queue()

    async def received(message):
        if getattr(message, "method", "") == "notifications/resources/updated":
            await notices.put(str(message.params.uri))

    http = create_mcp_http_client(headers={"Authorization": f"Bearer {job['token']}"})
    target = streamable_http_client(job["url"], http_client=http)
    async with Client(target, mode=job["mode"], message_handler=received) as client:
        templates = [one.uri_template for one in (await client.list_resource_templates()).resource_templates]
        if job["mode"] == "legacy":
            await client.subscribe_resource(job["uri"])
            print("subscribed", flush=True)
            notice = await notices.get()
        else:
            async with client.listen(resource_subscriptions=[job["uri"]]) as subscription:
                print("subscribed", flush=True)
                async for event in subscription:
                    if uri := getattr(event, "uri", None):
                        notice = str(uri)
                        break
        content = (await client.read_resource(job["uri"], cache_mode="bypass")).contents[0].text
        print(json.dumps({"version": client.protocol_version, "templates": templates, "notice": notice, "content": json.loads(content)}), flush=True)


if __name__ == "__main__":
    asyncio.run(asyncio.wait_for(main(json.load(sys.stdin)), 120))
