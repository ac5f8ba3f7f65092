// drive.mjs: reads a job as JSON on standard input, does it with a TypeScript SDK, prints what came back as JSON.
// The job: {packages, sdk: "client" | "sdk", url, token, command, arguments, environment, calls: [[tool, arguments]]}.
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

const job = JSON.parse(await text(process.stdin));
const load = createRequire(`${job.packages}/`);

// The newest client speaks 2026-07-28, the older SDK the `initialize` era: both must be served.
function parts() {
  if (job.sdk === "client") {
    const { Client, StreamableHTTPClientTransport } = load("@modelcontextprotocol/client");
    const { StdioClientTransport } = load("@modelcontextprotocol/client/stdio");
    return { Client, StreamableHTTPClientTransport, StdioClientTransport };
  }
  const { Client } = load("@modelcontextprotocol/sdk/client/index.js");
  const { StreamableHTTPClientTransport } = load("@modelcontextprotocol/sdk/client/streamableHttp.js");
  const { StdioClientTransport } = load("@modelcontextprotocol/sdk/client/stdio.js");
  return { Client, StreamableHTTPClientTransport, StdioClientTransport };
}

const { Client, StreamableHTTPClientTransport, StdioClientTransport } = parts();
const transport = job.url
  ? new StreamableHTTPClientTransport(new URL(job.url), { requestInit: { headers: { Authorization: `Bearer ${job.token}` } } })
  : new StdioClientTransport({ command: job.command, args: job.arguments, env: job.environment, stderr: "inherit" });
const options = job.sdk === "client" ? { versionNegotiation: { mode: "auto" } } : {};
const client = new Client({ name: "juju-mcp-tests", version: "1" }, options);
await client.connect(transport);
const { tools } = await client.listTools();
const results = [];
for (const [name, given] of job.calls) {
  results.push(await client.callTool({ name, arguments: given }));
}
await client.close();
process.stdout.write(JSON.stringify({ tools: tools.map((tool) => tool.name), results }));
