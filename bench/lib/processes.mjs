import { readFileSync, readdirSync } from "node:fs";

/** Milliseconds of one clock tick in /proc/PID/stat (USER_HZ is 100 on every Linux that Node runs on). */
const TICK_MS = 10;

/** @returns the fields of /proc/PID/stat after the command, from the state on; null when the process is gone */
function readStat(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return null;
  }
}

function allPids() {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** @returns the process and all its descendants */
export function treeOf(root) {
  const children = new Map();
  for (const pid of allPids()) {
    const parent = Number(readStat(pid)?.[1]);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/** @returns proportional set size in bytes: shared pages count in shares, so that the sum over processes is true */
export function pssBytesOf(pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1]) * 1024;
}

/** @returns processor time, user and system, of the process and of those of its children that have ended; milliseconds */
export function processorMsOf(pid) {
  const stat = readStat(pid);
  return stat === null ? 0 : stat.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * TICK_MS;
}

export function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
  } catch {
    return "";
  }
}

/** @returns the processes whose command line holds the text */
export function findProcesses(text) {
  return allPids().filter((pid) => pid !== process.pid && commandOf(pid).includes(text));
}

/** @returns those of the processes that still run; a zombie does not */
export function stillRunning(pids) {
  return pids.filter((pid) => !["Z", "X", undefined].includes(readStat(pid)?.[0]));
}
