import { expect, it } from "vitest";
import { readSearch } from "./conditions.ts";
import { toIndexQuestion } from "./index-question.ts";
import { bitsOfField, bitsOfText } from "./signature.ts";

const bitsFor = (filters: Parameters<typeof readSearch>[0]) => new Set(toIndexQuestion(readSearch(filters)).bits);

it("E-5: words within a session, an agent or a source are looked for in blocks that hold both", () => {
  const asked = bitsFor({ text: "curl", session: "ses-1" });
  expect(asked).toEqual(new Set([...bitsOfField(["agent", "session"], "ses-1"), ...bitsOfText("curl", false)]));
  expect(bitsFor({ text: "curl" }).size).toBeLessThan(asked.size);
});

it("E-5: columns that say who it was are asked for in the marks when nothing else is", () => {
  const { marks, bits } = toIndexQuestion(readSearch({ agent: "scout", pack: "research" }));
  expect(marks).toEqual([["agent=scout"], ["pack=research"]]);
  expect(bits).toEqual([]);
});

it("E-5: a field with its value is asked for without its words, unless signatures tell nothing of it", () => {
  expect(bitsFor({ path: ["data.pid=42"] })).toEqual(new Set(bitsOfField(["data", "pid"], "42")));
  expect(bitsFor({ path: ["id=evt_42"] })).toEqual(
    new Set(["id", "evt", "42"].flatMap((word) => bitsOfText(word, false))),
  );
});
