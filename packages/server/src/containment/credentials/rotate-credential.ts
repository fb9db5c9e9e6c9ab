import { setTimeout as sleep } from "node:timers/promises";
import type { Clock, CredentialSettings, ReadSecret } from "../../kernel/index.ts";
import { messageOf, toIso } from "../../kernel/index.ts";
import { callProvider, ProviderFault, revokeAtProvider } from "./call-provider.ts";
import type { CredentialStore } from "./credential-store.ts";
import { generateValue } from "./generate-value.ts";
import { probeValue } from "./probe-value.ts";
import { ConsumerFault, restartConsumer } from "./restart-consumer.ts";
import {
  digestOf,
  forgetValues,
  readRotation,
  readValues,
  withRotationLock,
  writeRotation,
  writeValues,
} from "./rotation-record.ts";
import type { RotationRecord, RotationValues } from "./rotation-record.ts";
import { StoreFault } from "./store-fault.ts";
import { openStore } from "./stores.ts";

export interface RotationOrder {
  readonly home: string;
  readonly clock: Clock;
  readonly settings: CredentialSettings;
  readonly readSecret: ReadSecret;
  readonly fetchFrom: typeof globalThis.fetch;
  /** the same id again goes on with, or tells of, the same rotation */
  readonly id: string;
  readonly by: string;
  readonly signal: AbortSignal;
}

/** How a rotation ended, or where it stands. Holds no value. */
export interface RotationResult {
  /** `proved`: the old value is refused; `unproved`: all is done, and nobody could say so; `stopped`: it must go on */
  readonly end: "proved" | "unproved" | "stopped";
  readonly message: string;
  readonly record: RotationRecord;
}

/** It cannot go on; the message says what stands where. */
class Stopped extends Error {}

/**
 * Gives a credential a new value: made here or by its provider, written to every store and read back, its consumers
 * restarted, the old value revoked, and proved refused. A rotation that was cut off goes on with the value that it made,
 * whoever asks next.
 */
export async function rotateCredential(order: RotationOrder): Promise<RotationResult> {
  return withRotationLock(order, order.settings.name, async () => {
    const known = readRotation(order.home, order.settings.name);
    if (known?.state === "done" && known.id === order.id) return endOf(known);
    const rotation = await begin(order, known !== null && known.state !== "done" ? known : null);
    try {
      await rotation.writeStores();
      await rotation.restartConsumers();
      await rotation.revokeOld();
      return await rotation.prove();
    } catch (fault) {
      return rotation.stop(fault);
    }
  });
}

function endOf(record: RotationRecord): RotationResult {
  return { end: record.isProved === true ? "proved" : "unproved", message: record.message, record };
}

async function begin(order: RotationOrder, unfinished: RotationRecord | null): Promise<Rotation> {
  const { home, settings, id, by, clock, readSecret, fetchFrom } = order;
  const timeoutMs = settings.commandTimeoutSeconds * 1000;
  const stores = settings.stores.map((one) => openStore(one, { readSecret, fetchFrom, timeoutMs }));
  const kept = unfinished === null ? null : readValues(home, settings.name);
  if (unfinished !== null && kept !== null) return new Rotation(order, stores, { ...unfinished, id }, kept);
  const fresh: RotationRecord = {
    version: 1,
    id,
    // a provider that was asked already must see the same rotation
    rotation: unfinished?.rotation ?? id,
    credential: settings.name,
    state: "making",
    startedAt: toIso(clock.now()),
    by,
    oldDigest: null,
    newDigest: null,
    written: [],
    restarted: 0,
    isRevoked: false,
    isProved: null,
    message: "the new value is asked for",
  };
  writeRotation(home, fresh);
  return new Rotation(order, stores, fresh, null);
}

class Rotation {
  readonly #order: RotationOrder;
  readonly #stores: readonly CredentialStore[];
  #record: RotationRecord;
  #values: RotationValues | null;

  constructor(
    order: RotationOrder,
    stores: readonly CredentialStore[],
    record: RotationRecord,
    values: RotationValues | null,
  ) {
    this.#order = order;
    this.#stores = stores;
    this.#record = record;
    this.#values = values;
  }

