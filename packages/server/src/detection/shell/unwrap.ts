import { readInterpreterCode } from "./interpreter-code.ts";
import { readCmd, readPowershell } from "./powershell.ts";

/** What a command runs besides itself. */
export type Inner =
  | { readonly kind: "argv"; readonly argv: readonly string[] }
  | {
      readonly kind: "script";
      readonly text: string;
      readonly positionals?: readonly string[];
      readonly isDecoded?: boolean;
    }
  /** the shell runs what it reads from its input */
  | { readonly kind: "stdin" }
  | { readonly kind: "file"; readonly path: string; readonly positionals?: readonly string[] }
  | { readonly kind: "windows"; readonly text: string; readonly isDecoded: boolean };

/** How a program that runs another one takes its own options. */
interface Wrapper {
  /** short options whose value is the next word */
  readonly short?: string;
  /** long options whose value is the next word */
  readonly long?: readonly string[];
  /** words of its own before the command */
  readonly positionals?: number;
}

const WRAPPERS: Readonly<Record<string, Wrapper>> = {
  arch: {}, busybox: {}, builtin: {}, caffeinate: { short: "tw" }, catchsegv: {}, cgexec: { short: "g" }, chroot: { positionals: 1 },
  chrt: { short: "TPD", positionals: 1 }, command: {}, doas: { short: "uCa" }, "dbus-run-session": {}, "dumb-init": {},
  env: { short: "uC", long: ["unset", "chdir"] }, exec: { short: "a" }, faketime: { positionals: 1 }, firejail: {},
  flock: { short: "wE", long: ["timeout", "conflict-exit-code"], positionals: 1 }, gosu: { positionals: 1 },
  ionice: { short: "cnpPu", long: ["class", "classdata"] }, ltrace: { short: "oeapuslnA" }, nice: { short: "n", long: ["adjustment"] },
  nohup: {}, nocache: {}, nsenter: { short: "tSGW", long: ["target"] }, numactl: { short: "CNmi" }, pkexec: { long: ["user"] },
  prlimit: {}, proxychains: { short: "f" }, proxychains4: { short: "f" }, rlwrap: {}, runuser: { short: "ugG", long: ["user", "group"] },
  setarch: {}, setpriv: {}, setsid: {}, sshpass: { short: "pfd" }, stdbuf: { short: "ioe", long: ["input", "output", "error"] },
  strace: { short: "oeEpPsSuaIOX" }, "su-exec": { positionals: 1 }, sudo: { short: "ughpCDRTUrt", long: ["user", "group", "host", "prompt", "chdir", "chroot", "role", "type", "other-user", "close-from"] },
  "systemd-run": { short: "pHMutE", long: ["unit", "property", "uid", "gid", "setenv"] }, taskset: { positionals: 1 }, time: { short: "fo" },
  timeout: { short: "ks", long: ["kill-after", "signal"], positionals: 1 }, tini: {}, torsocks: {}, torify: {}, toybox: {}, unbuffer: {},
  unshare: { short: "SGRw" }, uprobe: {}, "xvfb-run": { short: "nesfp" }, chronic: {}, parallel: { short: "jIN", long: ["jobs"] },
  xargs: { short: "IndPLsEa", long: ["max-args", "max-procs", "delimiter", "arg-file", "max-lines"] },
}; // prettier-ignore

const SHELLS: ReadonlySet<string> = new Set(["sh", "bash", "dash", "zsh", "ksh", "mksh", "ash", "rbash", "fish"]);
/** They hand a command to a machine or container of their own. */
const REMOTES: ReadonlySet<string> = new Set([
  "docker",
  "podman",
  "nerdctl",
  "kubectl",
  "oc",
  "lxc",
  "vagrant",
  "ssh",
  "tmux",
  "screen",
]);

export const programOf = (name: string): string => name.slice(name.lastIndexOf("/") + 1);

