import { z } from "zod";
import { sendToRedis } from "../services/send-to-redis.ts";
import { defineFault } from "./fault.ts";

const KEYS_MAX = 20_000;
const PIECE = "x".repeat(16_384);

/** Keys are written to a Redis of the sandbox until it takes no more. */
export const redisFilled = defineFault({
  kind: "redis-filled",
  about: "keys are written to a Redis at `port` until it takes no more",
  parameters: z.strictObject({ port: z.number().int() }),
  cause: async (_ctx, { port }) => {
    for (let key = 0; key < KEYS_MAX; key += 100) {
      const commands = Array.from({ length: 100 }, (_unused, i) => ["SET", `filler:${key + i}`, PIECE]);
      const answers = await sendToRedis(port, commands);
      const refusal = answers.find((answer) => answer.startsWith("-OOM"));
      if (refusal !== undefined) return { what: `Redis was filled to its limit: ${refusal.slice(1)}`, facts: { port } };
    }
    throw new Error("Redis took everything: it has no memory limit");
  },
});
