import { basename } from "node:path";

const SHELLS = new Set(
  "sh ash bash rbash dash ksh mksh zsh fish csh tcsh busybox toybox pwsh powershell cmd".split(" "),
);
/** They run what stands in their arguments, on this machine or another. */
const WRAPPERS = new Set(
  (
    "env xargs nohup setsid timeout nice ionice stdbuf chroot nsenter unshare script expect parallel watch strace ltrace " +
    "gdb at batch su doas runuser pkexec screen tmux socat ssh dbus-run-session systemd-run flock taskset chrt time " +
    "awk gawk mawk nawk vi vim ex ed nano emacs less more man"
  ).split(" "),
);
/** Words of a shell that no program has. */
const BUILTINS = new Set(". alias cd eval exec export set source".split(" "));
/** Languages: a file of theirs may be run, a program in the arguments may not. */
const INLINE: readonly { readonly program: RegExp; readonly option: RegExp }[] = [
  { program: /^python[\d.]*$/, option: /^-[a-zA-Z]*c/ },
  { program: /^(?:perl|ruby|lua)[\d.]*$/, option: /^-[a-zA-Z]*[eE]/ },
  { program: /^(?:node|nodejs|deno|bun)$/, option: /^(?:-[a-z]*[ep]|--eval|--print|eval$)/ },
  { program: /^php[\d.]*$/, option: /^-[a-zA-Z]*[rBRE]/ },
];
/** Options with which a program runs another. */
const RUNNING_OPTIONS: Readonly<Record<string, RegExp>> = {
  find: /^-(?:exec|execdir|ok|okdir)$/,
  tar: /^--(?:to-command|checkpoint-action|use-compress|rsh-command|info-script|new-volume-script)|^-[a-zA-Z]*[IF]/,
  git: /^-c|^--(?:config-env|exec-path|upload-pack|receive-pack|exec)\b/,
  rsync: /^-[a-zA-Z]*e|^--(?:rsh|rsync-path)\b/,
  psql: /\\/,
  scp: /^-[a-zA-Z]*[oS]/,
  zip: /^-[a-zA-Z]*T|^--unzip-command/,
  docker: /^--entrypoint/,
  sort: /^--compress-program/,
};
/** What only a shell understands; without one it would be a text among the arguments. */
const SHELL_WORD = /^(?:\|{1,2}|&{1,2}|;|<{1,2}|\d?>{1,2}(?:&\d|\S+)?)$/;

export interface CommandWords {
  readonly program: string;
  readonly args: readonly string[];
}

/** Where in the arguments it is that stands in the way; -1 is the program itself. */
export interface Refusal {
  readonly at: number;
  readonly why: string;
}

/**
 * Commands are programs with arguments, never lines for a shell, and no program that would run another one from its
 * arguments. `sudo -n PROGRAM …` is the one exception: what follows is judged in the same way.
 *
 * @returns what is not run, and why; null when it may be
 */
export function refuseShell({ program, args }: CommandWords): Refusal | null {
  const name = basename(program);
  if (name === "sudo") return refuseSudo(args);
  if (SHELLS.has(name))
    return { at: -1, why: `${name} is a shell; name the program that it would run, and its arguments` };
  if (BUILTINS.has(name)) return { at: -1, why: `${name} means something to a shell only, and there is none` };
  if (WRAPPERS.has(name))
    return { at: -1, why: `${name} runs what stands in its arguments; name that program instead` };
  const running = RUNNING_OPTIONS[name] ?? INLINE.find((one) => one.program.test(name))?.option;
  for (const [at, word] of args.entries()) {
    if (SHELL_WORD.test(word))
      return { at, why: `there is no shell, so ${word} would be a text; use one step a command` };
    if (SHELLS.has(basename(word)) && /^(?:[a-z]+|\/.*)$/.test(word)) return { at, why: `${word} is a shell` };
    if (running?.test(word) === true) return { at, why: `with ${word} ${name} runs what stands in its arguments` };
  }
  return null;
}

function refuseSudo(args: readonly string[]): Refusal | null {
  const [option, program = "", ...rest] = args;
  if (option !== "-n" || !/^[A-Za-z/]/.test(program))
    return { at: -1, why: "sudo is taken as `sudo -n PROGRAM …` only, which asks for no password" };
  if (basename(program) === "sudo") return { at: 1, why: "sudo of sudo" };
  const refused = refuseShell({ program, args: rest });
  return refused === null ? null : { ...refused, at: refused.at + 2 };
}
