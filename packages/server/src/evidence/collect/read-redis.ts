import { connect } from "node:net";
import { connect as connectTls } from "node:tls";

const ANSWER_BYTES_MAX = 4 * 1024 * 1024;
const TIMEOUT_MS = 5_000;

/**
 * Asks a Redis server (or one that speaks its protocol) for its state: INFO, connected clients, slow commands. No key is read.
 *
 * @param url `redis://USER:PASSWORD@HOST:PORT`, or `rediss://` for TLS
 * @throws Error without the address, which may hold a password
 */
export async function readRedis(url: string, signal: AbortSignal): Promise<Record<string, unknown>> {
  if (!URL.canParse(url)) throw new Error("its address is none; use redis://HOST:PORT or rediss://HOST:PORT");
  const { protocol, hostname, port, username, password } = new URL(url);
  if (protocol !== "redis:" && protocol !== "rediss:") throw new Error("its address is neither redis: nor rediss:");
  const place = { host: hostname.replace(/^\[|\]$/g, ""), port: port === "" ? 6379 : Number(port) };
  const secret = decodeURIComponent(password);
  const login = secret === "" ? [] : [["AUTH", ...(username === "" ? [] : [decodeURIComponent(username)]), secret]];
  const asked = [["INFO"], ["CLIENT", "LIST"], ["SLOWLOG", "LEN"]];
  const commands = [...login, ...asked];
  const socket = protocol === "rediss:" ? connectTls({ ...place, servername: place.host }) : connect(place);
  socket.on("error", () => {}); // whoever reads from it is told
  const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const abort = () => socket.destroy(new Error("no answer in time"));
  limited.addEventListener("abort", abort, { once: true });
  if (limited.aborted) abort();
  try {
    for (const command of commands) socket.write(encode(command));
    const answers = await readAnswers(socket, commands.length);
    const refused = answers.slice(0, login.length).find((answer) => answer.startsWith("-"));
    if (refused !== undefined) throw new Error("it refused the password");
    const [info = "", clients = "", slow = ""] = answers.slice(login.length);
    return { info: info.split("\r\n"), clients: clients.split("\n").filter(Boolean), slowCommands: slow };
  } finally {
    limited.removeEventListener("abort", abort);
    socket.destroy();
  }
}

function encode(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;
}

/** Bulk strings, simple strings, errors and numbers: what the commands above are answered with. */
async function readAnswers(socket: AsyncIterable<unknown>, count: number): Promise<string[]> {
  let text = "";
  const answers: string[] = [];
  for await (const part of socket) {
    text += Buffer.isBuffer(part) ? part.toString("latin1") : String(part);
    if (text.length > ANSWER_BYTES_MAX) throw new Error(`it answered more than ${ANSWER_BYTES_MAX} bytes`);
    for (let taken = takeAnswer(text); taken !== null; taken = takeAnswer(text)) {
      answers.push(taken.answer);
      text = text.slice(taken.length);
      if (answers.length === count) return answers;
    }
  }
  throw new Error("it closed the connection before it answered");
}

function takeAnswer(text: string): { answer: string; length: number } | null {
  const end = text.indexOf("\r\n");
  if (end < 0) return null;
  const [kind, head] = [text[0], text.slice(1, end)];
  if (kind !== "$") {
    if (kind !== "+" && kind !== "-" && kind !== ":") throw new Error("it does not speak Redis's protocol");
    return { answer: `${kind === "-" ? "-" : ""}${head}`, length: end + 2 };
  }
  const bytes = Number(head);
  if (!Number.isInteger(bytes) || bytes < -1 || bytes > ANSWER_BYTES_MAX)
    throw new Error("it does not speak Redis's protocol");
  if (bytes === -1) return { answer: "", length: end + 2 };
  const length = end + 2 + bytes + 2;
  return text.length < length
    ? null
    : { answer: Buffer.from(text.slice(end + 2, end + 2 + bytes), "latin1").toString("utf8"), length };
}
