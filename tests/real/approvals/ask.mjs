// ask.mjs: reads a job as JSON on standard input, performs it with a TypeScript SDK and a scripted human, prints the
// result as JSON. The job: {packages, sdk: "client" | "sdk", url, token, tool, arguments, answer: null | {action, content}}.
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

const job = JSON.parse(await text(process.stdin));
const load = createRequire(`${job.packages}/`);

// The newest client speaks 2026-07-28, the older SDK the `initialize` era: the server supports both.
function parts() {
  if (job.sdk === "client") {
    const { Client, StreamableHTTPClientTransport } = load("@modelcontextprotocol/client");
    return { Client, StreamableHTTPClientTransport, elicitation: "elicitation/create", more: { versionNegotiation: { mode: "auto" } } };
  }
  const { Client } = load("@modelcontextprotocol/sdk/client/index.js");
  const { StreamableHTTPClientTransport } = load("@modelcontextprotocol/sdk/client/streamableHttp.js");
  const { ElicitRequestSchema } = load("@modelcontextprotocol/sdk/types.js");
  return { Client, StreamableHTTPClientTransport, elicitation: ElicitRequestSchema, more: {} };
}

const { Client, StreamableHTTPClientTransport, elicitation, more } = parts();
const headers = { Authorization: `Bearer ${job.token}` };
const transport = new StreamableHTTPClientTransport(new URL(job.url), { requestInit: { headers } });
const capabilities = job.answer ? { elicitation: { form: {} } } : {};
const client = new Client({ name: "juju-mcp-tests", version: "1" }, { capabilities, ...more });
const elicitations = [];
if (job.answer) {
  client.setRequestHandler(elicitation, async (request) => {
    elicitations.push(request.params);
    return job.answer;
  });
}
await client.connect(transport);
const result = await client.callTool({ name: job.tool, arguments: job.arguments });
await client.close();
process.stdout.write(JSON.stringify({ elicitations, result }));
