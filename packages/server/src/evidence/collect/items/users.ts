import { createHash } from "node:crypto";
import { messageOf } from "../../../kernel/index.ts";
import type { Collector } from "../collector.ts";
import type { ItemSink } from "../item-sink.ts";
import { readAccounts } from "../accounts.ts";
import { readPlainText } from "../plain-files.ts";
import { keepOutput } from "../programs.ts";

const BYTES_MAX = 4 * 1024 * 1024;

export const users: Collector = {
  name: "users",
  description: "accounts and groups (no password hashes), who may log in by which key, who is and was logged in",
  seconds: { standard: 30, full: 60 },
  needs: [],
  collect: async (_scene, sink, signal) => {
    const accounts = await readAccounts();
    const gaps: string[] = [];
    const keys = [];
    for (const { name, home } of accounts) {
      for (const file of ["authorized_keys", "authorized_keys2"].map((one) => `${home}/.ssh/${one}`)) {
        try {
          const text = await readPlainText(file, BYTES_MAX);
          if (text !== null) keys.push({ user: name, file, keys: fingerprints(text) });
        } catch (fault) {
          gaps.push(`${file}: ${messageOf(fault)}`);
        }
      }
    }
    const groups =
      (await readPlainText("/etc/group", BYTES_MAX).catch(() => null))?.split("\n").flatMap(readGroup) ?? [];
    const facts = { name: "users.json", description: "accounts, groups and authorized keys of this host" };
    const degraded = gaps.length === 0 ? undefined : gaps.slice(0, 20).join("; ");
    sink.json(
      { ...facts, degraded, metadata: { accounts: accounts.length } },
      { accounts, groups, authorizedKeys: keys },
    );
    await collectLogins(sink, signal);
  },
};

async function collectLogins(sink: ItemSink, signal: AbortSignal): Promise<void> {
  const programs = [
    ["logged-in.txt", "who is logged in", "who", "-a"],
    ["logins.txt", "the last logins", "last", "-n", "2000"],
  ] as const;
  for (const [name, description, ...command] of programs) {
    await keepOutput(sink, { name: `users/${name}`, description }, command, signal);
  }
}

function readGroup(line: string): { name: string; id: string; members: string[] }[] {
  const [name = "", , id = "", members = ""] = line.split(":");
  return name === "" ? [] : [{ name, id, members: members.split(",").filter(Boolean) }];
}

/** As `ssh-keygen -l` names them: SHA-256 of the key, Base64 without padding. The key itself stays out. */
function fingerprints(text: string) {
  return text.split("\n").flatMap((line) => {
    const found = /(?:^|\s)((?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[\w.@-]+)\s+([A-Za-z0-9+/=]{20,})(?:\s+(.*))?$/.exec(
      line.trim(),
    );
    if (found === null || line.trimStart().startsWith("#")) return [];
    const [whole, type = "", key = "", comment = ""] = found;
    const hash = createHash("sha256").update(Buffer.from(key, "base64")).digest("base64").replace(/=+$/, "");
    const options = line.trim().slice(0, -whole.length).trim();
    return [{ type, fingerprint: `SHA256:${hash}`, comment, options }];
  });
}
