// node follow.mjs MODE COMMAND...: follows the inbox; MODE is sdk1, legacy or a protocol revision to insist on.
// Says "following" once the server has agreed, then what it is told of, a line each, until its input ends.
import { Client as Client2 } from "@modelcontextprotocol/client";
import { StdioClientTransport as Transport2 } from "@modelcontextprotocol/client/stdio";
import { Client as Client1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as Transport1 } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ResourceUpdatedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { server } from "./job.mjs";

const [mode, ...words] = process.argv.slice(2);
const uri = "echo://inbox";
const heard = ({ params }) => console.log(`updated ${params.uri}`);

let client;
if (mode === "sdk1") {
  client = new Client1({ name: "typescript-1", version: "1" });
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, heard);
  await client.connect(new Transport1(server(words)));
  await client.subscribeResource({ uri });
} else {
  const modern = /^\d/.test(mode);
  const versionNegotiation = { mode: modern ? { pin: mode } : mode };
  client = new Client2({ name: "typescript-2", version: "1" }, { versionNegotiation });
  client.setNotificationHandler("notifications/resources/updated", heard);
  await client.connect(new Transport2(server(words)));
  if (modern) await client.listen({ resourceSubscriptions: [uri] });
  else await client.subscribeResource({ uri });
}
console.log("following");
process.stdin.resume();
process.stdin.once("end", async () => {
  await client.close();
  process.exit(0);
});
