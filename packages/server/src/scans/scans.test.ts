import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import type { Actor } from "@firebreak/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { bundleEntry } from "../../../../test/agents/bundle-entry.ts";
import { listAlerts, raiseAlerts, resolveAlert } from "../alerts/index.ts";
import { createDetector } from "../detection/index.ts";
import type { Detector } from "../detection/index.ts";
import { openRulesHere } from "../detection/testing.ts";
import { listCustody } from "../evidence/index.ts";
import { recordSampleArchive } from "../evidence/testing.ts";
import { addIndicators, watchIndicators } from "../indicators/index.ts";
import type { IndicatorWatch } from "../indicators/index.ts";
import { createNewId, DEFAULT_REDACTION, silentLogger, systemClock, toIso } from "../kernel/index.ts";
import { createRedactor } from "../redaction/index.ts";
import { createDurableWork } from "../storage/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { createIntake, parseEventBatch } from "../telemetry/index.ts";
import type { Intake } from "../telemetry/index.ts";
import {
  alertScan,
  cancelScan,
  getScan,
  listScanHits,
  listScans,
  lookBack,
  requestScan,
  runScan,
  SCAN_TASK,
} from "./index.ts";
import type { ScanContext } from "./index.ts";

const severity = { label: "SEV", respondMinutes: 5 };
const profile = { detectors: [], severities: { 1: severity, 2: severity, 3: severity, 4: severity } };
const ada: Actor = { kind: "person", id: "ada", name: "ada" };
const clock = systemClock;
const newId = createNewId(() => clock.now());

let place: string;
let test: TestDatabase;
let ctx: ScanContext;
let detector: Detector;
let intake: Intake;
let watch: IndicatorWatch;
let drainWork: () => Promise<void>;

beforeAll(async () => {
  place = mkdtempSync(path.join(tmpdir(), "firebreak-scans-"));
  const entry = bundleEntry(path.join(import.meta.dirname, "worker/main.ts"), path.join(place, "worker-main.mjs"));
  test = await createTestDatabase();
  const common = { database: test.database, clock, logger: silentLogger };
  const home = path.join(place, "home");
  mkdirSync(home, { mode: 0o700 });
  const work = createDurableWork({ ...common, nodeId: newId("supervisor"), home });
  const redactor = createRedactor(DEFAULT_REDACTION);
  ctx = { ...common, home, newId, actor: ada, profile, redactor, work, scanWorkerFile: entry };
  work.define(SCAN_TASK, async (payload, { signal }) => {
    if (typeof payload !== "object" || payload === null || !("scanId" in payload)) throw new Error("it names a scan");
    await runScan(ctx, String(payload.scanId), signal);
  });
  for (const event of ["alert.opened", "alerts.opened", "alert.changed"]) work.define(event, async () => {});
  drainWork = () => work.drain();
  watch = watchIndicators(common);
  detector = createDetector({
    ...common,
    liveRules: openRulesHere({ rulesDirs: [] }),
    onMatches: async (trx, found) => void (await raiseAlerts(trx, { clock, newId, profile }, found)),
  });
  await detector.start();
  intake = createIntake({
    ...common,
    newId,
    redactor,
    matchIndicators: watch.match,
    onStored: (events) => detector.wake(events),
  });
});
afterAll(async () => {
  await intake.close();
  await detector.stop();
  await test.close();
  rmSync(place, { recursive: true, force: true });
});
beforeEach(async () => {
  await test.database.pool.query("truncate indicators, indicator_scans, indicator_scan_hits, alerts, events cascade");
  await test.database.pool.query("update indicator_version set version = version + 1");
  await watch.reloadIfChanged();
});

async function send(agent: string, command: string, more: object = {}): Promise<void> {
  const event = { agent: { id: agent, ...more }, kind: "command", time: toIso(clock.now()), data: { command } };
  const batch = await parseEventBatch(Buffer.from(JSON.stringify(event)), "application/json", clock.now());
  const { rejected } = await intake.accept(batch, { name: "test" });
  expect(rejected).toEqual([]);
  await detector.drain();
}

async function add(...values: string[]): Promise<void> {
  await addIndicators(ctx, { source: "feed", values });
  await watch.reloadIfChanged();
}

