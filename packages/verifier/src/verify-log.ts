import type { Checkpoint } from "./checkpoint.ts";
import type { WitnessKey } from "./cosignature.ts";
import { Findings } from "./finding.ts";
import type { Finding } from "./finding.ts";
import type { ToldDeletion } from "./deletion.ts";
import { checkWitnesses, compareHeads, readHead } from "./heads.ts";
import type { HeadRules, NamedHead } from "./heads.ts";
import { followKeys } from "./key-change.ts";
import { Leaves } from "./leaves.ts";
import type { Gone } from "./leaves.ts";
import type { VerifierKey } from "./note.ts";
import type { Head, LogSource } from "./source.ts";
import { TILE_WIDTH } from "./tile.ts";
import { TreePass } from "./tree-pass.ts";
import type { PassState } from "./tree-pass.ts";

export interface VerifyOptions {
  readonly source: LogSource;
  /** whose signatures count, and those of keys that these handed over to */
  readonly keys: readonly VerifierKey[];
  /** checkpoints that were kept elsewhere: only they show that a whole log was replaced */
  readonly trusted?: readonly Head[];
  /** changes of keys that were kept elsewhere */
  readonly keyChanges?: readonly string[];
  /** of them `witnessesRequired` must have cosigned one and the same checkpoint; all of them when left out */
  readonly witnesses?: readonly WitnessKey[];
  readonly witnessesRequired?: number;
  /** told after every tile: leaves looked at, and how many there are */
  readonly onProgress?: (done: number, size: number) => void | Promise<void>;
  /** where an earlier run stood that was cut off */
  readonly resume?: VerifyState | undefined;
  /** told now and then, as long as nothing was found */
  readonly onState?: (state: VerifyState) => void;
}

/** How far a verification has come without a finding. */
export interface VerifyState extends PassState, Gone {
  readonly origin: string;
  /** leaves */
  readonly done: number;
}

export interface LogVerdict {
  readonly intact: boolean;
  readonly origin: string | null;
  readonly size: number;
  /** base64 */
  readonly root: string | null;
  /** earlier and trusted checkpoints that were compared */
  readonly heads: number;
  /** the newest checkpoint that enough witnesses cosigned; null when none were asked for */
  readonly witnessed: { readonly size: number; readonly witnesses: readonly string[] } | null;
  /** how many there are; the first thousand are in `findings` */
  readonly findingsTotal: number;
  readonly findings: readonly Finding[];
  /** entries that are gone, as signed records in the log itself say; the hash of each is there */
  readonly deletedTotal: number;
  /** those records, the first thousand */
  readonly deletions: readonly ToldDeletion[];
}

/**
 * Verifies a whole log: derives every hash from the entries, and compares it with the tiles, the tiles with each other, and
 * the roots with the signed checkpoint, with those kept beside the log, and with the trusted ones. Says which entry was
 * changed, removed or moved, or between which it must have been when nothing tells more. Holds a few tiles at a time.
 */
export async function verifyLog(options: VerifyOptions): Promise<LogVerdict> {
  const findings = new Findings();
  const { source, trusted = [], witnesses = [] } = options;
  const changes = [...((await source.keyChanges?.()) ?? []), ...(options.keyChanges ?? [])];
  const rules: HeadRules = { keys: followKeys(options.keys, changes), witnesses };
  const newest = await readNewest(source, rules, findings);
  if (newest === undefined) return verdictOf(findings, null, { heads: 0, witnessed: null, deletions: [] });
  const given = [...(await source.heads()), ...trusted];
  const named = given.flatMap((head) => readHead(head, rules, findings) ?? []);
  const all = [...named, newest];
  const { pass, deletions } = await readLeaves({ ...options, keys: rules.keys }, newest.checkpoint, all, findings);
  if (pass !== undefined) compareHeads(all, newest.checkpoint, (size) => pass.roots.get(size), findings);
  const required = options.witnessesRequired ?? witnesses.length;
  const witnessed = checkWitnesses(all, { witnesses, required }, findings);
  return verdictOf(findings, newest.checkpoint, { heads: named.length, witnessed, deletions });
}

