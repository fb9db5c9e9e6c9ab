/**
 * Where data is carried to, on another host: `collector-program.js PORT FOLDER [URL]`. Takes what is sent, and writes down how much
 * it was. With a URL it looks for a gateway's token in what came and uses it there, over and over; for two minutes at most.
 */
import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import path from "node:path";
import { knock } from "./knock.ts";

const LIFE_MS = 120_000;
const USE_EVERY_MS = 250;
const KEPT_BYTES_MAX = 64 * 1024;

const [port = "", folder = "", url] = process.argv.slice(2);

async function take(request: IncomingMessage): Promise<string> {
  let [start, bytes] = ["", 0];
  for await (const piece of request) {
    if (!Buffer.isBuffer(piece)) continue;
    bytes += piece.length;
    if (start.length < KEPT_BYTES_MAX) start += piece.toString("latin1");
  }
  appendFileSync(path.join(folder, "received"), `${bytes}\n`);
  return start;
}

let token: string | undefined;

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const text = await take(request);
  token ??= /^GATEWAY_TOKEN=(\S+)/m.exec(text)?.[1];
  response.writeHead(204, { connection: "close" }).end();
}

createServer((request, response) => {
  // who sends may be stopped in the middle
  answer(request, response).catch(() => request.destroy());
}).listen(Number(port), "0.0.0.0");
setInterval(() => {
  if (url === undefined || token === undefined) return;
  void knock(url, token).then((said) => appendFileSync(path.join(folder, "used"), `${said}\n`));
}, USE_EVERY_MS);
setTimeout(() => process.exit(), LIFE_MS);
