import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { EventExportFormat, EventFilters, EventView } from "@firebreak/protocol";
import { formatManifest, formatVerifierKey, parseVerifierKey, verifyExportFile } from "@firebreak/verifier";
import { assert as check, constantFrom, property, string, tuple } from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openLogKey } from "../../audit/index.ts";
import { EVENT_KINDS } from "@firebreak/protocol";
import { getExport, listExports, openExport, requestExport } from "../index.ts";
import { createExplorerBench, NOON } from "../testing.ts";
import { csvLine, csvRecord } from "./csv.ts";
import { toOcsf } from "./ocsf.ts";

let bench: Awaited<ReturnType<typeof createExplorerBench>>;
const home = mkdtempSync(path.join(tmpdir(), "firebreak-export-"));
beforeAll(async () => {
  bench = await createExplorerBench();
});
afterAll(async () => {
  await bench.close();
  rmSync(home, { recursive: true, force: true });
});
beforeEach(async () => {
  await bench.test.database.pool.query("truncate events, event_exports, audit_log");
});

const contextOf = () => ({ ...bench.ctx, home, version: "0.1.0" });

async function exportAs(format: EventExportFormat, filters: EventFilters = {}) {
  const { id } = await requestExport(bench.ctx, { format, filters, reason: "a test" });
  const { view, content } = await openExport(contextOf(), id);
  const pieces: Buffer[] = [];
  for await (const piece of content) pieces.push(piece);
  return { id, view, content: Buffer.concat(pieces), done: await getExport(bench.ctx, id) };
}

const acts = async () =>
  (await bench.test.database.pool.query<{ action: string }>("select action from audit_log order by seq")).rows.map(
    ({ action }) => action,
  );

describe("E-5: exports of events", () => {
  test("NDJSON holds every event that the filters mean, oldest first, and a manifest that a third party can check", async () => {
    await bench.send(
      Array.from({ length: 1_200 }, (_, index) => ({
        at: index,
        kind: index % 3 === 0 ? "command" : "log",
        data: { command: `run ${index}`, note: "mail ada@example.org" },
      })),
    );
    const { content, done, view } = await exportAs("ndjson", { kind: ["command"] });
    const events = content
      .toString()
      .trimEnd()
      .split("\n")
      .map((line): EventView => JSON.parse(line));
    expect(events.map(({ data }) => data["command"])).toEqual(
      Array.from({ length: 400 }, (_, index) => `run ${index * 3}`),
    );
    expect(content.toString()).not.toContain("ada@example.org");
    const sha256 = createHash("sha256").update(content).digest("hex");
    expect(done).toMatchObject({
      state: "done",
      events: 400,
      bytes: content.length,
      sha256,
      filters: { kind: "command" },
    });
    const file = path.join(home, view.fileName);
    writeFileSync(file, content);
    const key = parseVerifierKey(formatVerifierKey("firebreak", openLogKey(home).publicKey));
    const keys = key === undefined ? [] : [key];
    const note = done.manifest ?? "";
    expect(await verifyExportFile(file, { note, keys })).toMatchObject({
      problem: null,
      content: { events: 400, requestedBy: { name: "ada" }, filters: { kind: "command" }, log: null },
    });
    expect(await acts()).toEqual(["export.request", "export.fetch", "export.finish"]);

    writeFileSync(file, content.toString().replace("run 3", "run 4"));
    expect((await verifyExportFile(file, { note, keys })).problem).toContain("SHA-256");
    writeFileSync(file, content.subarray(0, -1));
    expect((await verifyExportFile(file, { note, keys })).problem).toContain("bytes");
    const { privateKey } = generateKeyPairSync("ed25519");
    const forged = formatManifest(
      { file: "x", events: 1, bytes: 1, sha256 },
      { name: "firebreak", publicKey: openLogKey(home).publicKey, sign: (bytes) => sign(null, bytes, privateKey) },
    );
    for (const bad of [forged, note.replace(/"events":400/, '"events":401'), "", "x", `${note}\n`]) {
      expect((await verifyExportFile(file, { note: bad, keys })).content, bad).toBeNull();
    }
    expect((await verifyExportFile(file, { note, keys: [] })).problem).toContain("none of the keys");
  });

  test("is fetched once; one that broke off can be fetched again, and both are on record", async () => {
    await bench.send(Array.from({ length: 200 }, (_, at) => ({ at, data: { text: "x".repeat(20_000) } })));
    const { id } = await requestExport(bench.ctx, { format: "ndjson", filters: {}, reason: "a test" });
    const { content } = await openExport(contextOf(), id);
    expect((await content.next()).value?.length).toBeGreaterThan(0);
    await expect(openExport(contextOf(), id)).rejects.toMatchObject({ code: "conflict" });
    await content.return();
    expect(await getExport(bench.ctx, id)).toMatchObject({ state: "failed", manifest: null });
    const again = await openExport(contextOf(), id);
    for await (const piece of again.content) expect(piece.length).toBeLessThan(12 * 1024 * 1024);
    expect(await getExport(bench.ctx, id)).toMatchObject({ state: "done", events: 200 });
    await expect(openExport(contextOf(), id)).rejects.toMatchObject({ code: "conflict" });
    await expect(openExport(contextOf(), "exp_none")).rejects.toMatchObject({ code: "not_found" });
    expect(await acts()).toEqual(["export.request", "export.fetch", "export.break", "export.fetch", "export.finish"]);
    const { items, next } = await listExports(bench.ctx, { limit: 1 });
    expect([items[0]?.id, next]).toEqual([id, null]);
  });

  test("takes in nothing that is told for a later time, and refuses filters that cannot be read at once", async () => {
    await bench.send([{ at: 5_000 }]);
    const { id } = await requestExport(bench.ctx, { format: "csv", filters: {}, reason: "a test" });
    await bench.send([{ at: 5_060 }]);
    const { content } = await openExport(contextOf(), id);
    const pieces: Buffer[] = [];
    for await (const piece of content) pieces.push(piece);
    expect(Buffer.concat(pieces).toString().trimEnd().split("\r\n")).toHaveLength(2);
    const filters = { path: ["data.["] };
    await expect(requestExport(bench.ctx, { format: "csv", filters, reason: "x" })).rejects.toMatchObject({
      code: "bad_request",
    });
  });
});

