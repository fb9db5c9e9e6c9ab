/** What one reading program takes. Everything that is not named here is refused. */
export interface ReadingSpec {
  /** options that stand alone, clusters and `--name=value` included */
  readonly options?: RegExp;
  /** options with a value in the next argument, and what it must look like */
  readonly valued?: Readonly<Record<string, RegExp>>;
  /**
   * What else may stand there: `paths` are judged when it runs; a pattern judges each; left out: nothing. `text-paths`: the
   * first is a text (a pattern, a filter) unless an option gave it, the others are paths.
   */
  readonly operands?: "paths" | "text-paths" | RegExp;
  /** options that give what is otherwise the first operand of `text-paths` */
  readonly textOptions?: readonly string[];
  /** goes down into folders when one of these is given; then the folder must hold nothing that is not read */
  readonly recursive?: RegExp;
  /** one of these must be there, or it would wait for ever or change something */
  readonly required?: RegExp;
  /** it speaks to a server: where to, when `-h` and `-p` do not say so; judged when it runs, and a path is a socket here */
  readonly server?: { readonly port: number };
  /** must not be in any argument */
  readonly never?: RegExp;
  /** put before what is given, so that nothing of the surroundings makes it do more */
  readonly prepend?: readonly string[];
}

/** A program, or one with sub-commands, each with its own rules. */
export type ReadingProgram = ReadingSpec | { readonly commands: Readonly<Record<string, ReadingSpec>> };

const NUMBER = /^[+-]?\d{1,9}$/;
const SIZE = /^[+-]?\d{1,9}[bkKMG]?$/;
const NAME = /^[A-Za-z0-9_][\w.@:/+-]{0,254}$/;
const TIME = /^[\w+:. -]{1,64}$/;
/** Go templates and printf-like formats: no file, no command can be in them. */
const FORMAT = /^[^\n\0]{1,500}$/;
const HOST = /^[A-Za-z0-9:][A-Za-z0-9._:-]{0,252}$/;
const HOST_OR_SOCKET = new RegExp(`${HOST.source}|^/[\\w./-]+$`);
const PORT = /^\d{1,5}$/;
const POSTGRES_PORT = 5432;

const HASH: ReadingSpec = { options: /^(?:-b|-t|--tag)$/, operands: "paths" };
const GREP: ReadingSpec = {
  options: /^(?:-[EFGPivnclLwxohHsaqrR]+|-[ABCm]\d+|--color=never|--(?:in|ex)clude(?:-dir)?=[\w.*?-]+)$/,
  valued: { "-e": FORMAT, "-A": NUMBER, "-B": NUMBER, "-C": NUMBER, "-m": NUMBER },
  operands: "text-paths",
  textOptions: ["-e"],
  recursive: /^-[A-Za-z]*r/,
};
const FIND: ReadingSpec = {
  options:
    /^(?:-(?:not|o|a|and|or|print|print0|ls|empty|daystart|xdev|mount|depth|readable|writable|executable)|!|\(|\))$/,
  valued: {
    ...Object.fromEntries(["-name", "-iname", "-path", "-ipath", "-regex", "-iregex"].map((one) => [one, FORMAT])),
    ...Object.fromEntries(["-mtime", "-mmin", "-ctime", "-cmin", "-atime", "-amin"].map((one) => [one, NUMBER])),
    ...Object.fromEntries(["-maxdepth", "-mindepth", "-links", "-uid", "-gid"].map((one) => [one, NUMBER])),
    "-type": /^[bcdpflsD](?:,[bcdpflsD])*$/,
    "-size": /^[+-]?\d{1,12}[bcwkMG]?$/,
    "-user": NAME,
    "-group": NAME,
    "-perm": /^[-/]?[0-7ugoarwxst+=,-]{1,30}$/,
  },
  operands: "paths",
};
const JOURNAL: ReadingSpec = {
  options:
    /^(?:-[abekqrtxm]+|-n\d+|-p\w+|--no-pager|--no-hostname|--utc|--since=[\w+:. -]+|--until=[\w+:. -]+|--lines=\d+|--unit=[\w.@:-]+|--priority=[\w.]+|--output=[\w-]+|--identifier=[\w.-]+|--grep=[^\n]+|--reverse|--dmesg|--boot|--list-boots|--disk-usage)$/,
  valued: {
    "-u": NAME,
    "--unit": NAME,
    "-n": NUMBER,
    "--lines": NUMBER,
    "--since": TIME,
    "-S": TIME,
    "--until": TIME,
    "-U": TIME,
    "-p": /^[\w.]{1,20}$/,
    "-o": /^[\w-]{1,20}$/,
    "-g": FORMAT,
    "--grep": FORMAT,
    "-t": NAME,
  },
  operands: /^_?[A-Z][A-Z_]+=[\w./@:-]+$/,
  never:
    /^--(?:follow|vacuum|rotate|flush|sync|setup-keys|file|directory|root|image|cursor-file|update|relinquish|merge)|^-[a-z]*[fDM]/,
  prepend: ["--no-pager"],
};
const UNITS: ReadingSpec = {
  options:
    /^(?:-[alpn]+|--no-pager|--all|--full|--plain|--no-legend|--failed|--user|--value|--type=[\w,-]+|--state=[\w,-]+|--property=[\w,]+|--lines=\d+)$/,
  valued: { "-p": /^[\w,]+$/, "-n": NUMBER, "-t": /^[\w,-]+$/ },
  operands: NAME,
};
const CONTAINERS: ReadingSpec = {
  options:
    /^(?:-[aqnlst]+|--all|--quiet|--no-trunc|--size|--latest|--no-stream|--filter=[\w.=:/-]+|--format=[^\n]+|--type=\w+|--tail=\w+|--since=[\w:.+-]+|--until=[\w:.+-]+|--timestamps|--digests)$/,
  valued: {
    "--filter": NAME,
    "-f": FORMAT,
    "--format": FORMAT,
    "--tail": /^\w+$/,
    "-n": NUMBER,
    "--since": TIME,
    "--until": TIME,
  },
  operands: NAME,
};
/** `-f` of `docker logs` follows for ever, elsewhere it is a format or a filter. */
const CONTAINER_LOGS: ReadingSpec = {
  ...CONTAINERS,
  valued: { "--tail": /^\w+$/, "-n": NUMBER, "--since": TIME, "--until": TIME },
};
const DOCKER = {
  commands: {
    ps: CONTAINERS,
    logs: CONTAINER_LOGS,
    inspect: CONTAINERS,
    images: CONTAINERS,
    stats: { ...CONTAINERS, required: /^--no-stream$/ },
    top: { operands: NAME },
    port: { operands: NAME },
    diff: { operands: NAME },
    info: { options: /^--format=[^\n]+$/ },
    version: { options: /^--format=[^\n]+$/ },
  },
} as const satisfies ReadingProgram;

