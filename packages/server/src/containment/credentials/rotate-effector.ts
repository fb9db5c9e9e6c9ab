import { z } from "zod";
import type { CredentialSettings, ReadSecret } from "../../kernel/index.ts";
import { defineEffector, TOUCHES_NOTHING } from "../effector.ts";
import type { Effector, EffectorContext, EffectorOutcome, EffectorOutput } from "../effector.ts";
import { callProvider, ProviderFault } from "./call-provider.ts";
import type { CredentialStore } from "./credential-store.ts";
import { ConsumerFault, restartConsumer } from "./restart-consumer.ts";
import { rotateCredential } from "./rotate-credential.ts";
import type { RotationResult } from "./rotate-credential.ts";
import { digestOf, forgetValues, readRotation, withRotationLock, writeRotation } from "./rotation-record.ts";
import { StoreFault } from "./store-fault.ts";
import { openStore } from "./stores.ts";

export interface RotationSurroundings {
  readonly credentials: readonly CredentialSettings[];
  readonly readSecret: ReadSecret;
  readonly fetchFrom: typeof globalThis.fetch;
}

const parameters = z.strictObject({
  /** of the profile, under `effectors.credentials` */
  name: z.string().min(1).max(64),
});

/**
 * Rotates a credential that the profile describes. What is done cannot be undone by itself: the old value is revoked. Only
 * a provider that can bring it back lets undo do so.
 */
export function createRotateEffector(surroundings: RotationSurroundings): Effector {
  const { credentials } = surroundings;
  const find = (name: string) => credentials.find((one) => one.name === name);
  return defineEffector({
    name: "credential.rotate",
    title: "Give a credential a new value, and prove the old one refused",
    destroysEvidence: false,
    idempotent: true,
    expiry: "none",
    rateLimit: { max: 20, perMs: 600_000 },
    parameters,
    checkNeeds: async () =>
      credentials.length > 0
        ? []
        : [{ what: "the profile describes no credential", remedy: "describe it under effectors.credentials" }],
    blastRadius: async (_ctx, { name }) => ({ ...TOUCHES_NOTHING, services: [`credential ${name}`] }),
    preview: async (_ctx, { name }) => {
      const settings = find(name);
      return settings === undefined ? [`refused: ${unknown(name, credentials)}`] : describe(settings, surroundings);
    },
    apply: async (ctx, { name }) => {
      const settings = find(name);
      if (settings === undefined) return { ok: false, reason: "not_found", message: unknown(name, credentials) };
      const { home, clock, actor, signal } = ctx;
      const by = `${actor.kind} ${actor.name}`;
      const { readSecret, fetchFrom } = surroundings;
      return outcomeOf(
        await rotateCredential({ home, clock, settings, readSecret, fetchFrom, id: idOf(ctx), by, signal }),
      );
    },
    verify: async (ctx, { name }, output) => {
      const settings = find(name);
      if (settings === undefined)
        return { ok: false, reason: "not_found", message: unknown(name, credentials), output };
      return verifyStores(ctx, settings, surroundings, output);
    },
    undo: async (ctx, { name }, output) => {
      const settings = find(name);
      if (settings === undefined)
        return { ok: false, reason: "not_found", message: unknown(name, credentials), output };
      return rotateBack(ctx, settings, surroundings, output);
    },
  });
}

const idOf = ({ runId, stepId }: EffectorContext) => `${runId}/${stepId}`;

function unknown(name: string, credentials: readonly CredentialSettings[]): string {
  const known = credentials.map((one) => one.name).join(", ");
  return `the profile describes no credential ${name}${known === "" ? "" : `; it has ${known}`}`;
}

function storesOf(settings: CredentialSettings, { readSecret, fetchFrom }: RotationSurroundings): CredentialStore[] {
  const timeoutMs = settings.commandTimeoutSeconds * 1000;
  return settings.stores.map((one) => openStore(one, { readSecret, fetchFrom, timeoutMs }));
}

