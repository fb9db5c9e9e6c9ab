/** One server-sent event (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export interface ServerSentEvent {
  /** lines other than data, as they came: `id: 7`, `event: message`, comments */
  readonly fields: readonly string[];
  readonly data: string | null;
}

/**
 * Takes a stream's bytes piece by piece and gives the events that each piece completes.
 *
 * @throws Error when an event is longer than `bytesMax`
 */
export function createEventReader(bytesMax: number): (chunk: Uint8Array) => ServerSentEvent[] {
  const decoder = new TextDecoder();
  let buffered = "";
  let lines: string[] = [];
  let size = 0;
  return (chunk) => {
    const events: ServerSentEvent[] = [];
    buffered += decoder.decode(chunk, { stream: true });
    // a lone carriage return at the end may be the first half of a line's end
    const complete = buffered.endsWith("\r") ? buffered.slice(0, -1) : buffered;
    const parts = complete.split(/\r\n|\n|\r/);
    buffered = (parts.pop() ?? "") + buffered.slice(complete.length);
    for (const line of parts) {
      size += line.length;
      if (line !== "") lines.push(line);
      else if (lines.length > 0) {
        events.push(toEvent(lines));
        lines = [];
        size = 0;
      }
    }
    if (size + buffered.length > bytesMax) throw new Error(`an event is longer than ${bytesMax} bytes`);
    return events;
  };
}

/** @throws Error when an event is longer than `bytesMax` */
export async function* eventsOf(body: AsyncIterable<Uint8Array>, bytesMax: number): AsyncGenerator<ServerSentEvent> {
  const read = createEventReader(bytesMax);
  for await (const chunk of body) yield* read(chunk);
}

function toEvent(lines: readonly string[]): ServerSentEvent {
  const isData = (line: string) => line === "data" || line.startsWith("data:");
  const data = lines.filter(isData).map((line) => line.slice(5).replace(/^ /, ""));
  return { fields: lines.filter((line) => !isData(line)), data: data.length === 0 ? null : data.join("\n") };
}

export function eventText(fields: readonly string[], data: string | null): string {
  const lines = [...fields, ...(data === null ? [] : data.split("\n").map((line) => `data: ${line}`))];
  return `${lines.join("\n")}\n\n`;
}
