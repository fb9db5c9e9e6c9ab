/** One request in the common or combined log format of web servers (Apache `mod_log_config`, nginx `combined`). */
export interface AccessRecord {
  readonly host: string;
  readonly user: string | undefined;
  readonly time: string;
  readonly request: string;
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly protocol: string | undefined;
  readonly status: number | undefined;
  readonly bytes: number | undefined;
  readonly referer: string | undefined;
  readonly userAgent: string | undefined;
  /** what a server was told to write behind the combined format */
  readonly rest: string | undefined;
}

const QUOTED = String.raw`"((?:[^"\\]|\\.)*)"`;
/** Every part excludes what ends it, so that the time is linear in the length of the line. */
const LINE = new RegExp(
  String.raw`^(\S+) (\S+) (.{1,256}?) \[([^\]]{1,64})\] ${QUOTED} (\d{3}|-) (\d{1,18}|-)(?: ${QUOTED} ${QUOTED})?(?: (.*))?$`,
  "s",
);
const REQUEST = /^([A-Z]{1,32}) (\S+)(?: (HTTP\/[\d.]{1,8}))?$/;

/** @returns the parts of the line, or undefined when it is not in this format */
export function parseAccessLog(line: string): AccessRecord | undefined {
  const found = LINE.exec(line);
  if (found === null) return undefined;
  const [, host = "", , user, time = "", request = "", status, bytes, referer, userAgent, rest] = found;
  const parts = REQUEST.exec(request);
  return {
    host,
    user: given(user),
    time,
    request,
    method: parts?.[1],
    path: parts?.[2],
    protocol: parts?.[3],
    status: numberOf(status),
    bytes: numberOf(bytes),
    referer: given(referer),
    userAgent: given(userAgent),
    rest,
  };
}

function given(text: string | undefined): string | undefined {
  return text === undefined || text === "-" || text === "" ? undefined : text;
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined || text === "-" ? undefined : Number(text);
}
