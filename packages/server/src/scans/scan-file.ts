import { createHash } from "node:crypto";
import type { Hash } from "node:crypto";
import { pipeline, Readable } from "node:stream";
import { TextDecoder } from "node:util";
import { createGunzip } from "node:zlib";
import type { Gunzip } from "node:zlib";
import { messageOf } from "../kernel/index.ts";
import type { IndicatorSet } from "../indicators/index.ts";
import type { Found } from "./found.ts";

/** A longer line is looked at in pieces that overlap. */
const LINE_CHARACTERS_MAX = 64 * 1024;
/** As long as the longest thing that is looked for. */
const OVERLAP_CHARACTERS = 2 * 1024;
/** What one packed file may unpack to. */
const UNPACKED_BYTES_MAX = 2 * 1024 ** 3;
const SLICE_BYTES = 4 * 1024 * 1024;
const DIGESTS = ["md5", "sha1", "sha256", "sha512"] as const;

export interface FileContext {
  readonly set: IndicatorSet;
  readonly found: Found;
  readonly nowMs: number;
  /** how the file is called in the report */
  readonly place: string;
  /** what of its name is looked at */
  readonly name: string;
  /** of its last change or collection: of lines that tell none */
  readonly timeMs: number | null;
  readonly archive?: { readonly agentId: string | null; readonly sessionId: string | null } | undefined;
}

/**
 * Looks for indicators in a file: its name, the hashes of its bytes, its lines. Texts are UTF-8 or UTF-16 with a mark; what is packed
 * with gzip is unpacked. Memory is bounded whatever lies in it.
 *
 * @returns after each slice the bytes read of it, at the end why a part of it could not be looked at
 */
export async function* scanFile(
  content: AsyncIterable<Buffer>,
  context: FileContext,
): AsyncGenerator<number, string | null> {
  const { set, name, nowMs } = context;
  const sighter = new Sighter(context);
  sighter.meet(set.match({ data: name }, nowMs), "name", null, "");
  const source = new Source(content, set.hasHashes);
  const lines = new Lines(sighter);
  let slice = 0;
  let problem: string | null = null;
  try {
    for await (const part of unpack(source.read())) {
      lines.push(part);
      slice += part.length;
      if (slice < SLICE_BYTES) continue;
      yield source.takeBytes();
      slice = 0;
    }
  } catch (fault) {
    problem = messageOf(fault);
  }
  lines.end();
  const digests = source.digests();
  if (digests !== null) sighter.meet(set.match({ data: digests }, nowMs), "content hash", null, "");
  yield source.takeBytes();
  return problem === null || source.isWhole ? problem : `${problem}; its hash was not compared`;
}

/** The bytes as they lie there, counted and hashed on their way. */
class Source {
  readonly #content: AsyncIterable<Buffer>;
  readonly #hashes: readonly Hash[];
  #bytes = 0;
  isWhole = false;

  constructor(content: AsyncIterable<Buffer>, isHashed: boolean) {
    this.#content = content;
    this.#hashes = isHashed ? DIGESTS.map((algorithm) => createHash(algorithm)) : [];
  }

