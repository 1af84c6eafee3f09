// node v2.mjs MODE LABEL COMMAND...: the second generation; MODE is legacy, auto or a protocol revision to insist on.
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { play, server, tell } from "./job.mjs";

const [mode, label, ...words] = process.argv.slice(2);
const versionNegotiation = { mode: /^\d/.test(mode) ? { pin: mode } : mode };
const client = new Client({ name: "typescript-2", version: "1" }, { versionNegotiation });
await client.connect(new StdioClientTransport(server(words)));
const found = await play(client, label);
const era = client.getProtocolEra(); // forgotten at close
await client.close();
tell({ ...found, era });
