import { expect, test } from "vitest";
import { createPasswordHasher } from "./passwords.ts";

const hasher = createPasswordHasher();

test("a hash names its cost, differs each time, and knows its password however the keyboard composes it", async () => {
  const [one, two] = await Promise.all([hasher.hash("caf\u00e9 au lait noir"), hasher.hash("caf\u00e9 au lait noir")]);
  expect(one).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$[\w-]{22}\$[\w-]{43}$/);
  expect(one).not.toBe(two);
  expect(await hasher.verify("cafe\u0301 au lait noir", one)).toBe(true);
  expect(await hasher.verify("cafe au lait noir", one)).toBe(false);
});

test("stored text that is no hash of ours never matches", async () => {
  for (const stored of [null, "", "plain", "$scrypt$ln=31,r=8,p=1$c2FsdA$a2V5", "$scrypt$ln=15,r=8,p=3$c2FsdA$"]) {
    expect(await hasher.verify("plain", stored), String(stored)).toBe(false);
  }
});

test("more than 34 checks at once are told to come back", async () => {
  const cheap = createPasswordHasher({ logN: 10, r: 8, p: 1 });
  const results = await Promise.allSettled(Array.from({ length: 36 }, () => cheap.verify("x", null)));
  const refused = results.filter((result) => result.status === "rejected");
  expect(refused).toHaveLength(2);
  expect(refused[0]?.reason).toMatchObject({ code: "too_many_requests" });
});
