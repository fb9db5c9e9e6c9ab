/** A JSON object of a file, or what could not be read as one. `line` is where it begins, counted from 1. */
export type FileRecord =
  | { readonly line: number; readonly value: Readonly<Record<string, unknown>> }
  | { readonly line: number; readonly fault: string };

/** Characters of one object; more is a broken file, not an event. */
const RECORD_CHARS_MAX = 16 * 1024 * 1024;

/**
 * Splits a text into its JSON objects, line by line: one object a line, several in a row, printed over many lines, or in
 * an array. What is broken is named and costs no object after it, as far as can be told: a line that is a whole object
 * of its own is never swallowed by an unfinished one before it.
 */
export class RecordSplitter {
  readonly #scan = new ObjectScanner();
  #line = 0;

  /** @param line without its line feed */
  push(line: string): FileRecord[] {
    this.#line += 1;
    if (line.startsWith("{") && /\}\s*$/.test(line)) {
      const value = tryParse(line);
      if (isObject(value))
        return [...this.#scan.abandon("it was not finished when the next one began"), this.#found(value)];
    }
    return this.#scan.feed(line, this.#line);
  }

  end(): FileRecord[] {
    return this.#scan.abandon("the file ends inside it");
  }

  #found(value: Readonly<Record<string, unknown>>): FileRecord {
    return { line: this.#line, value };
  }
}

/** Finds objects by their braces, outside texts. Between objects only space, commas and the brackets of a list may stand. */
class ObjectScanner {
  #pending = "";
  #startLine = 0;
  #depth = 0;
  #inText = false;

  feed(line: string, number: number): FileRecord[] {
    const records: FileRecord[] = [];
    let from = this.#depth === 0 ? -1 : 0;
    for (let at = 0; at < line.length; at++) {
      const char = line.charAt(at);
      if (this.#inText) {
        if (char === "\\") at += 1;
        else if (char === '"') this.#inText = false;
      } else if (this.#depth === 0) {
        if (char === "{") [from, this.#startLine, this.#depth] = [at, number, 1];
        else if (!/[\s,[\]\ufeff]/.test(char)) {
          records.push({ line: number, fault: `this is no JSON object: ${line.slice(at, at + 40)}` });
          return records;
        }
      } else if (char === '"') this.#inText = true;
      else if (char === "{") this.#depth += 1;
      else if (char === "}" && --this.#depth === 0) {
        records.push(this.#finish(line.slice(from, at + 1)));
        from = -1;
      }
    }
    if (this.#depth > 0) this.#keep(`${line.slice(Math.max(from, 0))}\n`, records);
    return records;
  }

  abandon(reason: string): FileRecord[] {
    if (this.#depth === 0) return [];
    const fault: FileRecord = { line: this.#startLine, fault: `the object that begins here is broken: ${reason}` };
    this.#reset();
    return [fault];
  }

  #keep(text: string, records: FileRecord[]): void {
    this.#pending += text;
    // a raw line feed cannot stand in a text
    if (this.#inText) records.push(...this.abandon("a text is not closed on its line"));
    else if (this.#pending.length > RECORD_CHARS_MAX) {
      records.push(...this.abandon(`it has more than ${RECORD_CHARS_MAX} characters`));
    }
  }

  #finish(rest: string): FileRecord {
    const value = tryParse(this.#pending + rest);
    const line = this.#startLine;
    this.#reset();
    return isObject(value) ? { line, value } : { line, fault: "the object that begins here is not valid JSON" };
  }

  #reset(): void {
    this.#pending = "";
    this.#depth = 0;
    this.#inText = false;
  }
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
