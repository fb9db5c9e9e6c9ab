import { toIso } from "../../../kernel/index.ts";
import type { Collector } from "../collector.ts";
import { gatherModelContext } from "../model-context.ts";

export const telemetry: Collector = {
  name: "telemetry",
  description:
    "the agent's events as Firebreak stored them, and what they hold of models, prompts, tools and documents",
  seconds: { standard: 120, full: 1800 },
  needs: ["agent", "database"],
  collect: async ({ surroundings: { readEvents }, subject: { agentIds }, sinceMs }, sink, signal) => {
    if (readEvents === null) return;
    const context = gatherModelContext();
    const wanted = readEvents({ agentIds, sinceMs });
    async function* lines(): AsyncGenerator<string> {
      for await (const page of wanted) {
        signal.throwIfAborted();
        for (const one of page) context.add(one.body);
        yield page.map(({ seq, body }) => `{"seq":${seq},${body.slice(1)}\n`).join("");
      }
    }
    const metadata = { since: toIso(sinceMs) };
    await sink.stream(
      { name: "events.ndjson", description: "the events, oldest first, one a line", metadata },
      lines(),
    );
    const { found, absent, events } = context.result();
    sink.json(
      {
        name: "model-context.json",
        description: "models, instructions, prompts, tool definitions and retrieved documents that the events hold",
        metadata: { events, absent },
      },
      found,
    );
  },
};