function verdictOf(
  findings: Findings,
  checkpoint: Checkpoint | null,
  { deletions, ...compared }: Pick<LogVerdict, "heads" | "witnessed" | "deletions">,
): LogVerdict {
  return {
    intact: findings.total === 0,
    origin: checkpoint?.origin ?? null,
    size: checkpoint?.size ?? 0,
    root: checkpoint?.root.toString("base64") ?? null,
    ...compared,
    findingsTotal: findings.total,
    findings: findings.kept,
    deletedTotal: deletions.reduce((total, { entries }) => total + entries, 0),
    deletions: deletions.slice(0, DELETIONS_TOLD_MAX),
  };
}

async function readNewest(source: LogSource, rules: HeadRules, findings: Findings): Promise<NamedHead | undefined> {
  const note = await source.checkpoint();
  if (note === undefined) findings.add("checkpoint_missing", "there is no signed checkpoint");
  return note === undefined ? undefined : readHead({ name: "the checkpoint", note }, rules, findings);
}

const sizesOf = (heads: readonly NamedHead[], origin: string, sizeMax: number): number[] =>
  heads
    .filter(({ checkpoint }) => checkpoint.origin === origin && checkpoint.size <= sizeMax)
    .map(({ checkpoint }) => checkpoint.size);

const STATE_EVERY = 256;
const DELETIONS_TOLD_MAX = 1000;

interface Read {
  readonly pass: TreePass | undefined;
  readonly deletions: readonly ToldDeletion[];
}

/**
 * Reads entries and tiles of level 0. Where they differ, there are two ways through the leaves, and the checkpoint tells which
 * of them is right: the one that leads to its root.
 *
 * @returns that one; none when there is nothing to go through
 */
async function readLeaves(
  options: VerifyOptions,
  { origin, size, root }: Checkpoint,
  heads: readonly NamedHead[],
  findings: Findings,
): Promise<Read> {
  const { source, keys } = options;
  const sizes = sizesOf(heads, origin, size);
  const storedFindings = new Findings();
  const stored = new TreePass(source, storedFindings, sizes);
  const begin = resumeAt(options, stored, origin, sizes);
  const leaves = new Leaves({ source, keys, origin, size }, findings, begin === 0 ? undefined : options.resume);
  /** from the first difference on: the leaves as the entries make them */
  let other: { readonly pass: TreePass; readonly findings: Findings } | undefined;
  for (let first = begin; first < size; first += TILE_WIDTH) {
    const { tile, derived } = await leaves.next(first);
    if (tile === undefined) return { pass: undefined, deletions: leaves.tellMissing() };
    if (other === undefined && !tile.equals(derived)) {
      const own = storedFindings.copy();
      other = { pass: stored.fork(own), findings: own };
    }
    await stored.add(first, tile);
    await other?.pass.add(first, derived);
    const done = Math.min(size, first + TILE_WIDTH);
    await options.onProgress?.(done, size);
    const isClean = findings.total + storedFindings.total === 0 && other === undefined;
    if (isClean && done % (STATE_EVERY * TILE_WIDTH) === 0) {
      options.onState?.({ origin, done, ...stored.state(), ...leaves.gone });
    }
  }
  const deletions = leaves.tellMissing();
  const isOther = other?.pass.roots.get(size)?.equals(root) === true && stored.roots.get(size)?.equals(root) !== true;
  if (isOther) leaves.tellChangedTiles();
  else leaves.tellChangedEntries();
  const right = isOther && other !== undefined ? other : { pass: stored, findings: storedFindings };
  await right.pass.end();
  findings.addAll(right.findings);
  return { pass: right.pass, deletions };
}

/** @returns the leaf to go on from */
function resumeAt({ resume }: VerifyOptions, pass: TreePass, origin: string, sizes: readonly number[]): number {
  if (resume === undefined || resume.origin !== origin || resume.done % TILE_WIDTH !== 0) return 0;
  if (resume.done > Math.max(0, ...sizes)) return 0;
  const told = new Set(resume.roots.map(({ size }) => size));
  // a checkpoint that the earlier run did not know cannot be compared without going the whole way
  if (sizes.some((size) => size > 0 && size <= resume.done && !told.has(size))) return 0;
  pass.resume(resume, resume.done);
  return resume.done;
}
