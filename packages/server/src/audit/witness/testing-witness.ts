import { createHash, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * A witness as C2SP tlog-witness describes one, written from that text alone: it shares no code with Firebreak, so that both
 * cannot be wrong in the same way.
 */
export interface TestWitness {
  readonly url: string;
  /** as witnesses publish it */
  readonly key: string;
  /** entries of the checkpoint that it cosigned last; may be set, to play one that saw another log */
  size: number;
  root: string;
  /** what it was sent, newest last */
  readonly asked: string[];
  /** @returns the line of a cosignature under any text */
  cosign(text: string): string;
  close(): Promise<void>;
}

const sha256 = (...parts: Uint8Array[]): Buffer => createHash("sha256").update(Buffer.concat(parts)).digest();

/** @param logKey the log that it knows: name, plus sign, id, plus sign, key */
export async function startTestWitness(name: string, logKey: string, nowSeconds: () => number): Promise<TestWitness> {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const raw = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
  const id = sha256(Buffer.from(`${name}\n`), Buffer.of(4), raw).subarray(0, 4);
  const state = { size: 0, root: "", asked: [] as string[] };
  const cosign = (text: string): string => {
    const time = nowSeconds();
    const stamp = Buffer.alloc(8);
    stamp.writeBigUInt64BE(BigInt(time));
    const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${time}\n${text}`), privateKey);
    return `\u2014 ${name} ${Buffer.concat([id, stamp, signature]).toString("base64")}\n`;
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request);
    state.asked.push(body);
    const said = request.url === "/witness/add-checkpoint" ? judge(body, logKey, state, cosign) : { status: 404 };
    response.writeHead(said.status, { "content-type": said.status === 409 ? "text/x.tlog.size" : "text/plain" });
    response.end(said.text ?? "");
  };
  const server = createServer((request, response) => {
    void answer(request, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a server that listens on TCP has such an address
  const { port } = server.address() as AddressInfo;
  return Object.assign(state, {
    url: `http://127.0.0.1:${port}/witness`,
    key: `${name}+${id.toString("hex")}+${Buffer.concat([Buffer.of(4), raw]).toString("base64")}`,
    cosign,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  });
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(Buffer.from(part));
  return Buffer.concat(parts).toString("utf8");
}

interface State {
  size: number;
  root: string;
}

function judge(body: string, logKey: string, state: State, cosign: (text: string) => string) {
  const [head = "", ...rest] = body.split("\n\n");
  const [oldLine = "", ...hashes] = head.split("\n");
  const old = Number(/^old (0|[1-9]\d*)$/.exec(oldLine)?.[1] ?? Number.NaN);
  const text = `${rest[0] ?? ""}\n`;
  const [origin = "", digits = "", root = ""] = text.split("\n");
  const size = Number(digits);
  if (Number.isNaN(old) || old > size || hashes.length > 63) return { status: 400 };
  if (!logKey.startsWith(`${origin}+`)) return { status: 404 };
  if (!isSigned(text, rest[1] ?? "", logKey)) return { status: 403 };
  if (old !== state.size) return { status: 409, text: `${state.size}\n` };
  if (old === size && root !== state.root) return { status: 409, text: `${state.size}\n` };
  const proof = hashes.map((line) => Buffer.from(line, "base64"));
  if (old > 0 && old < size && !goesOn(state, { size, root }, proof)) return { status: 422 };
  if (old === 0 && proof.length > 0) return { status: 422 };
  Object.assign(state, { size, root });
  return { status: 200, text: cosign(text) };
}

function isSigned(text: string, lines: string, logKey: string): boolean {
  const [name = "", id = "", ...rest] = logKey.split("+");
  const encoded = rest.join("+");
  const x = Buffer.from(encoded, "base64").subarray(1).toString("base64url");
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  return lines.split("\n").some((line) => {
    const bytes = Buffer.from(line.slice(`\u2014 ${name} `.length), "base64");
    const isOfKey = line.startsWith(`\u2014 ${name} `) && bytes.subarray(0, 4).toString("hex") === id;
    return isOfKey && verify(null, Buffer.from(text), key, bytes.subarray(4));
  });
}

/** RFC 6962 section 2.1.2, the other way round: takes the proof apart from its end. */
function goesOn(old: State, now: State, proof: readonly Buffer[]): boolean {
  const left = [...proof];
  const node = (first: Buffer, second: Buffer) => sha256(Buffer.of(1), first, second);
  const roots = (from: number, to: number, isKnown: boolean): [Buffer, Buffer] => {
    if (from === to) {
      const hash = isKnown ? Buffer.from(old.root, "base64") : (left.pop() ?? Buffer.alloc(0));
      return [hash, hash];
    }
    let split = 1;
    while (split * 2 < to) split *= 2;
    const sibling = left.pop() ?? Buffer.alloc(0);
    if (from <= split) {
      const [before, after] = roots(from, split, isKnown);
      return [before, node(after, sibling)];
    }
    const [before, after] = roots(from - split, to - split, false);
    return [node(sibling, before), node(sibling, after)];
  };
  const [before, after] = roots(old.size, now.size, true);
  return left.length === 0 && before.toString("base64") === old.root && after.toString("base64") === now.root;
}
