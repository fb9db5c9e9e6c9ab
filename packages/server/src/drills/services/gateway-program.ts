/**
 * The service gateway: `gateway-program.js SETTINGS`. Its health page is for everybody, all else for whoever shows the token that
 * lies in its file at that moment. It works on one request after the other, and writes each down when it is answered.
 */
import { appendFileSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";

const WAITING_MAX = 1000;

const settings = z
  .object({ host: z.string(), port: z.number(), tokens: z.string(), log: z.string(), workMs: z.number() })
  .parse(JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")));

function statusOf({ url, headers }: IncomingMessage): number {
  if (url === "/health") return 200;
  const token = /^GATEWAY_TOKEN=(.+)$/m.exec(readFileSync(settings.tokens, "utf8"))?.[1];
  return token !== undefined && headers.authorization === `Bearer ${token}` ? 200 : 401;
}

let last = Promise.resolve();
let waiting = 0;

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const startedMs = performance.now();
  const source = (request.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
  waiting++;
  const isTooMany = waiting > WAITING_MAX;
  if (!isTooMany) {
    const turn = last.then(() => sleep(settings.workMs));
    last = turn;
    await turn;
  }
  waiting--;
  const status = isTooMany ? 503 : statusOf(request);
  response.writeHead(status, { connection: "close" }).end("ok");
  const line = { source, path: request.url ?? "", status, ms: Math.round(performance.now() - startedMs) };
  appendFileSync(settings.log, `${JSON.stringify(line)}\n`);
}

createServer((request, response) => void answer(request, response)).listen(settings.port, settings.host);