/** @returns what else the command runs; empty when it runs only itself */
export function unwrap(argv: readonly string[]): readonly Inner[] {
  const called = programOf(argv[0] ?? "").toLowerCase();
  const program = called.endsWith(".exe") ? called.slice(0, -".exe".length) : called;
  if (SHELLS.has(program)) return readShell(argv);
  switch (program) {
    case "eval":
      return [{ kind: "script", text: argv.slice(1).join(" ") }];
    case "watch":
      return scriptOf(argv.slice(skipOptions(argv, { short: "n", long: ["interval"] })).join(" "));
    case "source":
    case ".":
      return argv[1] === undefined ? [] : [{ kind: "file", path: argv[1], positionals: argv.slice(2) }];
    case "trap":
      return scriptOf(argv[1] ?? "");
    case "su":
    case "script":
      return readOption(argv, /^(?:-\w*c|--command)$/);
    case "at":
    case "batch":
      return [{ kind: "stdin" }];
    case "env":
      return readEnv(argv);
    case "find":
    case "fd":
      return readFind(argv);
    case "powershell":
    case "pwsh":
      return windowsOf(readPowershell(argv));
    case "cmd":
      return windowsOf(readCmd(argv));
    default:
      return readOther(program, argv);
  }
}

function readOther(program: string, argv: readonly string[]): readonly Inner[] {
  const wrapper = WRAPPERS[program];
  if (wrapper !== undefined && Object.hasOwn(WRAPPERS, program)) {
    const direct = commandAt(argv, skipOptions(argv, wrapper) + (wrapper.positionals ?? 0));
    return program === "flock" || program === "runuser"
      ? [...readOption(argv, /^(?:-c|--command)$/), ...direct]
      : direct;
  }
  if (REMOTES.has(program)) return readRemote(program, argv);
  const code = readInterpreterCode(program, argv);
  if (code.length > 0) return code.map((script) => ({ kind: "script", ...script }));
  // what starts with a path of its own may be a script that the line wrote
  if (argv[0]?.includes("/") === true)
    return [{ kind: "file", path: argv[0], positionals: argv.slice(1) }, ...readExecutingOptions(argv)];
  return readExecutingOptions(argv);
}

const scriptOf = (text: string): Inner[] => (text.trim() === "" ? [] : [{ kind: "script", text }]);
const windowsOf = (script: { text: string; isDecoded: boolean } | undefined): Inner[] =>
  script === undefined ? [] : [{ kind: "windows", ...script }];

function commandAt(argv: readonly string[], index: number): Inner[] {
  let at = index;
  while (/^\w+=/.test(argv[at] ?? "")) at++;
  const rest = argv.slice(at);
  const end = rest.findIndex((word) => word.startsWith(":::"));
  const command = end < 0 ? rest : rest.slice(0, end);
  if (command.length === 0) return [];
  // one word with spaces is a line of its own (`parallel 'rm {}'`)
  const [only = ""] = command;
  return command.length === 1 && /\s/.test(only) ? scriptOf(only) : [{ kind: "argv", argv: command }];
}

/** @returns the index of the first word that is no option of the wrapper's own */
function skipOptions(argv: readonly string[], { short = "", long = [] }: Wrapper): number {
  for (let index = 1; index < argv.length; index++) {
    const word = argv[index] ?? "";
    if (word === "--") return index + 1;
    if (!word.startsWith("-") || word === "-") return index;
    if (word.startsWith("--")) {
      if (long.includes(word.slice(2))) index++;
    } else if (short.includes(word.slice(-1)) && /^-[a-zA-Z]+$/.test(word)) index++;
  }
  return argv.length;
}

