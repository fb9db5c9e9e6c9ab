import { expect, it } from "vitest";
import { DEFAULT_REDACTION } from "../kernel/index.ts";
import { createTypedTextMask } from "./typed-text.ts";

const clean = createTypedTextMask(DEFAULT_REDACTION);
const token = `ghp_${"aB3dE6gH9jK2mN5pQ8sT".repeat(2)}`;

it("E-8: a secret that a person types is taken out, and the text says so", () => {
  expect(clean({ id: "INC-1", text: `it used ${token}` })).toEqual({
    id: "INC-1",
    text: "it used [REDACTED: KEY]\n\n(Firebreak took a secret out of this text.)",
  });
  expect(clean({ reason: "password=tiger7", severity: 2 })).toEqual({
    reason: "password=[REDACTED: PWD]",
    severity: 2,
  });
});

it("E-8: what tells of persons stays in what a person types, and a text without a secret stays as it is", () => {
  const request = { text: "ada@example.org called, SSN 123-45-6789", title: "It burns" };
  expect(clean(request)).toEqual(request);
});
