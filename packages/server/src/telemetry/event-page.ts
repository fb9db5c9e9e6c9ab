import type { AgentEvent } from "@firebreak/protocol";

/** Stored events in order, not yet parsed: cheap to hand to another thread. At least one. */
export interface EventPage {
  readonly seqs: readonly number[];
  /** the bodies one after the other, each behind its length; in memory of its own, so that it can be given away */
  readonly bodies: Uint8Array<ArrayBuffer>;
}

const LENGTH_BYTES = 4;

/** @param bodies as many as `seqs`, in UTF-8 */
export function packPage(seqs: readonly number[], bodies: readonly Uint8Array[]): EventPage {
  const size = bodies.reduce((sum, { length }) => sum + LENGTH_BYTES + length, 0);
  const packed = new Uint8Array(size);
  const lengths = new DataView(packed.buffer);
  let offset = 0;
  for (const body of bodies) {
    lengths.setUint32(offset, body.length);
    packed.set(body, offset + LENGTH_BYTES);
    offset += LENGTH_BYTES + body.length;
  }
  return { seqs, bodies: packed };
}

/** The bodies of a page with their numbers; {@link parseBody} makes events of them. */
export function* readPage({ seqs, bodies }: EventPage): Generator<{ readonly seq: number; readonly body: string }> {
  const bytes = Buffer.from(bodies.buffer, bodies.byteOffset, bodies.length);
  let offset = 0;
  for (const seq of seqs) {
    const start = offset + LENGTH_BYTES;
    offset = start + bytes.readUInt32BE(offset);
    yield { seq, body: bytes.toString("utf8", start, offset) };
  }
}

/** @param body was written from a checked event */
export function parseBody(body: string, seq: number): AgentEvent {
  const event = JSON.parse(body) as { -readonly [K in keyof AgentEvent]: AgentEvent[K] };
  event.seq = seq;
  return event;
}
