import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { readGroupCounters } from "./cgroup-counters.ts";
import { compareCounters, parseVmStat, readHostCounters } from "./host-counters.ts";
import { createProcessMeter, parsePs } from "./process-meter.ts";
import { createReadText } from "./read-text.ts";

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});

/** A directory that holds recorded files of a system. */
function record(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "fb-guard-"));
  roots.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

/** Recorded on a Debian 12 machine of two cores. */
const STAT = (user: number, idle: number) => `cpu  ${user} 20 3000 ${idle} 500 0 40 60 700 0
cpu0 5000 10 1500 45000 250 0 20 30 350 0
intr 123456 0 9
ctxt 98765
`;
const MEMINFO = `MemTotal:       24652544 kB
MemFree:         1024000 kB
MemAvailable:    6163136 kB
Buffers:          102400 kB
Cached:          9000000 kB
`;
const CGROUP2 =
  "35 28 0:29 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";

const read = (root: string) => readHostCounters({ platform: "linux", readText: createReadText(root), home: tmpdir() });

test("D-2: processor and memory are read as the runbook's guard reads them: without idle, iowait and what is available", async () => {
  const before = await read(record({ "/proc/stat": STAT(10_000, 90_000), "/proc/meminfo": MEMINFO }));
  const after = await read(record({ "/proc/stat": STAT(10_750, 90_250), "/proc/meminfo": MEMINFO }));
  expect(compareCounters(before, after, 5_000)).toMatchObject({
    cpu: { percent: 75, of: "host", capacity: 1 },
    memory: { percent: 75, of: "host", capacity: 24_652_544 * 1024 },
    disk: { percent: expect.any(Number), freeBytes: expect.any(Number) },
  });
});

const CONTAINER = (usageUs: number) => ({
  "/proc/stat": STAT(10_000, 90_000),
  "/proc/meminfo": MEMINFO,
  "/proc/self/cgroup": "0::/\n",
  "/proc/self/mountinfo": CGROUP2,
  "/sys/fs/cgroup/cpu.max": "50000 100000\n",
  "/sys/fs/cgroup/cpu.stat": `usage_usec ${usageUs}\nuser_usec 1\nsystem_usec 1\n`,
  "/sys/fs/cgroup/memory.max": "1073741824\n",
  "/sys/fs/cgroup/memory.current": "1063004406\n",
  "/sys/fs/cgroup/memory.stat": "anon 900000000\ninactive_file 53687091\n",
});

test("D-2: in a container its own limits count, without the file pages that can be given back", async () => {
  const before = await read(record(CONTAINER(1_000_000)));
  const after = await read(record(CONTAINER(3_475_000)));
  const { cpu, memory } = compareCounters(before, after, 5_000);
  expect(cpu).toEqual({ percent: 99, of: "container", capacity: 0.5 });
  expect(memory).toMatchObject({ of: "container", capacity: 1024 ** 3 });
  expect(memory.percent).toBeCloseTo(94, 5);
});

test("D-2: limits of the groups above bind too, and a group without limits binds nothing", () => {
  const root = record({
    "/proc/self/cgroup": "0::/system.slice/firebreak.service\n",
    "/proc/self/mountinfo": CGROUP2,
    "/sys/fs/cgroup/system.slice/memory.max": "2000\n",
    "/sys/fs/cgroup/system.slice/memory.current": "1000\n",
    "/sys/fs/cgroup/system.slice/firebreak.service/memory.max": "max\n",
    "/sys/fs/cgroup/system.slice/firebreak.service/memory.current": "500\n",
    "/sys/fs/cgroup/system.slice/firebreak.service/cpu.max": "max 100000\n",
    "/sys/fs/cgroup/system.slice/firebreak.service/cpu.stat": "usage_usec 5\n",
  });
  expect(readGroupCounters(createReadText(root))).toEqual([
    { path: "/sys/fs/cgroup/system.slice", cpu: null, memory: { usedBytes: 1000, limitBytes: 2000 } },
  ]);
});

test("D-2: a system that does not tell what is needed is refused, never taken for idle", async () => {
  await expect(read(record({ "/proc/stat": "cpu  x\n", "/proc/meminfo": MEMINFO }))).rejects.toThrow("/proc/stat");
  await expect(read(record({ "/proc/stat": STAT(1, 1), "/proc/meminfo": "MemTotal: 1 kB\n" }))).rejects.toThrow(
    "/proc/meminfo",
  );
  await expect(readHostCounters({ platform: "win32", readText: createReadText(), home: tmpdir() })).rejects.toThrow(
    "win32",
  );
});

/** The form that vm_stat(1) and ps(1) of macOS print. */
test("D-2: what macOS prints of memory and processes is read", () => {
  const text = `Mach Virtual Memory Statistics: (page size of 16384 bytes)
Pages free:                                5000.
Pages active:                            200000.
Pages inactive:                          190000.
Pages wired down:                        100000.
Pages occupied by compressor:             50000.
`;
  expect(parseVmStat(text)).toBe(350_000 * 16_384);
  expect(() => parseVmStat("nothing")).toThrow("vm_stat");
  expect(parsePs("  501  12,5  20480 /Applications/Some App.app/Contents/MacOS/Some App\nnot a line\n")).toEqual([
    { pid: 501, name: "Some App", cpuPercent: 12.5, memoryBytes: 20_971_520 },
  ]);
});

test("D-2: a real process that burns the processor and holds memory is seen with what it uses", async () => {
  const program = "const held = Buffer.alloc(200 << 20, 1); process.stdout.write('on'); for (;;) held[0]++;";
  const burner = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "ignore"] });
  try {
    await once(burner.stdout, "data");
    const meter = createProcessMeter({ readText: createReadText() });
    await meter.look(performance.now());
    await wait(400);
    const seen = (await meter.look(performance.now())).find((one) => one.pid === burner.pid);
    expect(seen?.name).toBe("node");
    expect(seen?.cpuPercent).toBeGreaterThan(5);
    expect(seen?.cpuPercent).toBeLessThan(150);
    expect(seen?.memoryBytes).toBeGreaterThan(200 << 20);
    expect(seen?.memoryBytes).toBeLessThan(500 << 20);
  } finally {
    burner.kill("SIGKILL");
    await once(burner, "exit");
  }
});

test("D-2: a number that another process has taken is not charged with what the one before it used", async () => {
  const stat = (cpuTicks: number, startTime: number) =>
    `77 (a b) c) R 1 1 1 0 -1 0 0 0 0 0 ${cpuTicks} 0 0 0 20 0 1 0 ${startTime} 0 100\n`;
  const files = (text: string) => ({ "/proc/77/stat": text, "/proc/uptime": "1000.00 1.00\n" });
  let root = record(files(stat(9_000, 1_000)));
  const meter = createProcessMeter({ readText: (path) => createReadText(root)(path), listPids: async () => ["77"] });
  await meter.look(0);
  root = record(files(stat(9_100, 1_000)));
  expect(await meter.look(1_000)).toEqual([{ pid: 77, name: "a b) c", cpuPercent: 100, memoryBytes: 409_600 }]);
  root = record(files(stat(50, 99_900)));
  expect((await meter.look(2_000))[0]?.cpuPercent).toBe(10); // 500 ms, counted over 5 s at least
});
