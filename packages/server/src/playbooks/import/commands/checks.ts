import path from "node:path";
import type { CommandUse, MapCommand, Mapping } from "./mapping.ts";
import { given, numberOr, readOptions } from "./mapping.ts";

const CURL_VALUED = [
  ..."-X --request -H --header -d --data --data-raw --data-binary -o --output -u --user -m --max-time -w --write-out -F".split(
    " ",
  ),
  ..."-A --user-agent -b --cookie -c --cookie-jar -T --upload-file --connect-timeout --retry -e --cacert --cert --key".split(
    " ",
  ),
];

const curl: MapCommand = ({ command, filters }) => {
  const { flags, values, rest } = readOptions(command.args, CURL_VALUED);
  const url = rest.find((word) => /^https?:\/\//.test(word)) ?? localUrl(rest[0]);
  const sends = ["-d", "--data", "--data-raw", "--data-binary", "-F", "-T", "--upload-file", "-o", "--output"];
  const method = values.get("-X") ?? values.get("--request") ?? (flags.has("-I") || flags.has("-sI") ? "HEAD" : "GET");
  if (url === undefined || command.output !== null || sends.some((name) => values.has(name))) return [];
  if (values.has("-H") || values.has("--header") || values.has("-u")) return [];
  if (method !== "GET" && method !== "HEAD") return [];
  const contains = filters.find(({ program }) => program === "grep")?.args.find((arg) => !arg.startsWith("-"));
  if (filters.some(({ program }) => /^(ba|z|da)?sh$|^python\d?$/.test(program))) return [];
  return [{ effector: "check.http", with: given({ url, method: method === "HEAD" ? method : undefined, contains }) }];
};

function localUrl(word: string | undefined): string | undefined {
  return word !== undefined && /^[\w.-]+:\d{2,5}(\/|$)/.test(word) ? `http://${word}` : undefined;
}

const netcat: MapCommand = ({ command }) => {
  const { rest } = readOptions(command.args, ["-w", "-i"]);
  const [host, port] = rest;
  if (host === undefined || port === undefined || rest.length > 2) return [];
  return [{ effector: "check.tcp", with: { host, port: numberOr(port) } }];
};

const redisCli: MapCommand = ({ command }) => {
  const { values, rest } = readOptions(command.args, ["-h", "-p", "-a", "-n", "-u", "--user", "--pass"]);
  const verb = rest[0]?.toLowerCase();
  if (verb === undefined || !["ping", "info", "dbsize", "memory", "lastsave"].includes(verb)) return [];
  const port = values.get("-p");
  const where = { host: values.get("-h"), port: port === undefined ? undefined : numberOr(port) };
  return [{ effector: "check.redis", with: given(where) }];
};

const POSTGRES_VALUED = "-h --host -p --port -U --username -d --dbname -c --command -f --file -o".split(" ");

function postgresWhere(args: readonly string[]): Record<string, unknown> {
  const { values, rest } = readOptions(args, POSTGRES_VALUED);
  const port = values.get("-p") ?? values.get("--port");
  return given({
    host: values.get("-h") ?? values.get("--host"),
    port: port === undefined ? undefined : numberOr(port),
    user: values.get("-U") ?? values.get("--username"),
    database: values.get("-d") ?? values.get("--dbname") ?? rest[0],
  });
}

const psql: MapCommand = ({ command }) => {
  const { values } = readOptions(command.args, POSTGRES_VALUED);
  const statement = values.get("-c") ?? values.get("--command");
  const isProbe = statement !== undefined && /^\s*select\s+(1|version\(\)|now\(\))\s*;?\s*$/i.test(statement);
  return isProbe ? [{ effector: "check.postgres", with: postgresWhere(command.args) }] : [];
};

const pgIsReady: MapCommand = ({ command }) => [{ effector: "check.postgres", with: postgresWhere(command.args) }];

const disk: MapCommand = ({ command }) => {
  const { rest } = readOptions(command.args, ["-t", "-d", "--max-depth"]);
  const first = rest[0];
  const place = first === undefined ? "/" : first.replace(/\/?\*$/, "") || "/";
  if (rest.length > 1 || /[*?[]/.test(place) || place === "." || place.startsWith("./")) return [];
  const note = command.program === "du" ? { note: "the largest files in it are listed" } : {};
  return [{ effector: "check.disk", with: { path: place }, ...note }];
};

const load: MapCommand = () => [{ effector: "check.load", with: {} }];

/** Who uses most is in `check.load`; a process looked for by name is not. */
const processes: MapCommand = ({ filters }) =>
  filters.some(({ program }) => program === "grep") ? [] : [{ effector: "check.load", with: {} }];

const LOG_FILE = /\.(log|jsonl|ndjson|err|out|txt)(\.\d+)?$|\/logs?\/|^\/var\/log\//;

/** `tail FILE | grep TEXT`, `grep -E 'A|B' FILE`, `jq 'select(.a == "TEXT")' FILE`: plain texts looked for in a log. */
const logSearch: MapCommand = ({ command, filters }) => {
  const searches = [command, ...filters].filter(({ program }) =>
    ["grep", "egrep", "fgrep", "zgrep", "jq"].includes(program),
  );
  const [search] = searches;
  const file = fileOf(command);
  const sought = search === undefined ? null : plainSearchOf(search);
  if (search === undefined || searches.length > 1 || file === null || sought === null) return [];
  const note =
    search.program === "jq"
      ? { note: "looks for the text of the filter; the filter itself is left to the reader" }
      : {};
  return [{ effector: "log.search", with: given({ path: file, ...sought }), ...note }];
};

function fileOf({ program, args }: CommandUse["command"]): string | null {
  const { rest, flags } = readOptions(args, ["-n", "-c", "-A", "-B", "-C", "-m", "-e"]);
  const recursive = [...flags].some((flag) => /^-\w*[rR]/.test(flag) && program.endsWith("grep"));
  const files = program === "tail" || program === "cat" || program === "head" ? rest : rest.slice(1);
  const [file] = files;
  return file === undefined || files.length > 1 || recursive || /[*?[{]/.test(file) || !LOG_FILE.test(file)
    ? null
    : file;
}

interface PlainSearch {
  readonly contains: string | readonly string[];
  readonly exactCase: true | undefined;
}

/** @returns the texts that a pattern stands for when it is plain, or alternatives that are */
function plainSearchOf({ program, args }: CommandUse["command"]): PlainSearch | null {
  const { rest, flags } = readOptions(args, ["-A", "-B", "-C", "-m"]);
  const has = (letter: string, name: string) =>
    [...flags].some((flag) => flag === name || (/^-\w+$/.test(flag) && flag.includes(letter)));
  const pattern = rest[0] ?? "";
  if (program === "jq") {
    const text = /"([^"\\]{3,200})"/.exec(pattern.includes("select") ? pattern : "")?.[1];
    return text === undefined ? null : { contains: text, exactCase: true };
  }
  const isFixed = program === "fgrep" || has("F", "--fixed-strings");
  const isExtended = program === "egrep" || has("E", "--extended-regexp");
  const texts = isFixed ? [pattern] : pattern.split(isExtended ? "|" : "\\|").map((text) => plainOf(text));
  if (has("v", "--invert-match") || texts.some((text) => text === null || text === "")) return null;
  const contains = texts.filter((text) => text !== null);
  const exactCase = has("i", "--ignore-case") ? undefined : true;
  return { contains: contains.length === 1 ? (contains[0] ?? "") : contains, exactCase };
}

/** @returns what a pattern without operators finds */
function plainOf(pattern: string): string | null {
  const plain = pattern.replace(/\\([.\-/[\]])/g, "$1");
  return /[\\^$*+?()|{}]|\[[^\]]*\]/.test(plain) ? null : plain;
}

const git: MapCommand = ({ command }) => {
  const { values, rest } = readOptions(command.args, ["-C"]);
  const [verb, ...words] = rest;
  const folder = values.get("-C") ?? "__folder__";
  if (verb === "status") return [{ effector: "check.git", with: { folder } }];
  if (verb === "checkout" && command.args.includes("--")) {
    const paths = command.args.slice(command.args.indexOf("--") + 1).filter((one) => one !== ".");
    return [{ effector: "git.restore", with: given({ folder, paths: paths.length > 0 ? paths : undefined }) }];
  }
  if (verb === "restore") return [{ effector: "git.restore", with: { folder } }];
  if (verb !== "reset" || !command.args.includes("--hard")) return [];
  return [{ effector: "git.restore", with: given({ folder, commit: words[0] }) } satisfies Mapping];
};

const digest: MapCommand = ({ command }) => {
  const { rest } = readOptions(command.args);
  const [file] = rest;
  if (file === undefined || rest.length > 1 || command.output !== null || !path.isAbsolute(file)) return [];
  return [{ effector: "check.file", with: { path: file } }];
};

export const checkCommands: Readonly<Record<string, MapCommand>> = {
  curl,
  nc: netcat,
  ncat: netcat,
  telnet: netcat,
  "redis-cli": redisCli,
  psql,
  pg_isready: pgIsReady,
  df: disk,
  du: disk,
  free: load,
  top: load,
  htop: load,
  uptime: load,
  vmstat: load,
  ps: processes,
  tail: logSearch,
  head: logSearch,
  cat: logSearch,
  grep: logSearch,
  egrep: logSearch,
  fgrep: logSearch,
  zgrep: logSearch,
  jq: logSearch,
  git,
  sha256sum: digest,
};
