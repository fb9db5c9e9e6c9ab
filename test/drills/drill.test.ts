import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { drillRecord, drillView, pageOf, provenPlaybook } from "@firebreak/protocol";
import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { Installation, repository } from "../harness/firebreak.ts";
import { findProcessesWith, waitFor } from "../harness/processes.ts";

const PROGRAM = path.join(repository, "packages/server/dist/program/firebreak.js");
const answer = z.object({ drills: z.array(z.object({ record: drillRecord, kept: z.string() })) });
const temporary = mkdtempSync(path.join(os.tmpdir(), "firebreak-drill-test-"));
const sandboxes = path.join(temporary, `firebreak-drills-${process.getuid?.() ?? "user"}`);
const isRoot = process.getuid?.() === 0;

function startDrill(home: string, ...words: string[]) {
  const env = { ...process.env, TMPDIR: temporary, FIREBREAK_HOME: home, NO_COLOR: "1", FIREBREAK_URL: "" };
  const child = spawn(process.execPath, [PROGRAM, "drill", ...words], { env, stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stdout.on("data", (piece: Buffer) => (out += piece.toString("utf8")));
  child.stderr.on("data", (piece: Buffer) => (err += piece.toString("utf8")));
  return { child, said: () => `${out}\n${err}`, out: () => out };
}

async function drill(home: string, ...words: string[]) {
  const started = startDrill(home, ...words, "--json");
  const [code] = await once(started.child, "close");
  return { code, ...answer.parse(JSON.parse(started.out() === "" ? started.said() : started.out())) };
}

afterAll(() => rmSync(temporary, { recursive: true, force: true }));

const profiles = readdirSync(path.join(repository, "profiles")).flatMap((profile) => {
  const folder = path.join(repository, "profiles", profile, "drills");
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".yaml")) : [];
  return files.map((file) => ({ profile, playbook: path.basename(file, ".yaml") }));
});

/** Each has a server and a database of its own: two at a time are as much as a small machine bears. */
let waiting: Promise<unknown>[] = [Promise.resolve(), Promise.resolve()];
function inTurn<T>(act: () => Promise<T>): Promise<T> {
  const [next = Promise.resolve(), ...others] = waiting;
  const done = next.then(act, act);
  waiting = [...others, done.catch(() => {})];
  return done;
}

describe.concurrent("L-4: every shipped drill, with real faults in a sandbox of its own", () => {
  test("there are drills", () => {
    expect(profiles.length).toBeGreaterThan(0);
  });

  test.each(profiles)("$profile: $playbook passes, and leaves nothing behind", { timeout: 600_000 }, async (one) => {
    const home = mkdtempSync(path.join(temporary, "home-"));
    const { code, drills } = await inTurn(() => drill(home, one.playbook, "--profile", one.profile));
    const [made] = drills;
    // without root a disk cannot be mounted, and what reaches the network is left out; the record says so
    const isMade = isRoot || made?.record.result !== "not_run";
    expect(isMade ? made?.record.findings : []).toEqual([]);
    expect(made?.record.result).toMatch(isMade ? /^passed/ : /^not_run$/);
    expect(made?.record.sandbox.isolation).toBe(isRoot ? "namespaces" : "folder");
    expect(code).toBe(isMade ? 0 : 1);
    // no server is there to take it
    expect(drillRecord.parse(JSON.parse(readFileSync(made?.kept ?? "", "utf8")))).toEqual(made?.record);
    expect(existsSync(path.join(sandboxes, made?.record.id ?? ""))).toBe(false);
    expect(findProcessesWith(`FIREBREAK_SANDBOX=${sandboxes}/${made?.record.id}`)).toEqual([]);
  });
});

test("L-4: what a person of a drill would run by hand is not run where nothing holds it back", async () => {
  const home = mkdtempSync(path.join(temporary, "home-"));
  const { code, drills } = await drill(home, "data-loss", "--profile", "ai-empire", "--folder-only");
  expect(code).toBe(1);
  expect(drills[0]?.record).toMatchObject({ result: "not_run", sandbox: { isolation: "folder" } });
  expect(drills[0]?.record.findings.join("\n")).toContain("a sandbox in which persons may run programs is missing");
});

