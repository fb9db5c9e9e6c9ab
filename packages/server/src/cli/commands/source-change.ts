import { sourceDetail } from "@firebreak/protocol";
import { usageError } from "../arguments.ts";
import type { Command, CommandContext } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { printable } from "../printable.ts";
import { readDocument, readSeverity, readStale, SEVERITY_OPTION } from "../source-options.ts";

const HOURS = { min: 0, max: 720 };

const change: Command = {
  name: "source change",
  summary: "change a sender's name, words, template or signature",
  description: [
    "What is not named stays. For a day (--overlap) the old address and messages that are proved as before are taken as well, so " +
      "that the sender can be changed without a gap: a new secret is a new name for --secret. Open alerts go on under the new name.",
    "--severity replaces all words. A new key is made by `firebreak source rotate`.",
  ],
  positionals: [{ name: "NAME", summary: "the source's name" }],
  options: {
    rename: { type: "string", value: "NAME", summary: "what it is called from now on" },
    strict: { type: "boolean", summary: "refuse messages with a severity that is not known" },
    lenient: { type: "boolean", summary: "read a severity that is not known as error" },
    "stale-after": { type: "string", value: "TIME", summary: "30m, 5h, 2d, or never" },
    severity: SEVERITY_OPTION,
    template: { type: "string", value: "FILE", summary: "how bodies become alerts; none takes it away" },
    signature: { type: "string", value: "SCHEME", summary: "bodies are signed; none: the key proves them" },
    secret: { type: "string", value: "NAME", summary: "the name of the signature's secret" },
    overlap: { type: "string", value: "HOURS", summary: "how long the old address and proof work (24)" },
  },
  examples: [
    "firebreak source change ci --signature github --secret CI_WEBHOOK_SECRET_2",
    "firebreak source change ci --template ci.yaml",
    "firebreak source change prometheus --rename prometheus-eu --overlap 72",
  ],
  exits: [...ASKS_SERVER, "notFound"],
  run: async (context) => {
    const { client, output, args } = context;
    const name = encodeURIComponent(args.positional(0) ?? "");
    const changed = await client.post(sourceDetail, `/sources/${name}/change`, readRequest(context));
    output.result(changed);
    if (output.json) return EXIT.ok;
    output.line(`${printable(changed.source.name)} is changed.`);
    output.raw(`\n${changed.setup}\n`);
    return EXIT.ok;
  },
};

function readRequest({ args }: CommandContext): Record<string, unknown> {
  if (args.flag("strict") && args.flag("lenient")) throw usageError(change, "Give --strict or --lenient, not both.");
  const [rename, stale] = [args.text("rename"), args.text("stale-after")];
  const [template, signature] = [args.text("template"), args.text("signature")];
  const words = args.texts("severity").map((word) => readSeverity(change, word));
  const overlapHours = args.count("overlap", HOURS);
  const request = {
    ...(rename === undefined ? {} : { name: rename }),
    ...(args.flag("strict") || args.flag("lenient") ? { strict: args.flag("strict") } : {}),
    ...(stale === undefined ? {} : { staleAfterMs: readStale(change, stale) }),
    ...(words.length === 0 ? {} : { severities: Object.fromEntries(words) }),
    ...(template === undefined ? {} : { template: template === "none" ? null : readDocument(template) }),
    ...(signature === undefined
      ? {}
      : { signature: signature === "none" ? null : { preset: signature, secret: args.requiredText("secret") } }),
  };
  if (Object.keys(request).length === 0) throw usageError(change, "Name what is to be changed.");
  return { ...request, ...(overlapHours === undefined ? {} : { overlapHours }) };
}

export const sourceChangeCommands: readonly Command[] = [change];
