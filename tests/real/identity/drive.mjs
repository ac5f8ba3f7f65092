// drive.mjs: signs in to an MCP server and calls tools, with a TypeScript SDK, from a job on standard input; prints JSON.
// The job: {packages, sdk: "client" | "sdk", url, browser, person, callback, metadata, client?, calls: [[tool, arguments]], timeout?}.
// With a timeout in seconds, a result has `updates`, the number of progress notifications of its call.
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

const job = JSON.parse(await text(process.stdin));
const load = createRequire(`${job.packages}/`);

function parts() {
  if (job.sdk === "client") {
    return load("@modelcontextprotocol/client");
  }
  const { Client } = load("@modelcontextprotocol/sdk/client/index.js");
  const { UnauthorizedError } = load("@modelcontextprotocol/sdk/client/auth.js");
  const { StreamableHTTPClientTransport } = load("@modelcontextprotocol/sdk/client/streamableHttp.js");
  return { Client, StreamableHTTPClientTransport, UnauthorizedError };
}

// The state that a desktop program stores on disk, and the person's browser.
const stored = { client: job.client };
const provider = {
  get redirectUrl() { return job.callback; },
  get clientMetadata() { return job.metadata; },
  state: () => "a-state-that-comes-back",
  clientInformation: () => stored.client,
  saveClientInformation: (client) => { stored.client = client; },
  tokens: () => stored.tokens,
  saveTokens: (tokens) => { stored.tokens = tokens; },
  saveCodeVerifier: (verifier) => { stored.verifier = verifier; },
  codeVerifier: () => stored.verifier,
  saveDiscoveryState: (state) => { stored.discovery = state; },
  discoveryState: () => stored.discovery,
  redirectToAuthorization: async (url) => {
    stored.authorize = String(url);
    const page = await fetch(`${job.browser}?${new URLSearchParams({ person: job.person, url: stored.authorize })}`);
    const target = await page.text();
    if (!page.ok) throw new Error(target);
    stored.callback = new URL(target);
  },
};

const { Client, StreamableHTTPClientTransport, UnauthorizedError } = parts();
const options = job.sdk === "client" ? { versionNegotiation: { mode: "auto" } } : {};

async function connected() {
  const transport = new StreamableHTTPClientTransport(new URL(job.url), { authProvider: provider });
  const client = new Client({ name: "juju-mcp-tests", version: "1" }, options);
  try {
    await client.connect(transport);
    return client;
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error;
    await transport.finishAuth(stored.callback.searchParams.get("code"), stored.callback.searchParams.get("iss") ?? undefined);
    return undefined;
  }
}

if (await connected()) throw new Error("admitted before the sign-in");
const client = await connected();
const { tools } = await client.listTools();
const results = [];
for (const [name, given] of job.calls) {
  let updates = 0;
  const timed = job.timeout ? { timeout: job.timeout * 1000, onprogress: () => { updates += 1; } } : undefined;
  const call = [{ name, arguments: given }, ...(job.sdk === "sdk" ? [undefined] : []), timed];
  results.push({ ...await client.callTool(...call), updates });
}
await client.close();
process.stdout.write(JSON.stringify({
  tools: tools.map((tool) => tool.name), results, authorize: stored.authorize, token: stored.tokens.access_token, client: stored.client.client_id,
  state: stored.callback.searchParams.get("state"),
}));
