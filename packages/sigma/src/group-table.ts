import type { Group, GroupRow, Tenant } from "./group.ts";
import type { GroupIndex } from "./group-index.ts";
import type { EngineLimits, Eviction } from "./types.ts";

interface NewGroup extends Pick<GroupRow, "key" | "groupBy">, Pick<Group, "window" | "isExpected"> {}

/** What is known of groups that were evicted since somebody asked: the first of them, and how many there were. */
export class EvictionLog {
  #kept: Eviction[] = [];

  note(eviction: Omit<Eviction, "groups">): void {
    const known = this.#kept.findIndex((one) => one.ruleId === eviction.ruleId && one.tenant === eviction.tenant);
    const first = this.#kept[known];
    if (first !== undefined) this.#kept[known] = { ...first, groups: first.groups + 1 };
    else if (this.#kept.length < EVICTIONS_KEPT) this.#kept.push({ ...eviction, groups: 1 });
  }

  take(): readonly Eviction[] {
    if (this.#kept.length === 0) return NO_EVICTIONS;
    const kept = this.#kept;
    this.#kept = [];
    return kept;
  }
}

const NO_EVICTIONS: readonly Eviction[] = [];
/** Of one rule and tenant each. */
const EVICTIONS_KEPT = 100;
/** How many groups that were not used lately are compared before one is evicted. */
const EVICTION_SAMPLE = 16;
/** Tenants beyond this share one account. */
const TENANTS_MAX = 256;

type Limits = Pick<
  EngineLimits,
  "groupsPerRuleMax" | "groupsPerTenantMax" | "entriesPerRuleMax" | "entriesPerTenantMax"
>;

/**
 * The groups of one correlation, in bounded room. When it is used up, the tenant that holds most gives something up: a
 * noisy one cannot push out what belongs to another.
 */
export class GroupTable {
  size = 0;
  entries = 0;
  readonly #limits: Limits;
  readonly #index: GroupIndex;
  readonly #place: number;
  readonly #tenants = new Map<string, Tenant>();
  readonly #onEvict: (group: Group) => void;

  constructor(limits: Limits, index: GroupIndex, onEvict: (group: Group) => void) {
    this.#limits = limits;
    this.#index = index;
    this.#place = index.takePlace();
    this.#onEvict = onEvict;
  }

  /** The one at hand may be removed. */
  *values(): Generator<Group> {
    for (const { oldest } of this.#tenants.values()) {
      for (let group = oldest; group !== undefined;) {
        const next: Group | undefined = group.newer;
        yield group;
        group = next;
      }
    }
  }

  get(key: string): Group | undefined {
    return this.#index.find(key)?.groups[this.#place];
  }

  /** Adds a group; another may have to go. */
  add(made: NewGroup, tenant: string): Group {
    const { key, groupBy, window, isExpected } = made;
    const row = this.#index.obtain(key, groupBy);
    const group: Group = {
      row,
      window,
      isExpected,
      owner: this.#tenant(tenant),
      firing: false,
      firedTime: undefined,
      queuedTime: Number.POSITIVE_INFINITY,
      isGone: false,
      wasUsed: false,
      older: undefined,
      newer: undefined,
    };
    row.groups[this.#place] = group;
    row.used += 1;
    this.size += 1;
    group.owner.groups += 1;
    append(group);
    if (group.owner.groups > this.#limits.groupsPerTenantMax) this.#evictFrom(group.owner, group);
    if (this.size > this.#limits.groupsPerRuleMax) this.#evictFrom(this.#largest("groups"), group);
    return group;
  }

  /** Takes account of entries that a group's window won or lost; groups may have to go. */
  account(group: Group, entries: number): void {
    if (entries === 0) return;
    this.entries += entries;
    group.owner.entries += entries;
    const { entriesPerTenantMax, entriesPerRuleMax } = this.#limits;
    while (group.owner.entries > entriesPerTenantMax && this.#evictFrom(group.owner, group));
    while (this.entries > entriesPerRuleMax && this.#evictFrom(this.#largest("entries"), group));
  }

  remove(group: Group): void {
    if (group.isGone) return;
    group.isGone = true;
    this.entries -= group.window.size;
    group.owner.entries -= group.window.size;
    group.owner.groups -= 1;
    unlink(group);
    this.size -= 1;
    const { row } = group;
    row.groups[this.#place] = undefined;
    row.used -= 1;
    if (row.used === 0) this.#index.release(row);
    if (group.owner.groups === 0) this.#tenants.delete(group.owner.name);
  }

  #tenant(name: string): Tenant {
    const known = this.#tenants.get(name);
    if (known !== undefined) return known;
    if (this.#tenants.size >= TENANTS_MAX && name !== REST) return this.#tenant(REST);
    const tenant = { name, groups: 0, entries: 0, oldest: undefined, newest: undefined };
    this.#tenants.set(name, tenant);
    return tenant;
  }

  #largest(what: "groups" | "entries"): Tenant | undefined {
    let largest: Tenant | undefined;
    for (const tenant of this.#tenants.values()) {
      if (largest === undefined || tenant[what] > largest[what]) largest = tenant;
    }
    return largest;
  }

  /**
   * Removes the group closest to its expiry, and of equals the one with least progress, among some that were not used
   * lately.
   *
   * @param spared the group at hand
   * @returns false when there is none to remove
   */
  #evictFrom(tenant: Tenant | undefined, spared: Group): boolean {
    const victim = tenant === undefined ? undefined : chooseVictim(tenant, spared);
    if (victim === undefined) return false;
    this.#onEvict(victim);
    this.remove(victim);
    return true;
  }
}

function chooseVictim(tenant: Tenant, spared: Group): Group | undefined {
  let victim: Group | undefined;
  let sampled = 0;
  let group = tenant.oldest;
  for (let left = 2 * tenant.groups; group !== undefined && left > 0 && sampled < EVICTION_SAMPLE; left--) {
    const next: Group | undefined = group.newer;
    if (group.wasUsed && group !== spared) {
      group.wasUsed = false;
      unlink(group);
      append(group);
    } else if (group !== spared && !group.isExpected) {
      sampled += 1;
      if (victim === undefined || goesBefore(group, victim)) victim = group;
    }
    group = next ?? (victim === undefined ? tenant.oldest : undefined);
  }
  return victim;
}

const REST = "…";

function goesBefore({ window: left }: Group, { window: right }: Group): boolean {
  if (left.newestTime !== right.newestTime) return left.newestTime < right.newestTime;
  return left.size < right.size;
}

function append(group: Group): void {
  const { owner } = group;
  group.older = owner.newest;
  group.newer = undefined;
  if (owner.newest === undefined) owner.oldest = group;
  else owner.newest.newer = group;
  owner.newest = group;
}

function unlink(group: Group): void {
  const { owner, older, newer } = group;
  if (older === undefined) owner.oldest = newer;
  else older.newer = newer;
  if (newer === undefined) owner.newest = older;
  else newer.older = older;
}
