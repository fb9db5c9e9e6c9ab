import { randomInt } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundleEntry } from "../../../../../test/agents/bundle-entry.ts";
import { createTestContext, insertAlert, openIncidentForAlert } from "../../incidents/testing.ts";
import { createNewId, systemClock } from "../../kernel/index.ts";
import { createTestDatabase } from "../../storage/testing.ts";
import type { TestDatabase } from "../../storage/testing.ts";
import { SHIPPED_PROFILES, loadShipped, shippedProfilesDir } from "../testing.ts";
import { openActsFile, readActLines } from "./testing/acts-file.ts";
import type { ActLine } from "./testing/acts-file.ts";
import { DAYS } from "./testing/days.ts";
import { runAndKill } from "./testing/fleet.ts";
import { judgeRun } from "./testing/judge-run.ts";
import { judgeUndo } from "./testing/judge-undo.ts";
import { pretend } from "./testing/pretend.ts";
import { createRandom } from "./testing/random.ts";
import type { Assignment, Trial } from "./testing/trial.ts";
import { startVictim } from "./testing/victim.ts";

/** Run-instants at which a process died, in all and of each playbook; the latter at so many different places of it. */
const STRUCK_MIN = 200;
const STRUCK_EACH_MIN = 3;
const PLACES_MIN = 3;

const seed = randomInt(2 ** 31);
const place = mkdtempSync(join(tmpdir(), "firebreak-kills-"));
const actsFile = join(place, "acts");
const profilesDir = join(place, "profiles");
let server: TestDatabase;
let trials: readonly Trial[];
let lines: readonly ActLine[];

/** The profiles with minutes in place of seconds: what is about kills must not end because the machine has other things to do. */
function copyUnhurried(directory: string): void {
  cpSync(shippedProfilesDir, directory, { recursive: true });
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" });
  for (const file of files.filter((name) => name.endsWith(".yaml")).map((name) => join(directory, name))) {
    writeFileSync(file, readFileSync(file, "utf8").replaceAll(/\btimeBox: (\d+)s\b/g, "timeBox: $1m"));
  }
}

/** Every playbook on both days, once to be taken back as a whole and once in part; once to be aborted, and once to be denied. */
async function assignAll(): Promise<Assignment[]> {
  const [bad, over] = ["a bad day", "a day on which it is over"] as const;
  const profiles = await Promise.all(
    SHIPPED_PROFILES.map(async (name) => ({ name, shipped: await loadShipped(server.database, name, profilesDir) })),
  );
  const acts = openActsFile(actsFile);
  const assignments = profiles.flatMap(({ name: profile, shipped }) => {
    const { playbooks } = shipped.loaded;
    const effectors = new Map([...shipped.effectors].map(([id, one]) => [id, pretend(one, DAYS[bad], acts)]));
    // those that all profiles have are run with one of them
    const own = [...playbooks.values()].filter(({ file }) => profile === "ai-empire" || !file.includes("/common/"));
    return own.flatMap((playbook, index): Assignment[] => {
      const common = { profile, playbook, playbooks, effectors, denies: false };
      const isOdd = index % 2 === 1;
      return [
        { ...common, day: bad, repeatsNothing: isOdd, takesBack: isOdd ? "all" : "phase" },
        { ...common, day: over, repeatsNothing: !isOdd, takesBack: isOdd ? "phase" : "all" },
        { ...common, day: isOdd ? bad : over, repeatsNothing: true, takesBack: "abort" },
        ...(/^ +approval:|type: approval/m.test(playbook.text)
          ? [{ ...common, day: bad, repeatsNothing: isOdd, denies: true, takesBack: "all" } as const]
          : []),
      ];
    });
  });
  return assignments;
}

function nameOf({ assignment: { profile, playbook } }: Pick<Trial, "assignment">): string {
  return `${profile}/${playbook.document.id}`;
}

/** How often each playbook was struck, and where. */
function spreadOf(all: readonly Trial[]): Map<string, string[]> {
  const spread = new Map<string, string[]>();
  for (const trial of all) spread.set(nameOf(trial), [...(spread.get(nameOf(trial)) ?? []), ...trial.places]);
  return spread;
}

function isOftenEnough(places: readonly string[]): boolean {
  return places.length >= STRUCK_EACH_MIN && new Set(places).size >= PLACES_MIN;
}