/** Its own settings cannot make it run anything: see `GIT_ENVIRONMENT`. */
const GIT_OPTIONS =
  /^(?:-\d+|-n\d+|-[psbvawqz]+|-U\d+|--oneline|--stat|--numstat|--shortstat|--name-only|--name-status|--graph|--all|--decorate|--no-color|--porcelain|--short|--branch|--cached|--staged|--follow|--reverse|--no-merges|--merges|--patch|--raw|--list|--show-current|--show-toplevel|--abbrev-ref|--verbose|--max-count=\d+|--since=[\w+:. -]+|--until=[\w+:. -]+|--after=[\w+:. -]+|--before=[\w+:. -]+|--author=[^\n]+|--grep=[^\n]+|--format=[^\n]+|--pretty=[^\n]+|--diff-filter=\w+|--untracked-files=\w+|--ignored)$/;
/** A repository inside the repository has settings of its own. */
const SUBMODULES = "--ignore-submodules=all";
const GIT_HISTORY: ReadingSpec = {
  options: GIT_OPTIONS,
  valued: { "-n": NUMBER, "-S": FORMAT, "-G": FORMAT },
  // a path outside the repository would be compared as a plain file
  operands: /^(?![-/~])(?!.*(?:^|\/)\.\.(?:\/|$))[^\n\0]+$/,
};
const GIT_CONTENT: ReadingSpec = { ...GIT_HISTORY, prepend: ["--no-ext-diff", "--no-textconv", SUBMODULES] };
const GIT = {
  commands: {
    log: GIT_CONTENT,
    diff: GIT_CONTENT,
    show: GIT_CONTENT,
    status: { ...GIT_HISTORY, prepend: [SUBMODULES] },
    "rev-parse": GIT_HISTORY,
    "ls-files": GIT_HISTORY,
    branch: { options: /^(?:-[avr]+|--list|--show-current|--all|--verbose)$/ },
    remote: { options: /^-v$/, required: /^-v$/ },
    tag: { options: /^(?:-l|--list)$/, required: /^(?:-l|--list)$/, operands: NAME },
  },
} as const satisfies ReadingProgram;

