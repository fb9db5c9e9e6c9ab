import type { Actor } from "@firebreak/protocol";
import { parse } from "csv-parse/sync";
import * as fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { createManualClock, createNewId } from "../kernel/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { addIndicators, exportIndicators, extractIndicators, importIndicators, listIndicators } from "./index.ts";
import type { IndicatorContext } from "./index.ts";
import { readMisp } from "./read-misp.ts";
import { readStix } from "./read-stix.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const SHA256 = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f";
const actor: Actor = { kind: "person", id: "usr_ada", name: "ada" };
let test: TestDatabase;
let ctx: IndicatorContext;

beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.close());
beforeEach(async () => {
  await test.database.pool.query("truncate indicators");
  const clock = createManualClock(NOW);
  ctx = { database: test.database, clock, newId: createNewId(() => clock.now()), actor };
});

type Format = Parameters<typeof exportIndicators>[1]["format"];
async function write(format: Format, more: Partial<Parameters<typeof exportIndicators>[1]> = {}): Promise<string> {
  let text = "";
  for await (const part of exportIndicators(ctx, { format, ...more })) text += part;
  return text;
}

async function known(): Promise<object[]> {
  const { items } = await listIndicators(ctx, { limit: 100 });
  return items
    .map(({ type, value, source, severity, description, confidence, tlp, expiresAt }) => {
      return { type, value, source, severity, description, confidence, tlp, expiresAt };
    })
    .toSorted((one, other) => (one.value < other.value ? -1 : 1));
}

async function addOneOfEach(): Promise<void> {
  const expiresAt = "2027-01-01T00:00:00.000Z";
  const shared = {
    source: "desk",
    severity: 1,
    confidence: 80,
    tlp: "amber",
    description: "it's bad",
    expiresAt,
  } as const;
  await addIndicators(ctx, {
    ...shared,
    values: [
      "203.0.113.7",
      "2001:db8::7",
      "198.51.100.0/24",
      "2001:db8:1::/48",
      "evil.example",
      "https://evil.example/it's?q=\\1",
      "boss@bad.example",
      SHA256,
      SHA256.slice(0, 32),
      "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
    ],
  });
  await addIndicators(ctx, { source: "feed", type: "file_name", values: ["dropper it's.exe"] });
  await addIndicators(ctx, {
    source: "feed",
    type: "file_path",
    values: ["/etc/cron.d/evil", "/evil", String.raw`C:\Temp\X.exe`],
  });
  await addIndicators(ctx, { source: "feed", type: "pattern", tlp: "red", values: [String.raw`curl .*\|\s*sh`] });
}

