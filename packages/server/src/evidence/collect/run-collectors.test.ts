import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EVIDENCE_ITEMS, evidenceSettings, systemClock } from "../../kernel/index.ts";
import { ArchiveWriter } from "../archive-writer.ts";
import type { Collector, Scene } from "./collector.ts";
import { COLLECTORS } from "./collectors.ts";
import { chooseCollectors, runCollectors } from "./run-collectors.ts";
import type { CollectProgress } from "./run-collectors.ts";
import { emptySurroundings } from "./testing.ts";

let place: string;
let writer: ArchiveWriter;
beforeEach(() => {
  place = mkdtempSync(path.join(os.tmpdir(), "firebreak-collectors-"));
  writer = new ArchiveWriter(path.join(place, "archive"), systemClock);
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

function scene(overrides: Partial<Scene> = {}): Scene {
  const settings = evidenceSettings.parse({ keepFreeMb: 0 });
  return {
    home: path.join(place, "home"),
    level: "standard",
    limits: settings.levels.standard,
    settings,
    subject: { agentIds: ["scout"], sessions: [] },
    surroundings: { ...emptySurroundings(), temporaryDir: place },
    memory: false,
    nowMs: 0,
    sinceMs: 0,
    ...overrides,
  };
}

function collector(overrides: Partial<Collector>): Collector {
  const standard = { name: "logs", description: "a kind", seconds: { standard: 0.2 }, needs: [] } as const;
  return { ...standard, collect: () => undefined, ...overrides };
}

async function run(collectors: readonly Collector[], signal = new AbortController().signal, of = scene()) {
  const progress: CollectProgress[] = [];
  const onProgress = (one: CollectProgress) => progress.push(one);
  const options = { writer, scene: of, signal, now: () => performance.now(), meter: { bytes: 0 }, onProgress };
  return { runs: await runCollectors(collectors, options), progress };
}

const items = () => writer.items.map(({ name, status, reason }) => ({ name, status, reason }));
const keep: Collector["collect"] = (_scene, sink) => sink.json({ name: "kept", description: "" }, { kept: true });

describe("E-2: collectors", () => {
  test("one that throws, one that hangs and one that hangs without listening do not stop the others", async () => {
    const { runs, progress } = await run([
      collector({ collect: () => Promise.reject(new Error("the disk is on fire")) }),
      collector({
        collect: (_scene, _sink, signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve())),
      }),
      collector({ name: "journal", collect: () => new Promise(() => undefined) }),
      collector({ collect: keep }),
    ]);
    expect(runs.map(({ outcome }) => outcome)).toEqual(["failed", "ended", "timed_out", "ended"]);
    expect(items()).toEqual([
      { name: "logs", status: "failed", reason: "the disk is on fire" },
      { name: "journal", status: "failed", reason: "it did not end within 0.2 s" },
      { name: "kept", status: "collected", reason: null },
    ]);
    expect(progress.map(({ done }) => done)).toEqual([0, 1, 2, 3, 4]);
  });

  test("what comes after its time was over does not come into the archive", async () => {
    let late = (): void => undefined;
    const hanging = collector({
      collect: async (_scene, sink) => {
        await new Promise<void>((resolve) => (late = resolve));
        sink.json({ name: "late", description: "" }, {});
      },
    });
    await run([hanging]);
    late();
    await new Promise(setImmediate);
    expect(items().map(({ name }) => name)).toEqual(["logs"]);
  });

  test("a stream that is cut by the time keeps what was had, and says so", async () => {
    async function* slow() {
      yield "the beginning";
      await new Promise(() => undefined);
    }
    await run([collector({ collect: (_scene, sink) => sink.stream({ name: "slow.log", description: "" }, slow()) })]);
    expect(items()).toMatchObject([
      { name: "slow.log", status: "degraded", reason: expect.stringContaining("broke off after 13 bytes") },
    ]);
  });

  test("when the time for all is over the rest is named and not begun", async () => {
    const all = new AbortController();
    const { runs } = await run(
      [
        collector({ collect: () => all.abort() }),
        collector({ name: "users", collect: keep }),
        collector({ name: "skills" }),
      ],
      all.signal,
    );
    expect(runs.map(({ outcome }) => outcome)).toEqual(["ended", "not_begun", "not_begun"]);
    expect(items()).toEqual([
      { name: "users", status: "failed", reason: "the time for collecting ran out" },
      { name: "skills", status: "failed", reason: "the time for collecting ran out" },
    ]);
  });

  test("what a collector needs and is not there is its reason", async () => {
    await run([collector({ needs: ["database"], collect: keep }), collector({ needs: ["containers"], collect: keep })]);
    expect(items().map(({ reason }) => reason)).toEqual([
      "no server runs, so its database is not open",
      "no container engine is set",
    ]);
  });

  test("a flood of equal failures is counted, long and empty names are made fit", async () => {
    const flood: Collector["collect"] = (_scene, sink) => {
      for (let index = 0; index < 5_000; index += 1) sink.fail({ name: `file ${index}`, description: "" }, "denied");
      sink.json({ name: "x".repeat(5_000), description: "d".repeat(5_000) }, {});
      sink.json({ name: "\ud800", description: "" }, {});
      sink.json({ name: "", description: "" }, {});
    };
    await run([collector({ collect: flood })]);
    expect(items()).toHaveLength(104);
    expect(items().at(-1)).toEqual({ name: "logs/more", status: "failed", reason: "4900 more: denied" });
    expect(Math.max(...writer.items.map(({ name }) => name.length))).toBeLessThanOrEqual(512);
    expect(items().map(({ name }) => name)).toContain("\ufffd");
  });

  test("the limit of one kind and of one file hold", async () => {
    const limits = { ...scene().limits, fileMb: 1, itemMb: 2 };
    const big: Collector["collect"] = async (_scene, sink) => {
      for (const name of ["a", "b", "c"]) await sink.stream({ name, description: "" }, twoMebibytes());
    };
    await run([collector({ seconds: { standard: 10 }, collect: big })], undefined, scene({ limits }));
    expect(items()).toMatchObject([
      { name: "a", status: "degraded" },
      { name: "b", status: "degraded" },
      { name: "c", status: "failed", reason: "the limit of 2 MiB for logs was reached" },
    ]);
  });

  test("a disk that must stay free takes nothing, and says so", async () => {
    const settings = evidenceSettings.parse({ keepFreeMb: 16_777_216 });
    await run([collector({ collect: keep })], undefined, scene({ settings }));
    expect(items()).toMatchObject([{ name: "kept", status: "failed", reason: expect.stringContaining("are free") }]);
  });
});

async function* twoMebibytes() {
  for (let piece = 0; piece < 4; piece += 1) yield Buffer.alloc(512 * 1024, piece);
}

describe("E-2: levels", () => {
  const names = (of: Scene) => chooseCollectors(COLLECTORS, of).map(({ name }) => name);

  test("every kind stands in the table once, most volatile first, and each level holds the one below", () => {
    expect(COLLECTORS.map(({ name }) => name)).toEqual([...EVIDENCE_ITEMS]);
    const [quick, standard, full] = (["quick", "standard", "full"] as const).map((level) => names(scene({ level })));
    expect(quick).toEqual(["processes", "connections", "output", "workspace"]);
    expect(standard).toEqual(EVIDENCE_ITEMS.filter((name) => name !== "memory"));
    expect(full).toEqual(standard);
  });

  test("a collection of the host asks for nothing of an agent; memory comes only when it is asked for", () => {
    const host = names(scene({ subject: { agentIds: [], sessions: [] } }));
    expect(host).not.toContain("processes");
    expect(host).toContain("connections");
    expect(names(scene({ level: "quick", memory: true }))).toContain("memory");
  });

  test("the profile says what a level holds", () => {
    const limits = { ...scene().limits, items: ["journal" as const, "output" as const] };
    expect(names(scene({ level: "quick", limits }))).toEqual(["output", "journal"]);
  });
});
