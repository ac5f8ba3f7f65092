// drive.mjs: signs in to an MCP server and calls tools, with a TypeScript SDK, from a job on standard input; prints JSON.
// The job: {packages, sdk: "client" | "sdk", url, browser, person, callback, metadata, client?, calls: [[tool, arguments]]}.
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

// What a desktop program would keep on disk, and the person's browser.
const kept = { client: job.client };
const provider = {
  get redirectUrl() { return job.callback; },
  get clientMetadata() { return job.metadata; },
  state: () => "a-state-that-comes-back",
  clientInformation: () => kept.client,
  saveClientInformation: (client) => { kept.client = client; },
  tokens: () => kept.tokens,
  saveTokens: (tokens) => { kept.tokens = tokens; },
  saveCodeVerifier: (verifier) => { kept.verifier = verifier; },
  codeVerifier: () => kept.verifier,
  saveDiscoveryState: (state) => { kept.discovery = state; },
  discoveryState: () => kept.discovery,
  redirectToAuthorization: async (url) => {
    kept.authorize = String(url);
    const page = await fetch(`${job.browser}?${new URLSearchParams({ person: job.person, url: kept.authorize })}`);
    const said = await page.text();
    if (!page.ok) throw new Error(said);
    kept.callback = new URL(said);
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
    await transport.finishAuth(kept.callback.searchParams.get("code"), kept.callback.searchParams.get("iss") ?? undefined);
    return undefined;
  }
}

if (await connected()) throw new Error("let in before anybody signed in");
const client = await connected();
const { tools } = await client.listTools();
const results = [];
for (const [name, given] of job.calls) {
  results.push(await client.callTool({ name, arguments: given }));
}
await client.close();
process.stdout.write(JSON.stringify({
  tools: tools.map((tool) => tool.name), results, authorize: kept.authorize, token: kept.tokens.access_token, client: kept.client.client_id,
  state: kept.callback.searchParams.get("state"),
}));