  async writeStores(): Promise<void> {
    const { new: value } = await this.#ensureValues();
    for (const store of this.#stores) {
      this.#checkTime();
      if ((await store.read()) !== value) await store.write(value);
      const seen = await store.read();
      if (seen !== undefined && seen !== value)
        throw new Stopped(`${store.label} does not hold the new value after it was written`);
      const written = [...new Set([...this.#record.written, store.label])];
      this.#note({
        state: "writing",
        written,
        message: `${written.length} of ${this.#stores.length} stores have the new value`,
      });
    }
  }

  async #ensureValues(): Promise<RotationValues> {
    if (this.#values !== null) return this.#values;
    const { home, settings, signal } = this.#order;
    const old = await this.#readOld();
    const made =
      settings.generate === undefined
        ? await callProvider({ settings, act: "create", rotation: this.#record.rotation, signal })
        : generateValue(settings.generate);
    if (made === old) throw new Stopped("the new value is the old one");
    const values = { old, new: made };
    writeValues(home, settings.name, values);
    this.#values = values;
    const oldDigest = old === null ? null : digestOf(home, old);
    this.#note({ state: "writing", oldDigest, newDigest: digestOf(home, made), message: "the new value is made" });
    return values;
  }

  async #readOld(): Promise<string | null> {
    for (const store of this.#stores) {
      const found = await store.read();
      if (found !== undefined && found !== null && found !== "") return found;
    }
    return null;
  }

  async restartConsumers(): Promise<void> {
    const { settings, signal } = this.#order;
    for (const [index, command] of settings.consumers.entries()) {
      if (index < this.#record.restarted) continue;
      this.#checkTime();
      await restartConsumer(settings, command, signal);
      this.#note({
        restarted: index + 1,
        message: `${index + 1} of ${settings.consumers.length} consumers are restarted`,
      });
    }
  }

  /** Only what is in use everywhere lets the old one go: a new value that the service refuses must not end both. */
  async revokeOld(): Promise<void> {
    const { settings, signal } = this.#order;
    const { old, new: value } = await this.#ensureValues();
    if (settings.probe !== undefined && (await this.#ask(value)).says === "refused") {
      throw new Stopped("the service refuses the new value, so the old one is not revoked");
    }
    if (settings.provider.revoke !== undefined && old !== null && !this.#record.isRevoked) {
      this.#checkTime();
      await revokeAtProvider({ settings, act: "revoke", rotation: this.#record.rotation, value: old, signal });
      this.#note({ isRevoked: true });
    }
    this.#note({ state: "proving", message: "the old value is to be proved refused" });
  }

  async prove(): Promise<RotationResult> {
    const { settings, clock, signal } = this.#order;
    const { old } = await this.#ensureValues();
    if (old === null) return this.#finish(false, "no store had an old value, so there is none to prove refused");
    if (settings.probe === undefined) {
      return this.#finish(false, "nobody can say whether the old value is refused: the profile names no probe");
    }
    const deadline = clock.monotonicMs() + settings.refusedWithinSeconds * 1000;
    for (let pauseMs = 250; ; pauseMs = Math.min(pauseMs * 2, 5_000)) {
      const answer = await this.#ask(old);
      if (answer.says === "refused") return this.#finish(true, "the old value is refused");
      if (clock.monotonicMs() + pauseMs > deadline || signal.aborted) {
        const why = answer.says === "unknown" ? answer.why : "the service still accepts the old value";
        throw new Stopped(`every store has the new value, but ${why}; rotate it again to ask once more`);
      }
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  #ask(value: string) {
    const { settings, fetchFrom } = this.#order;
    const { probe, commandTimeoutSeconds } = settings;
    if (probe === undefined) return Promise.resolve({ says: "unknown" as const, why: "there is no probe" });
    return probeValue(probe, value, { fetchFrom, timeoutMs: commandTimeoutSeconds * 1000 });
  }

  #finish(isProved: boolean, message: string): RotationResult {
    this.#note({ state: "done", isProved, message });
    forgetValues(this.#order.home, this.#record.credential);
    return endOf(this.#record);
  }

  stop(fault: unknown): RotationResult {
    const isOurs = [Stopped, StoreFault, ProviderFault, ConsumerFault].some((kind) => fault instanceof kind);
    // what others throw may hold anything
    const why = isOurs ? messageOf(fault) : "something unforeseen went wrong";
    const { written, isRevoked } = this.#record;
    const missing = this.#stores.map(({ label }) => label).filter((label) => !written.includes(label));
    const where = [
      ...(written.length > 0 ? [`the new value is in ${written.join(", ")}`] : []),
      ...(missing.length > 0 ? [`the old one is in ${missing.join(", ")}`] : []),
      isRevoked ? "the old value is revoked" : "the old value is not revoked",
    ];
    const message = `${why}; ${where.join("; ")}`;
    this.#note({ message });
    return { end: "stopped", message, record: this.#record };
  }

  #checkTime(): void {
    if (this.#order.signal.aborted) throw new Stopped("its time is over");
  }

  #note(changes: Partial<RotationRecord>): void {
    this.#record = { ...this.#record, ...changes };
    writeRotation(this.#order.home, this.#record);
  }
}
