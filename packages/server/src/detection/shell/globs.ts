/** Programs and files that a pattern such as `/bin/c?t /etc/p*wd` is likely to be hiding. */
const HIDDEN_PROGRAMS = [
  "bash", "cat", "chmod", "chown", "crontab", "curl", "dash", "dd", "kill", "mkfs", "nc", "ncat", "node", "perl", "php",
  "pkill", "python", "python3", "rm", "ruby", "scp", "sh", "shred", "socat", "ssh", "su", "sudo", "tar", "wget", "zsh",
] as const; // prettier-ignore
const HIDDEN_FILES = ["/etc/passwd", "/etc/shadow", "/etc/sudoers", "/dev/tcp", "/root/.ssh/id_rsa"] as const;
const FOLDERS = ["/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/"] as const;
const WORD_CHARACTERS_MAX = 64;
const FOUND_MAX = 3;

export const hasGlob = (word: string): boolean => /[?*[]/.test(word);

/** @returns the programs that the word may stand for, when it is a pattern that is not all wildcards */
export function findPrograms(word: string): readonly string[] {
  const pattern = toPattern(word);
  if (pattern === undefined) return [];
  const candidates = word.includes("/")
    ? FOLDERS.flatMap((folder) => HIDDEN_PROGRAMS.map((name) => folder + name))
    : HIDDEN_PROGRAMS;
  return candidates.filter((name) => pattern.test(name)).slice(0, FOUND_MAX);
}

/** @returns the file that the word may stand for, else the word */
export function findFile(word: string): string {
  const pattern = word.startsWith("/") && hasGlob(word) ? toPattern(word) : undefined;
  return (pattern && HIDDEN_FILES.find((name) => pattern.test(name))) ?? word;
}

/** A pattern needs a letter of its own for a find to mean something: `*` and `/???/*` may be anything. */
function toPattern(word: string): RegExp | undefined {
  if (word.length > WORD_CHARACTERS_MAX || !/[a-z]/.test(word.replaceAll(/\[[^\]]*\]/g, "a"))) return undefined;
  let stars = 0;
  const source = word.replaceAll(/\[!?[a-z\d-]+\]|[\s\S]/gi, (piece) => {
    if (piece === "*") return stars++ < 4 ? "[^/]*" : "";
    if (piece === "?") return "[^/]";
    return piece.length > 1 ? piece.replace("[!", "[^") : piece.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  });
  try {
    return new RegExp(`^${source}$`);
  } catch {
    return undefined;
  }
}
