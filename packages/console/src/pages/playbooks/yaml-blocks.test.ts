import { assert, property, string } from "fast-check";
import { expect, test } from "vitest";
import { stepOfLines } from "./yaml-blocks.ts";

test("each line belongs to the innermost step that it stands in", () => {
  const yaml = [
    "id: down",
    "phases:",
    "  - id: contain",
    "    steps:",
    "      - id: look",
    "        title: Look",
    "        options:",
    "          - id: yes",
    "            steps:",
    "              - id: stop",
    "                title: Stop",
    "          - id: no",
    "      - id: tell",
    "outputs: {}",
  ].join("\n");
  const ids = stepOfLines(yaml);
  expect([ids[0], ids[4], ids[5], ids[9], ids[10], ids[11], ids[12], ids[13]]).toEqual([
    null,
    "look",
    "look",
    "stop",
    "stop",
    "no",
    "tell",
    null,
  ]);
});

test("any text has as many answers as lines", () => {
  assert(property(string(), (text) => stepOfLines(text).length === text.split("\n").length));
});
