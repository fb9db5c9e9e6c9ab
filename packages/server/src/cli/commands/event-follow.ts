import { setTimeout as wait } from "node:timers/promises";
import { eventPage, eventView } from "@firebreak/protocol";
import type { EventView } from "@firebreak/protocol";
import { toIso } from "../../kernel/index.ts";
import { ServerUnusableError } from "../client.ts";
import type { Command, CommandContext } from "../command.ts";
import { describeEvent } from "../event-line.ts";
import { EVENT_QUERY_OPTIONS, readEventQuery } from "../event-query.ts";
import { readEventStream } from "../event-stream.ts";
import { ASKS_SERVER } from "../exit-codes.ts";

const RECONNECT_MS = 2_000;
const LATEST = { min: 0, max: 500, usual: 10 };
/** After a break, events are looked for that far before the last one seen: their own times are not in the order of arrival. */
const LATENESS_MS = 60_000;

const { since: _since, until: _until, ...OPTIONS } = EVENT_QUERY_OPTIONS;

const follow: Command = {
  name: "events follow",
  summary: "the latest events, and what comes, until Ctrl-C",
  description: [
    "In the order of arrival. --json prints one event a line. When the server goes away it is asked again until it answers.",
  ],
  options: {
    ...OPTIONS,
    latest: { type: "string", value: "N", summary: `how many to begin with (${LATEST.usual})` },
  },
  examples: [
    "firebreak events follow --outcome denied",
    "firebreak events follow --text curl --json",
    "firebreak events follow --agent scout --latest 0",
  ],
  exits: [...ASKS_SERVER, "notFound"],
  run: async (context) => {
    const query = await readEventQuery(follow, context);
    for (const name of ["since", "until"]) query.delete(name);
    const reader = new Reader(context, query);
    await reader.read({ limit: String(context.args.count("latest", LATEST) ?? LATEST.usual) });
    for (;;) {
      context.output.note("The stream of events ended; asking for it again.");
      await reader.readAgain();
    }
  },
};

class Reader {
  readonly #context: CommandContext;
  readonly #query: URLSearchParams;
  #lastSeq = 0;
  #lastMs: number;

  constructor(context: CommandContext, query: URLSearchParams) {
    this.#context = context;
    this.#query = query;
    this.#lastMs = context.clock.now();
  }

  /** Shows what is stored, as `page` asks for it, and then what comes, until the stream ends. */
  async read(page: Readonly<Record<string, string>>): Promise<void> {
    const { client, output } = this.#context;
    // open before the page is asked for: nothing falls between them
    const stream = await client.download(`/events/follow?${this.#query.toString()}`);
    if (page["limit"] !== "0") {
      const asked = new URLSearchParams([...this.#query, ...Object.entries(page)]);
      const { items } = await client.get(eventPage, `/events?${asked.toString()}`);
      for (const event of items.toSorted((a, b) => a.seq - b.seq)) this.#show(event);
    }
    for await (const { event, data } of readEventStream(stream)) {
      if (event === "event") this.#show(eventView.parse(JSON.parse(data)));
      if (event === "gap") output.note("Some events came too fast and are not shown: firebreak events list has them.");
    }
  }

  async readAgain(): Promise<void> {
    const since = toIso(this.#lastMs - LATENESS_MS);
    for (;;) {
      await wait(RECONNECT_MS);
      try {
        return await this.read({ since, limit: String(LATEST.max) });
      } catch (fault) {
        if (!(fault instanceof ServerUnusableError)) throw fault;
      }
    }
  }

  #show(event: EventView): void {
    if (event.seq <= this.#lastSeq) return;
    const { output } = this.#context;
    this.#lastSeq = event.seq;
    this.#lastMs = Date.parse(event.receivedTime);
    if (output.json) output.raw(`${JSON.stringify(event)}\n`);
    output.line(describeEvent(event, output.style).join("  "));
  }
}

export const eventFollowCommands: readonly Command[] = [follow];
