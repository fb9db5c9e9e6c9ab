import type { CodeLine } from "./block.ts";

/** Something in the runbook that does harm, with a better way. */
export interface ImportWarning {
  readonly line: number;
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

interface Danger {
  readonly code: string;
  readonly pattern: RegExp;
  readonly message: string;
  readonly remedy: string;
}

const DANGERS: readonly Danger[] = [
  {
    code: "blind-prune",
    pattern: /\bdocker\s+(?:system|volume|container|image)\s+prune\b/,
    message: "prune removes everything that does not run at the moment: stopped evidence, and volumes with data",
    remedy: "keep a snapshot (docker.snapshot) and remove the one container or image by name",
  },
  {
    code: "kill-by-name",
    pattern: /\b(?:pkill|killall)\b/,
    message: "ends every process whose name or command line fits, also those of others and this one's own shell",
    remedy: "stop the agent (agent.kill, agent.freeze) or one process by its id and start (process.end)",
  },
  {
    code: "delete-for-good",
    pattern: /\brm\s+(?:-\w+\s+)*-\w*(?:[rR]\w*f|f\w*[rR])\w*\s+\S/,
    message: "deletes for good, and whatever an empty variable or a blank makes of the path",
    remedy: "move it aside (file.quarantine, disk.clean with its trash folder), and delete later",
  },
  {
    code: "delete-for-good",
    pattern: /\bfind\b.{0,400}\s(?:-delete\b|-exec\s+rm\b)/,
    message: "deletes for good what a pattern finds, without saying what it is beforehand",
    remedy: "use disk.clean: its preview names files and bytes, and its undo brings them back",
  },
  {
    code: "open-to-all",
    pattern: /\bchmod\s+(?:-R\s+)?0?777\b/,
    message: "lets everyone on the machine, agents included, change these files",
    remedy: "give the one user that needs it the rights it needs (750, 640)",
  },
  {
    code: "download-to-shell",
    pattern: /\b(?:curl|wget)\b[^|\n]{0,400}\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b/,
    message: "runs whatever the other end sends at that moment",
    remedy: "download, compare the hash with one that you kept, read it, then run it",
  },
  {
    code: "delete-in-cluster",
    pattern: /\bkubectl\s+(?:\S+\s+){0,4}delete\b/,
    message: "the pod's logs, files and memory are gone with it",
    remedy: "keep logs and description first, cordon or cut off by a network policy, and delete last",
  },
  {
    code: "force-push",
    pattern: /\bgit\s+push\b.{0,200}\s(?:--force(?!-with-lease)\b|-f\b)/,
    message: "removes commits from the shared history, also those that show what happened",
    remedy: "revert with a new commit, or use --force-with-lease on a branch of your own",
  },
  {
    code: "reset-hard",
    pattern: /\bgit\s+(?:reset\s+--hard|clean\s+-\w*f)/,
    message: "throws away changes that are not committed: work, or evidence",
    remedy: "use git.restore: it keeps what was there under a ref of its own",
  },
  {
    code: "drop-data",
    pattern:
      /\b(?:DROP\s+(?:TABLE|DATABASE|SCHEMA|INDEX|USER)|TRUNCATE\s+(?:TABLE\s+)?\w|DELETE\s+FROM\s+\S+\s*(?:;|"|'|$))/i,
    message: "removes data for good, in all rows",
    remedy: "back up and rename first; state the rows in a WHERE; let a second person approve it",
  },
  {
    code: "flush-data",
    pattern: /\bflush(?:all|db)\b/i,
    message: "empties Redis at once; queues and sessions are gone",
    remedy: "save first (backup.create of kind redis), delete by key, or restore from a backup",
  },
  {
    code: "kill-hard",
    pattern: /\bkill\s+(?:-9|-KILL|-s\s+KILL)\b/,
    message: "ends without cleaning up, and the id may belong to another process by now",
    remedy: "use process.end: id and start must fit, TERM comes first, and memory can be kept before",
  },
  {
    code: "firewall-flush",
    pattern: /\b(?:iptables\s+-F|nft\s+flush\s+ruleset|ufw\s+(?:disable|reset))\b/,
    message: "takes away every rule, also those that hold an attacker off",
    remedy: "remove the one rule; blocks made by Firebreak end by themselves",
  },
  {
    code: "firewall-lockout",
    pattern: /\biptables\b.{0,100}-(?:P|-policy)\s+\w+\s+DROP\b/,
    message: "may cut off the operators themselves",
    remedy: "use host.isolate, which keeps a way back that needs nobody",
  },
  {
    code: "disk-overwrite",
    pattern: /\bdd\b.{0,200}\bof=\/dev\/|\bmkfs(?:\.\w+)?\b|>\s*\/dev\/[sv]d/,
    message: "overwrites a disk",
    remedy: "name the device in an approval, with what `lsblk` says of it",
  },
  {
    code: "log-removal",
    pattern: /(?:>\s*|\btruncate\b.{0,100}\s|\brm\s.{0,200})\/var\/log\/|\bjournalctl\s+--vacuum|\bhistory\s+-c\b/,
    message: "removes logs, which are evidence",
    remedy: "collect evidence first, and move old logs aside",
  },
  {
    code: "restart-of-crash-loop",
    pattern: /\b(?:reboot|shutdown\s+-r|init\s+6)\b/,
    message: "memory, connections and temporary files are gone after it",
    remedy: "collect evidence before, and isolate instead (host.isolate)",
  },
  {
    code: "unverified-tls",
    pattern: /\bcurl\b.{0,200}\s(?:-k|--insecure)\b/,
    message: "talks to anyone who claims to be that server",
    remedy: "give the certificate with --cacert",
  },
];

const SECRETS: readonly RegExp[] = [
  /(?<before>)\b(?:sk-[A-Za-z0-9_-]{16,200}|ghp_[A-Za-z0-9]{20,200}|xox[bap]-[A-Za-z0-9-]{10,200}|AKIA[0-9A-Z]{16}|glpat-[A-Za-z0-9_-]{16,200})(?<after>)/g,
  /(?<before>\b(?:password|passwd|secret|token|api[_-]?key)\s{0,3}[=:]\s{0,3}["']?)(?=[^\s"']{0,60}[0-9!@#%^&])(?![<{$[*x.]|your|example|changeme|redacted)[A-Za-z0-9+/_.!@#%^&-]{8,200}(?<after>)/gi,
  /(?<before>\b[a-z][a-z+]{1,15}:\/\/[^\s:/@]{1,60}:)(?![<{$*[])[^\s:/@]{3,60}(?<after>@)/g,
];

const LINE_MAX = 2000;

/** Every danger in lines of code or in pieces of code within a text. */
export function findDangers(lines: readonly CodeLine[]): readonly ImportWarning[] {
  return lines.flatMap(({ line, text }) => {
    const bounded = text.slice(0, LINE_MAX);
    const found = DANGERS.filter(({ pattern }) => pattern.test(bounded));
    return found.map(({ code, message, remedy }) => ({ line, code, message, remedy }));
  });
}

const HIDDEN = /[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/u;

/** Marks that reorder or hide what a person reads stand anywhere. */
export function findHidden(lines: readonly string[]): readonly ImportWarning[] {
  return lines.flatMap((text, index) =>
    HIDDEN.test(text)
      ? [
          {
            line: index + 1,
            code: "hidden-characters",
            message: "invisible characters stand in this line: what runs is not what is read",
            remedy: "type the line anew",
          },
        ]
      : [],
  );
}

export interface Unmasked {
  readonly text: string;
  readonly warnings: readonly ImportWarning[];
}

const KEY_BEGINS = /-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----/;
const KEY_ENDS = /-----END [A-Z ]{0,20}PRIVATE KEY-----/;

/** Takes out what looks like a secret, wherever it stands: neither the playbook nor the report repeats it. */
export function maskSecrets(text: string): Unmasked {
  const warnings: ImportWarning[] = [];
  let inKey = false;
  const lines = text.split("\n").map((line, index) => {
    const begins = KEY_BEGINS.test(line);
    const masked = inKey || begins ? maskKeyLine(line, begins) : maskLine(line);
    if (begins || (masked !== line && !inKey)) warnings.push(secretWarning(index + 1));
    inKey = (inKey || begins) && !KEY_ENDS.test(line);
    return masked;
  });
  return { text: lines.join("\n"), warnings };
}

function maskKeyLine(line: string, begins: boolean): string {
  if (line.trim() === "" || /^\s*(`{3,}|~{3,})/.test(line)) return line;
  return begins ? line.replace(/-----BEGIN[\s\S]*/, "<PRIVATE_KEY>") : line.replace(/\S[\s\S]*/, "<PRIVATE_KEY>");
}

function maskLine(line: string): string {
  return SECRETS.reduce((masked, pattern) => masked.replace(pattern, "$<before><SECRET>$<after>"), line);
}

function secretWarning(line: number): ImportWarning {
  return {
    line,
    code: "secret-in-text",
    message: "this looked like a secret: it is left out here, and is still as readable as the runbook",
    remedy: "change it now, keep it in the secret store, and write ${secrets.NAME}",
  };
}
