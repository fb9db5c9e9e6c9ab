import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";

/** One answer of the model: a text, or a call of a tool. */
export type ModelTurn =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "tool_use"; readonly name: string; readonly input: Readonly<Record<string, unknown>> };

export interface AnthropicModel {
  readonly url: string;
  /** what the tools answered, in order, as the runtime sent it back */
  readonly toolResults: () => readonly { readonly isError: boolean; readonly text: string }[];
  readonly close: () => Promise<void>;
}

const block = z.looseObject({ type: z.string(), is_error: z.boolean().optional(), content: z.unknown().optional() });
const messagesRequest = z.looseObject({
  model: z.string(),
  stream: z.boolean().optional(),
  tools: z.array(z.unknown()).default([]),
  messages: z.array(z.object({ role: z.string(), content: z.union([z.string(), z.array(block)]) })).min(1),
});
type MessagesRequest = z.infer<typeof messagesRequest>;

/**
 * A small server that answers `POST /v1/messages` with scripted turns, as a stream of server-sent events
 * (https://platform.claude.com/docs/en/build-with-claude/streaming). The turn follows from the tool results so far.
 */
export async function startAnthropicModel(turns: readonly ModelTurn[]): Promise<AnthropicModel> {
  let results: { isError: boolean; text: string }[] = [];
  const server = createServer((request, response) => {
    void readJson(request).then((body) => {
      const path = request.url?.split("?")[0];
      const parsed = messagesRequest.safeParse(body);
      if (request.method !== "POST" || path !== "/v1/messages" || !parsed.success) return refuse(response);
      const seen = toolResultsOf(parsed.data);
      // helper requests (a title, a summary) come without tools and are no part of the conversation
      const isConversation = parsed.data.tools.length > 0;
      if (isConversation) results = seen;
      const turn = (isConversation ? turns[seen.length] : null) ?? { type: "text", text: "done" };
      return answer(response, parsed.data.model, turn, `toolu_${seen.length}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    toolResults: () => results,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return null;
  }
}

function refuse(response: ServerResponse): void {
  response.writeHead(404, { "content-type": "application/json" });
  response.end(JSON.stringify({ type: "error", error: { type: "not_found_error", message: "not scripted" } }));
}

function toolResultsOf({ messages }: MessagesRequest): { isError: boolean; text: string }[] {
  return messages.flatMap(({ content }) =>
    typeof content === "string"
      ? []
      : content
          .filter((one) => one.type === "tool_result")
          .map((one) => ({ isError: one.is_error === true, text: JSON.stringify(one.content) })),
  );
}

function answer(response: ServerResponse, model: string, turn: ModelTurn, callId: string): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  const send = (type: string, data: object) => {
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  };
  const usage = { input_tokens: 10, output_tokens: 5 };
  const message = { id: "msg_fake", type: "message", role: "assistant", model, content: [], usage };
  send("message_start", { message: { ...message, stop_reason: null, stop_sequence: null } });
  const start = turn.type === "text" ? { ...turn, text: "" } : { ...turn, id: callId, input: {} };
  send("content_block_start", { index: 0, content_block: start });
  const delta =
    turn.type === "text"
      ? { type: "text_delta", text: turn.text }
      : { type: "input_json_delta", partial_json: JSON.stringify(turn.input) };
  send("content_block_delta", { index: 0, delta });
  send("content_block_stop", { index: 0 });
  const stopReason = turn.type === "text" ? "end_turn" : "tool_use";
  send("message_delta", { delta: { stop_reason: stopReason, stop_sequence: null }, usage: { output_tokens: 5 } });
  send("message_stop", {});
  response.end();
}
