import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { POLICY_BYTES_MAX } from "@firebreak/protocol";
import type { PublishedPolicy, Throttle } from "@firebreak/protocol";
import { compile } from "@firebreak/sigma";
import { canonicalJson, messageOf, toIso, writeFileAtomic } from "../kernel/index.ts";
import type { Clock, FileProblem, Logger } from "../kernel/index.ts";
import { fingerprintPolicies, loadPolicies } from "./load-policies.ts";
import type { LoadedPolicies, PolicySources } from "./load-policies.ts";

export interface PolicyKeeperOptions extends PolicySources {
  /** where gates look */
  readonly killswitchDir: string;
  readonly timeZone: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Keeps what gates are told in line with the policy files and with what the resource guard asks for. */
export interface PolicyKeeper {
  /** what was published last; null while no policy was ever published */
  readonly published: PublishedPolicy | null;
  readonly loaded: LoadedPolicies;
  /** Reads what changed, and publishes anew also what somebody else removed or wrote over. */
  reloadIfChanged(): Promise<void>;
  /**
   * Slows all gates of this host down, or with null lets them go. It ends by itself after a minute: whoever throttles
   * says so again before.
   */
  setThrottle(throttle: Omit<Throttle, "until"> | null): void;
  /** Calls the listener after every publication. @returns what ends it */
  watch(listener: (policy: PublishedPolicy) => void): () => void;
}

/** A throttle that nobody renews ends after this, so that a guard that died slows nobody for ever. */
export const THROTTLE_TTL_MS = 60_000;

type Content = Pick<PublishedPolicy, "timeZone" | "rules" | "placeholders" | "budgets" | "breakers" | "concurrency">;

export async function openPolicyKeeper(options: PolicyKeeperOptions): Promise<PolicyKeeper> {
  const keeper = new Keeper(options);
  await keeper.reloadIfChanged();
  return keeper;
}

class Keeper implements PolicyKeeper {
  readonly #options: PolicyKeeperOptions;
  readonly #path: string;
  readonly #listeners = new Set<(policy: PublishedPolicy) => void>();
  #fingerprint: string | undefined;
  #loaded: LoadedPolicies | undefined;
  #fault: FileProblem | undefined;
  #content: Content;
  #hash: string;
  #throttle: Throttle | null = null;
  #published: PublishedPolicy | null = null;
  /** of the file as it was written */
  #sign = "";

  constructor(options: PolicyKeeperOptions) {
    this.#options = options;
    this.#path = join(options.killswitchDir, "policy.json");
    this.#content = contentOf(options, NOTHING);
    this.#hash = hashOf(this.#content);
  }

  get published(): PublishedPolicy | null {
    return this.#published;
  }

  get loaded(): LoadedPolicies {
    const loaded = this.#loaded ?? NOTHING;
    return this.#fault === undefined ? loaded : { ...loaded, problems: [...loaded.problems, this.#fault] };
  }

