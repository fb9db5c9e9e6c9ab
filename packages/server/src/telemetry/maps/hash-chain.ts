import { createHash } from "node:crypto";

type Chained = Readonly<Record<string, unknown>>;

export interface ChainLink {
  readonly verdict: "intact" | "broken" | "unverifiable";
  readonly reason?: string;
  /** what the next line must name as the one before it */
  readonly hash: string | undefined;
}

const GENESIS = "0".repeat(64);

/**
 * Checks one line of a chained log: that its hash is that of its content, and that it names the line before. Two formats: what
 * knostic/openclaw-telemetry writes (`prevHash`, `hash`), and what the verifier of topazyo/openclaw-security-playbook expects
 * (`prev_hash`, `chain_hash` over Python's canonical JSON).
 *
 * @param before hash of the line before; undefined when that is not known
 * @returns undefined for a line without a hash in a log that has shown none yet
 */
export function checkLink(
  { record, text }: { readonly record: Chained; readonly text: string },
  before: string | undefined,
): ChainLink | undefined {
  if (record["chain_hash"] !== undefined) {
    const { chain_hash: hash, ...content } = record;
    const named = content["prev_hash"];
    return judge({ hash, named, isFirst: named === null, before }, () => ({
      computed: sha256(pythonJson(content)),
      isCertain: !holdsUncertainNumber(text),
    }));
  }
  const { prevHash: named, hash, ...content } = record;
  return judge({ hash, named, isFirst: named === GENESIS, before }, () => ({
    computed: sha256(`${typeof named === "string" ? named : ""}${JSON.stringify(content)}`),
    isCertain: true,
  }));
}

interface Claim {
  readonly hash: unknown;
  readonly named: unknown;
  /** the line begins a chain: its writer started anew */
  readonly isFirst: boolean;
  readonly before: string | undefined;
}

function judge(
  { hash, named, isFirst, before }: Claim,
  compute: () => { computed: string; isCertain: boolean },
): ChainLink | undefined {
  if (hash === undefined && before === undefined) return undefined;
  if (typeof hash !== "string" || !/^[0-9a-f]{64}$/.test(hash)) {
    return { verdict: "broken", reason: "the line has no hash, and those before it have", hash: before };
  }
  const { computed, isCertain } = compute();
  if (computed !== hash) {
    if (!isCertain) return { verdict: "unverifiable", reason: "numbers may have been written otherwise", hash };
    return { verdict: "broken", reason: "the content is not what the hash was made of", hash };
  }
  if (!isFirst && before !== undefined && named !== before) {
    return { verdict: "broken", reason: "the line before it is not the one it names", hash };
  }
  return { verdict: "intact", hash };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** As Python's `json.dumps(value, sort_keys=True)` writes, but for numbers that it may write otherwise. */
function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => pythonJson(item)).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).toSorted(([a], [b]) => compareCodePoints(a, b));
    return `{${members.map(([key, member]) => `${pythonText(key)}: ${pythonJson(member)}`).join(", ")}}`;
  }
  return typeof value === "string" ? pythonText(value) : JSON.stringify(value);
}

function pythonText(text: string): string {
  const escape = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(text).replaceAll(/[\u007f-\uffff]/g, (unit) => (unit === "\u007f" ? unit : escape(unit)));
}

function compareCodePoints(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** JavaScript does not keep how a number was written: `1.0` and `1e+16` come back otherwise, long integers as others. */
function holdsUncertainNumber(json: string): boolean {
  return /\d[.eE]|\d{16}|-0/.test(json.replaceAll(/"(?:[^"\\]|\\.)*"/g, ""));
}
