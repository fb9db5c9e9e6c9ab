import { randomUUID } from "node:crypto";
import { actionPreview, actionView } from "@firebreak/protocol";
import type { Command } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { printable } from "../printable.ts";

const EFFECTOR = "credential.rotate";
/** Stores, restarts and the wait for the old value to be refused. */
const ROTATE_TIMEOUT_MS = 900_000;

export const rotateCommand: Command = {
  name: "rotate",
  summary: "give a credential a new value, and prove the old refused",
  description: [
    "The profile says how (effectors.credentials): where the new value comes from, which stores get it, what is restarted, " +
      "who revokes the old one, and who proves that it is refused. Without that proof this ends with 1 and says so. A " +
      "rotation that was cut off goes on with the value that it made: run it again. No value is shown anywhere.",
  ],
  positionals: [{ name: "NAME", summary: "the credential, as the profile names it" }],
  options: {
    preview: { type: "boolean", summary: "say what it would do; change nothing" },
    reason: { type: "string", value: "TEXT", summary: "why, for the record (needed)" },
    incident: { type: "string", value: "ID", summary: "the incident it belongs to" },
  },
  examples: ['firebreak rotate github-token --reason "it was in a log"', "firebreak rotate github-token --preview"],
  exits: [...ASKS_SERVER, "notFound"],
  run: async ({ client, output, args }) => {
    const parameters = { name: args.positional(0) ?? "" };
    if (args.flag("preview")) {
      const preview = await client.post(actionPreview, `/effectors/${EFFECTOR}/preview`, { parameters });
      output.result(preview);
      for (const line of [...preview.changes, ...preview.obstacles]) output.line(`- ${printable(line)}`);
      return preview.obstacles.length === 0 ? EXIT.ok : EXIT.failed;
    }
    const incidentId = args.text("incident");
    const request = {
      effector: EFFECTOR,
      parameters,
      reason: args.requiredText("reason", 3),
      idempotencyKey: randomUUID(),
      ...(incidentId === undefined ? {} : { incidentId }),
    };
    const action = await client.post(actionView, "/actions", request, ROTATE_TIMEOUT_MS);
    output.result(action);
    const isProved = action.state === "done";
    const message = printable(action.message ?? action.state);
    output.line(isProved ? output.style.green(message) : output.style.red(message));
    return isProved ? EXIT.ok : EXIT.failed;
  },
};