function isRare(trial: Trial, all: readonly Trial[]): boolean {
  return !isOftenEnough(spreadOf(all).get(nameOf(trial)) ?? []);
}

function isStruckEnough(all: readonly Trial[]): boolean {
  return all.flatMap(({ places }) => places).length >= STRUCK_MIN;
}

/** Again what was struck too seldom, and then anything until enough was struck. */
function more(all: readonly Trial[]): Assignment[] {
  const rare = all.filter((trial) => isRare(trial, all));
  return (rare.length > 0 || isStruckEnough(all) ? rare : all).map(({ assignment }) => assignment);
}

beforeAll(async () => {
  server = await createTestDatabase();
  copyUnhurried(profilesDir);
  const program = bundleEntry(join(import.meta.dirname, "test-programs/execute-runs.ts"), join(place, "program.mjs"));
  const incidents = await createTestContext(server.database);
  const ctx = {
    ...incidents,
    database: server.database,
    clock: systemClock,
    newId: createNewId(() => systemClock.now()),
    home: place,
    actsFile,
    random: createRandom(seed),
    startVictim: () => startVictim(program, [server.databaseUrl, place, profilesDir, actsFile]),
    openIncident: async () => {
      const { incidentId } = await openIncidentForAlert(incidents, await insertAlert(incidents));
      return incidentId;
    },
    more,
    isRare,
    isStruckEnough,
  };
  trials = await runAndKill(ctx, await assignAll());
  lines = readActLines(actsFile);
}, 1_200_000);
afterAll(async () => {
  rmSync(place, { recursive: true, force: true });
  await server.close();
});

describe(`P-1: kill -9 at random instants of every shipped playbook (seed ${seed})`, () => {
  test("strikes each of them several times at different steps, and more than 200 times in all", () => {
    const spread = spreadOf(trials);
    expect(spread.size).toBeGreaterThanOrEqual(28);
    expect([...spread.values()].flat().length).toBeGreaterThanOrEqual(STRUCK_MIN);
    const rare = [...spread].filter(([, places]) => !isOftenEnough(places));
    expect(rare).toEqual([]);
    const inside = [...spread.values()].flat().filter((where) => where.includes(" in "));
    expect(inside.length).toBeGreaterThan(STRUCK_MIN / 4);
    // and what is judged below has happened
    const ended = trials.flatMap(({ ended: run, takenBack }) => [run, takenBack].filter((one) => one !== null));
    const states = ended.flatMap((run) => run.steps.map(({ state }) => state));
    expect(trials.flatMap(({ asked }) => asked).length).toBeGreaterThan(5);
    expect(trials.filter(({ isAborted }) => isAborted).length).toBeGreaterThan(5);
    expect(states.filter((state) => state === "denied").length).toBeGreaterThan(5);
    expect(states.filter((state) => state === "undone").length).toBeGreaterThan(20);
  });

  test("changes nothing in how a run ends: it resumes at its step, repeats nothing, asks where it cannot know", () => {
    const faults = trials.flatMap((trial) => {
      const { ended, faults: seen } = trial;
      const judged = ended === null ? ["never ended"] : trial.isAborted ? [] : judgeRun(trial, ended, lines);
      return [...seen, ...judged].map((fault) => `${nameOf(trial)}: ${fault}`);
    });
    expect(faults).toEqual([]);
  });

  test("an undo of the run, of a phase or by an abort takes back what the preview said, once, the last act first", () => {
    const faults = trials.flatMap((trial) => {
      const judged = trial.takenBack === null ? ["never taken back"] : judgeUndo(trial, trial.takenBack, lines);
      return judged.map((fault) => `${nameOf(trial)} (${trial.assignment.takesBack}): ${fault}`);
    });
    expect(faults).toEqual([]);
  });

  test("leaves a journal that is at an end: no lock, nothing open, each success told once", async () => {
    const { rows: left } = await server.database.pool.query<{ id: string }>(
      "select id from playbook_runs where ended_at is null or lock_place is not null",
    );
    const { rows: twice } = await server.database.pool.query<{ target: string }>(
      `select target, leaf::json -> 'detail' ->> 'stepId' as step from audit_log
       where action = 'playbook.step' and leaf::json -> 'detail' ->> 'state' in ('succeeded', 'undone')
       group by target, step, leaf::json -> 'detail' ->> 'state' having count(*) > 1`,
    );
    expect([...left, ...twice]).toEqual([]);
  });
});
