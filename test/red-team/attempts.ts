/** How an attempt to escape ends. */
export type Outcome =
  /** everything stands still when the freeze is verified, and is gone when the kill is */
  | "contained"
  /** the freeze could not be verified in time and became a kill by itself */
  | "contained after escalation"
  /** the attempt itself does not work */
  | "refused"
  /** something stays, or was lost, and a person is told what */
  | "reported"
  /** it works and nobody is told; `report` says what to do against it */
  | "not held";

/** Who the agent is: root in a cgroup; a user without any cgroup; the same with `--isolate pid --isolate home`. */
export const STANDINGS = ["root", "user", "isolated user"] as const;
export type Standing = (typeof STANDINGS)[number];

export interface Attempt {
  /** what the agent does */
  readonly name: string;
  readonly ends: Partial<Readonly<Record<Standing, Outcome>>>;
  /** how a person learns of it where it is `reported`, and what to do where it is `not held` */
  readonly report?: string;
}

export interface ProcessAttempt extends Attempt {
  /**
   * For `sh`. `TICK` is a program that leaves a mark every few milliseconds for as long as it runs, `TICKER` and `TICKS`
   * its file and the file of its marks.
   */
  readonly program: string;
}

const CONTAINED = { root: "contained", user: "contained", "isolated user": "contained" } as const;
const TOLD_AT_START = {
  ends: { root: "contained", user: "reported", "isolated user": "contained" },
  report: "the supervisor says at the start what it cannot follow without a cgroup, and that `--isolate pid` closes it",
} as const;

/** perl, which every Debian has, reaches the system calls that a shell does not. */
function perl(code: string, before = ""): string {
  return `${before} perl <<'P' &\n${LOOP}\n${code}\nP\nsleep 600`;
}
const MARK =
  'sub mark { open my $f, ">>", "TICKS" or exit; print $f "x"; close $f; select undef, undef, undef, $_[0] }';
const LOOP = `${MARK}\nsub tick { while (1) { mark(0.02) } }`;
const LEAVE_GROUPS =
  "for d in $(grep -o '/sys/fs/cgroup[^ ]*' /proc/self/mounts); do echo $$ >$d/cgroup.procs; done 2>/dev/null";
/** Leaves session, parent, environment, directory and files within a millisecond or two. */
const DAEMON = `use POSIX; unless (fork) { POSIX::setsid(); unless (fork) { chdir "/"; %ENV = ();
  POSIX::close($_) for 0 .. 30; exec "TICKER", "TICKS" } POSIX::_exit(0) }`;

/**
 * A chain of 2,048 marks, each after a timeout of 100 ms, that a thread of the kernel's works through by itself
 * (IORING_SETUP_SQPOLL); see io_uring(7) and linux/io_uring.h. Where the kernel refuses rings an ordinary ticker runs.
 */
const RING = `import ctypes, mmap, os, struct, sys, time
N, call = 4096, ctypes.CDLL(None).syscall
facts = bytearray(120)
struct.pack_into("IIIII", facts, 0, N, 0, 2, 0, 600000)
ring = call(425, N, (ctypes.c_char * 120).from_buffer(facts))
if ring < 0: os.execv(sys.argv[2], [sys.argv[2], sys.argv[1]])
_, tail, _, _, _, _, array = struct.unpack_from("7I", facts, 40)
queue = mmap.mmap(ring, array + 4 * N, offset=0)
entries = mmap.mmap(ring, 64 * N, offset=0x10000000)
file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
kept = ctypes.create_string_buffer(struct.pack("qq", 0, 100000000) + b"x")
at = ctypes.addressof(kept)
for i in range(0, N, 2):
    last = i + 2 == N
    struct.pack_into("BBHiQQIIQ", entries, 64 * i, 11, 8, 0, -1, 0, at, 1, 32, 0)
    struct.pack_into("BBHiQQIIQ", entries, 64 * i + 64, 23, 0 if last else 8, 0, file, 2 ** 64 - 1, at + 16, 1, 0, 0)
for i in range(N): struct.pack_into("I", queue, array + 4 * i, i)
struct.pack_into("I", queue, tail, N)
call(426, ring, N, 0, 2, 0, 0)
time.sleep(600)`;

