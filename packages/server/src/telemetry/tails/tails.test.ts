import {
  appendFileSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createManualClock, createNewId, silentLogger } from "../../kernel/index.ts";
import { createTestDatabase } from "../../storage/testing.ts";
import type { TestDatabase } from "../../storage/testing.ts";
import { createIntake, openFieldMaps, openTails, readEventsAfter } from "../index.ts";
import type { FieldMapSet, Intake, Tails } from "../index.ts";

const repository = path.resolve(import.meta.dirname, "../../../../..");
const clock = createManualClock(Date.parse("2026-03-01T12:00:00Z"));
const newId = createNewId(() => clock.now());
const SHIPPED = path.join(repository, "maps");
let test: TestDatabase;
let home: string;
let fieldMaps: FieldMapSet;
let logs: string;
let intake: Intake;
let tails: Tails;
let crashed: Tails[] = [];

beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.close());
beforeEach(async () => {
  await test.database.pool.query("truncate events; truncate agents; alter sequence events_seq restart");
  home = mkdtempSync(path.join(tmpdir(), "firebreak-tails-"));
  logs = path.join(home, "logs");
  mkdirSync(logs);
  mkdirSync(path.join(home, "maps"));
  fieldMaps = await openFieldMaps([SHIPPED, path.join(home, "maps")]);
  intake = createIntake({ database: test.database, clock, newId, logger: silentLogger, onStored: () => {} });
});
afterEach(async () => {
  for (const one of [tails, ...crashed]) await one.close();
  crashed = [];
  await intake.close();
  rmSync(home, { recursive: true, force: true });
});

const open = () => openTails({ home, userHome: home, fieldMaps, intake, clock, logger: silentLogger });
/** Long enough for every look that is due. */
async function pass(): Promise<void> {
  clock.advance(3_000);
  await tails.pass();
}
async function configure(...tail: object[]): Promise<void> {
  writeFileSync(path.join(home, "tails.yaml"), JSON.stringify({ tails: tail }));
  tails = await open();
  await pass();
}
/** As after `kill -9`: nothing more is written. */
async function crash(): Promise<void> {
  crashed.push(tails);
  tails = await open();
  await pass();
}
const log = () => path.join(logs, "app.jsonl");
const lineOf = (n: number) => `{"timestamp":"2026-03-01T11:00:00Z","tool_name":"exec","command":"run ${n}"}\n`;
const linesOf = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => lineOf(from + i)).join("");
const TAIL = { name: "app", paths: ["~/logs/app.jsonl"], map: "openclaw-tool-execution" };
const stored = async () =>
  (await readEventsAfter(test, 0, 100_000)).map((event) => event.data["command"] ?? event.data["content"]);
const sorted = async () => (await stored()).map(String).toSorted((a, b) => a.localeCompare(b));
const upTo = (n: number) => Array.from({ length: n }, (_, i) => `run ${i + 1}`);
const health = () => {
  const [view] = tails.view().items;
  if (view === undefined) throw new Error("there is no tail");
  return view;
};

