"""ask.py: reads a job as JSON on standard input, performs it with the Python `mcp` package and a scripted human, prints the
result as JSON. The job: {url, token, tool, arguments, mode, answer: null | {action, content}}."""
import asyncio
import json
import sys

import mcp_types as types
from mcp import Client
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client


async def main(job):
    elicitations = []

    async def human(_, params):
        elicitations.append(params.model_dump(mode="json", by_alias=True))
        return types.ElicitResult.model_validate(job["answer"])

    http = create_mcp_http_client(headers={"Authorization": f"Bearer {job['token']}"})
    more = {"elicitation_callback": human} if job["answer"] else {}
    async with Client(streamable_http_client(job["url"], http_client=http), mode=job["mode"], **more) as client:
        result = await client.call_tool(job["tool"], job["arguments"])
    print(json.dumps({"elicitations": elicitations, "result": result.model_dump(mode="json", by_alias=True)}))


if __name__ == "__main__":
    asyncio.run(main(json.load(sys.stdin)))
