import { writeFileSync } from "node:fs";
import path from "node:path";
import { reviewView } from "@firebreak/protocol";
import { EXIT } from "../command.ts";
import type { Command } from "../command.ts";

export const reviewCommand: Command = {
  name: "review",
  summary: "draft and print an incident's review as Markdown",
  description: "The draft is made from what was recorded: timeline, times against the targets, stops, evidence.",
  positionals: [{ name: "INCIDENT", summary: "the incident's id" }],
  options: { out: { type: "string", value: "FILE", summary: "write it to a file" } },
  examples: ["firebreak review INC-2026-0001 --out review.md"],
  run: async ({ client, output, args, workingDirectory }) => {
    const id = encodeURIComponent(args.positional(0) ?? "");
    const review = await client.post(reviewView, `/incidents/${id}/review`);
    const file = args.text("out");
    output.result(review);
    if (file !== undefined) {
      writeFileSync(path.resolve(workingDirectory, file), review.markdown);
      output.line(`Written to ${file}. Due ${review.dueAt}.`);
    } else if (!output.json) output.raw(`${review.markdown}\n`);
    return EXIT.ok;
  },
};
