import { expect, test } from "vitest";
import { createTurnstile } from "./turnstile.ts";

test("lets no more through at once than it should, everybody in turn, and goes on after a failure", async () => {
  const turnstile = createTurnstile(3);
  const order: number[] = [];
  let inside = 0;
  let most = 0;
  const pass = async (who: number) =>
    turnstile.pass(async () => {
      inside++;
      most = Math.max(most, inside);
      order.push(who);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
      if (who % 5 === 0) throw new Error("it failed");
      return who;
    });
  const everybody = Array.from({ length: 50 }, (_, who) => who);
  const results = await Promise.allSettled(everybody.map(pass));
  expect(results.map(({ status }) => status)).toEqual(
    everybody.map((who) => (who % 5 === 0 ? "rejected" : "fulfilled")),
  );
  expect({ most, order }).toEqual({ most: 3, order: everybody });
});
