// Sends events to one address from its own process and prints what was acknowledged, as JSON.
//
//   LOAD_TOKEN=… node bench/load-generator.mjs '{"port", "path", "kind", "batch", "connections", "seconds", "warmUpSeconds",
//     "prefix", "eventsPerSecond"?}'
//
// Speaks HTTP/1.1 over plain sockets: on two cores a full client would take the server's time. One request is in flight
// on each connection. With `eventsPerSecond` it keeps that pace instead of sending as fast as it is answered.
import { connect } from "node:net";
import { createBodies } from "./lib/bodies.mjs";
import { percentile } from "./lib/statistics.mjs";

const load = JSON.parse(process.argv[2] ?? "{}");
const token = process.env.LOAD_TOKEN ?? "";
const startedMs = performance.now();
const measureFromMs = startedMs + load.warmUpSeconds * 1000;
const endMs = measureFromMs + load.seconds * 1000;
/** What all connections together may have sent by now. */
const pace = load.eventsPerSecond ?? Infinity;
const result = { acknowledged: 0, measured: 0, refused: 0 };
const latenciesMs = [];
let sent = 0;

await Promise.all(Array.from({ length: load.connections }, (_, index) => sendAll(index)));
process.stdout.write(
  `${JSON.stringify({
    ...result,
    eventsPerSecond: result.measured / load.seconds,
    p50Ms: percentile(latenciesMs, 0.5) ?? null,
    p99Ms: percentile(latenciesMs, 0.99) ?? null,
  })}\n`,
);

async function sendAll(index) {
  // connections begin at different agents, or all would make one and the same look like a burst
  const share = index / load.connections;
  const nextBody = createBodies({ ...load, prefix: `${load.prefix}-${index}`, agents: load.prefix, share });
  const connection = await openConnection();
  while (performance.now() < endMs) {
    await keepPace();
    sent += load.batch;
    const body = nextBody();
    const beginMs = performance.now();
    const answer = await connection.post(body);
    note(answer, beginMs, performance.now());
  }
  connection.end();
}

async function keepPace() {
  const dueMs = startedMs + (sent / pace) * 1000;
  const waitMs = dueMs - performance.now();
  if (waitMs > 1) await new Promise((resolve) => setTimeout(resolve, waitMs));
}

function note({ status, text }, beginMs, doneMs) {
  if (status !== 200) {
    if (status !== 429) throw new Error(`status ${status}: ${text}`);
    result.refused += 1;
    return;
  }
  const { accepted } = JSON.parse(text);
  if (accepted !== load.batch) throw new Error(`accepted ${accepted} of ${load.batch}: ${text}`);
  result.acknowledged += accepted;
  if (doneMs < measureFromMs || doneMs > endMs) return;
  result.measured += accepted;
  latenciesMs.push(doneMs - beginMs);
}

function openConnection() {
  const media = load.batch === 1 ? "application/json" : "application/x-ndjson";
  const fields = [`POST ${load.path} HTTP/1.1`, `host: 127.0.0.1:${load.port}`, `authorization: Bearer ${token}`];
  const socket = connect({ host: "127.0.0.1", port: load.port, noDelay: true });
  let settle = { resolve: () => {}, reject: () => {} };
  let received = "";
  socket.setEncoding("latin1");
  socket.on("error", (error) => settle.reject(error));
  socket.on("close", () => settle.reject(new Error("the server closed the connection")));
  socket.on("data", (piece) => {
    received += piece;
    const answer = readAnswer(received);
    if (answer === null) return;
    received = "";
    settle.resolve(answer);
  });
  const post = (body) =>
    new Promise((resolve, reject) => {
      settle = { resolve, reject };
      socket.cork();
      socket.write(`${fields.join("\r\n")}\r\ncontent-type: ${media}\r\ncontent-length: ${body.length}\r\n\r\n`);
      // copied: the buffer is written again for the next request, maybe before the kernel has taken all of this one
      socket.write(Buffer.from(body));
      socket.uncork();
    });
  return new Promise((resolve, reject) => {
    settle = { resolve, reject };
    socket.once("connect", () => resolve({ post, end: () => socket.destroy() }));
  });
}

/** @returns the answer once it is there whole; answers here always tell their length */
function readAnswer(received) {
  const headEnd = received.indexOf("\r\n\r\n");
  if (headEnd < 0) return null;
  const head = received.slice(0, headEnd);
  const length = Number(/content-length: *(\d+)/i.exec(head)?.[1]);
  const text = received.slice(headEnd + 4);
  return text.length < length ? null : { status: Number(head.slice(9, 12)), text };
}