describe("E-5: CSV for spreadsheets", () => {
  test("no field is computed, and each is read back as RFC 4180 has it", () => {
    const start = constantFrom("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", " =", "\u0000=", "\n=", "");
    check(
      property(tuple(start, string()), ([first, rest]) => {
        const text = first + rest;
        const field = csvRecord([text]).slice(0, -"\r\n".length);
        const inside = field.slice(1, -1);
        expect(field).toMatch(/^"[^]*"$/);
        expect(inside.replaceAll('""', "")).not.toContain('"');
        expect(inside).not.toMatch(/^[\s\u0000]*[=+\-@＝＋－＠]/u); // eslint-disable-line no-control-regex -- as above
        const read = inside.replaceAll('""', '"');
        expect([text.toWellFormed(), `'${text.toWellFormed()}`]).toContain(read);
      }),
      { numRuns: 300 },
    );
  });

  test("a hostile event stays one record", () => {
    const line = csvLine(eventOf("command", { command: '=cmd|"/c calc"!A1\r\n1,2' }, { resource: "@SUM(1+1)*cmd" }));
    expect(line.endsWith("\r\n")).toBe(true);
    expect(line).toContain(`"'@SUM(1+1)*cmd"`);
    expect(line).toContain(String.raw`"{""command"":""=cmd|\""/c calc\""!A1\r\n1,2""}"`);
  });
});

function eventOf(kind: EventView["kind"], data: Record<string, unknown>, more: Partial<EventView> = {}): EventView {
  const at = new Date(NOON).toISOString();
  const agent = { id: "scout", pack: "research", session: "s1", run: "r1" };
  return {
    seq: 7, id: "evt_1", time: at, receivedTime: at, source: "sdk", agent, kind, outcome: "success",
    risk: null, resource: null, data, redacted: [], indicators: [], ...more,
  }; // prettier-ignore
}

