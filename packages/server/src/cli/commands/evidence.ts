import { existsSync } from "node:fs";
import path from "node:path";
import { evidenceVerification, evidenceView, pageOf } from "@firebreak/protocol";
import { verifyArchive } from "../../evidence/index.ts";
import { EXIT } from "../command.ts";
import type { Command } from "../command.ts";
import { printable } from "../output.ts";

const list: Command = {
  name: "evidence list",
  summary: "evidence archives, newest first",
  options: { incident: { type: "string", value: "ID", summary: "of one incident" } },
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
          one.collectedAt,
          String(one.items),
          String(one.degradedItems),
          one.directory,
        ]),
      );
    }
    return EXIT.ok;
  },
};

const verify: Command = {
  name: "evidence verify",
  summary: "check an archive: signature, every hash, custody log",
  description:
    "A directory is checked by this command alone, on any machine, without the server. --key names the key that must\n" +
    "have signed it; without it compare the printed key with the one you know (secrets/evidence-key.pub.pem).",
  positionals: [{ name: "ARCHIVE", summary: "an archive's directory, or its id" }],
  options: { key: { type: "string", value: "KEY", summary: "id of the key that must have signed it" } },
  examples: ["firebreak evidence verify ./evd_01…", "firebreak evidence verify evd_01…"],
  run: async ({ client, output, args, config, workingDirectory }) => {
    const named = args.positional(0) ?? "";
    const places = [path.resolve(workingDirectory, named), path.join(config.home, "evidence", path.basename(named))];
    const directory = places.find((place) => existsSync(place));
    const verdict =
      directory === undefined
        ? await client.post(evidenceVerification, `/evidence/${encodeURIComponent(named)}/verify`)
        : await verifyArchive(directory, args.text("key"));
    output.result({ directory: directory ?? null, ...verdict });
    output.line(
      verdict.intact
        ? output.style.green(`Intact: ${verdict.items} items, manifest ${verdict.manifestSha256}`)
        : output.style.red(`NOT INTACT: ${verdict.findings.length} finding(s)`),
    );
    for (const finding of verdict.findings) output.line(`  ${printable(finding.item)} ${finding.message}`);
    output.line(`Signed by key ${verdict.signedBy || "(none)"}`);
    return verdict.intact ? EXIT.ok : EXIT.failed;
  },
};

export const evidenceCommands: readonly Command[] = [list, verify];