describe("D-3: files are tailed without loss and without repeats", () => {
  it("begins at the end of what is there, reads what is appended, and waits for the end of a line", async () => {
    writeFileSync(log(), linesOf(90, 99));
    await configure(TAIL);
    appendFileSync(log(), `${lineOf(1)}${lineOf(2).slice(0, 30)}`);
    await pass();
    expect(await stored()).toEqual(["run 1"]);
    appendFileSync(log(), lineOf(2).slice(30));
    await pass();
    expect(await stored()).toEqual(["run 1", "run 2"]);
    expect(health()).toMatchObject({ state: "reading", files: 1, lines: 2, events: 2, unreadable: 0, behindBytes: 0 });
  });

  it("reads files from their beginning that come later, or when told so", async () => {
    await configure(TAIL, { ...TAIL, name: "old", paths: [path.join(logs, "old.jsonl")], start: "beginning" });
    writeFileSync(log(), linesOf(1, 3));
    await pass();
    expect(await stored()).toEqual(upTo(3));
  });

  it("follows a file that is renamed, to its end, and then the new one", async () => {
    await configure(TAIL);
    writeFileSync(log(), linesOf(1, 2));
    await pass();
    appendFileSync(log(), lineOf(3));
    renameSync(log(), `${log()}.1`);
    appendFileSync(`${log()}.1`, lineOf(4));
    writeFileSync(log(), lineOf(5));
    await pass();
    await pass();
    expect(await sorted()).toEqual(upTo(5));
  });

  it("finds the files again that were rotated twice while nobody looked, also after a crash", async () => {
    await configure(TAIL);
    writeFileSync(log(), linesOf(1, 2));
    await pass();
    appendFileSync(log(), lineOf(3));
    renameSync(log(), `${log()}.2`);
    writeFileSync(`${log()}.1`, linesOf(4, 6));
    writeFileSync(log(), lineOf(7));
    await crash();
    await pass();
    expect(await sorted()).toEqual(upTo(7));
  });

  it("reads the rest from the copy when a file is copied and cut off, whether it grew again or not", async () => {
    await configure(TAIL);
    let last = 0;
    // without a time: lines that were read twice would count twice
    const append = (count: number) => {
      appendFileSync(log(), linesOf(last + 1, last + count).replaceAll(/"timestamp":"[^"]*",/g, ""));
      last += count;
    };
    for (const round of [1, 2, 3, 4]) {
      append(2);
      await pass();
      append(3);
      copyFileSync(log(), `${log()}.${round}`);
      truncateSync(log());
      append(round * 4);
      await (round % 2 === 0 ? crash() : pass());
      await pass();
    }
    expect(new Set(await stored())).toEqual(new Set(upTo(last)));
    expect(await stored()).toHaveLength(last);
  });

  it("reads a file to its end that is removed, and one that takes its name and inode from the beginning", async () => {
    await configure(TAIL);
    writeFileSync(log(), linesOf(1, 2));
    await pass();
    appendFileSync(log(), lineOf(3));
    linkSync(log(), path.join(logs, "held"));
    unlinkSync(log());
    await pass();
    renameSync(path.join(logs, "held"), log());
    writeFileSync(log(), linesOf(4, 5));
    await pass();
    await pass();
    expect(await stored()).toEqual(upTo(5));
  });

  it("stores the last line of a file without an end once nobody writes it any more", async () => {
    await configure(TAIL);
    writeFileSync(log(), `${lineOf(1)}${lineOf(2).trimEnd()}`);
    await pass();
    unlinkSync(log());
    await pass();
    expect(await stored()).toEqual(["run 1"]);
    clock.advance(70_000);
    await pass();
    expect(await stored()).toEqual(["run 1", "run 2"]);
  });

  it("counts lines once when it reads them again: after a crash, after the positions are lost, and from a copy", async () => {
    await configure({ ...TAIL, paths: ["~/logs/*.jsonl*"] });
    writeFileSync(log(), linesOf(1, 50));
    await pass();
    await crash();
    rmSync(path.join(home, "tails/positions.json"));
    writeFileSync(path.join(home, "tails/positions.json"), "{");
    await crash();
    copyFileSync(log(), `${log()}.copy`);
    await pass();
    await pass();
    expect(await stored()).toEqual(upTo(50));
    expect(health().known).toBeGreaterThan(0);
  });

  it("gives a line without a time the moment when it was first read, also when it is read again", async () => {
    await configure(TAIL);
    const timeless = (n: number) => `{"tool_name":"exec","command":"run ${n}"}\n`;
    await test.database.pool.query("alter table events rename to events_away");
    writeFileSync(log(), timeless(1) + timeless(2));
    await pass();
    const positions = path.join(home, "tails/positions.json");
    const before = readFileSync(positions, "utf8");
    expect(before).toContain('"seen"');
    await test.database.pool.query("alter table events_away rename to events");
    clock.advance(20_000);
    await pass();
    expect(await stored()).toEqual(upTo(2));
    // the lines were stored, and the process died before it could write how far it had read
    writeFileSync(positions, before);
    appendFileSync(log(), timeless(3));
    await crash();
    await pass();
    expect(await stored()).toEqual(upTo(3));
  });

  it("waits with the same lines while the intake takes nothing, and says so", async () => {
    await configure(TAIL);
    await test.database.pool.query("alter table events rename to events_away");
    writeFileSync(log(), linesOf(1, 3));
    await pass();
    expect(health()).toMatchObject({ state: "waiting", events: 0, waitingFor: expect.stringContaining("stored") });
    appendFileSync(log(), linesOf(4, 6));
    await pass();
    await test.database.pool.query("alter table events_away rename to events");
    clock.advance(20_000);
    await pass();
    await pass();
    expect(await stored()).toEqual(upTo(6));
    expect(health()).toMatchObject({ state: "reading", waitingFor: null, events: 6, behindBytes: 0 });
  });

  it("keeps what it cannot read as events that say so: broken JSON, bytes that are no text, zeros, lines of ten megabytes", async () => {
    await configure(TAIL);
    const deep = `{"timestamp":"2026-03-01T11:00:00Z","a":${"[".repeat(50_000)}${"]".repeat(50_000)}}\n`;
    writeFileSync(
      log(),
      Buffer.concat([
        Buffer.alloc(5_000),
        Buffer.from(lineOf(1)),
        Buffer.from("not json\n\n   \n"),
        Buffer.from('{"timestamp":"2026-03-01T11:00:00Z","tool_name":"exec","command":"run \u00ff"}\n', "latin1"),
        Buffer.from(`{"tool_name":"exec","command":"${"x".repeat(10 * 1024 * 1024)}"}\n`),
        Buffer.from(deep),
        Buffer.from('{"tool_name":"exec","__proto__":{"command":"run 9"},"big":1e999,"command":"a\\u0000b"}\n'),
        Buffer.from(lineOf(2)),
      ]),
    );
    for (let n = 0; n < 10; n++) await pass();
    const events = await readEventsAfter(test, 0, 100);
    expect(events.map(({ kind }) => kind)).toEqual([
      "command",
      "log",
      "command",
      "log",
      "tool_call",
      "command",
      "command",
    ]);
    expect(events.map(({ data }) => data["problem"] !== undefined)).toEqual([
      false,
      true,
      true,
      true,
      true,
      true,
      false,
    ]);
    expect(events[2]?.data["command"]).toBe("run \uFFFD");
    expect(String(events[3]?.data["content"]).length).toBeLessThan(100_000);
    expect(events[3]?.data["problem"]).toContain("10485793 bytes");
    expect(events.at(-1)?.data["command"]).toBe("run 2");
    expect(health()).toMatchObject({ lines: 7, refused: 0, lastProblem: { message: expect.any(String) } });
  });

  it("checks hash chains from line to line, over restarts and rotation, and tells where one breaks", async () => {
    await configure(TAIL);
    const chain: string[] = [];
    let before = "0".repeat(64);
    for (let n = 1; n <= 6; n++) {
      const content = { tool_name: "exec", command: `run ${n}`, ts: 1_760_000_000_000 + n };
      const hash = createHash("sha256")
        .update(before + JSON.stringify(content))
        .digest("hex");
      chain.push(`${JSON.stringify({ ...content, prevHash: before, hash })}\n`);
      before = hash;
    }
    const [one = "", two = "", three = "", four = "", five = "", six = ""] = chain;
    writeFileSync(log(), one + two);
    await pass();
    appendFileSync(log(), four);
    await crash();
    appendFileSync(log(), five.replace("run 5", "run 0") + six);
    await pass();
    const events = await readEventsAfter(test, 0, 100);
    expect(three).not.toBe("");
    expect(events.map(({ data }) => [data["command"], data["chain_status"]])).toEqual([
      ["run 1", "intact"],
      ["run 2", "intact"],
      ["run 4", "broken"],
      ["run 0", "broken"],
      ["run 6", "intact"],
    ]);
    expect(health().lastProblem?.message).toContain("not what the hash was made of");
  });

  it("keeps the time of old lines, and the claim of lines from the future", async () => {
    await configure(TAIL);
    const at = (timestamp: string, n: number) => JSON.stringify({ timestamp, tool_name: "exec", command: `run ${n}` });
    writeFileSync(
      log(),
      `${at("2019-01-01T00:00:00Z", 1)}\n${at("2031-01-01T00:00:00Z", 2)}\n${at("1969-12-31T23:00:00Z", 3)}\n`,
    );
    await pass();
    const [old, future, ancient] = await readEventsAfter(test, 0, 10);
    expect(old).toMatchObject({ time: "2019-01-01T00:00:00.000Z" });
    expect(old?.data["claimedTime"]).toBeUndefined();
    expect(future?.data["claimedTime"]).toBe("2031-01-01T00:00:00Z");
    expect(Date.parse(future?.time ?? "")).toBe(clock.now());
    expect(ancient?.data["claimedTime"]).toBe("1969-12-31T23:00:00Z");
  });

  it("never follows a link that takes a log's place, and reads only plain files", async () => {
    await configure(TAIL, { ...TAIL, name: "all", paths: ["~/logs/*.jsonl"] });
    writeFileSync(path.join(home, "secret"), "password\n");
    symlinkSync(path.join(home, "secret"), log());
    mkdirSync(path.join(logs, "dir.jsonl"));
    await pass();
    expect(await stored()).toEqual([]);
    expect(health().skipped.map(({ message }) => message)).toContainEqual(expect.stringContaining("symbolic link"));
  });

  it("reads a changed tails.yaml by itself, keeps what a broken one had, and names what is wrong", async () => {
    await configure(TAIL);
    writeFileSync(path.join(home, "tails.yaml"), "tails: [");
    await pass();
    expect(tails.view().problems).toHaveLength(1);
    writeFileSync(log(), lineOf(1));
    await pass();
    expect(await stored()).toEqual(["run 1"]);
    writeFileSync(
      path.join(home, "tails.yaml"),
      JSON.stringify({
        tails: [
          { ...TAIL, map: "nothing" },
          { name: "B", paths: [], map: "" },
        ],
      }),
    );
    await pass();
    expect(
      tails
        .view()
        .problems.map(({ message }) => message)
        .join("\n"),
    ).toContain("nothing");
    writeFileSync(path.join(home, "tails.yaml"), "tails: []");
    await pass();
    expect(tails.view()).toEqual({ items: [], problems: [] });
  });

  it("reads by a map of the home as soon as it is there, and keeps one that breaks", async () => {
    await configure({ ...TAIL, map: "own" });
    expect(tails.view().problems[0]?.message).toContain("own");
    const file = path.join(home, "maps/own.yml");
    const map =
      "id: own\ntitle: mine\nparser: text\nagent: { id: me }\nevents: [{ kind: log, data: { content: $.message } }]";
    for (const [text, line] of [
      [map, "one"],
      [map.replace("kind: log", "kind: message"), "two"],
      ["id: [", "three"],
    ] as const) {
      writeFileSync(file, text);
      await fieldMaps.reloadIfChanged();
      await pass();
      appendFileSync(log(), `${line}\n`);
      await pass();
    }
    const events = await readEventsAfter(test, 0, 10);
    expect(events.map(({ kind, data }) => [kind, data["content"]])).toEqual([
      ["log", "one"],
      ["message", "two"],
      ["message", "three"],
    ]);
    expect(fieldMaps.problems).toHaveLength(1);
  });

  it("reads thousands of files with few of them open", async () => {
    await configure({ ...TAIL, paths: ["~/logs/**/*.jsonl"] });
    for (let n = 1; n <= 1_500; n++) writeFileSync(path.join(logs, `s${n}.jsonl`), lineOf(n));
    await pass();
    await pass();
    await pass();
    expect(await stored()).toHaveLength(1_500);
    appendFileSync(path.join(logs, "s1.jsonl"), lineOf(1_501));
    await pass();
    expect(await stored()).toHaveLength(1_501);
    expect(health().files).toBe(1_500);
    expect(readdirSync("/proc/self/fd").length).toBeLessThan(700);
  });
});
