import { findRemoteHosts } from "../../detection/index.ts";
import type { ShellCommand } from "../../detection/index.ts";

/** What a simple command does to files and systems, as far as its words say so. */
export interface CommandActs {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly deletes: readonly string[];
  readonly hosts: readonly string[];
  /** true when the command sends something there */
  readonly sends: boolean;
  /** files that it sends */
  readonly sent: readonly string[];
  readonly readsEnvironment: boolean;
  /** what stays behind by other means than a file of a known place */
  readonly persists: string | undefined;
}

const WORDS_MAX = 64;

const set = (words: string): ReadonlySet<string> => new Set(words.split(" "));

/** Programs whose plain words are files that they read. */
const READERS = set(
  "cat less more head tail tac nl wc od xxd hexdump strings base64 base32 gzip bzip2 xz zstd zip sort uniq cut file md5sum sha1sum sha256sum source . openssl gpg jq yq column paste split dd vim vi nano emacs open bat",
);
/** … behind a pattern or script, which is no file. */
const PATTERN_READERS = set("grep egrep fgrep zgrep rg ag awk gawk mawk perl");
const WRITERS = set("tee touch truncate mkdir mktemp install");
const REMOVERS = set("rm rmdir unlink shred srm");
const COPIERS = set("cp mv ln rsync scp");
const CHANGERS = set("chmod chown chattr setfacl");
const ARCHIVERS = set("tar bsdtar");
/** Programs in whose words an address is only text. */
const TALKS_TO_NOBODY = set(
  "echo printf grep egrep fgrep rg sed awk cat tee ls export test [ true false : cd alias find touch mkdir rm cp mv",
);
const ENVIRONMENT = set("env printenv export declare set");
/** Options of senders that take what is sent, also from a file. */
const SENDING_OPTION =
  /^(?:-[a-zA-Z]*[dFT]|--data(?:-\w+)?|--form(?:-string)?|--upload-file|--json|--post-file|--post-data|--body-file|--body-data)(?:=(.*))?$/;

/** @param command one that the shell would start, with its redirections at the end of its text */
export function readCommandActs(command: ShellCommand): CommandActs {
  const { program, argv } = command;
  const words = argv.slice(1, WORDS_MAX);
  const plain = words.filter((word) => !word.startsWith("-"));
  const redirected = readRedirections(command);
  const files = filesOf(program, words, plain);
  const hosts = TALKS_TO_NOBODY.has(program) ? [] : findRemoteHosts(program, argv);
  const upload = readUpload(program, words, plain, command);
  return {
    reads: [...files.reads, ...redirected.reads, ...upload.sent].filter(isFile),
    writes: [...files.writes, ...redirected.writes].filter(isFile),
    deletes: files.deletes.filter(isFile),
    hosts,
    sends: upload.sends && hosts.length > 0,
    sent: upload.sent.filter(isFile),
    readsEnvironment:
      (ENVIRONMENT.has(program) && plain.every((word) => !word.includes("="))) ||
      words.some((word) => /^\/proc\/(?:self|\d+)\/environ$/.test(word)),
    persists: findPersistingCommand(program, words),
  };
}

interface Files {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly deletes: readonly string[];
}

const NO_FILES: Files = { reads: [], writes: [], deletes: [] };

function filesOf(program: string, words: readonly string[], plain: readonly string[]): Files {
  if (READERS.has(program))
    return {
      ...NO_FILES,
      reads: program === "dd" ? valuesOf(words, "if") : plain,
      writes: program === "dd" ? valuesOf(words, "of") : [],
    };
  if (PATTERN_READERS.has(program)) return { ...NO_FILES, reads: plain.slice(1) };
  if (program === "sed") {
    const inPlace = words.some((word) => /^(?:-[a-zA-Z]*i|--in-place)/.test(word));
    return { ...NO_FILES, reads: inPlace ? [] : plain.slice(1), writes: inPlace ? plain.slice(1) : [] };
  }
  if (WRITERS.has(program) || CHANGERS.has(program))
    return { ...NO_FILES, writes: CHANGERS.has(program) ? plain.slice(1) : plain };
  if (REMOVERS.has(program)) return { ...NO_FILES, deletes: plain };
  if (COPIERS.has(program))
    return { reads: plain.slice(0, -1), writes: plain.slice(-1), deletes: program === "mv" ? plain.slice(0, -1) : [] };
  if (ARCHIVERS.has(program)) return readTar(words, plain);
  if (program === "sqlite3" || program === "find" || program === "ls")
    return { ...NO_FILES, reads: program === "sqlite3" ? plain.slice(0, 1) : [] };
  if (program === "curl" || program === "wget")
    return { ...NO_FILES, writes: after(words, /^(?:-\w*[oO]|--output|--output-document)$/) };
  return NO_FILES;
}

