/** A JSON-RPC 2.0 message as MCP sends it (https://modelcontextprotocol.io/specification/2025-11-25/basic). */
export type Message = Readonly<Record<string, unknown>>;

export type MessageId = string | number;

export function isRecord(value: unknown): value is Message {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @returns the id when it is one that a request may have, else null */
export function idOf(message: Message): MessageId | null {
  const id = message["id"];
  return typeof id === "string" || typeof id === "number" ? id : null;
}

export function methodOf(message: Message): string | null {
  return typeof message["method"] === "string" ? message["method"] : null;
}

export function recordAt(message: Message, name: string): Message {
  const value = message[name];
  return isRecord(value) ? value : {};
}

/** @returns the result of a tool call that did not run: the model reads the text and goes on without it */
export function refusedCall(id: MessageId, reason: string): Message {
  return { jsonrpc: "2.0", id, result: { isError: true, content: [{ type: "text", text: reason }] } };
}

export function errorAnswer(id: MessageId | null, code: number, message: string): Message {
  return { jsonrpc: "2.0", id, error: { code, message } };
}

export function notification(method: string, params: Message): Message {
  return { jsonrpc: "2.0", method, params };
}

/** @returns undefined when the text is no JSON */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
