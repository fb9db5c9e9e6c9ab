import { existsSync } from "node:fs";
import path from "node:path";
import { evidenceVerification, evidenceView, pageOf } from "@firebreak/protocol";
import { usageError } from "../arguments.ts";
import type { Command } from "../command.ts";
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
        ["ID", "INCIDENT", "AGENT", "COLLECTED (UTC)", "ITEMS", "INCOMPLETE", "DIRECTORY"],
        page.items.map((one) => [
          one.id,
          one.incidentId ?? "-",
          one.agentId ?? "-",
          timeText(one.collectedAt),
          String(one.items),
          String(one.degradedItems),
          printable(one.directory),
        ]),
      );
    }
    return EXIT.ok;
  },
};

async function verifyDirectory(directory: string, key: string | undefined) {
  const { verifyArchive } = await import("../../evidence/index.ts");
  return verifyArchive(directory, key);
}

const verify: Command = {
  name: "evidence verify",
  summary: "check an archive: signature, every hash, custody log",
  description: [
    "A directory is checked by this command alone, on any machine, without the server. --key names the key that must " +
      "have signed it; without it compare the printed key with the one you know (secrets/evidence-key.pub.pem).",
    "Ends with 1 when anything was changed, removed or added.",
  ],
  positionals: [{ name: "ARCHIVE", summary: "an archive's directory, or its id" }],
  options: { key: { type: "string", value: "KEY", summary: "id of the key that must have signed it" } },
  examples: ["firebreak evidence verify ./evd_01…", "firebreak evidence verify evd_01… --key 3f9a…"],
  exits: [...ASKS_SERVER, "notFound"],
  run: async ({ client, output, args, config, workingDirectory }) => {
    const named = args.positional(0) ?? "";
    const places = [path.resolve(workingDirectory, named), path.join(config.home, "evidence", path.basename(named))];
    const directory = places.find((place) => existsSync(place));
    if (directory === undefined && args.text("key") !== undefined) {
      throw usageError(verify, `--key needs the archive's directory, and ${printable(named)} is none.`);
    }
    const verdict =
      directory === undefined
        ? await client.post(evidenceVerification, `/evidence/${encodeURIComponent(named)}/verify`)
        : await verifyDirectory(directory, args.text("key"));
    output.result({ directory: directory ?? null, ...verdict });
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
