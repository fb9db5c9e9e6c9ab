import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { eventView, intakeReceipt, pageOf } from "@firebreak/protocol";
import type { EventView } from "@firebreak/protocol";
import { EXIT } from "../command.ts";
import type { Command, CommandContext } from "../command.ts";
import { printable } from "../output.ts";

const send: Command = {
  name: "events send",
  summary: "send telemetry from a file or standard input (JSON or JSON lines)",
  positionals: [{ name: "FILE", summary: "a file; - is standard input" }],
  examples: [
    `echo '{"agent":{"id":"scout"},"kind":"command","data":{"command":"ls"}}' | firebreak events send -`,
    "firebreak events send audit.jsonl",
  ],
  run: async ({ client, output, args }) => {
    const file = args.positional(0) ?? "-";
    const bytes = readFileSync(file === "-" ? 0 : file);
    const receipt = await client.postRaw(intakeReceipt, "/events", "application/x-ndjson", bytes);
    output.result(receipt);
    output.line(`${receipt.accepted} stored, ${receipt.duplicates} known already, ${receipt.rejectedTotal} refused.`);
    for (const refused of receipt.rejected)
      output.line(output.style.red(`  line ${refused.line}: ${printable(refused.message)}`));
    return receipt.rejectedTotal === 0 ? EXIT.ok : EXIT.failed;
  },
};

const POLL_MS = 500;
/** While following, events whose source clock is up to this late are still shown. */
const FOLLOW_LATENESS_MS = 60_000;
const FOLLOW_LIMIT = "500";

const tail: Command = {
  name: "events tail",
  summary: "the latest events; --follow goes on until Ctrl-C",
  options: {
    agent: { type: "string", value: "ID", summary: "of one agent" },
    kind: { type: "string", value: "KIND", summary: "of one kind, for example command" },
    follow: { type: "boolean", short: "f", summary: "go on as events arrive" },
    limit: { type: "string", value: "N", summary: "how many to begin with (20)" },
  },
  run: async (context) => {
    let last = printNewer(context, await fetchEvents(context, undefined), -1);
    while (context.args.flag("follow")) {
      await wait(POLL_MS);
      const since = new Date(context.clock.now() - FOLLOW_LATENESS_MS).toISOString();
      last = printNewer(context, await fetchEvents(context, since), last);
    }
    return EXIT.ok;
  },
};

async function fetchEvents({ client, args }: CommandContext, since: string | undefined): Promise<EventView[]> {
  const query = new URLSearchParams({ limit: since === undefined ? (args.text("limit") ?? "20") : FOLLOW_LIMIT });
  for (const name of ["agent", "kind"]) {
    const value = args.text(name);
    if (value !== undefined) query.set(name, value);
  }
  if (since !== undefined) query.set("since", since);
  return (await client.get(pageOf(eventView), `/events?${query}`)).items;
}

/** Prints what is newer than `last` in the order of arrival. @returns the newest sequence number seen */
function printNewer({ output }: CommandContext, events: readonly EventView[], last: number): number {
  const newer = events.filter((event) => event.seq > last).toSorted((a, b) => a.seq - b.seq);
  for (const event of newer) {
    if (output.json) output.raw(`${JSON.stringify(event)}\n`);
    const what = event.data["command"] ?? event.data["content"] ?? event.data["message"] ?? event.resource ?? "";
    const text = typeof what === "string" ? what : JSON.stringify(what);
    output.line(`${event.time}  ${event.agent.id}  ${event.kind}  ${event.outcome}  ${printable(text).slice(0, 200)}`);
  }
  return newer.at(-1)?.seq ?? last;
}

export const eventsCommands: readonly Command[] = [send, tail];