  async reloadIfChanged(): Promise<void> {
    const fingerprint = await fingerprintPolicies(this.#options);
    if (fingerprint !== this.#fingerprint) {
      this.#fingerprint = fingerprint;
      this.#loaded = await loadPolicies(this.#options, this.#loaded);
      this.#adopt(this.#loaded);
    }
    if (this.#throttle !== null && Date.parse(this.#throttle.until) <= this.#options.clock.now()) this.#throttle = null;
    this.#publishIfNeeded();
  }

  setThrottle(throttle: Omit<Throttle, "until"> | null): void {
    const now = this.#options.clock.now();
    const before = this.#throttle;
    const isSame = before !== null && throttle !== null && sameThrottle(before, throttle);
    if (isSame && Date.parse(before.until) > now + THROTTLE_TTL_MS / 2) return;
    this.#throttle = throttle === null ? null : { ...throttle, until: toIso(now + THROTTLE_TTL_MS) };
    this.#publishIfNeeded();
  }

  watch(listener: (policy: PublishedPolicy) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What no gate could take is not published: then what was in force before stays. */
  #adopt(loaded: LoadedPolicies): void {
    const { logger } = this.#options;
    for (const { file, line, message } of loaded.problems)
      logger.warn("a policy file has a fault", { file, line, problem: message });
    const content = contentOf(this.#options, loaded);
    this.#fault = faultOf(content);
    if (this.#fault === undefined) {
      this.#content = content;
      this.#hash = hashOf(content);
    } else logger.warn("the policy was not published", { file: this.#fault.file, problem: this.#fault.message });
  }

  #publishIfNeeded(): void {
    const hash = this.#hash;
    const before = this.#published;
    const isEmpty = this.#throttle === null && isNothing(this.#content);
    if (before === null && isEmpty && this.#readSign() === "") return;
    const isSame = before?.hash === hash && before.throttle === this.#throttle && this.#readSign() === this.#sign;
    if (isSame) return;
    // rises also when the file before it is lost, so that gates which saw it do not take this for an older one
    const epoch = Math.max((before?.epoch ?? this.#readEpoch()) + 1, this.#options.clock.now());
    const policy: PublishedPolicy = { v: 1, epoch, hash, ...this.#content, throttle: this.#throttle };
    mkdirSync(this.#options.killswitchDir, { recursive: true, mode: 0o700 });
    writeFileAtomic(this.#path, JSON.stringify(policy), { durable: true });
    this.#sign = this.#readSign();
    this.#published = policy;
    if (before?.hash !== hash)
      this.#options.logger.info("the policy was published", { epoch, rules: policy.rules.length });
    for (const listener of this.#listeners) listener(policy);
  }

  #readSign(): string {
    const found = statSync(this.#path, { throwIfNoEntry: false });
    return found === undefined ? "" : `${found.ino} ${found.size} ${found.mtimeMs}`;
  }

  #readEpoch(): number {
    try {
      const found: unknown = JSON.parse(readFileSync(this.#path, "utf8"));
      const epoch = typeof found === "object" && found !== null && "epoch" in found ? found.epoch : 0;
      return typeof epoch === "number" && Number.isSafeInteger(epoch) ? epoch : 0;
    } catch (fault) {
      this.#options.logger.debug("no earlier policy was read", { problem: messageOf(fault) });
      return 0;
    }
  }
}

const NOTHING: LoadedPolicies = {
  rules: [],
  ruleInfos: [],
  budgets: [],
  breakers: [],
  concurrency: [],
  problems: [],
  files: new Map(),
};

function contentOf({ timeZone, placeholders }: PolicyKeeperOptions, loaded: LoadedPolicies): Content {
  const { rules, budgets, breakers, concurrency } = loaded;
  return { timeZone, rules, placeholders: rules.length === 0 ? {} : placeholders, budgets, breakers, concurrency };
}

function hashOf(content: Content): string {
  return createHash("sha256").update(canonicalJson(content)).digest("hex");
}

function isNothing({ rules, budgets, breakers, concurrency }: Content): boolean {
  return [rules, budgets, breakers, concurrency].every((list) => list.length === 0);
}

function sameThrottle(one: Throttle, other: Omit<Throttle, "until">): boolean {
  return (
    one.level === other.level &&
    one.maxConcurrent === other.maxConcurrent &&
    one.delayMs === other.delayMs &&
    one.reason === other.reason
  );
}

/** What each file alone cannot tell: two rules of one id, or too much of all together. */
function faultOf(content: Content): FileProblem | undefined {
  const { rules, placeholders } = content;
  const [error] = compile(rules, { placeholders }).errors;
  if (error !== undefined) return error;
  if (Buffer.byteLength(JSON.stringify(content)) < POLICY_BYTES_MAX - 4096) return undefined;
  const remedy = "Leave to detection the rules that need not be asked before an act.";
  const message = `the policy is larger than ${POLICY_BYTES_MAX / 1024 / 1024} MiB together`;
  return { file: rules[0]?.name ?? "", line: 1, column: 1, message, remedy };
}
