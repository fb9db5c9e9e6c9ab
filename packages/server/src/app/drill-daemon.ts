import { spawn } from "node:child_process";
import { once } from "node:events";
import os from "node:os";
import path from "node:path";
import { claimDrill, endClaim, findDue, loadDrills, readSchedule } from "../drills/index.ts";
import type { Config, Environment } from "../kernel/index.ts";
import type { Daemon } from "./daemons.ts";
import { DAEMON } from "./house.ts";
import type { House } from "./house.ts";
import { endOwnAlert, raiseOwnAlert } from "./own-alerts.ts";

/** A server that was just started has other things to do, and one that is started for a moment drills nothing. */
const FIRST_PASS_MS = 3_600_000;
const LOWEST_PRIORITY = 19;

/** How this server has a playbook drilled: by the command line, in a process of its own. */
interface DrillRunner {
  /** @returns the exit code; null when it was killed */
  run(playbookId: string, stopping: AbortSignal): Promise<number | null>;
}

export interface DrillOptions {
  readonly config: Pick<Config, "home" | "sandbox">;
  readonly environment: Environment;
  /** the command line's own program; left out, no drill is made by itself */
  readonly program?: string;
}

type DrillHouse = Pick<
  House,
  "clock" | "config" | "database" | "logger" | "newId" | "playbooks" | "profile" | "profilesDir"
>;

/** Never in a sandbox: a drill makes no drills. */
export function drillDaemons({ program, config, environment }: DrillOptions, house: DrillHouse): Daemon[] {
  if (program === undefined || config.sandbox !== undefined) return [];
  const runner = createDrillRunner(program, config.home, house.profile.name, environment);
  return [{ name: "drills of playbooks", everyMs: 60_000, run: createDrillDaemon(house, runner) }];
}

function createDrillRunner(program: string, home: string, profile: string, environment: Environment): DrillRunner {
  return {
    run: async (playbookId, stopping) => {
      const env = {
        ...environment,
        FIREBREAK_HOME: home,
        FIREBREAK_PROFILE: profile,
        FIREBREAK_URL: "",
        FIREBREAK_TOKEN: "",
      };
      const child = spawn(process.execPath, [program, "drill", playbookId, "--json"], {
        cwd: home,
        env,
        stdio: "ignore",
      });
      const stop = () => child.kill("SIGTERM");
      stopping.addEventListener("abort", stop, { once: true });
      const ended = once(child, "close");
      if (child.pid !== undefined) os.setPriority(child.pid, LOWEST_PRIORITY);
      const [code]: unknown[] = await ended;
      stopping.removeEventListener("abort", stop);
      return typeof code === "number" ? code : null;
    },
  };
}

/** Drills what is due, one at a time on all nodes, and tells people what failed and what is overdue. */
export function createDrillDaemon(house: DrillHouse, runner: DrillRunner): (stopping: AbortSignal) => Promise<void> {
  const firstMs = house.clock.monotonicMs() + FIRST_PASS_MS;
  const told = new Set<string>();
  return async (stopping) => {
    const settings = house.profile.drills;
    if (settings === undefined || house.clock.monotonicMs() < firstMs) return;
    const ctx = { database: house.database, clock: house.clock, actor: DAEMON };
    const playbooks = await readSchedule(ctx, await listDrilled(house));
    const { timeZone } = house.profile;
    const { due, overdue, failed } = findDue({ ...settings, timeZone }, playbooks, house.clock.now());
    const ids = playbooks.map(({ id }) => id);
    await tell(house, told, { ids, wrong: failed, kind: "failed", text: "The newest drill did not pass" });
    await tell(house, told, {
      ids,
      wrong: overdue,
      kind: "overdue",
      text: `No drill has passed for more than ${settings.every}`,
    });
    const [next] = due;
    if (next === undefined || stopping.aborted || !(await claimDrill(ctx, next))) return;
    house.logger.info("a playbook is drilled", { playbook: next });
    const exitCode = await runner.run(next, stopping).catch(() => null);
    await endClaim(ctx, next, { exitCode });
  };
}

/** @returns the playbooks that load, have a drill, and are to be drilled by themselves */
async function listDrilled({ config, profile, profilesDir, playbooks, logger }: DrillHouse): Promise<string[]> {
  const dirs = [path.join(config.home, "drills"), path.join(profilesDir, profile.name, "drills")];
  const { drills, problems } = await loadDrills(dirs);
  for (const { file, message } of problems) logger.warn("a drill's file is not right", { file, problem: message });
  const wanted = profile.drills?.playbooks;
  return [...drills.keys()].filter(
    (id) => playbooks.playbooks.has(id) && (wanted === undefined || wanted.includes(id)),
  );
}

interface Wrong {
  readonly ids: readonly string[];
  readonly wrong: readonly string[];
  readonly kind: "failed" | "overdue";
  readonly text: string;
}

/** One alert for each playbook, opened and ended once. */
async function tell(house: DrillHouse, told: Set<string>, { ids, wrong, kind, text }: Wrong): Promise<void> {
  for (const id of ids) {
    const key = `drill_${kind}/${id}`;
    const isWrong = wrong.includes(id);
    if (isWrong === told.has(key) && told.has("looked")) continue;
    if (isWrong) {
      told.add(key);
      await raiseOwnAlert(house, {
        key,
        title: kind === "failed" ? `The drill of ${id} failed` : `The playbook ${id} is overdue for a drill`,
        text: `${text}. See \`firebreak drill list --playbook ${id}\`; try it with \`firebreak drill ${id}\`.`,
        severity: 3,
        labels: { playbook: id },
      });
    } else {
      told.delete(key);
      await endOwnAlert(house, key);
    }
  }
  if (kind === "overdue") told.add("looked");
}
