const HOSTS_MAX = 4;
const URL_HOST = /[a-z][a-z\d+.-]{1,15}:\/\/(?:[^/?#\s@"']*@)?(\[[\da-f:.]+\]|[^/?#\s:@"'\\)]+)/gi;
const DEVICE = /\/dev\/(?:tcp|udp)\/([^/\s]+)\//g;
const SOCKET = /(?:TCP|TCP4|TCP6|UDP|OPENSSL|SSL):([^:,\s]+):\d+/gi;
/** `user@host:path` and `host:path`, as scp, rsync and Git take them */
const REMOTE_PATH = /^(?:[\w.-]+@)?([\w-]+(?:\.[\w-]+)*):(?!\/\/|\\)/;
const NAME =
  /^(?:[\w-]+\.)+[a-z][\w-]*$|^\d{1,3}(?:\.\d{1,3}){3}$|^\[?[\da-f]*:[\da-f:]+\]?$|^\d{8,10}$|^0x[\da-f]{8}$|^localhost$/i;

/** What a word must hold for a pattern to be worth a look: most words have none of it. */
const FORMS: readonly (readonly [string, RegExp])[] = [
  ["://", URL_HOST],
  ["/dev/", DEVICE],
  [":", SOCKET],
];

/** Programs whose first words name the host that they talk to. */
const TAKES_HOST: ReadonlySet<string> = new Set([
  "curl", "wget", "http", "https", "nc", "ncat", "netcat", "telnet", "ssh", "sftp", "ftp", "dig", "nslookup", "host", "ping", "drill",
]); // prettier-ignore
const TAKES_REMOTE_PATH: ReadonlySet<string> = new Set(["scp", "rsync", "sftp"]);
/** Git's own `local:remote` are branches: only what has a user or a dot is a host. */
const GIT_REMOTE_PATH = /^(?:[\w.-]+@([\w.-]+)|([\w-]+(?:\.[\w-]+)+)):(?!\/\/|\\)/;

/** @returns the hosts that a command names, as plain names or dotted addresses; the first four */
export function findRemoteHosts(program: string, words: readonly string[]): string[] {
  const takesHost = TAKES_HOST.has(program);
  // without one of these no form is there
  if (!takesHost && !words.some((word) => word.includes(":") || word.includes("/dev/"))) return [];
  const found = new Set<string>();
  for (const word of words.slice(1)) {
    for (const [sign, pattern] of FORMS) {
      if (!word.includes(sign)) continue;
      for (const [, host = ""] of word.matchAll(pattern)) found.add(canonicalHost(host));
    }
    const path = findPathHost(program, word);
    if (path !== undefined) found.add(canonicalHost(path));
    if (takesHost) {
      const [name = ""] = word.replace(/^[\w.-]*@/, "").split(/[/:](?!:)/);
      if (NAME.test(name) && !word.startsWith("-")) found.add(canonicalHost(name));
    }
    if (found.size >= HOSTS_MAX) break;
  }
  return [...found].filter((host) => host !== "").slice(0, HOSTS_MAX);
}

function findPathHost(program: string, word: string): string | undefined {
  if (TAKES_REMOTE_PATH.has(program)) return REMOTE_PATH.exec(word)?.[1];
  const found = program === "git" ? GIT_REMOTE_PATH.exec(word) : null;
  return found?.[1] ?? found?.[2];
}

/** @returns the host of an address, or the text itself when it is a host */
export function hostOf(address: string): string | undefined {
  const [found] = address.matchAll(URL_HOST);
  const host = found?.[1] ?? /^([^\s/:]+)(?::\d+)?(?:\/|$)/.exec(address)?.[1];
  return host === undefined ? undefined : canonicalHost(host);
}

/** Small letters, no dot at the end, and addresses in any spelling (decimal, hexadecimal, short) as dotted ones. */
function canonicalHost(host: string): string {
  try {
    return new URL(`http://${host}/`).hostname.replace(/\.$/, "").replaceAll(/[[\]]/g, "");
  } catch {
    return host.toLowerCase();
  }
}
