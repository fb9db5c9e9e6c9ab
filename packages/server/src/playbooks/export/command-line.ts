import { parseTemplate } from "../references.ts";

type Parameters = Readonly<Record<string, unknown>>;

/** What a person types to do the same without a playbook; with `firebreak act` where no plain command does. */
export function commandLineOf(effector: string, parameters: Parameters): string {
  const write = Object.hasOwn(BY_HAND, effector) ? BY_HAND[effector] : undefined;
  const words = write?.(parameters) ?? null;
  return (words ?? actWords(effector, parameters)).map(quote).join(" ");
}

type Write = (parameters: Parameters) => readonly string[] | null;

const textOf = (value: unknown): string =>
  typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);

const option = (name: string, value: unknown): string[] => (value === undefined ? [] : [name, textOf(value)]);

const takes = (parameters: Parameters, names: readonly string[]): boolean =>
  Object.keys(parameters).every((name) => names.includes(name));

const ofService =
  (verb: string): Write =>
  ({ service }) => ["systemctl", verb, textOf(service)];

const ofContainer =
  (verb: string): Write =>
  (parameters) =>
    takes(parameters, ["container"]) ? ["docker", verb, textOf(parameters["container"])] : null;

const program: Write = (parameters) => {
  const { program: name, args } = parameters;
  const words: readonly unknown[] = Array.isArray(args) ? args : [];
  return takes(parameters, ["program", "args"]) ? [textOf(name), ...words.map(textOf)] : null;
};

const BY_HAND: Readonly<Record<string, Write>> = {
  "check.http": (parameters) => {
    const { url, method } = parameters;
    const head = method === "HEAD" ? ["-I"] : [];
    return takes(parameters, ["url", "method", "timeoutMs"]) ? ["curl", "-fsS", ...head, textOf(url)] : null;
  },
  "check.tcp": ({ host, port }) => ["nc", "-z", textOf(host), textOf(port)],
  "check.redis": (parameters) =>
    takes(parameters, ["host", "port"])
      ? ["redis-cli", ...option("-h", parameters["host"]), ...option("-p", parameters["port"]), "ping"]
      : null,
  "check.postgres": (parameters) => {
    const { host, port, user, database } = parameters;
    const where = [...option("-h", host), ...option("-p", port), ...option("-U", user), ...option("-d", database)];
    return takes(parameters, ["host", "port", "user", "database"]) ? ["psql", ...where, "-c", "SELECT 1;"] : null;
  },
  "check.service": ofService("status"),
  "check.disk": ({ path }) => ["df", "-h", textOf(path)],
  "check.load": () => ["top", "-b", "-n", "1"],
  "check.git": ({ folder }) => ["git", "-C", textOf(folder), "status"],
  "check.file": ({ path }) => ["sha256sum", textOf(path)],
  "log.search": (parameters) =>
    takes(parameters, ["path", "contains", "exactCase", "sinceMinutes", "max"]) ? grepOf(parameters) : null,
  "service.start": ofService("start"),
  "service.stop": ofService("stop"),
  "service.restart": ofService("restart"),
  "docker.stop": ofContainer("stop"),
  "docker.kill": ofContainer("kill"),
  "docker.pause": ofContainer("pause"),
  "process.end": ({ pid }) => ["kill", textOf(pid)],
  "command.read": program,
  "command.run": program,
};

function grepOf({ path, contains, exactCase }: Parameters): string[] {
  const flags = exactCase === true ? ["-F"] : ["-i", "-F"];
  const texts = Array.isArray(contains) ? contains.flatMap((text) => ["-e", textOf(text)]) : [textOf(contains)];
  return ["grep", ...flags, ...texts, textOf(path)];
}

function actWords(effector: string, parameters: Parameters): string[] {
  const given = Object.entries(parameters).map(([name, value]) =>
    typeof value === "string" ? `${name}=${value}` : `${name}:=${JSON.stringify(value)}`,
  );
  return ["firebreak", "act", effector, ...given, "--reason", "by the printed runbook"];
}

/** A word for a shell: references become `<name>`, which a person fills in; everything else stays as it is. */
function quote(word: string): string {
  const parts = parseTemplate(word).map((segment) => {
    if (segment.kind === "reference") return { isOpen: true, text: `<${segment.path.slice(-1).join("")}>` };
    return { isOpen: false, text: segment.text };
  });
  const needsQuotes = parts.some(({ isOpen, text }) => !isOpen && !/^[\w@%+=:,./-]*$/.test(text));
  const text = parts.map((part) => part.text).join("");
  if (word === "" || needsQuotes) return `'${text.replaceAll("'", `'\\''`)}'`;
  return text;
}