function valuesOf(words: readonly string[], name: string): string[] {
  return words.filter((word) => word.startsWith(`${name}=`)).map((word) => word.slice(name.length + 1));
}

function after(words: readonly string[], option: RegExp): string[] {
  return words.flatMap((word, index) => (option.test(word) ? (words[index + 1] ?? []) : []));
}

function readTar(words: readonly string[], plain: readonly string[]): Files {
  const [mode = ""] = words;
  const archive = after(words, /^-?\w*f$|^--file$/);
  const rest = plain.filter((word) => word !== mode && !archive.includes(word));
  return /^-?\w*c|^--create/.test(mode)
    ? { ...NO_FILES, reads: rest, writes: archive }
    : { ...NO_FILES, reads: archive };
}

/** The redirections stand behind the words of the command's text. */
function readRedirections({ text, argv }: ShellCommand): Pick<Files, "reads" | "writes"> {
  const words = argv.join(" ");
  const behind = text.startsWith(words) ? text.slice(words.length) : "";
  const reads: string[] = [];
  const writes: string[] = [];
  for (const [, operator = "", target = ""] of behind.matchAll(/ (&?>{1,2}|>\||<>?) ([^\s]+)/g)) {
    (operator === "<" ? reads : writes).push(target);
  }
  return { reads, writes };
}

function readUpload(program: string, words: readonly string[], plain: readonly string[], command: ShellCommand) {
  const nothing = { sends: false, sent: [] as string[] };
  switch (program) {
    case "curl":
    case "wget": {
      const given = words.flatMap((word, index) => {
        const found = SENDING_OPTION.exec(word);
        return found === null ? [] : [{ option: word, value: found[1] ?? words[index + 1] ?? "" }];
      });
      const sent = given.flatMap(({ option, value }) => {
        const named = /(?:^|=)@([^;]+)/.exec(value)?.[1];
        return named ?? (/T$|upload-file|-file$/.test(option.split("=")[0] ?? "") ? value : []);
      });
      return { sends: given.length > 0 || words.some((word) => /^(?:POST|PUT|PATCH)$/.test(word)), sent };
    }
    case "scp":
    case "rsync": {
      const isOut = /^(?:[\w.-]+@)?[\w.-]+:/.test(plain.at(-1) ?? "");
      return isOut ? { sends: true, sent: plain.slice(0, -1) } : nothing;
    }
    case "nc":
    case "ncat":
    case "netcat":
    case "socat":
    case "telnet":
      return { sends: command.pipedFrom.length > 0 || / < \S/.test(command.text), sent: [] };
    case "git":
      return { sends: plain[0] === "push", sent: [] };
    default:
      return nothing;
  }
}

function findPersistingCommand(program: string, words: readonly string[]): string | undefined {
  const line = words.join(" ");
  if (program === "crontab" && !/^-l\b/.test(line) && !/(?:^| )-r\b/.test(line) && words.length > 0)
    return "a scheduled job (crontab)";
  if (program === "at" || program === "batch") return "a job for later (at)";
  if (program === "systemctl" && /\b(?:enable|link)\b/.test(line)) return "a service that starts by itself (systemctl)";
  if (program === "launchctl" && /\b(?:load|bootstrap|enable)\b/.test(line))
    return "a service that starts by itself (launchctl)";
  if (program === "schtasks" && /\/create/i.test(line)) return "a scheduled job (schtasks)";
  if (["useradd", "adduser", "usermod", "chpasswd", "passwd"].includes(program)) return "an account of the system";
  if (program === "ssh-copy-id") return "a key that may sign in over SSH";
  if (["nohup", "setsid", "disown", "daemonize", "screen", "tmux"].includes(program))
    return "a process that outlives its session";
  if (["docker", "podman"].includes(program) && /--restart[= ](?:always|unless-stopped)/.test(line))
    return "a container that starts again by itself";
  return undefined;
}

/** Words that are no files: addresses, standard streams, numbers, patterns without a name. */
function isFile(word: string): boolean {
  if (word === "" || word.length > 1_024 || /^(?:-|\d+|\{\}|\.{1,2}|[*?]+)$/.test(word)) return false;
  if (/^\/dev\/(?:null|std(?:in|out|err)|tty|fd\/|zero|u?random|tcp\/|udp\/)/.test(word)) return false;
  return !/^[a-z][\w+.-]*:\/\//i.test(word) && !/^[\w.-]+@[\w.-]+:/.test(word);
}
