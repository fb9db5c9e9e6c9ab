/** One request's worth of telemetry. */
export interface EventBatch {
  readonly body: Uint8Array;
  readonly contentType: "application/json" | "application/x-ndjson";
  /** lines of the file that stand before this batch */
  readonly linesBefore: number;
  /** lines with anything in them; null for a document */
  readonly lines: number | null;
}

export interface BatchLimits {
  readonly bodyBytesMax: number;
  readonly eventsPerRequestMax: number;
}

const NEW_LINE = 0x0a;

/** Splits JSON lines between lines, so that each request stays within the limits; a JSON document stays whole. */
export function* splitBatches(bytes: Buffer, limits: BatchLimits): Generator<EventBatch> {
  if (isDocument(bytes, limits.bodyBytesMax)) {
    yield { body: bytes, contentType: "application/json", linesBefore: 0, lines: null };
    return;
  }
  let start = 0;
  let linesBefore = 0;
  do {
    const { end, lines, blank } = endOfBatch(bytes, start, limits);
    const body = bytes.subarray(start, end);
    yield { body, contentType: "application/x-ndjson", linesBefore, lines: lines - blank };
    start = end;
    linesBefore += lines;
  } while (start < bytes.length);
}

/** As many whole lines as fit; one line that does not fit by itself goes alone, and the server says what is wrong. */
function endOfBatch(bytes: Buffer, start: number, limits: BatchLimits): { end: number; lines: number; blank: number } {
  let end = start;
  let lines = 0;
  let blank = 0;
  while (end < bytes.length && lines < limits.eventsPerRequestMax) {
    const found = bytes.indexOf(NEW_LINE, end);
    const next = found < 0 ? bytes.length : found + 1;
    if (next - start > limits.bodyBytesMax && lines > 0) break;
    if (next - end <= 2 && bytes.toString("latin1", end, next).trim() === "") blank += 1;
    end = next;
    lines += 1;
  }
  return { end, lines, blank };
}

/** An array, or one event over several lines: what JSON lines never are. */
function isDocument(bytes: Buffer, bytesMax: number): boolean {
  if (bytes.length > bytesMax) return false;
  const text = bytes.toString("utf8").trim();
  if (!text.startsWith("[") && !(text.startsWith("{") && text.includes("\n"))) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return text.startsWith("[");
  }
}
