import { expect, it } from "vitest";
import { rememberTexts } from "./remember-texts.ts";

it("reads a text once while it is remembered, long texts each time, and forgets in time", () => {
  const asked: string[] = [];
  const read = rememberTexts((text) => {
    asked.push(text);
    return text === "" ? undefined : text.length;
  });
  expect([read("ab"), read("ab"), read(""), read("")]).toEqual([2, 2, undefined, undefined]);
  expect(asked).toEqual(["ab", ""]);
  const long = "x".repeat(2000);
  expect([read(long), read(long)]).toEqual([2000, 2000]);
  expect(asked).toEqual(["ab", "", long, long]);
  for (let number = 0; number < 512; number++) read(`n${number}`);
  read("ab");
  expect(asked.filter((text) => text === "ab")).toHaveLength(2);
});

it("stops to remember where texts do not repeat, and begins again", () => {
  let reads = 0;
  const read = rememberTexts(() => (reads += 1));
  for (let number = 0; number < 600; number++) read(`n${number}`);
  expect([read("ab"), read("ab")]).toEqual([601, 602]);
  for (let number = 0; number < 10_000; number++) read("ab");
  expect(reads).toBeLessThan(6_000);
});