type Input = Parameters<typeof requestScan>[1];
async function scan(target: Input["target"], alert = false) {
  const { id } = await requestScan(ctx, { target, alert });
  await drainWork();
  const view = await getScan(ctx, id);
  expect(view.problem).toBe(null);
  const { items } = await listScanHits(ctx, { id, limit: 100 });
  return {
    view,
    hits: items.map(({ value, place: where, count, live, samples }) => ({ value, place: where, count, live, samples })),
  };
}
const alerts = async () => (await listAlerts(ctx, {})).items;

describe("E-6: indicators are found in stored events", () => {
  it("that came after them, by agent and session; with alerts of what nobody told", async () => {
    await send("scout", "curl evil.example");
    await send("scout", "curl https://evil.example/x");
    await send("other", "nc 203.0.113.7 80", { pack: "research" });
    await send("other", "ls");
    await add("evil.example", "203.0.113.7");
    await send("other", "nc 203.0.113.7 81", { pack: "research" });
    expect(await alerts()).toHaveLength(1);
    const { view, hits } = await scan({ kind: "events" }, true);
    expect(view).toMatchObject({
      state: "done",
      examined: 5,
      hits: 2,
      indicators: 2,
      alerts: 2,
      share: 1,
      automatic: false,
    });
    expect(hits).toEqual([
      { value: "203.0.113.7", place: "other", count: 2, live: 1, samples: expect.any(Array) },
      { value: "evil.example", place: "scout", count: 2, live: 0, samples: expect.any(Array) },
    ]);
    const told = await alerts();
    expect(told.map(({ agentId, sentence }) => [agentId, sentence])).toContainEqual([
      "scout",
      expect.stringMatching(
        /^scout had to do with the domain evil.example, listed by feed, in the past: 2 times, from 2\S+ to 2\S+ \(data.command\)\.$/,
      ),
    ]);
    expect(told).toHaveLength(2);
    expect(told.find(({ agentId }) => agentId === "scout")?.eventIds).toHaveLength(2);
  });

  it("of the agents, packs and times that are asked for", async () => {
    await send("scout", "curl evil.example");
    await send("other", "curl evil.example", { pack: "research" });
    await add("evil.example");
    const places = async (more: object) => (await scan({ kind: "events", ...more })).hits.map((hit) => hit.place);
    expect(await places({ agents: ["scout"] })).toEqual(["scout"]);
    expect(await places({ packs: ["research"] })).toEqual(["other"]);
    expect(await places({ until: toIso(clock.now() - 3_600_000) })).toEqual([]);
    expect(await places({ since: toIso(clock.now() - 3_600_000) })).toEqual(["other", "scout"]);
  });

  it("and are told once, whatever is scanned again and even when it was resolved", async () => {
    await send("scout", "curl evil.example");
    await add("evil.example");
    expect((await scan({ kind: "events" }, true)).view.alerts).toBe(1);
    const again = await scan({ kind: "events" });
    expect((await alertScan(ctx, { id: again.view.id })).alerts).toBe(0);
    const [alert] = await alerts();
    await resolveAlert(ctx, { id: alert?.id ?? "", reason: "looked at" });
    expect((await scan({ kind: "events" }, true)).view.alerts).toBe(0);
    expect((await alerts()).map(({ occurrences }) => occurrences)).toEqual([1]);
  });

  it("by themselves when they are new, and only then", async () => {
    await send("scout", "curl evil.example and 203.0.113.7");
    await lookBack(ctx, 30);
    await drainWork();
    await add("evil.example");
    await lookBack(ctx, 30);
    await add("203.0.113.7");
    await lookBack(ctx, 30);
    await drainWork();
    await lookBack(ctx, 30);
    await lookBack(ctx, 30);
    await drainWork();
    const views = (await listScans(ctx)).filter(({ indicators }) => indicators > 0);
    expect(views.map(({ automatic, indicators, hits, alerts: told }) => [automatic, indicators, hits, told])).toEqual([
      [true, 1, 1, 1],
      [true, 1, 1, 1],
    ]);
    expect((await alerts()).map(({ title }) => title).toSorted()).toEqual([
      "Indicator of compromise: address 203.0.113.7",
      "Indicator of compromise: domain evil.example",
    ]);
  });

  it("after a crash from where it was, and not after it was cancelled", async () => {
    await send("scout", "curl evil.example");
    await send("scout", "curl evil.example again");
    await add("evil.example");
    const { id } = await requestScan(ctx, { target: { kind: "events" }, alert: false });
    const { rows } = await test.database.pool.query<{ seq: string }>("select min(seq)::text as seq from events");
    await test.database.pool.query("update indicator_scans set state = 'running', cursor = $1, examined = 1", [
      rows[0]?.seq,
    ]);
    await drainWork();
    expect(await getScan(ctx, id)).toMatchObject({ state: "done", examined: 2 });
    expect((await listScanHits(ctx, { id, limit: 5 })).items).toMatchObject([{ count: 1 }]);
    const cancelled = await requestScan(ctx, { target: { kind: "events" }, alert: false });
    await cancelScan(ctx, cancelled);
    await drainWork();
    expect(await getScan(ctx, cancelled.id)).toMatchObject({ state: "cancelled", examined: 0 });
    await expect(cancelScan(ctx, cancelled)).rejects.toMatchObject({ code: "conflict" });
  });
});

