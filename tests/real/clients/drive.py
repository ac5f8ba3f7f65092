"""drive.py: reads a job as JSON on standard input, does it with the Python `mcp` package, prints what came back as JSON."""
import asyncio
import json
import sys

from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client


async def main(job):
    if job.get("url"):
        http = create_mcp_http_client(headers={"Authorization": f"Bearer {job['token']}"})
        target = streamable_http_client(job["url"], http_client=http)
    else:
        target = StdioServerParameters(command=job["command"], args=job["arguments"], env=job["environment"])
    async with Client(target) as client:
        tools = [tool.name for tool in (await client.list_tools()).tools]
        results = [(await client.call_tool(name, given)).model_dump(mode="json", by_alias=True) for name, given in job["calls"]]
    print(json.dumps({"tools": tools, "results": results}))


if __name__ == "__main__":
    asyncio.run(main(json.load(sys.stdin)))
