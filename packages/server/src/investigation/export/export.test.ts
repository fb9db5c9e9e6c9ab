import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createHash } from "node:crypto";
import type { ExportFormat } from "@firebreak/protocol";
import { listAudit } from "../../audit/index.ts";
import { createTestContext, daemon, insertAlert, NOON, openIncidentForAlert } from "../../incidents/testing.ts";
import type { TestContext } from "../../incidents/testing.ts";
import { createTestDatabase } from "../../storage/testing.ts";
import type { TestDatabase } from "../../storage/testing.ts";
import { exportImpact, exportTimeline, getTimeline, markEntry, refreshImpact } from "../index.ts";
import { storeTestEvents } from "../testing.ts";
import { toWinAnsi } from "../../kernel/index.ts";

let testDatabase: TestDatabase;
let ctx: TestContext;
let incidentId: string;

const HOSTILE = [
  '=HYPERLINK("https://evil.example","x")',
  "+1+1",
  "@SUM(A1)",
  "-2+3",
  "<img src=x onerror=alert(1)> [a](javascript:alert(1)) **b** | c `d`",
  "line\r\nbreak \u001b[2J \u202egnirts \u0000 end",
  'a "quoted", b\n"',
  "Ω 漢 🔥 (Tj) /URI \\",
];

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  ctx = await createTestContext(testDatabase.database);
  await storeTestEvents(
    ctx.database,
    HOSTILE.map((text, index) => ({
      atMs: NOON - 60_000 + index,
      kind: "file" as const,
      data: { operation: "read", path: text.replaceAll("\u0000", "\\0") },
    })),
  );
  const alertId = await insertAlert(ctx);
  ({ incidentId } = await openIncidentForAlert({ ...ctx, actor: daemon }, alertId));
  await refreshImpact(ctx, incidentId);
});
afterAll(async () => {
  await testDatabase.close();
});

const exported = (format: ExportFormat) => exportTimeline(ctx, incidentId, { format, view: "all" });

test("E-7: CSV has one row an entry, and nothing that a spreadsheet would run", async () => {
  const { content, entries, isCut } = await exported("csv");
  const [head, ...rows] = parse(content, { record_delimiter: "\r\n" });
  expect(head).toEqual(["time (UTC)", "time of the source", "source", "who", "what", "ref", "leaf hash"]);
  expect(rows.filter(([first]) => first !== "export")).toHaveLength(entries);
  expect(isCut).toBe(false);
  for (const cell of rows.flat()) expect(cell).not.toMatch(/^[=+\-@\t\r＝＋－＠]/);
});

test("E-7: a formula as a whole cell is put behind an apostrophe", async () => {
  await markEntry(ctx, incidentId, { ref: "gap:no/such", act: "annotate", text: "=1+1" });
  const { content } = await exportImpact(ctx, incidentId, { format: "csv" });
  expect(content).toContain("part,certainty,statement");
  const impactRows = parse(content, { record_delimiter: "\r\n" });
  for (const cell of impactRows.flat()) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
});

test("E-7: Markdown stays text, whatever the entries hold", async () => {
  const { content } = await exported("markdown");
  expect(content).not.toMatch(/(?<!\\)<img|(?<!\\)\]\(javascript|[^\P{Cc}\n]|\u202e/u);
  expect(content).toContain(String.raw`\<img src=x onerror=alert(1)\>`);
  expect(
    content
      .split("\n")
      .filter((line) => line.startsWith("| 2026"))
      .every((line) => line.split(/(?<!\\)\|/).length === 9),
  ).toBe(true);
});

test("E-7: JSON is the same as the API gives, with who exported it and the leaf hash of each event", async () => {
  const { content, encoding } = await exported("json");
  const read = JSON.parse(content) as {
    format: string;
    provenance: { exportedBy: { name: string }; log: unknown };
    content: { entries: { ref: string; leafHash: string | null }[] };
  };
  const { items } = await getTimeline(ctx, incidentId, { view: "all", limit: 500 });
  expect(encoding).toBe("utf8");
  expect(read.format).toBe("firebreak-timeline/1");
  expect(read.provenance).toMatchObject({ exportedBy: { name: "ada" }, log: null });
  const events = (entries: readonly { ref: string }[]) => entries.filter(({ ref }) => ref.startsWith("event:"));
  expect(events(read.content.entries)).toEqual(events(items));
  for (const { leafHash } of read.content.entries.filter(({ ref }) => ref.startsWith("event:")))
    expect(leafHash).toMatch(/^[0-9a-f]{64}$/);
});

test("E-7: PDF is a plain document without actions, links or scripts; what its fonts lack is written out", async () => {
  const { content, encoding, mediaType, sha256 } = await exported("pdf");
  const bytes = Buffer.from(content, "base64");
  expect([encoding, mediaType]).toEqual(["base64", "application/pdf"]);
  expect(bytes.subarray(0, 5).toString()).toBe("%PDF-");
  expect(bytes.toString("latin1")).not.toMatch(/\/(?:JavaScript|JS|OpenAction|AA|Launch|EmbeddedFile|URI)\b/);
  expect(createHash("sha256").update(bytes).digest("hex")).toBe(sha256);
  expect(toWinAnsi("Ω 漢 🔥 é € \u001b")).toBe("\\u{3a9} \\u{6f22} \\u{1f525} é € \\u{1b}");
});

test("E-7: an export is an act in the log, with the hash of the file", async () => {
  const { sha256 } = await exportImpact(ctx, incidentId, { format: "json" });
  const acts = (await listAudit(ctx.database.kysely)).filter(({ action }) => action === "impact.export");
  expect(acts.at(-1)).toMatchObject({ target: incidentId, actor: { name: "ada" } });
  expect(acts.at(-1)?.leaf).toContain(sha256);
});

test("E-7: the log's signed checkpoint goes along", async () => {
  const checkpoint = "firebreak.test/log\n5\nAAAA\n\n— firebreak.test/log abcd\n";
  await ctx.database.kysely
    .insertInto("log_state")
    .values({
      id: 1,
      origin: "firebreak.test/log",
      size: "5",
      last_event_seq: "5",
      note: checkpoint,
      signed_at: new Date(NOON),
    })
    .execute();
  const texts = await Promise.all(
    (["markdown", "json", "csv"] as const).map(async (format) => (await exported(format)).content),
  );
  for (const text of texts) expect(text).toContain("firebreak.test/log abcd");
});
