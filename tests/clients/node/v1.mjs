// node v1.mjs LABEL COMMAND...: the first generation of the TypeScript SDK, as most clients in use have it.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { play, server, tell } from "./job.mjs";

const [label, ...words] = process.argv.slice(2);
const client = new Client({ name: "typescript-1", version: "1" });
await client.connect(new StdioClientTransport(server(words)));
const found = await play(client, label);
await client.close();
tell({ ...found, era: "legacy" });
