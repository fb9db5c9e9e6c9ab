import { once } from "node:events";
import { createServer, request } from "node:http";
import type { ServerResponse } from "node:http";
import { portOf } from "../agents/fake-intake.ts";

/** Stands between a gate and its server, as an agent could who tells its gate another address. */
export interface FeedProxy {
  readonly url: string;
  /** what the server said so far, as it came */
  readonly recorded: Buffer[];
  /** `hold` says no more and keeps the connections; `replay` answers who connects with what was recorded */
  mode: "pass" | "hold" | "replay";
  close(): Promise<void>;
}

export async function startFeedProxy(target: string): Promise<FeedProxy> {
  const recorded: Buffer[] = [];
  const http = createServer((asked, response) => {
    if (proxy.mode === "replay") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(Buffer.concat(recorded));
      return;
    }
    passOn(new URL(asked.url ?? "/", target), asked.headers.authorization ?? "", response, (piece) => {
      if (proxy.mode !== "pass") return;
      recorded.push(piece);
      response.write(piece);
    });
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const proxy: FeedProxy = {
    url: `http://127.0.0.1:${portOf(http)}`,
    recorded,
    mode: "pass",
    close: async () => {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return proxy;
}

function passOn(url: URL, authorization: string, response: ServerResponse, take: (piece: Buffer) => void): void {
  const asked = request(url, { headers: { authorization, accept: "text/event-stream" }, agent: false }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.on("data", take);
    answer.on("close", () => response.end());
    answer.on("error", () => response.destroy());
  });
  asked.on("error", () => response.destroy());
  response.on("close", () => asked.destroy());
  asked.end();
}
