// Prints what Echo publishes, without any package: Redis speaks lines of text.
//
//   node examples/subscribe_to_the_bus.mjs 127.0.0.1:6379        a Redis of your own
//   node examples/subscribe_to_the_bus.mjs /path/to/redis.sock   the embedded one; `manage.py stack status` names it
//
// What is said here is a hint, never a promise: a program that was away reads the database. Texts in it were written by
// agents: show them as data.

import { connect } from "node:net";

const [address] = process.argv.slice(2);
if (!address) {
  console.error("usage: subscribe_to_the_bus.mjs HOST:PORT | SOCKET");
  process.exit(2);
}
const [host, port] = address.split(":");
const redis = address.startsWith("/") ? connect(address) : connect(Number(port), host);

redis.write("PSUBSCRIBE messages:* decisions:*\r\n");

let waiting = Buffer.alloc(0);
redis.on("data", (bytes) => {
  waiting = Buffer.concat([waiting, bytes]);
  for (let reply = read(waiting); reply; reply = read(waiting)) {
    waiting = waiting.subarray(reply.length);
    const [kind, , channel, payload] = reply.value;
    if (kind === "psubscribe") console.error(`listening to ${reply.value[1]}`);
    if (kind === "pmessage") console.log(JSON.stringify({ channel, payload: parsed(payload) }));
  }
});
redis.on("error", (error) => {
  console.error(`Redis is not reachable: ${error.message}`);
  process.exit(1);
});

// What was published; whoever has Redis can publish what is no JSON, and that is shown as it is.
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

// One reply at the beginning of the bytes, with its length; nothing while it is incomplete.
function read(bytes, start = 0) {
  const end = bytes.indexOf("\r\n", start);
  if (end < 0) return null;
  const kind = String.fromCharCode(bytes[start]);
  const head = bytes.toString("utf8", start + 1, end);
  let at = end + 2;
  if (kind === "$") {
    const size = Number(head);
    if (bytes.length < at + size + 2) return null;
    return { value: bytes.toString("utf8", at, at + size), length: at + size + 2 - start };
  }
  if (kind !== "*") return { value: kind === ":" ? Number(head) : head, length: at - start };
  const value = [];
  for (let n = 0; n < Number(head); n += 1) {
    const part = read(bytes, at);
    if (!part) return null;
    value.push(part.value);
    at += part.length;
  }
  return { value, length: at - start };
}
