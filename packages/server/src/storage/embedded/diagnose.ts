import { OperatorError } from "../../kernel/index.ts";

interface Place {
  home: string;
  dataDir: string;
  logPath: string;
}

interface Symptom {
  pattern: RegExp;
  describe: (place: Place, line: string) => OperatorError;
}

const wayOut = (place: Place) =>
  `Restore ${place.home} from a backup. Without one, keep what is left and start empty: mv ${place.dataDir} ${place.dataDir}.damaged ` +
  `(the agents stay under the kill switch's journal; evidence archives are files of their own).`;

/** What the server and initdb print, in the language fixed by LC_ALL=C; first match wins. */
const symptoms: readonly Symptom[] = [
  {
    pattern: /No space left on device|Disk quota exceeded|wrote only \d+ of \d+ bytes/,
    describe: (place, line) =>
      new OperatorError(
        `The disk that holds ${place.dataDir} is full, so the database cannot start: ${line}`,
        `Free space there (at least 200 MB; see "df -h ${place.home}"), or move ${place.home} to a larger disk and set FIREBREAK_HOME. Nothing that was accepted is lost.`,
      ),
  },
  {
    pattern:
      /must not run as root|"root" execution .* not permitted|has wrong ownership|Permission denied|Operation not permitted|Read-only file system/i,
    describe: (place, line) =>
      new OperatorError(
        `The database's user may not use its files in ${place.dataDir}: ${line}`,
        `Give the directory back to the user that Firebreak ran as before (ls -ld ${place.dataDir}), or start Firebreak as that user.`,
      ),
  },
  {
    pattern:
      /could not bind|Address already in use|could not create any TCP\/IP sockets|could not create Unix-domain socket/,
    describe: (place, line) =>
      new OperatorError(
        `The database could not open its socket: ${line}`,
        `See who uses that address, or put FIREBREAK_HOME (now ${place.home}) on a local disk that allows sockets, then start again.`,
      ),
  },
  {
    pattern:
      /could not (map anonymous shared memory|create shared memory|create semaphores)|out of memory|Cannot allocate memory/i,
    describe: (_place, line) =>
      new OperatorError(
        `The machine has too little memory for the database: ${line}`,
        `Free about 150 MB of memory, or raise the container's memory limit, or use a PostgreSQL server elsewhere: DATABASE_URL=postgres://…`,
      ),
  },
  {
    pattern:
      /checksum|pg_control|database files are incompatible|could not locate a valid checkpoint|required checkpoint record|invalid page|could not open (file|directory)|could not read file|invalid data in file|is not a valid data directory|PANIC/,
    describe: (place, line) => new OperatorError(`The data in ${place.dataDir} is damaged: ${line}`, wayOut(place)),
  },
];

/**
 * @param output what the program printed before it ended
 * @returns an error that says what happened and the way out, with the line of the program that says so
 */
export function diagnoseOutput(output: string, place: Place, what: string): OperatorError {
  const lines = output.split("\n");
  for (const { pattern, describe } of symptoms) {
    const line = lines.findLast((candidate) => pattern.test(candidate) && !/LOG:/.test(candidate));
    if (line !== undefined) return describe(place, withoutPrefix(line));
  }
  const last = lines.findLast((line) => /FATAL|PANIC|error/i.test(line)) ?? lines.at(-1) ?? "";
  return new OperatorError(
    `The bundled PostgreSQL could not ${what}: ${withoutPrefix(last) || "it printed nothing"}`,
    `Its log is ${place.logPath}. If it does not tell you more, use a PostgreSQL server: DATABASE_URL=postgres://…`,
  );
}

export function describeDamage(problem: string, place: Place): OperatorError {
  return new OperatorError(`The data in ${place.dataDir} is damaged: ${problem}.`, wayOut(place));
}

export function describeOtherMajor(found: string, bundled: number, place: Place): OperatorError {
  return new OperatorError(
    `The data in ${place.dataDir} belongs to PostgreSQL ${found}; this Firebreak brings PostgreSQL ${bundled}.`,
    `Start the Firebreak release that wrote it, run "firebreak db export FILE", then "firebreak db import FILE" with this one on a fresh FIREBREAK_HOME.`,
  );
}

/** `2026-01-01 10:00:00 UTC [12] FATAL:  text` → `text` */
function withoutPrefix(line: string): string {
  return line
    .replace(/^[\d-]+ [\d:.]+ \w+ \[\d+\] \w+:\s*/, "")
    .replace(/^(initdb|postgres): error: /, "")
    .trim();
}
