import { existsSync } from "node:fs";
import path from "node:path";
import { evidenceVerification, evidenceView, pageOf } from "@firebreak/protocol";
import { usageError } from "../arguments.ts";
import type { Command, CommandContext } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";
import { printable } from "../printable.ts";

const list: Command = {
  name: "evidence list",
  summary: "evidence archives, newest first",
  options: { incident: { type: "string", value: "ID", summary: "of one incident" } },
  examples: ["firebreak evidence list", "firebreak evidence list --incident INC-2026-0001"],
  exits: ASKS_SERVER,
  run: async ({ client, output, args }) => {
    const incident = args.text("incident");
    const query = incident === undefined ? "" : `?incident=${encodeURIComponent(incident)}`;
    const page = await client.get(pageOf(evidenceView), `/evidence${query}`);
    output.result(page);
    if (page.items.length === 0) output.line("No evidence has been collected.");
    else {
      output.table(
        ["ID", "INCIDENT", "AGENT", "COLLECTED (UTC)", "ITEMS", "IN PART", "NOT HAD", "VERIFIED", "COPY"],
        page.items.map((one) => [
          one.id,
          one.incidentId ?? "-",
          one.agentId ?? "-",
          timeText(one.collectedAt),
          String(one.items),
          String(one.degradedItems - one.failedItems),
          String(one.failedItems),
          one.verified === null ? "-" : one.verified.intact ? "intact" : "NOT INTACT",
          one.copy?.state ?? "-",
        ]),
      );
    }
    return EXIT.ok;
  },
};

/** The verdict without the archive's own texts, as the API gives it too. */
async function verifyFile(file: string, key: string | undefined) {
  const { verifyArchive } = await import("../../evidence/index.ts");
  const verdict = await verifyArchive(file, { expectedKeyId: key });
  const { intact, findings, items, states, manifestSha256, signedBy, archiveId } = verdict;
  return { id: archiveId, intact, findings, items, states, manifestSha256, signedBy };
}

/**
 * What is named by a path is checked here. What is named by its id is checked by the server, which knows more, if one answers;
 * else where it lies in the home.
 */
async function findFile(named: string, { args, client, config, workingDirectory }: CommandContext) {
  const given = path.resolve(workingDirectory, named);
  if (existsSync(given)) return given;
  const own = path.join(config.home, "evidence", path.basename(named));
  const isAlone = args.text("key") !== undefined || (await client.find()) === null;
  if (isAlone && existsSync(own)) return own;
  if (args.text("key") === undefined) return undefined;
  throw usageError(verify, `--key needs the archive itself, and ${printable(named)} is not there.`);
}

const verify: Command = {
  name: "evidence verify",
  summary: "check an archive: signature, every hash, custody log",
  description: [
    "A directory or an exported file (.tar.zst, .tar) is checked by this command alone, on any machine, without the " +
      "server; firebreak-verify of the package @firebreak/verifier does the same with plain Node. --key names the key " +
      "that must have signed it; without it compare the printed key with the one you know (secrets/evidence-key.pub.pem).",
    "Named by its id, the server checks it against its own key and against what the audit log says of its custody.",
    "Ends with 1 when anything was changed, removed or added.",
  ],
  positionals: [{ name: "ARCHIVE", summary: "an archive's directory, its exported file, or its id" }],
  options: { key: { type: "string", value: "KEY", summary: "id of the key that must have signed it" } },
  examples: ["firebreak evidence verify ./evd_01….tar.zst", "firebreak evidence verify ./evd_01… --key 3f9a…"],
  exits: [...ASKS_SERVER, "notFound"],
  run: async (context) => {
    const { client, output, args } = context;
    const named = args.positional(0) ?? "";
    const file = await findFile(named, context);
    const verdict =
      file === undefined
        ? await client.post(evidenceVerification, `/evidence/${encodeURIComponent(named)}/verify`)
        : await verifyFile(file, args.text("key"));
    output.result({ directory: file ?? null, ...verdict });
    output.line(
      verdict.intact
        ? output.style.green(`Intact: ${verdict.items} items, manifest ${verdict.manifestSha256}`)
        : output.style.red(`NOT INTACT: ${verdict.findings.length} finding(s)`),
    );
    for (const finding of verdict.findings) output.line(`  ${printable(finding.item)} ${printable(finding.message)}`);
    output.line(`Signed by key ${printable(verdict.signedBy) || "(none)"}`);
    return verdict.intact ? EXIT.ok : EXIT.failed;
  },
};

export const evidenceCommands: readonly Command[] = [list, verify];
