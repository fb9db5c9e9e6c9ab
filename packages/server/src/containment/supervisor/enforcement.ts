import type { Hold, HoldLevel, HoldSubject, StopResult } from "@firebreak/protocol";
import { effectiveLevel, holdCovers } from "@firebreak/protocol";
import type { Clock, Logger } from "../../kernel/index.ts";
import { messageOf } from "../../kernel/index.ts";
import type { TreeHandle } from "../process-tree/index.ts";
import { looksFrozen, observeTree, thawTree } from "../process-tree/index.ts";
import { stopTrees } from "../stop-trees.ts";
import type { Stops } from "./server-holds.ts";

export type TreeState = "running" | "frozen" | "killed";

/** Keeps one tree at the level its holds ask for. */
export interface Enforcement {
  readonly state: TreeState;
  /** Looks at the holds and does what they ask; resolves when it is done. */
  reconcile(): Promise<void>;
  /** Stops for this hold now, known to the journal or not. */
  enforce(hold: Hold): Promise<StopResult>;
  /** The tree is not as it was left: freezes or kills it again, and kills what does not stay frozen. */
  enforceAgain(): Promise<void>;
  /** Stops as far as a hold that is known asks for, and says what came of it. */
  prove(hold: Hold): Promise<StopResult>;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
}

export interface EnforcementOptions {
  readonly handle: () => TreeHandle;
  readonly subject: { readonly agentId: string; readonly pack: string | null; readonly sessionId: string };
  readonly stops: Stops;
  readonly clock: Clock;
  readonly logger: Logger;
  /** a stop of level deny covers it that did not before; the processes run on */
  readonly onDenied: (holds: readonly Hold[]) => void;
  readonly onChange: (state: TreeState, detail: { holds: readonly Hold[]; result: StopResult | null }) => void;
}

interface Machine {
  readonly options: EnforcementOptions;
  readonly subject: HoldSubject;
  /** holds that were brought to us before the journal showed them */
  readonly brought: Map<string, Hold>;
  /** the holds that it was told to abort for */
  denied: ReadonlySet<string>;
  state: TreeState;
  /** how often the frozen tree was found running */
  loosened: number;
  queue: Promise<unknown>;
}

const DEADLINE_MS = 2000;
/** A tree that somebody sets loose so often does not stand still, whatever each proof says. */
const LOOSENED_MAX = 3;

export function createEnforcement(options: EnforcementOptions): Enforcement {
  const { agentId, pack, sessionId } = options.subject;
  const machine: Machine = {
    options,
    subject: { agent: agentId, session: sessionId, pack: pack ?? undefined },
    brought: new Map(),
    denied: new Set(),
    state: "running",
    loosened: 0,
    queue: Promise.resolve(),
  };
  return {
    get state() {
      return machine.state;
    },
    reconcile: () => inTurn(machine, () => reconcile(machine)),
    enforce: (hold) =>
      inTurn(machine, () => {
        machine.brought.set(hold.id, hold);
        return stop(machine, hold.level, [hold]);
      }),
    enforceAgain: () =>
      inTurn(machine, async () => {
        machine.loosened++;
        await reconcile(machine);
      }),
    // what was killed stays killed, whatever a milder hold asks for
    prove: (hold) => inTurn(machine, () => stop(machine, machine.state === "killed" ? "kill" : hold.level, [hold])),
    settled: async () => {
      await machine.queue;
    },
  };
}

async function inTurn<T>(machine: Machine, work: () => Promise<T>): Promise<T> {
  const turn = machine.queue.then(work);
  machine.queue = turn.catch((fault: unknown) => {
    machine.options.logger.error("a stop failed in the supervisor", { error: messageOf(fault) });
  });
  return turn;
}

/** @returns the holds that cover this session, the brought ones included until the journal knows better */
function coveringHolds(machine: Machine): Hold[] {
  const { epoch, holds, health } = machine.options.stops.current();
  for (const hold of machine.brought.values()) {
    if (health.state === "ok" && epoch >= hold.epoch) machine.brought.delete(hold.id);
  }
  const all = [...holds, ...machine.brought.values()];
  return all.filter((hold) => holdCovers(hold, machine.subject));
}

async function reconcile(machine: Machine): Promise<void> {
  const holds = coveringHolds(machine);
  const level = effectiveLevel(holds, machine.subject);
  if (machine.state === "killed") {
    if (machine.loosened > 0) await stop(machine, "kill", holds);
    return;
  }
  tellOfDenial(machine, level === "deny" ? holds : []);
  const mustDie = level === "freeze" && machine.loosened >= LOOSENED_MAX;
  if (mustDie)
    machine.options.logger.error("the tree does not stay frozen and is killed", { loosened: machine.loosened });
  if (level === "freeze" || level === "kill") await stop(machine, mustDie ? "kill" : level, holds);
  // somebody else may have frozen the tree for a hold that came and went before we looked
  else if (machine.state === "frozen" || looksFrozen(machine.options.handle())) await thaw(machine);
}

function tellOfDenial(machine: Machine, holds: readonly Hold[]): void {
  const isNew = holds.some((hold) => !machine.denied.has(hold.id));
  machine.denied = new Set(holds.map((hold) => hold.id));
  if (isNew) machine.options.onDenied(holds);
}

async function stop(machine: Machine, level: HoldLevel, holds: readonly Hold[]): Promise<StopResult> {
  const { options } = machine;
  const { agentId, pack } = options.subject;
  const target = { handle: options.handle(), agentId, pack };
  const [result] = await stopTrees([target], level, { deadlineMs: DEADLINE_MS, clock: options.clock });
  if (result === undefined) throw new Error("a stop gave no result");
  if (level === "deny") return result;
  const state = result.level === "kill" ? "killed" : "frozen";
  if (state !== machine.state) {
    machine.state = state;
    options.onChange(state, { holds, result });
  }
  return result;
}

async function thaw(machine: Machine): Promise<void> {
  const { options } = machine;
  // asked again in the very turn of the thaw: a stop written meanwhile must not be lifted
  if (isHeld(machine)) return;
  machine.state = "running";
  machine.loosened = 0;
  await thawTree(options.handle(), { deadlineMs: DEADLINE_MS, clock: options.clock });
  if (isHeld(machine)) return reconcile(machine);
  options.onChange("running", { holds: [], result: null });
}

function isHeld(machine: Machine): boolean {
  const level = effectiveLevel(coveringHolds(machine), machine.subject);
  return level === "freeze" || level === "kill";
}

/** @returns true when a frozen tree runs, or a killed one is still there, and must be stopped again */
export function hasComeLoose(state: TreeState, handle: TreeHandle): boolean {
  if (state === "running") return false;
  const observed = observeTree(handle).state;
  return state === "frozen" ? observed === "running" : observed !== "gone";
}
