/**
 * Executes runs of shipped playbooks with pretended effectors, in a process of its own that a test kills:
 * node PROGRAM DATABASE_URL HOME PROFILES_DIR ACTS_FILE. Says `ready`, takes an order a line (JSON), and says of each run
 * `waiting RUN` when it waits for a person, `ended RUN` when it has ended.
 */
import { randomInt } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { Effector } from "../../../containment/index.ts";
import { createNewId, silentLogger, systemClock } from "../../../kernel/index.ts";
import type { Profile } from "../../../kernel/index.ts";
import { executeRun } from "../../../playbooks/index.ts";
import type { RunContext, RunProgress } from "../../../playbooks/index.ts";
import { openDatabase } from "../../../storage/index.ts";
import { SHIPPED_PROFILES, openShippedProfile } from "../../testing.ts";
import type { ShippedProfile } from "../../testing.ts";
import { openActsFile } from "../testing/acts-file.ts";
import { DAYS, orderOfRun } from "../testing/days.ts";
import type { OrderOfRun } from "../testing/days.ts";
import { pretend } from "../testing/pretend.ts";
import type { Acts } from "../testing/pretend.ts";

/** A death a moment after an act mostly finds the run in what comes next. */
const LATER_MAX_MS = 30;
const TRIES_MAX = 10;

const [databaseUrl = "", home = "", profilesDir = "", actsFile = ""] = process.argv.slice(2);
// a home of its own: the next one starts while this one still lives
const own = mkdtempSync(join(home, "process-"));
const opening = { databaseUrl, home: own, clock: systemClock, logger: silentLogger, migrate: false };
const database = await openDatabase(opening);
const acts = openActsFile(actsFile);
const common = {
  database,
  clock: systemClock,
  newId: createNewId(() => systemClock.now()),
  logger: silentLogger,
  home: own,
  readSecret: async () => "a secret",
};

async function openProfile(
  name: ShippedProfile,
): Promise<{ profile: Profile; effectors: ReadonlyMap<string, Effector> }> {
  return openShippedProfile(database, systemClock, name, profilesDir);
}
const profiles = new Map<string, Awaited<ReturnType<typeof openProfile>>>(
  await Promise.all(SHIPPED_PROFILES.map(async (name) => [name, await openProfile(name)] as const)),
);

/** The same acts, at one of which this process kills itself. */
function untilDeath(dies: OrderOfRun["dies"]): Acts {
  const die = () => process.kill(process.pid, "SIGKILL");
  let count = 0;
  return {
    ...acts,
    act: async (verb, effector, ctx) => {
      count += 1;
      const moment = count === dies?.act ? dies.moment : null;
      const done = acts.act(verb, effector, ctx);
      if (moment === "begun") die();
      await done;
      if (moment === "over") die();
      if (moment === "later") setTimeout(die, randomInt(1, LATER_MAX_MS));
    },
  };
}

function contextOf({ profile: name, day, repeatsNothing, dies }: OrderOfRun): RunContext {
  const opened = profiles.get(name);
  if (opened === undefined) throw new Error(`no profile ${name}`);
  const mortal = untilDeath(dies);
  const effectors = [...opened.effectors].map(([id, effector]) => {
    const idempotent = effector.idempotent && (!repeatsNothing || effector.onlyReads === true);
    return [id, { ...pretend(effector, DAYS[day], mortal), idempotent }] as const;
  });
  return { ...common, profile: opened.profile, effectors: new Map(effectors) };
}

/** It throws when it has no connection in time, as on a slow machine, and is to be called again then. */
async function execute(ctx: RunContext, runId: string): Promise<RunProgress> {
  for (let tries = 1; ; tries++) {
    try {
      return await executeRun(ctx, runId);
    } catch (fault) {
      if (tries === TRIES_MAX) throw fault;
      await sleep(100);
    }
  }
}

async function goOn(order: OrderOfRun): Promise<void> {
  const ctx = contextOf(order);
  for (;;) {
    const progress = await execute(ctx, order.runId);
    const comesByItself = progress.kind === "waiting" && (progress.reason === "wait" || progress.reason === "locked");
    if (!comesByItself) {
      process.stdout.write(`${progress.kind} ${order.runId}\n`);
      return;
    }
    await sleep(3);
  }
}

process.stdout.write("ready\n");
for await (const line of createInterface({ input: process.stdin })) void goOn(orderOfRun.parse(JSON.parse(line)));
