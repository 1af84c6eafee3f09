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

  const answerOf = async (ref) => {
    for (const until = Date.now() + 30_000; Date.now() < until; await new Promise((wake) => setTimeout(wake, 100))) {
      const decision = await call("get_decision", { decision_id: ref });
      if (decision.structured.status !== "escalated") return decision;
    }
    return null;
  };

  const { tools } = await client.listTools();
  const refused = {};
  for (const [what, bad] of Object.entries(BAD)) {
    refused[what] = await call("approve_strategic_initiative", {
      initiative: `Never ${label}`,
      business_value: "None.",
      ...bad,
    });
  }
  const over = await approve("Expansion", 5_000_000);
  const half = await approve("Data Centre", 10_000);
  const otherHalf = await approve("DATA  centre", 995_000);
  const beyond = await call("allocate_budget", {
    amount: 10_001,
    department: "Research",
    justification: `Too much ${label}`,
    decision_id: half.structured.ref,
  });
  const prompt = async (name, args) => (await client.getPrompt({ name, arguments: args })).messages[0].content.text;
  const complete = async (ref, name, value) => (await client.complete({ ref, argument: { name, value } })).completion;
  const codeOf = (asked) => asked.then(() => null, (error) => error.code);
  const prompts = {
    listed: (await client.listPrompts()).prompts.map((each) => each.name),
    boardCase: await prompt("board_case", { decision_id: over.structured.ref }),
    refused: await codeOf(prompt("board_case", { decision: over.structured.ref })),
    refs: await complete({ type: "ref/prompt", name: "board_case" }, "decision_id", `centre ${label}`),
    resources: await complete({ type: "ref/resource", uri: "echo://decisions/{id}" }, "id", `centre ${label}`),
  };
  return {
    prompts,
    server: client.getServerVersion(),
    instructions: client.getInstructions() ?? "",
    tools: tools.map((tool) => ({ name: tool.name, description: tool.description, hasOutput: Boolean(tool.outputSchema) })),
    brief: await call("brief_me", {}),
    within: await approve("Research", 750_000),
    over,
    half,
    otherHalf,
    beyond,
    inbox: await call("read_inbox", {}),
    answered: await answerOf(over.structured.ref),
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
