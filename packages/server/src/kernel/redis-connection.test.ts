import { once } from "node:events";
import { createServer } from "node:net";
import { assert, asyncProperty, constantFrom, letrec, string, integer, array, uint8Array, oneof } from "fast-check";
import { describe, expect, test } from "vitest";
import { startRedis } from "../../../../test/harness/redis-server.ts";
import { openRedis, RedisRefusal } from "./redis-connection.ts";
import type { RedisAnswer } from "./redis-connection.ts";

/** Sends these pieces, one after the other, to whoever asks. */
async function askServerOf(pieces: readonly Buffer[], signal = AbortSignal.timeout(5_000)): Promise<RedisAnswer> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => {
      for (const piece of pieces) socket.write(piece);
      socket.end();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  const redis = await openRedis({ host: "127.0.0.1", port }, signal);
  try {
    return await redis.ask("ANY");
  } finally {
    redis.close();
    server.close();
  }
}

function encoded(answer: RedisAnswer): string {
  if (answer === null) return "$-1\r\n";
  if (typeof answer === "number") return `:${answer}\r\n`;
  if (typeof answer === "string") return `$${Buffer.byteLength(answer)}\r\n${answer}\r\n`;
  return `*${answer.length}\r\n${answer.map(encoded).join("")}`;
}

const { list } = letrec<{ leaf: RedisAnswer; list: RedisAnswer }>((tie) => ({
  leaf: oneof(string({ unit: "grapheme" }), integer(), constantFrom(null)),
  list: oneof({ maxDepth: 2 }, tie("leaf"), array(tie("list"), { maxLength: 4 })),
}));

describe("the protocol of Redis", () => {
  test("D-1: what is answered is read as it was meant, wherever it is cut", async () => {
    await assert(
      asyncProperty(list, integer({ min: 1, max: 7 }), async (answer, size) => {
        const bytes = Buffer.from(encoded(answer));
        const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
          bytes.subarray(n * size, (n + 1) * size),
        );
        expect(await askServerOf(pieces)).toEqual(answer);
      }),
      { numRuns: 60 },
    );
  });

  test("D-1: whatever else comes is an error, and never an answer without end", async () => {
    await assert(
      asyncProperty(uint8Array({ maxLength: 64 }), async (bytes) => {
        const outcome = await askServerOf([Buffer.from(bytes)]).then(
          (answer) => typeof answer !== "undefined",
          (fault: unknown) => fault instanceof Error,
        );
        expect(outcome).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test("R-2: a real server gives its whole data set, which another one can read", async () => {
    const redis = await startRedis({ password: "s3cret" });
    try {
      await redis.ask("SET", "greeting", "hello");
      const signal = AbortSignal.timeout(10_000);
      const connection = await openRedis({ host: "127.0.0.1", port: redis.port, password: "s3cret" }, signal);
      const pieces: Buffer[] = [];
      for await (const piece of connection.readDump()) pieces.push(Buffer.from(piece));
      connection.close();
      const dump = Buffer.concat(pieces);
      expect(dump.subarray(0, 5).toString()).toBe("REDIS");
      expect(dump.includes("greeting")).toBe(true);
      expect(dump.at(-9)).toBe(0xff);
    } finally {
      await redis.close();
    }
  });

  test("D-1: a wrong password is a refusal without the password", async () => {
    const redis = await startRedis({ password: "s3cret" });
    try {
      const place = { host: "127.0.0.1", port: redis.port, password: "guessed-wrong" };
      const fault = await openRedis(place, AbortSignal.timeout(5_000)).catch((error: unknown) => error);
      expect(fault).toBeInstanceOf(RedisRefusal);
      expect(String(fault)).not.toContain("guessed-wrong");
    } finally {
      await redis.close();
    }
  });
});
