import { writeFileSync } from "node:fs";
import path from "node:path";
import { reviewView } from "@firebreak/protocol";
import type { ReviewView } from "@firebreak/protocol";
import { RefusedError } from "../client.ts";
import type { ApiClient } from "../client.ts";
import type { Command } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";

export const reviewCommand: Command = {
  name: "review",
  summary: "draft and print an incident's review as Markdown",
  description: [
    "The draft is made from what was recorded: timeline, times against the targets, stops, evidence. A review that a " +
      "person has edited is printed as it is.",
  ],
  positionals: [{ name: "INCIDENT", summary: "the incident's id" }],
  options: { out: { type: "string", value: "FILE", summary: "write it to a file" } },
  examples: ["firebreak review INC-2026-0001", "firebreak review INC-2026-0001 --out review.md"],
  exits: [...ASKS_SERVER, "notFound"],
  run: async ({ client, output, args, workingDirectory }) => {
    const id = encodeURIComponent(args.positional(0) ?? "");
    const review = await draftOrRead(client, `/incidents/${id}/review`);
    const file = args.text("out");
    output.result(review);
    if (file !== undefined) {
      writeFileSync(path.resolve(workingDirectory, file), review.markdown);
      output.line(`Written to ${file}. Due ${timeText(review.dueAt)} UTC.`);
    } else if (!output.json) output.raw(`${review.markdown}\n`);
    return EXIT.ok;
  },
};

/** Drafting again would lose what a person wrote, so the server refuses it; then that text is the review. */
async function draftOrRead(client: ApiClient, apiPath: string): Promise<ReviewView> {
  try {
    return await client.post(reviewView, apiPath);
  } catch (fault) {
    if (!(fault instanceof RefusedError) || fault.code !== "conflict") throw fault;
    return client.get(reviewView, apiPath);
  }
}