describe("E-6: indicators are found in evidence and folders", () => {
  it("in every item of an archive, with its custody saying so, told once", async () => {
    const archive = await recordSampleArchive(ctx, ctx.home, {
      "logs/agent.log.gz": gzipSync("one\nget evil.example\n"),
      "skills/dropper.exe": Buffer.from([0, 1, 2]),
    });
    await add("evil.example");
    await addIndicators(ctx, { source: "feed", type: "file_name", values: ["dropper.exe"] });
    const { view, hits } = await scan({ kind: "evidence", archives: [archive.id] }, true);
    expect(view).toMatchObject({ examined: 4, hits: 2, alerts: 2, skipped: [] });
    expect(hits).toEqual([
      { value: "dropper.exe", place: `skills/dropper.exe of evidence ${archive.id}`, count: 1, live: 0, samples: [] },
      { value: "evil.example", place: `logs/agent.log.gz of evidence ${archive.id}`, count: 1, live: 0, samples: [2] },
    ]);
    expect((await alerts()).map(({ agentId, sentence }) => [agentId, sentence])).toContainEqual([
      "scout",
      `logs/agent.log.gz of evidence ${archive.id} holds the domain evil.example, listed by feed, in the past: 1 time (line).`,
    ]);
    expect((await scan({ kind: "evidence" }, true)).view.alerts).toBe(0);
    const custody = await listCustody(test.database.kysely, archive.id);
    expect(custody.map(({ act, reason }) => `${act} ${reason}`)).toContain(
      `read looked through for indicators (${view.id})`,
    );
  });

  it("in the files of a folder, but not through links nor in what is Firebreak's own", async () => {
    const folder = path.join(place, "logs");
    mkdirSync(path.join(folder, "deep"), { recursive: true });
    writeFileSync(path.join(folder, "deep/a.log"), "x\n203.0.113.7\n");
    writeFileSync(path.join(folder, "broken.gz"), Buffer.from([0x1f, 0x8b, 9, 9]));
    writeFileSync(path.join(ctx.home, "secret"), "203.0.113.7");
    symlinkSync(path.join(ctx.home, "secret"), path.join(folder, "link"));
    await add("203.0.113.7");
    const { view, hits } = await scan({ kind: "folder", path: folder });
    expect(hits).toEqual([
      { value: "203.0.113.7", place: path.join(folder, "deep/a.log"), count: 1, live: 0, samples: [2] },
    ]);
    expect(view.examined).toBe(2);
    expect(view.skipped.map(({ place: where, reason }) => `${path.basename(where)} ${reason}`)).toEqual([
      "link is no plain file",
      expect.stringMatching(/^broken.gz .+/),
    ]);
    expect((await scan({ kind: "folder", path: ctx.home })).hits).toEqual([]);
    const gone = await requestScan(ctx, {
      target: { kind: "folder", path: path.join(place, "nowhere") },
      alert: false,
    });
    await drainWork();
    expect(await getScan(ctx, gone.id)).toMatchObject({ state: "failed", problem: expect.stringContaining("ENOENT") });
  });
});
