import type { Config } from "../kernel/index.ts";
import { continueRotation, dropErasedCiphertext, openOriginals } from "../originals/index.ts";
import type { ManyReveals } from "../originals/index.ts";
import { createRedactor } from "../redaction/index.ts";
import type { Daemon } from "./daemons.ts";
import { contextFor, DAEMON } from "./house.ts";
import type { House } from "./house.ts";
import { endOwnAlert, raiseOwnAlert } from "./own-alerts.ts";

type RedactionNeeds = Pick<House, "database" | "clock" | "newId" | "logger" | "profile" | "readSecret"> & {
  readonly config: Config;
};

/** What nothing passes without, and what becomes of what it takes out. */
export async function openRedaction({ config, profile, ...needs }: RedactionNeeds) {
  const originals = await openOriginals({ ...needs, home: config.home, policy: profile.redaction });
  return { originals, redactor: createRedactor(originals.policy) };
}

const KEY_PROBLEM = "firebreak_originals_key";

/** One person who sees much of what was redacted: a leak under way, or a policy that takes out too much. */
export async function tellOfManyReveals(house: House, { actor, count, isRefused }: ManyReveals): Promise<void> {
  await raiseOwnAlert(house, {
    key: `firebreak_many_reveals_${actor.id}`,
    title: `${actor.name} reveals much of what was redacted`,
    text: isRefused
      ? `${count} reveals within an hour; further ones are refused. See original.reveal in the audit log.`
      : `${count} reveals within an hour. See original.reveal in the audit log.`,
    severity: isRefused ? 2 : 3,
    labels: { alertname: "firebreak_many_reveals", person: actor.name },
  });
}

/** Says that originals cannot be kept or read, or that they can again; goes on with a change of keys that was cut off. */
export async function startOriginals(house: House): Promise<void> {
  const { problem } = house.originals;
  if (problem === null) {
    await endOwnAlert(house, KEY_PROBLEM);
    await continueRotation(contextFor(house, DAEMON));
    return;
  }
  await raiseOwnAlert(house, {
    key: KEY_PROBLEM,
    title: "The key of redacted originals cannot be had",
    text: `Events are redacted all the same, and nothing of them is kept. ${problem}`,
    severity: 3,
  });
}

export function originalsDaemons(house: House): Daemon[] {
  return [
    { name: "what was redacted", everyMs: 10_000, run: () => house.intake.tellRedactions() },
    { name: "erased originals", everyMs: 60_000, run: async () => void (await dropErasedCiphertext(house)) },
  ];
}