function describe(settings: CredentialSettings, surroundings: RotationSurroundings): string[] {
  const { provider, consumers, probe, generate } = settings;
  return [
    generate === undefined ? "asks the provider for a new value" : `makes a new value of ${generate.length} characters`,
    ...storesOf(settings, surroundings).map(({ label }) => `writes it to ${label}`),
    ...consumers.map((command) => `restarts a consumer: ${command.join(" ")}`),
    ...(provider.revoke === undefined
      ? []
      : ["has the provider revoke the old value, which cannot be undone by itself"]),
    probe === undefined
      ? "cannot prove the old value refused: there is no probe"
      : "proves that the old value is refused",
  ];
}

function outcomeOf({ end, message, record }: RotationResult): EffectorOutcome {
  const { credential, written, restarted, isRevoked, isProved, startedAt } = record;
  const output = { credential, written, restarted, isRevoked, isProved, startedAt };
  switch (end) {
    case "proved":
      return { ok: true, output, message: `${credential} is rotated in ${written.length} store(s): ${message}` };
    case "unproved":
      return { ok: false, reason: "unverified", message: `${credential} is rotated, but ${message}`, output };
    case "stopped": {
      const reason = record.state === "proving" ? "unverified" : "failed";
      return { ok: false, reason, message: `${credential} is not rotated yet: ${message}`, output };
    }
  }
}

/** Reads every store again, and says which holds what. */
async function verifyStores(
  ctx: EffectorContext,
  settings: CredentialSettings,
  surroundings: RotationSurroundings,
  output: EffectorOutput,
): Promise<EffectorOutcome> {
  const record = readRotation(ctx.home, settings.name);
  if (record === null || record.id !== idOf(ctx)) {
    return {
      ok: false,
      reason: "not_found",
      message: `the last rotation of ${settings.name} was not this one`,
      output,
    };
  }
  const states: { label: string; holds: string }[] = [];
  for (const store of storesOf(settings, surroundings)) {
    states.push({ label: store.label, holds: await holds(ctx.home, store, record) });
  }
  const message = states.map(({ label, holds: what }) => `${label}: ${what}`).join("; ");
  const isNew = states.every(({ holds: what }) => what === "the new value" || what === "cannot be read back");
  if (isNew && record.isProved === true) return { ok: true, output: { ...output, stores: states }, message };
  return {
    ok: false,
    reason: "unverified",
    message: `${message}; ${record.message}`,
    output: { ...output, stores: states },
  };
}

async function holds(
  home: string,
  store: CredentialStore,
  record: { readonly oldDigest: string | null; readonly newDigest: string | null },
): Promise<string> {
  try {
    const value = await store.read();
    if (value === undefined) return "cannot be read back";
    if (value === null) return "no value";
    const digest = digestOf(home, value);
    if (digest === record.newDigest) return "the new value";
    return digest === record.oldDigest ? "the old value" : "another value";
  } catch (fault) {
    return fault instanceof StoreFault ? fault.message : "cannot be read";
  }
}

/** The provider brings the old value back, and every store gets it. */
async function rotateBack(
  ctx: EffectorContext,
  settings: CredentialSettings,
  surroundings: RotationSurroundings,
  output: EffectorOutput,
): Promise<EffectorOutcome> {
  const { home, signal } = ctx;
  return withRotationLock(ctx, settings.name, async (): Promise<EffectorOutcome> => {
    const record = readRotation(home, settings.name);
    if (record === null || record.id !== idOf(ctx) || record.written.length === 0) {
      return { ok: true, output, message: `nothing of ${settings.name} was changed by this step` };
    }
    if (settings.provider.restore === undefined) {
      const message = `the old value of ${settings.name} is not kept and cannot come back; rotate it again for another one`;
      return { ok: false, reason: "unavailable", message, output };
    }
    try {
      const old = await callProvider({ settings, act: "restore", rotation: record.rotation, signal });
      for (const store of storesOf(settings, surroundings)) if ((await store.read()) !== old) await store.write(old);
      for (const command of settings.consumers) await restartConsumer(settings, command, signal);
      const message = `${settings.name} has the value that the provider brought back, in every store`;
      writeRotation(home, { ...record, state: "done", written: [], isRevoked: false, isProved: null, message });
      forgetValues(home, settings.name);
      return { ok: true, output, message };
    } catch (fault) {
      const isOurs = fault instanceof StoreFault || fault instanceof ProviderFault || fault instanceof ConsumerFault;
      const message = isOurs ? fault.message : "something unforeseen went wrong";
      return { ok: false, reason: "failed", message, output };
    }
  });
}