  async *read(): AsyncGenerator<Buffer> {
    for await (const bytes of this.#content) {
      for (const hash of this.#hashes) hash.update(bytes);
      this.#bytes += bytes.length;
      yield bytes;
    }
    this.isWhole = true;
  }

  takeBytes(): number {
    const bytes = this.#bytes;
    this.#bytes = 0;
    return bytes;
  }

  /** @returns null when not all of it was read */
  digests(): string[] | null {
    return this.isWhole && this.#hashes.length > 0 ? this.#hashes.map((hash) => hash.digest("hex")) : null;
  }
}

/** @throws Error when it cannot be unpacked, or to too much */
async function* unpack(content: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const first = await content.next();
  if (first.done === true) return;
  const all = startingWith(first.value, content);
  if (first.value[0] !== 0x1f || first.value[1] !== 0x8b) return yield* all;
  const gunzip = createGunzip();
  let bytes = 0;
  for await (const part of compose(Readable.from(all), gunzip)) {
    bytes += part.length;
    if (bytes > UNPACKED_BYTES_MAX) throw new Error(`unpacks to more than ${UNPACKED_BYTES_MAX} bytes`);
    yield part;
  }
}

async function* startingWith(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

/** Guarantee: gunzip gives bytes. */
function compose(source: Readable, gunzip: Gunzip): AsyncIterable<Buffer> {
  // the fault comes out of the loop over what it gives
  pipeline(source, gunzip, () => undefined);
  return gunzip;
}

type Hits = ReturnType<IndicatorSet["match"]>;

class Sighter {
  readonly context: FileContext;

  constructor(context: FileContext) {
    this.context = context;
  }

  meet(hits: Hits, path: string, number: number | null, text: string): void {
    if (hits.length === 0) return;
    const { found, place, timeMs, archive } = this.context;
    const at = readTime(text) ?? timeMs;
    for (const one of hits) {
      const hit = { ...one, path };
      const who = { agentId: archive?.agentId ?? undefined, sessionId: archive?.sessionId ?? undefined };
      found.add({ hit, place, ...who, timeMs: at, number, isLive: false, eventId: null });
    }
  }
}

const TIME = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?/;

/** The first time in a line; without a zone it counts as UTC. */
function readTime(line: string): number | undefined {
  const [text] = TIME.exec(line) ?? [];
  if (text === undefined) return undefined;
  const iso = text.replace(" ", "T").replace(",", ".");
  const ms = Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/.test(iso) ? iso : `${iso}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}

/** Bytes to lines, each of which is looked at. */
class Lines {
  readonly #sighter: Sighter;
  #decoder: TextDecoder | undefined;
  #rest = "";
  #number = 1;
  /** met in the pieces of this line already */
  #told = new Set<string>();

  constructor(sighter: Sighter) {
    this.#sighter = sighter;
  }

  push(bytes: Buffer): void {
    this.#decoder ??= decoderOf(bytes);
    this.#take(this.#decoder.decode(bytes, { stream: true }));
  }

  end(): void {
    this.#take(this.#decoder?.decode() ?? "");
    if (this.#rest !== "") this.#look(this.#rest);
  }

  #take(text: string): void {
    this.#rest += text;
    let from = 0;
    for (let end = this.#rest.indexOf("\n"); end >= 0; end = this.#rest.indexOf("\n", from)) {
      this.#look(this.#rest.slice(from, end));
      this.#told = new Set();
      this.#number += 1;
      from = end + 1;
    }
    while (this.#rest.length - from > LINE_CHARACTERS_MAX) {
      this.#look(this.#rest.slice(from, from + LINE_CHARACTERS_MAX));
      from += LINE_CHARACTERS_MAX - OVERLAP_CHARACTERS;
    }
    this.#rest = this.#rest.slice(from);
  }

  #look(line: string): void {
    const { set, nowMs } = this.#sighter.context;
    const hits = [...set.match({ data: line }, nowMs), ...set.match({ data: readEscaped(line) }, nowMs)];
    const fresh = hits.filter(({ id }) => !this.#told.has(id) && this.#told.add(id));
    this.#sighter.meet(fresh, "line", this.#number, line);
  }
}

/** What JSON hides behind its escapes; a line of a larger document has at least its slashes put right. */
function readEscaped(line: string): unknown {
  if (!line.includes("\\")) return undefined;
  const text = line.trim();
  if (text.startsWith("{") || text.startsWith("[")) {
    try {
      return JSON.parse(text);
    } catch {
      // it only looks like JSON
    }
  }
  return line.replaceAll("\\/", "/").replaceAll("\\\\", "\\");
}

function decoderOf(bytes: Buffer): TextDecoder {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le");
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be");
  return new TextDecoder("utf-8");
}
