// watch.mjs: subscribes to a resource with a TypeScript SDK, prints `subscribed`, then the first notice and the content as JSON.
// The job: {packages, sdk: "client" | "sdk", url, token, uri}.
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

const job = JSON.parse(await text(process.stdin));
const load = createRequire(`${job.packages}/`);
const newest = job.sdk === "client";
const { Client, StreamableHTTPClientTransport } = newest
  ? load("@modelcontextprotocol/client")
  : { ...load("@modelcontextprotocol/sdk/client/index.js"), ...load("@modelcontextprotocol/sdk/client/streamableHttp.js") };

const transport = new StreamableHTTPClientTransport(new URL(job.url), { requestInit: { headers: { Authorization: `Bearer ${job.token}` } } });
const client = new Client({ name: "juju-mcp-tests", version: "1" }, newest ? { versionNegotiation: { mode: "auto" } } : {});
const noticed = new Promise((resolve) => {
  const handle = (notification) => resolve(notification.params.uri);
  if (newest) {
    client.setNotificationHandler("notifications/resources/updated", handle);
  } else {
    client.setNotificationHandler(load("@modelcontextprotocol/sdk/types.js").ResourceUpdatedNotificationSchema, handle);
  }
});
await client.connect(transport);
const { resourceTemplates } = await client.listResourceTemplates();
if (newest) {
  await client.listen({ resourceSubscriptions: [job.uri] });
} else {
  await client.subscribeResource({ uri: job.uri });
}
process.stdout.write("subscribed\n");
const notice = await noticed;
const { contents } = await client.readResource({ uri: job.uri });
const version = newest ? "2026-07-28" : transport.protocolVersion;
process.stdout.write(`${JSON.stringify({ version, templates: resourceTemplates.map((one) => one.uriTemplate), notice, content: JSON.parse(contents[0].text) })}\n`);
await client.close();
process.exit(0);
