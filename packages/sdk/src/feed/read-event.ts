import type { FeedHold, FeedPolicy, FeedState, Lease } from "@firebreak/protocol/feed";
import { HOLD_LEVELS, HOLD_SCOPES } from "@firebreak/protocol/holds";

/** @returns what an event's payload says @throws Error when it is not what a server of Firebreak sends */
export function readFeedEvent(payload: string): FeedState | Lease | FeedPolicy {
  const value: unknown = JSON.parse(payload);
  const instance = textOf(value, "instance");
  const kind = textOf(value, "kind");
  if (kind === "lease") return readLease(value, instance);
  if (kind === "policy") return { kind, instance, policy: textOrNull(value, "policy") };
  if (kind !== "state") throw new Error(`it sends events of an unknown kind, ${kind.slice(0, 32)}`);
  const holds = memberOf(value, "holds");
  if (!Array.isArray(holds)) throw new Error("its state names no holds");
  const problem = textOrNull(value, "problem");
  return { kind, instance, epoch: numberOf(value, "epoch"), holds: holds.map(readHold), problem };
}

function readLease(value: unknown, instance: string): Lease {
  const stopped = memberOf(value, "stopped");
  if (typeof stopped !== "boolean") throw new Error("its lease does not say whether the agent is stopped");
  return {
    kind: "lease",
    instance,
    agent: textOf(value, "agent"),
    session: textOrNull(value, "session"),
    nonce: textOf(value, "nonce"),
    epoch: numberOf(value, "epoch"),
    stopped,
    issuedAt: numberOf(value, "issuedAt"),
    expiresAt: numberOf(value, "expiresAt"),
  };
}

function readHold(value: unknown): FeedHold {
  const scope = HOLD_SCOPES.find((one) => one === memberOf(value, "scope"));
  const level = HOLD_LEVELS.find((one) => one === memberOf(value, "level"));
  if (scope === undefined || level === undefined) throw new Error("its state holds an unknown stop");
  return {
    id: textOf(value, "id"),
    scope,
    level,
    target: textOrNull(value, "target"),
    reason: textOf(value, "reason"),
    by: textOf(value, "by"),
    at: textOf(value, "at"),
  };
}

function textOf(value: unknown, key: string): string {
  const member = memberOf(value, key);
  if (typeof member === "string") return member;
  throw new Error(`it sends an event without a readable ${key}`);
}

function textOrNull(value: unknown, key: string): string | null {
  return memberOf(value, key) === null ? null : textOf(value, key);
}

function numberOf(value: unknown, key: string): number {
  const member = memberOf(value, key);
  if (typeof member === "number" && Number.isSafeInteger(member) && member >= 0) return member;
  throw new Error(`it sends an event without a readable ${key}`);
}

function memberOf(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return new Map<string, unknown>(Object.entries(value)).get(key);
}
