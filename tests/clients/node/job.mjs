// The main job, played through a connected client. Prints nothing; returns what a test looks at.
// Both SDKs compile every tool's outputSchema when tools are listed, and throw when structuredContent does not fit it.

const BAD = {
  negative: { budget: -5 },
  string: { budget: "1e9" },
  nothing: { budget: null }, // what JSON makes of NaN
  huge: { budget: 1e30 },
  boolean: { budget: true },
  "a tenth of a cent": { budget: 0.001 },
  unknown: { budget: 1000, as_role: "board" },
  missing: {},
};

export async function play(client, label) {
  const call = async (name, args) => {
    const result = await client.callTool({ name, arguments: args });
    return {
      isError: result.isError ?? false,
      text: result.content.map((part) => part.text ?? "").join("\n"),
      structured: result.structuredContent ?? null,
    };
  };
  const approve = (initiative, budget) =>
    call("approve_strategic_initiative", { initiative: `${initiative} ${label}`, business_value: "Much.", budget });

  const { tools } = await client.listTools();
  const refused = {};
  for (const [what, bad] of Object.entries(BAD)) {
    refused[what] = await call("approve_strategic_initiative", {
      initiative: `Never ${label}`,
      business_value: "None.",
      ...bad,
    });
  }
  return {
    server: client.getServerVersion(),
    instructions: client.getInstructions() ?? "",
    tools: tools.map((tool) => ({ name: tool.name, description: tool.description, hasOutput: Boolean(tool.outputSchema) })),
    brief: await call("brief_me", {}),
    within: await approve("Research", 750_000),
    over: await approve("Expansion", 5_000_000),
    inbox: await call("read_inbox", {}),
    refused,
  };
}

// The server: everything after the script's own arguments, started as a client starts it.
export function server(words) {
  const [command, ...args] = words;
  return { command, args, env: { ...process.env }, stderr: "inherit" };
}

export function tell(found) {
  process.stdout.write(JSON.stringify(found) + "\n");
}
