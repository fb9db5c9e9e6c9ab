import { readGroup, readKey } from "./group-key.ts";
import type { GroupRow } from "./group.ts";
import type { Occurrence } from "./occurrence.ts";
import type { KeyField } from "./predicate.ts";
import type { EventView } from "./view.ts";

/** The groups of all correlations that group by the same fields: an event's key is read and looked up once for all of them. */
export class GroupIndex {
  readonly #fields: readonly KeyField[];
  readonly #hasAliases: boolean;
  readonly #rows = new Map<string, GroupRow>();
  #places = 0;
  // of the record at hand
  #view: EventView | undefined;
  #key: string | undefined;
  #row: GroupRow | undefined;

  constructor(fields: readonly KeyField[]) {
    this.#fields = fields;
    this.#hasAliases = fields.some(hasAliases);
  }

  /** A place in every row for the groups of one correlation. */
  takePlace(): number {
    return this.#places++;
  }

  /** @returns undefined when a field is absent */
  keyOf(occurrence: Occurrence): string | undefined {
    // what a report names goes before the fields of its event
    if (this.#hasAliases || occurrence.groupBy !== undefined) return readKey(this.#fields, occurrence);
    if (occurrence.view !== this.#view) {
      this.#view = occurrence.view;
      this.#key = readKey(this.#fields, occurrence);
    }
    return this.#key;
  }

  groupByOf(occurrence: Occurrence): Record<string, string> {
    return readGroup(this.#fields, occurrence);
  }

  find(key: string): GroupRow | undefined {
    if (this.#row?.key !== key) this.#row = this.#rows.get(key);
    return this.#row;
  }

  /** The row of the key; the caller puts a group into it. */
  obtain(key: string, groupBy: Readonly<Record<string, string>>): GroupRow {
    const known = this.find(key);
    if (known !== undefined) return known;
    const row = { key, groupBy, groups: Array.from({ length: this.#places }, () => undefined), used: 0 };
    this.#rows.set(key, row);
    this.#row = row;
    return row;
  }

  /** Lets go of a row that holds no group any more. */
  release(row: GroupRow): void {
    this.#rows.delete(row.key);
    this.#row = undefined;
  }
}

/** One index for each list of fields; names under which rules have different fields are not shared. */
export class GroupIndexes {
  readonly #shared = new Map<string, GroupIndex>();

  of(fields: readonly KeyField[]): GroupIndex {
    if (fields.some(hasAliases)) return new GroupIndex(fields);
    const signature = JSON.stringify(fields.map(({ name }) => name));
    const known = this.#shared.get(signature) ?? new GroupIndex(fields);
    this.#shared.set(signature, known);
    return known;
  }
}

const hasAliases = ({ byRule }: KeyField): boolean => byRule.size > 0;
