/** One line of a system log; `message` is what the program wrote. */
export interface SyslogRecord {
  readonly time: string | undefined;
  readonly host: string | undefined;
  readonly program: string | undefined;
  readonly pid: number | undefined;
  readonly facility: number | undefined;
  /** 0 emergency … 7 debug, RFC 5424 section 6.2.1 */
  readonly severity: number | undefined;
  readonly messageId?: string | undefined;
  /** RFC 5424 section 6.3: element → parameter → value */
  readonly structured?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly message: string;
}

const PRIORITY = /^<(\d{1,3})>/;
/** The times that syslog daemons write to files: RFC 3164, or ISO 8601 (rsyslog's default today). */
const FILE_TIME =
  /^([A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2}(?:\.\d{1,6})?|\d{4}-\d{2}-\d{2}T[\d:.]{5,15}(?:Z|[+-]\d{2}:?\d{2})?) /;
const TAG = /^([\w./-]{1,64})(?:\[(\d{1,10})\])?: ?/;

/** @returns the parts of a line as RFC 5424, RFC 3164 or a syslog file has them, or undefined when it is none */
export function parseSyslog(line: string): SyslogRecord | undefined {
  const priority = PRIORITY.exec(line);
  const rest = line.slice(priority?.[0].length ?? 0);
  const levels = readPriority(priority?.[1]);
  if (priority !== null && rest.startsWith("1 ")) return parseRfc5424(rest.slice(2), levels);
  return parseFileLine(rest, levels);
}

type Levels = Pick<SyslogRecord, "facility" | "severity">;

function readPriority(digits: string | undefined): Levels {
  const value = Number(digits ?? Number.NaN);
  if (!(value <= 191)) return { facility: undefined, severity: undefined };
  return { facility: value >> 3, severity: value & 7 };
}

function parseFileLine(rest: string, levels: Levels): SyslogRecord | undefined {
  const time = FILE_TIME.exec(rest);
  if (time === null) return undefined;
  const afterTime = rest.slice(time[0].length);
  const space = afterTime.indexOf(" ");
  if (space <= 0) return undefined;
  const [host, afterHost] = [afterTime.slice(0, space), afterTime.slice(space + 1)];
  const tag = TAG.exec(afterHost);
  return {
    time: time[1],
    host,
    program: tag?.[1],
    pid: tag?.[2] === undefined ? undefined : Number(tag[2]),
    ...levels,
    message: afterHost.slice(tag?.[0].length ?? 0),
  };
}

/** `TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA [MSG]`, `-` for what is not there */
function parseRfc5424(rest: string, levels: Levels): SyslogRecord | undefined {
  const head = /^(\S{1,64}) (\S{1,255}) (\S{1,128}) (\S{1,128}) (\S{1,64}) /.exec(rest);
  if (head === null) return undefined;
  const [time, host, program, pid, messageId] = head.slice(1).map((text) => (text === "-" ? undefined : text));
  const structured = parseStructured(rest, head[0].length);
  if (structured === undefined) return undefined;
  const message = rest
    .slice(structured.end)
    .replace(/^ /, "")
    .replace(/^\uFEFF/, "");
  const pidNumber = pid === undefined || !/^\d{1,10}$/.test(pid) ? undefined : Number(pid);
  return { time, host, program, pid: pidNumber, ...levels, messageId, structured: structured.elements, message };
}

const ELEMENTS_MAX = 64;
const PARAMETERS_MAX = 256;

function parseStructured(
  text: string,
  start: number,
): { elements: Record<string, Record<string, string>>; end: number } | undefined {
  if (text[start] === "-") return { elements: {}, end: start + 1 };
  const elements: Record<string, Record<string, string>> = {};
  let [at, parameters] = [start, 0];
  while (text[at] === "[") {
    const id = /[^\s\]="]{1,64}/y;
    id.lastIndex = at + 1;
    const name = id.exec(text)?.[0];
    if (name === undefined || Object.keys(elements).length >= ELEMENTS_MAX) return undefined;
    const element: Record<string, string> = Object.create(null);
    at += 1 + name.length;
    while (text[at] === " ") {
      const parameter = /([^\s\]="]{1,64})="((?:[^"\\]|\\[^])*)"/y;
      parameter.lastIndex = at + 1;
      const found = parameter.exec(text);
      if (found === null || ++parameters > PARAMETERS_MAX) return undefined;
      element[found[1] ?? ""] = (found[2] ?? "").replaceAll(/\\(["\\\]])/g, "$1");
      at += 1 + found[0].length;
    }
    if (text[at] !== "]") return undefined;
    at += 1;
    if (name !== "__proto__") elements[name] = element;
  }
  return at === start ? undefined : { elements, end: at };
}