describe("E-6: the list goes out and comes back", () => {
  it("as STIX 2.1, with the same ids each time, markings, confidence and expiry", async () => {
    await addOneOfEach();
    const [before, text] = [await known(), await write("stix")];
    expect(await write("stix")).toBe(text);
    const bundle = z
      .object({ type: z.literal("bundle"), id: z.string(), objects: z.array(z.looseObject({ id: z.string() })) })
      .parse(JSON.parse(text));
    const uuid = /^[a-z-]+--[0-9a-f]{8}-[0-9a-f]{4}-[45][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    const ids = bundle.objects.map(({ id }) => id);
    expect([bundle.id, ...ids].filter((id) => !uuid.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
    const refs = bundle.objects.flatMap((object) => z.array(z.string()).catch([]).parse(object["object_marking_refs"]));
    expect(refs.length).toBeGreaterThan(10);
    expect(refs.filter((ref) => !ids.includes(ref))).toEqual([]);
    expect(bundle.objects.find(({ pattern }) => String(pattern).includes("cron.d"))).toMatchObject({
      pattern: "[file:parent_directory_ref.path = '/etc/cron.d' AND file:name = 'evil']",
      pattern_type: "stix",
      spec_version: "2.1",
    });
    await test.database.pool.query("truncate indicators");
    expect(await importIndicators(ctx, { source: "back", format: "stix", content: text })).toMatchObject({
      rejectedTotal: 0,
    });
    expect(await known()).toEqual(before);
  });

  it("as CSV that no spreadsheet computes", async () => {
    await addOneOfEach();
    await addIndicators(ctx, { source: "=cmd()", description: "@SUM(A1)", values: ["+1@evil.example"] });
    const before = await known();
    const text = await write("csv");
    const cells = z.array(z.array(z.string())).parse(parse(text)).flat();
    expect(cells.filter((cell) => /^[=+\-@\t\r]/.test(cell))).toEqual([]);
    expect(cells).toContain("'=cmd()");
    await test.database.pool.query("truncate indicators");
    expect(await importIndicators(ctx, { source: "back", format: "csv", content: text })).toMatchObject({
      rejectedTotal: 0,
    });
    expect(await known()).toEqual(before);
  });

  it("leaves out what is marked more strictly, what is allowed and what has expired", async () => {
    await addIndicators(ctx, { source: "a", values: ["one.example"], tlp: "green" });
    await addIndicators(ctx, { source: "a", values: ["two.example"], tlp: "amber+strict" });
    await addIndicators(ctx, { source: "a", values: ["three.example"] });
    await addIndicators(ctx, { source: "a", effect: "allow", values: ["own.example"] });
    await test.database.pool.query("update indicators set expires_at = $1 where value = 'three.example'", [
      "2026-02-01",
    ]);
    expect(await write("text", { tlp: "amber" })).toBe("one.example\n");
    expect((await write("text")).split("\n").toSorted()).toEqual(["", "one.example", "two.example"]);
  });
});

const attribute = (type: string, value: string, more: object = {}) => ({ type, value, to_ids: true, ...more });

describe("E-6: MISP JSON is read", () => {
  const event = {
    Event: {
      info: "Campaign",
      Tag: [{ name: "tlp:amber" }],
      Attribute: [
        attribute("ip-dst", "203.0.113.0/24", { comment: "c2" }),
        attribute("domain|ip", "evil.example|203.0.113.7", { Tag: [{ name: "tlp:white" }] }),
        attribute("filename|sha256", `x.exe|${SHA256}`),
        attribute("filename", "/tmp/x"),
        attribute("sha1", "1".repeat(40), { to_ids: false }),
        attribute("domain", "gone.example", { deleted: true }),
        attribute("domain", "old.example", { decay_score: [{ score: 3, decayed: true }] }),
        attribute("domain", "fresh.example", {
          decay_score: [
            { score: 61.4, decayed: false },
            { score: 3, decayed: true },
          ],
        }),
        attribute("constructor", "x"),
        attribute("pattern-in-file", "abc"),
        { nothing: true },
      ],
      Object: [
        { name: "file", Attribute: [attribute("md5", "2".repeat(32))] },
        { deleted: true, Attribute: [attribute("md5", "3".repeat(32))] },
      ],
    },
  };

  it("attributes for detection, of objects too, with markings and the score of their decay", () => {
    const { candidates, refusals } = readMisp(JSON.stringify(event));
    expect(candidates.map(({ value, tlp, confidence, description }) => [value, tlp, confidence, description])).toEqual([
      ["203.0.113.0/24", "amber", undefined, "c2"],
      ["evil.example", "clear", undefined, "Campaign"],
      ["203.0.113.7", "clear", undefined, "Campaign"],
      [SHA256, "amber", undefined, "Campaign"],
      ["/tmp/x", "amber", undefined, "Campaign"],
      ["fresh.example", "amber", 61, "Campaign"],
      ["2".repeat(32), "amber", undefined, "Campaign"],
    ]);
    expect(refusals).toEqual([
      { place: "attribute 8", message: expect.stringContaining("constructor") },
      { place: "attribute 9", message: expect.stringContaining("pattern-in-file") },
      { place: "attribute 10", message: "has no type and value" },
    ]);
  });

  it.each([
    ["several events", { response: [event, event] }, 14],
    ["a list of events", [event], 7],
    ["the answer to a search", { response: { Attribute: [attribute("md5", "2".repeat(32))] } }, 1],
  ])("%s", (_, content, count) => {
    expect(readMisp(JSON.stringify(content)).candidates).toHaveLength(count);
  });

  it("millions of attributes are refused with a message", () => {
    const content = `{"Event":{"Attribute":[${"{},".repeat(100_000)}{}]}}`;
    expect(readMisp(content)).toEqual({
      candidates: [],
      refusals: [{ place: "the file", message: expect.stringContaining("100001 attributes") }],
    });
  });
});

describe("E-6: hostile lists", () => {
  it("STIX whose objects refer to each other in circles, and to themselves", () => {
    const [one, other] = ["indicator--1", "marking-definition--2"];
    const objects = [
      {
        type: "indicator",
        id: one,
        created_by_ref: one,
        object_marking_refs: [other, one],
        pattern: "[domain-name:value = 'evil.example']",
      },
      { type: "marking-definition", id: other, object_marking_refs: [other, one], created_by_ref: one },
      { type: "relationship", id: "relationship--3", source_ref: "relationship--3", target_ref: one },
    ];
    expect(readStix(JSON.stringify({ type: "bundle", objects })).candidates).toMatchObject([{ value: "evil.example" }]);
  });

  it("nesting without end", () => {
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    const refused = { candidates: [], refusals: [{ place: expect.any(String), message: expect.any(String) }] };
    expect(readMisp(deep)).toEqual(refused);
    const nested = `{"type":"bundle","objects":[{"type":"indicator","pattern":${deep}}]}`;
    expect(readStix(nested)).toEqual(refused);
    expect(readStix(`{"type":"bundle","objects":[{"type":"x","y":${deep}}]}`)).toEqual({
      candidates: [],
      refusals: [],
    });
  });

  it("more objects than are read at once", () => {
    expect(readStix(`[${"{},".repeat(100_000)}{}]`).refusals).toEqual([
      { place: "the file", message: expect.stringContaining("100001 objects") },
    ]);
  });

  it("whatever the content, readers answer", () => {
    const json = fc
      .jsonValue({ maxDepth: 4 })
      .map((value) =>
        JSON.stringify({ Event: { Attribute: [value], Object: [value] }, objects: value, type: "bundle" }),
      );
    const property = fc.property(fc.oneof(fc.string(), json), (content) => {
      expect(readMisp(content).candidates).toBeInstanceOf(Array);
      expect(readStix(content).candidates).toBeInstanceOf(Array);
      expect(extractIndicators({ content }).truncated).toBe(false);
    });
    fc.assert(property, { numRuns: 500 });
  });
});

describe("E-6: indicators are found in a report", () => {
  it("also where they are written so that nobody clicks on them", () => {
    const report = [
      "The actor used hxxps://evil[.]example/a.sh and 203[.]0[.]113[.]7:4444 (later 203.0.113.8).",
      `It dropped invoice.exe (SHA-256 ${SHA256}) from 198.51.100.0/24;`,
      "mail came from boss[@]bad[.]example. See https://vendor.example/report and config.py, evil[.]example again.",
      "Payment: bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    ].join("\n");
    const { items } = extractIndicators({ content: report });
    const told = items.map(({ type, value, count, line, defanged }) => `${line} ${type} ${value} ${count} ${defanged}`);
    expect(told.toSorted()).toEqual(
      [
        "1 url https://evil.example/a.sh 1 true",
        "1 domain evil.example 2 true",
        "1 ip 203.0.113.7 1 true",
        "1 ip 203.0.113.8 1 false",
        "2 file_name invoice.exe 1 false",
        `2 hash ${SHA256} 1 false`,
        "2 cidr 198.51.100.0/24 1 false",
        "2 ip 198.51.100.0 1 false",
        "3 email boss@bad.example 1 true",
        "3 domain bad.example 1 true",
        "3 url https://vendor.example/report 1 false",
        "3 domain vendor.example 1 false",
        "4 wallet bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4 1 false",
      ].toSorted(),
    );
  });
});