/** What OCSF 1.8.0 requires of each class, and of the objects in them (schema.ocsf.io, the fields marked as required). */
const BASE = ["activity_id", "category_uid", "class_uid", "metadata", "severity_id", "time", "type_uid"];
const CLASSES: Readonly<Record<number, readonly string[]>> = {
  0: BASE,
  1001: [...BASE, "actor", "device", "file"],
  1007: [...BASE, "actor", "device", "process"],
  3002: [...BASE, "user"],
  4001: BASE,
  6002: [...BASE, "app"],
  6003: [...BASE, "actor", "api", "src_endpoint"],
};
const OBJECTS: Readonly<Record<string, readonly string[]>> = {
  metadata: ["product", "version"],
  api: ["operation"],
  device: ["type_id"],
  file: ["name", "type_id"],
};
/** of each, at least one */
const ONE_OF: Readonly<Record<string, readonly string[]>> = {
  actor: ["process", "user", "invoked_by", "session", "app_name", "app_uid"],
  device: ["ip", "uid", "name", "hostname"],
  src_endpoint: ["ip", "uid", "name", "hostname"],
  dst_endpoint: ["ip", "uid", "name", "hostname", "domain"],
  process: ["pid", "uid", "cpid"],
  user: ["account", "name", "uid"],
  url: ["url_string", "path"],
  app: ["name", "uid"],
  service: ["name", "uid"],
};

describe("E-5: OCSF 1.8.0", () => {
  const samples: readonly EventView[] = [
    ...EVENT_KINDS.flatMap((kind) => [eventOf(kind, {}), eventOf(kind, { tool_name: 1, command: null, url: {} })]),
    eventOf("tool_call", { tool_name: "pay" }, { outcome: "denied", risk: "critical" }),
    eventOf("command", { command: "ls", pid: 12, cwd: "/srv" }),
    eventOf("file", { operation: "delete", file_path: "/srv/a/b.txt" }),
    eventOf("file", {}, { resource: "///" }),
    eventOf("network", { url: "https://example.org:8443/x", port: 8443 }),
    eventOf("network", {}, { resource: "not a url" }),
    eventOf("auth", { user: "root", address: "198.51.100.7", message: "session closed for user root" }),
    eventOf("lifecycle", { event: "agent_started" }, { outcome: "failure" }),
  ];

  test.each(samples.map((event) => [event.kind, JSON.stringify(event.data), event] as const))(
    "%s %s",
    (_kind, _data, event) => {
      const found = toOcsf(event, "0.1.0");
      const required = CLASSES[Number(found["class_uid"])];
      expect(Object.keys(found)).toEqual(expect.arrayContaining([...(required ?? ["a class that is known here"])]));
      expect(found["type_uid"]).toBe(Number(found["class_uid"]) * 100 + Number(found["activity_id"]));
      expect(found["category_uid"]).toBe(Math.floor(Number(found["class_uid"]) / 1000));
      expect(Number.isSafeInteger(found["time"])).toBe(true);
      const objects = new Map(Object.entries(found).filter(([, value]) => typeof value === "object" && value !== null));
      const keysOf = (name: string) => Object.keys(objects.get(name) ?? {});
      const missing = Object.entries(OBJECTS).flatMap(([name, keys]) =>
        objects.has(name) ? keys.filter((key) => !keysOf(name).includes(key)).map((key) => `${name}.${key}`) : [],
      );
      const empty = Object.entries(ONE_OF).filter(
        ([name, keys]) => objects.has(name) && !keys.some((key) => keysOf(name).includes(key)),
      );
      expect({ missing, empty }).toEqual({ missing: [], empty: [] });
      expect(found["unmapped"]).toMatchObject({ data: event.data, outcome: event.outcome });
    },
  );

  test("maps what it can", () => {
    expect(toOcsf(samples.at(-8) ?? eventOf("log", {}), "0.1.0")).toMatchObject({
      class_uid: 6003, severity_id: 5, status_id: 2, action_id: 2, api: { operation: "pay" },
      metadata: { version: "1.8.0", profiles: ["security_control"], original_event_uid: "evt_1", correlation_uid: "s1" },
    }); // prettier-ignore
    expect(toOcsf(eventOf("file", { operation: "delete", file_path: "/srv/a/b.txt" }), "x")).toMatchObject({
      activity_id: 4,
      file: { name: "b.txt", path: "/srv/a/b.txt" },
    });
    expect(toOcsf(eventOf("network", { url: "https://example.org:8443/x" }), "x")).toMatchObject({
      dst_endpoint: { hostname: "example.org" },
    });
  });
});