/** Programs that try to get out of the tree, or to run on in it. */
export const PROCESS_ATTEMPTS: readonly ProcessAttempt[] = [
  { name: "forks", program: "TICK & wait", ends: CONTAINED },
  { name: "makes a session of its own", program: "setsid TICK & sleep 600", ends: CONTAINED },
  { name: "forks twice, so that init is its parent", program: "( TICK & ); sleep 600", ends: CONTAINED },
  {
    name: "nohup, with no input and output of the agent's",
    program: "nohup TICK </dev/null >/dev/null 2>&1 & sleep 600",
    ends: CONTAINED,
  },
  { name: "clears its environment", program: "env -i TICK & sleep 600", ends: CONTAINED },
  {
    name: "claims another session and agent",
    program: "FIREBREAK_SESSION=ses_other FIREBREAK_AGENT=other setsid TICK & sleep 600",
    ends: CONTAINED,
  },
  {
    name: "becomes a daemon: session, parent, environment and files gone at once",
    program: perl(DAEMON),
    ...TOLD_AT_START,
  },
  {
    name: "is a comet: each process lives for milliseconds",
    program: perl("while (1) { mark(0.005); exit if fork }"),
    ends: CONTAINED,
  },
  {
    name: "is a comet with a new session each time and no environment",
    program: perl("use POSIX; while (1) { POSIX::setsid(); mark(0.005); exit if fork }", "env -i"),
    ...TOLD_AT_START,
  },
  { name: "calls itself a kernel thread", program: perl('$0 = "[kworker/0:1]"; tick()'), ends: CONTAINED },
  {
    name: "has a name like a line of /proc/PID/stat",
    program: perl('my $name = "x) Z 1 1 (a"; syscall(157, 15, $name); tick()'),
    ends: CONTAINED,
  },
  {
    name: "runs a copy of its program under another name",
    program: "cp /usr/bin/perl ./sshd; ./sshd TICK & sleep 600",
    ends: CONTAINED,
  },
  {
    name: "deletes the program that it runs",
    program: "cp /usr/bin/perl ./gone; ./gone TICK & sleep 0.1; rm ./gone; sleep 600",
    ends: CONTAINED,
  },
  {
    name: "runs from memory (memfd)",
    program:
      perl(`use File::Copy; $^F = 99; my $name = "x"; my $fd = syscall(319, $name, 0); open my $to, ">&=", $fd; copy("/usr/bin/perl", $to);
  $to->flush; exec "/proc/self/fd/$fd", "TICKER", "TICKS"`),
    ends: CONTAINED,
  },
  {
    name: "runs a program by its descriptor, without any name (fexecve)",
    program: perl(`$^F = 99; open my $p, "<", "/usr/bin/perl"; my @a = ("", "TICKER", "TICKS");
  my ($none, $args, $env) = ("", pack("p3 Q", @a, 0), pack("Q", 0)); syscall(322, fileno $p, $none, $args, $env, 0x1000)`),
    ends: CONTAINED,
  },
  {
    name: "writes through threads of the kernel's (io_uring)",
    program: `exec python3 - TICKS TICKER <<'P'\n${RING}\nP`,
    ends: CONTAINED,
  },
  { name: "runs through /proc/self/fd", program: "exec 9</usr/bin/perl; exec /proc/self/fd/9 TICK", ends: CONTAINED },
  {
    name: "ignores every signal that can be ignored",
    program: perl('$SIG{$_} = "IGNORE" for keys %SIG; tick()'),
    ends: CONTAINED,
  },
  {
    name: "hides behind a child of vfork that never calls exec",
    program: perl("my $p = syscall(56, 0x4100 | 17, 0, 0, 0, 0); tick() if $p == 0"),
    ends: CONTAINED,
  },
  {
    name: "makes its child a child of the supervisor (CLONE_PARENT)",
    program: `exec perl <<'P'\nmy $p = syscall(56, 0x8000 | 17, 0, 0, 0, 0);
if ($p == 0) { setpgrp(0, 0); exec "env", "-i", "TICKER", "TICKS" } sleep 600\nP`,
    ends: CONTAINED,
  },
  {
    name: "traces its child and swallows the child's SIGSTOP",
    program: perl(`my $p = fork; exec "TICKER", "TICKS" unless $p; syscall(101, 16, $p, 0, 0);
while (waitpid($p, 0) > 0) { syscall(101, 7, $p, 0, 0) }`),
    ends: CONTAINED,
  },
  {
    name: "lets its main thread end while another runs on",
    program: `python3 - <<'P' &
import ctypes, threading, time
def tick():
    while True:
        open("TICKS", "a").write("x")
        time.sleep(0.02)
threading.Thread(target=tick).start()
ctypes.CDLL(None).syscall(60, 0)
P
sleep 600`,
    ends: CONTAINED,
  },
  {
    name: "wakes itself: two processes send each other SIGCONT",
    program: perl("my $one = $$; my $other = fork || $one; while (1) { kill CONT => $other; mark(0.001) }"),
    ends: CONTAINED,
  },
  {
    name: "writes more output than anybody reads",
    program: "TICK & exec yes xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    ends: CONTAINED,
  },
  {
    name: "changes its own limits",
    program: "ulimit -c 0; ulimit -n 20; ulimit -f unlimited; ulimit -s 256; exec TICK",
    ends: CONTAINED,
  },
  {
    name: "sets a library before every program (LD_PRELOAD)",
    program: "export LD_PRELOAD=$PWD/none.so; TICK & sleep 600",
    ends: CONTAINED,
  },
  { name: "makes a user namespace", program: "unshare --user --map-root-user TICK & sleep 600", ends: CONTAINED },
  {
    name: "makes a process table of its own",
    program: "unshare --user --map-root-user --pid --fork --mount-proc TICK & sleep 600",
    ends: CONTAINED,
  },
  {
    name: "makes a cgroup namespace",
    program: "unshare --user --map-root-user --cgroup TICK & sleep 600",
    ends: CONTAINED,
  },
  {
    name: "mounts an empty disk over the home",
    program: "unshare --user --map-root-user --mount sh -c 'mount -t tmpfs none HOME && exec TICK' & sleep 600",
    ends: CONTAINED,
  },
  { name: "moves out of its cgroup", program: `sh <<'S' &\n${LEAVE_GROUPS}\nexec TICK\nS\nsleep 600`, ends: CONTAINED },
  {
    name: "moves out of its cgroup and becomes a daemon",
    program: `sh <<'S' &\n${LEAVE_GROUPS}\n${perl(DAEMON)}\nS\nsleep 600`,
    ...TOLD_AT_START,
  },
  {
    name: "makes a cgroup below its own",
    program: `export g=$(sed -n 's/^0:://p' /proc/self/cgroup); sh <<'S' &
for m in $(grep cgroup2 /proc/self/mounts | cut -d' ' -f2); do mkdir $m$g/below; echo $$ >$m$g/below/cgroup.procs; done 2>/dev/null
exec TICK\nS\nsleep 600`,
    ends: CONTAINED,
  },
  {
    name: "takes a namespace of the host's again to lose its tag",
    program: "unshare --uts TICK & nsenter --target 1 --uts TICK & TICK & sleep 600",
    ends: { root: "contained" },
  },
];