/** `bash -lc 'script' name arguments`, `bash file`, and what a shell reads from its input. */
function readShell(argv: readonly string[]): readonly Inner[] {
  for (let index = 1; index < argv.length; index++) {
    const word = argv[index] ?? "";
    if (/^-[a-zA-Z]*c[a-zA-Z]*$/.test(word)) {
      const rest = argv.slice(index + 1);
      const at = rest.findIndex((one) => !one.startsWith("-"));
      return at < 0 ? [] : [{ kind: "script", text: rest[at] ?? "", positionals: rest.slice(at + 1 + 1) }];
    }
    if (word === "-s" || word === "-") return [{ kind: "stdin" }];
    if (/^(?:-[oO]|--rcfile|--init-file)$/.test(word)) index++;
    else if (!/^[-+]/.test(word)) return [{ kind: "file", path: word, positionals: argv.slice(index + 1) }];
  }
  return [{ kind: "stdin" }];
}

function readOption(argv: readonly string[], flag: RegExp): Inner[] {
  const at = argv.findIndex((word, index) => index > 0 && flag.test(word));
  return at < 0 ? [] : scriptOf(argv[at + 1] ?? "");
}

/** `env -S 'rm -rf x'` takes a whole line in one word. */
function readEnv(argv: readonly string[]): readonly Inner[] {
  const at = argv.findIndex((word) => /^(?:-\w*S|--split-string)/.test(word));
  if (at >= 0) {
    const word = argv[at] ?? "";
    const joined = word.replace(/^(?:-\w*?S|--split-string=?)/, "");
    return scriptOf([joined, ...argv.slice(at + 1)].join(" "));
  }
  return commandAt(argv, skipOptions(argv, WRAPPERS["env"] ?? {}));
}

const FIND_COMMANDS_MAX = 4;

function readFind(argv: readonly string[]): readonly Inner[] {
  const found: Inner[] = [];
  for (let index = 1; index < argv.length && found.length < FIND_COMMANDS_MAX; index++) {
    if (!/^(?:-(?:exec|execdir|ok|okdir|x|X)|--exec(?:-batch)?)$/.test(argv[index] ?? "")) continue;
    const rest = argv.slice(index + 1);
    const end = rest.findIndex((word) => word === ";" || word === "+" || word === "\\;");
    const command = end < 0 ? rest : rest.slice(0, end);
    if (command.length > 0) found.push({ kind: "argv", argv: command });
  }
  return found;
}

/** `ssh host 'script'`, and a shell with `-c` anywhere behind `docker exec`, `kubectl exec -- sh -c`. */
function readRemote(program: string, argv: readonly string[]): readonly Inner[] {
  const shell = argv.findIndex((word, index) => index > 0 && SHELLS.has(programOf(word)));
  if (shell > 0 && argv.length > shell + 1) return readShell(argv.slice(shell)).filter(({ kind }) => kind === "script");
  if (program === "ssh") {
    const host = skipOptions(argv, { short: "bcDEeFIiJLlmOopQRSWw" });
    return [...scriptOf(argv.slice(host + 1).join(" ")), ...readExecutingOptions(argv)];
  }
  const isRun = argv.slice(1, 4).some((word) => /^(?:exec|run)$/.test(word));
  const dashes = argv.indexOf("--");
  return isRun && dashes > 0 ? commandAt(argv, dashes + 1) : [];
}

const EXECUTING_OPTION =
  /^(?:--(?:checkpoint-action=exec|to-command|use-compress-program|rsh|rsync-path|unload)=|-oProxyCommand=|ProxyCommand[= ]|core\.(?:pager|sshCommand|fsmonitor|editor)=|alias\.[\w-]+=!|PermitLocalCommand)(.+)$/;

/** Options of harmless programs that run a command, as in `tar --checkpoint-action=exec=…` or `git -c core.pager=…`. */
function readExecutingOptions(argv: readonly string[]): Inner[] {
  const found: Inner[] = [];
  for (const word of argv) {
    const text = word.includes("=") || word.includes(" ") ? EXECUTING_OPTION.exec(word)?.[1] : undefined;
    if (text !== undefined) found.push(...scriptOf(text.replace(/^=/, "")));
  }
  return found;
}
