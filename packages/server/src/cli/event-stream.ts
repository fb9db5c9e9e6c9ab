/** One message of a stream of server-sent events. */
export interface StreamedEvent {
  readonly event: string;
  readonly data: string;
}

/** More than the largest event. */
const MESSAGE_CHARACTERS_MAX = 8 * 1024 * 1024;
const FIELD = /^(event|data): ?(.*)$/;

/**
 * Reads the messages of Firebreak's own streams: lines end in LF, and data has one line.
 *
 * @returns their end also when the connection breaks
 * @throws Error when a message does not end
 */
export async function* readEventStream(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<StreamedEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of untilBroken(bytes)) {
    const messages = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
    rest = messages.pop() ?? "";
    if (rest.length > MESSAGE_CHARACTERS_MAX) throw new Error("The server sends a message that does not end.");
    for (const message of messages) {
      const fields = new Map(message.split("\n").map((line) => [FIELD.exec(line)?.[1], FIELD.exec(line)?.[2] ?? ""]));
      const data = fields.get("data");
      if (data !== undefined) yield { event: fields.get("event") ?? "message", data };
    }
  }
}

async function* untilBroken(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes;
  } catch {
    // a connection that broke is a stream that ended
  }
}