const KUBE: ReadingSpec = {
  options:
    /^(?:-A|-w=false|--all-namespaces|--all-containers|--previous|--no-headers|--show-labels|--timestamps|--show-events|--namespace=[\w.-]+|--output=[\w=.{}[\]*@?<>"' ()$,:/-]+|--selector=[\w=,./!() -]+|--tail=-?\d+|--since=\w+|--sort-by=[\w.{}[\]-]+|--container=[\w.-]+|--field-selector=[\w.=!,-]+)$/,
  valued: {
    "-n": NAME,
    "-o": /^(?:json|yaml|wide|name|jsonpath=.{1,500}|custom-columns=.{1,500})$/,
    "-l": FORMAT,
    "-c": NAME,
  },
  operands: /^[A-Za-z][\w./,-]{0,254}$/,
  never:
    /(?:^|[/,.])secrets?(?:$|[/,.])|file=|^--(?:kubeconfig|token|server|as|raw|watch|follow|filename|kustomize|exec)/i,
};
const KUBECTL = {
  commands: { get: KUBE, describe: KUBE, logs: KUBE, top: KUBE, version: {}, "cluster-info": {} },
} as const satisfies ReadingProgram;

/** One statement that only reads; see `refuseStatement`. */
const PSQL: ReadingSpec = {
  options: /^(?:-[tAxwX]+|--csv|--tuples-only|--no-align|--expanded|--no-psqlrc|--no-password)$/,
  valued: {
    "-h": HOST_OR_SOCKET,
    "-p": PORT,
    "-U": NAME,
    "-d": /^[A-Za-z_][\w-]{0,62}$/,
    "-c": FORMAT,
  },
  required: /^-c$/,
  server: { port: POSTGRES_PORT },
  prepend: ["-X", "-w"],
};

export const READING_PROGRAMS: Readonly<Record<string, ReadingProgram>> = {
  cat: { options: /^-[nAbsTvEe]+$/, operands: "paths" },
  head: { options: /^(?:-[qv]+|-n?\d+|-c\d+)$/, valued: { "-n": SIZE, "-c": SIZE }, operands: "paths" },
  tail: { options: /^(?:-[qv]+|-n?\d+|-c\d+|--lines=\d+)$/, valued: { "-n": SIZE, "-c": SIZE }, operands: "paths" },
  wc: { options: /^-[lcwmL]+$/, operands: "paths" },
  grep: GREP,
  jq: {
    options: /^(?:-[rcseMSCj]+|--raw-output|--compact-output|--slurp|--exit-status|--monochrome-output)$/,
    operands: "text-paths",
    never: /\b(?:import|include)\b/,
  },
  ls: { options: /^(?:-[A-Za-z1]+|--full-time|--color=never|--time-style=[\w-]+|--sort=\w+)$/, operands: "paths" },
  stat: { options: /^(?:-[fLt]+|--printf=[^\n]+|--format=[^\n]+)$/, valued: { "-c": FORMAT }, operands: "paths" },
  find: FIND,
  du: {
    options: /^(?:-[shkaxcm]+|-d\d+|--max-depth=\d+|--apparent-size)$/,
    valued: { "-d": NUMBER },
    operands: "paths",
  },
  df: { options: /^(?:-[hkTiPalm]+|--output=[\w,]+)$/, operands: "paths" },
  sha256sum: HASH,
  sha1sum: HASH,
  sha512sum: HASH,
  md5sum: HASH,
  // with `e` among the letters without a dash it would show environments
  ps: {
    options: /^(?:-[AefFlwLTjH]+|[axufjlwvm]{1,6}|--no-headers|--sort=[\w,+-]+|--forest)$/,
    valued: {
      "-p": /^\d+(?:,\d+)*$/,
      "-u": NAME,
      "-C": NAME,
      "-o": /^(?!.*env)[\w,%=]{1,200}$/,
      "-eo": /^(?!.*env)[\w,%=]{1,200}$/,
    },
  },
  pgrep: { options: /^-[aflnoxcv]+$/, valued: { "-u": NAME, "-P": /^\d+$/ }, operands: FORMAT },
  top: {
    options: /^-[bc]+$/,
    valued: { "-n": /^\d{1,2}$/, "-o": /^[\w%+-]+$/, "-p": /^\d+$/, "-w": NUMBER },
    required: /^-n$/,
    prepend: ["-b"],
  },
  uptime: { options: /^-[ps]$/ },
  free: { options: /^-[hmgkbtwl]+$/ },
  vmstat: { options: /^-[asw]$/, operands: /^[1-9]$/ },
  uname: { options: /^-[asnrvmpio]+$/ },
  date: { options: /^-[uIR]+$/, operands: /^\+[^\n]+$/ },
  id: { options: /^-[ugGnr]+$/, operands: NAME },
  who: { options: /^-[abdHlmqrsTu]+$/ },
  w: { options: /^-[hsfio]+$/ },
  last: { options: /^(?:-[aFix]+|-\d+|-n\d+)$/, valued: { "-n": NUMBER }, operands: NAME },
  lastb: { options: /^(?:-[aFix]+|-\d+|-n\d+)$/, valued: { "-n": NUMBER }, operands: NAME },
  lsof: {
    options: /^(?:-[nPlta]+|-i(?::\d+)?|-p\d+)$/,
    valued: { "-p": /^\d+(?:,\d+)*$/, "-i": /^[\w:.@-]+$/, "-u": NAME, "-c": NAME },
  },
  ss: {
    options: /^-[tulnpaxsemioHO460w]+$/,
    operands: /^(?:state|sport|dport|src|dst|=|!=|and|or|not|\(|\)|[\w.:/*-]+)$/,
  },
  netstat: { options: /^-[tulnpasriex46W]+$/ },
  ip: {
    commands: Object.fromEntries(
      ["addr", "address", "a", "link", "route", "r", "neigh", "rule"].map((one) => [
        one,
        {
          operands: /^(?:show|list|dev|[\w.@-]+)$/,
          never: /^(?:add|del|delete|set|change|replace|append|flush|save|restore|exec)$/,
        },
      ]),
    ),
  },
  iptables: {
    options: /^(?:-[LSnvx]+|--line-numbers)$/,
    valued: { "-t": /^\w+$/ },
    operands: NAME,
    required: /^-[nvx]*[LS]/,
  },
  nft: { commands: { list: { operands: /^(?:ruleset|tables|table|chain|chains|set|sets|inet|ip|ip6|[\w-]+)$/ } } },
  ufw: { commands: { status: { operands: /^(?:verbose|numbered)$/ } } },
  "fail2ban-client": { commands: { status: { operands: NAME }, ping: {}, version: {} } },
  journalctl: JOURNAL,
  systemctl: {
    commands: Object.fromEntries(
      "status is-active is-enabled is-failed show cat list-units list-timers list-unit-files list-sockets list-dependencies"
        .split(" ")
        .map((one) => [one, { ...UNITS, prepend: ["--no-pager"] }]),
    ),
  },
  docker: DOCKER,
  podman: DOCKER,
  git: GIT,
  kubectl: KUBECTL,
  crontab: { options: /^-l$/, valued: { "-u": NAME }, required: /^-l$/ },
  psql: PSQL,
  pg_isready: {
    options: /^-q$/,
    valued: { "-h": HOST_OR_SOCKET, "-p": PORT, "-U": NAME, "-d": /^[A-Za-z_][\w-]{0,62}$/, "-t": NUMBER },
    server: { port: POSTGRES_PORT },
  },
  "redis-cli": {
    valued: { "-h": HOST, "-p": PORT, "-n": NUMBER },
    server: { port: 6379 },
    operands:
      /^(?:ping|info|dbsize|lastsave|role|server|clients|memory|persistence|stats|replication|cpu|cluster|keyspace|errorstats|commandstats|everything|all|default)$/i,
    required: /^(?:ping|info|dbsize|lastsave|role)$/i,
  },
};

/** `git` asks nobody, runs no hook, no pager and no file-system monitor, reaches no network and writes no index. */
export const GIT_ENVIRONMENT: Readonly<Record<string, string>> = {
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_OPTIONAL_LOCKS: "0",
  GIT_NO_LAZY_FETCH: "1",
  GIT_TERMINAL_PROMPT: "0",
  GIT_ALLOW_PROTOCOL: "",
  GIT_CONFIG_COUNT: "4",
  GIT_CONFIG_KEY_0: "core.fsmonitor",
  GIT_CONFIG_VALUE_0: "false",
  GIT_CONFIG_KEY_1: "core.hooksPath",
  GIT_CONFIG_VALUE_1: "/dev/null",
  GIT_CONFIG_KEY_2: "core.pager",
  GIT_CONFIG_VALUE_2: "cat",
  GIT_CONFIG_KEY_3: "log.showSignature",
  GIT_CONFIG_VALUE_3: "false",
};

/** What the server is told before the statement; it could not be undone without a second one. */
export const PSQL_ENVIRONMENT: Readonly<Record<string, string>> = {
  PGOPTIONS: "-c default_transaction_read_only=on -c statement_timeout=30000 -c lock_timeout=2000",
  PSQLRC: "/dev/null",
};
