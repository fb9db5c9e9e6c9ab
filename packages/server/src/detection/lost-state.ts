import type { Eviction, Match } from "@firebreak/sigma";
import { describeNotice } from "./notice.ts";

/** Told again of one rule and tenant at most this often, ms. */
const EVERY_MS = 60_000;
/** Rules and tenants that are waited with; more are told of when these are. */
const KEPT_MAX = 1_000;

/** Turns what the engine had to forget into findings of their own: a slow attack must not hide behind a flood unseen. */
export class LostState {
  readonly #toldMs = new Map<string, number>();
  readonly #waiting = new Map<string, Eviction>();

  note(evictions: readonly Eviction[]): void {
    for (const eviction of evictions) {
      const key = keyOf(eviction);
      const known = this.#waiting.get(key);
      if (known !== undefined) this.#waiting.set(key, { ...known, groups: known.groups + eviction.groups });
      else if (this.#waiting.size < KEPT_MAX) this.#waiting.set(key, eviction);
    }
  }

  /** @returns findings that are due at `nowMs`; they count as told */
  take(nowMs: number): Match[] {
    if (this.#waiting.size === 0) return [];
    for (const [key, toldMs] of this.#toldMs) if (nowMs - toldMs >= EVERY_MS) this.#toldMs.delete(key);
    const due: Match[] = [];
    for (const [key, eviction] of this.#waiting) {
      if (this.#toldMs.has(key)) continue;
      this.#waiting.delete(key);
      this.#toldMs.set(key, nowMs);
      due.push(describeEviction(eviction, nowMs));
    }
    return due;
  }
}

const keyOf = ({ ruleId, tenant }: Eviction): string => JSON.stringify([ruleId, tenant]);

function describeEviction({ ruleId, title, tenant, groups, groupBy, newestTime }: Eviction, nowMs: number): Match {
  const shown = Object.entries(groupBy).map(([name, value]) => `${name} "${value}"`);
  const first = shown.length === 0 ? "" : `, the first of them for ${shown.join(", ")}`;
  const said =
    `"${title}" gave up ${groups} open group(s)${first}, because events of "${tenant}" filled its memory; a slow ` +
    "attack among them may go unseen";
  const about = { groupBy: { rule: ruleId, tenant }, count: groups, firstTime: newestTime, lastTime: nowMs };
  return describeNotice({ id: "firebreak_state_lost", title: "Detection lost state", severity: 3 }, said, about);
}

const SHORT_WINDOWS = {
  id: "firebreak_windows_shortened",
  title: "Detection began with shortened windows",
  severity: 3,
} as const;

/** @param haveMs how far back the windows were filled; `needMs` how far back they reach */
export function describeShortWindows(haveMs: number, needMs: number, nowMs: number): Match {
  const minutes = (ms: number) => Math.floor(ms / 60_000);
  const said =
    `there were too many events to read again, so that rules know the last ${minutes(haveMs)} of ` +
    `${minutes(needMs)} minutes; what began before may go unseen`;
  return describeNotice(SHORT_WINDOWS, said, { firstTime: nowMs, lastTime: nowMs });
}

/** Nothing was read again, because that is what judging ended of. */
export function describeEmptyWindows(nowMs: number): Match {
  const said =
    "judging ended several times while windows were filled again, so that they are empty now; what began before may go " +
    "unseen";
  return describeNotice(SHORT_WINDOWS, said, { firstTime: nowMs, lastTime: nowMs });
}