test("L-4: of all drills each is made whatever becomes of the others, and the end says which held", async () => {
  const home = mkdtempSync(path.join(temporary, "home-"));
  mkdirSync(path.join(home, "drills"));
  // in a folder there is no other host: each is over at once, and none has passed
  const text = (playbook: string) =>
    `playbook: ${playbook}\ntitle: T\ndescription: D\nfault: { kind: page-obeyed }\ndetect: { title: T }\nexpect: { checks: [{ title: told, kind: told }] }\n`;
  const ids = profiles.filter(({ profile }) => profile === "openclaw-guide").map(({ playbook }) => playbook);
  for (const id of [...ids, "no-such-playbook"]) writeFileSync(path.join(home, "drills", `own-${id}.yaml`), text(id));
  writeFileSync(path.join(home, "drills", "broken.yaml"), "playbook: [\n");
  const all = ["--all", "--folder-only", "--profile", "openclaw-guide"];
  const told = z.object({ problems: z.array(z.string()), undrilled: z.array(z.string()) });
  const started = startDrill(home, ...all, "--json");
  const [code] = await once(started.child, "close");
  const { drills } = answer.parse(JSON.parse(started.out()));
  expect(code).toBe(1);
  expect(drills.map(({ record }) => record.playbook.id)).toEqual(ids.toSorted());
  expect(drills.map(({ record }) => record.result)).toEqual(ids.map(() => "not_run"));
  expect(drills.every(({ kept }) => existsSync(kept))).toBe(true);
  const { problems, undrilled } = told.parse(JSON.parse(started.out()));
  expect(problems.join("\n")).toMatch(/broken\.yaml:\d+[\s\S]*own-no-such-playbook\.yaml drills the playbook/);
  expect(undrilled).toContain("return-to-service");
  const shown = startDrill(home, ...all);
  await once(shown.child, "close");
  expect(shown.said()).toContain(`[1/${ids.length}] ${ids.toSorted()[0]}`);
  expect(shown.said()).toMatch(new RegExp(`0 of ${ids.length} passed, in `));
}, 60_000);

test("L-4: the record goes to the server, with what lay in files; the playbook shows it, and no incident comes of it", async () => {
  const installation = new Installation();
  try {
    await drill(installation.home, "rogue-agent", "--folder-only");
    await installation.startServer();
    const { drills } = await drill(installation.home, "rogue-agent", "--folder-only");
    expect(drills[0]?.kept).toBe("server");
    const id = drills[0]?.record.id ?? "";
    const kept = await installation.call(pageOf(z.object({ id: z.string() })), "GET", "/drills");
    expect(kept.items).toHaveLength(2);
    expect(kept.items[0]?.id).toBe(id);
    const { record } = await installation.call(drillView, "GET", `/drills/${id}`);
    expect(record).toEqual(drills[0]?.record);
    const { items } = await installation.call(pageOf(provenPlaybook), "GET", "/playbooks");
    const playbook = items.find((one) => one.id === "rogue-agent");
    expect(playbook?.lastProven).toMatchObject({ drillId: id, stale: false, hash: playbook?.hash, result: "passed" });
    const incidents = await installation.call(pageOf(z.unknown()), "GET", "/incidents");
    expect(incidents.items).toEqual([]);
  } finally {
    await installation.close();
  }
}, 180_000);

test("L-4: a drill that is killed takes its sandbox with it, and the next one removes what is left", async () => {
  const home = mkdtempSync(path.join(temporary, "home-"));
  const { child, said } = startDrill(home, "rogue-agent");
  await waitFor("the fault", 90_000, () => (said().includes("caused:") ? true : undefined));
  const [folder = ""] = readdirSync(sandboxes).map((name) => path.join(sandboxes, name));
  expect(findProcessesWith(`FIREBREAK_SANDBOX=${folder}`).length).toBeGreaterThan(3);
  child.kill("SIGKILL");
  const next = startDrill(home, "no-such-playbook");
  const [code] = await once(next.child, "close");
  expect(code).toBe(5);
  const removal = startDrill(home, "rogue-agent");
  await waitFor("the removal", 60_000, () => (removal.said().includes(folder) ? true : undefined));
  expect(existsSync(folder)).toBe(false);
  expect(findProcessesWith(`FIREBREAK_SANDBOX=${folder}`)).toEqual([]);
  removal.child.kill("SIGINT");
  const [ended] = await once(removal.child, "close");
  expect(ended).toBe(1);
  expect(readdirSync(sandboxes)).toEqual([]);
}, 180_000);
