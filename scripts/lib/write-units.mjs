// Functions of a source tree as far as it matters for what they write: see scripts/audited.mjs.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseSync, visitorKeys } from "oxc-parser";

const RECORDERS = new Set(["recordAudit", "recordAudits"]);
const WRITERS = new Set(["insertInto", "updateTable", "deleteFrom", "mergeInto"]);
const WRITING_SQL = /\b(?:insert\s+into|delete\s+from|merge\s+into|update)\s+(?:only\s+)?([a-z_]+)(?=\s|\(|$)/gi;
/** What is not a table behind `update` */
const SQL_WORDS = new Set(["set", "skip", "nowait", "of"]);

/**
 * @typedef {object} Unit a function or method with a name, and all that is written within it
 * @property {string} file
 * @property {string} name `writeState`, `HouseAuditLog.check`
 * @property {boolean} records calls recordAudit or recordAudits
 * @property {{ table: string, line: number, isInTransaction: boolean }[]} writes
 * @property {{ name: string, handsOn: boolean }[]} calls functions that it names, and whether a transaction goes with the call
 */

/** @returns {{ units: Unit[], resolve: (from: Unit, name: string) => Unit | undefined }} */
export function readUnits(directory) {
  const modules = new Map([...sourceFiles(directory)].map((file) => [file, readModule(file)]));
  const units = [...modules.values()].flatMap((one) => [...one.units.values()]);
  const find = (file, name, depth = 0) => {
    const one = modules.get(file);
    if (one === undefined || depth > 5) return undefined;
    const own = one.units.get(name);
    if (own !== undefined) return own;
    const from = one.names.get(name);
    return from === undefined ? undefined : find(from.file, from.name, depth + 1);
  };
  return { units, resolve: (from, name) => find(from.file, name) };
}

function* sourceFiles(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const full = path.join(directory, entry.name);
    if (entry.isDirectory() && !["migrations", "testing", "test-programs"].includes(entry.name))
      yield* sourceFiles(full);
    else if (entry.name.endsWith(".ts") && !/\.test\.ts$|(^|-)testing[a-z-]*\.ts$/.test(entry.name)) yield full;
  }
}

function readModule(file) {
  const text = readFileSync(file, "utf8");
  const { program, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0].message}`);
  const one = { units: new Map(), names: new Map() };
  for (const statement of program.body) readStatement(statement, { file, text, ...one });
  return one;
}

function readStatement(statement, module) {
  const source = statement.source?.value;
  if (source?.startsWith(".") === true) {
    const from = path.resolve(path.dirname(module.file), source);
    for (const one of statement.specifiers ?? []) {
      const [name, outer] =
        statement.type === "ImportDeclaration"
          ? [one.local.name, one.imported?.name]
          : [one.exported.name, one.local.name];
      if (outer !== undefined && existsSync(from)) module.names.set(name, { file: from, name: outer });
    }
    return;
  }
  const declared = statement.declaration ?? statement;
  if (declared.type === "FunctionDeclaration") addUnit(module, declared.id.name, declared);
  if (declared.type === "ClassDeclaration") {
    for (const member of declared.body.body) {
      if (member.key !== undefined && member.value !== null)
        addUnit(module, `${declared.id.name}.${nameOf(member.key)}`, member);
    }
  }
  if (declared.type === "VariableDeclaration") {
    for (const { id, init } of declared.declarations)
      if (init !== null && id.name !== undefined) addUnit(module, id.name, init);
  }
}

function addUnit({ file, text, units }, name, node) {
  const unit = { file, name, records: false, writes: [], calls: [] };
  const owner = name.includes(".") ? name.split(".")[0] : undefined;
  const lineOf = (at) => text.slice(0, at).split("\n").length;
  walk(node, (one) => {
    if (one.type === "CallExpression") readCall(one, unit, owner, lineOf);
    // a function that is handed on will be called
    if (one.type === "Identifier" && one.name !== name) unit.calls.push({ name: one.name, handsOn: false });
    if (one.type === "TaggedTemplateExpression") readSql(one, unit, lineOf);
  });
  units.set(name, unit);
}

function readCall({ callee, arguments: given, start }, unit, owner, lineOf) {
  const handsOn = given.some(isTransaction);
  if (callee.type === "Identifier") {
    if (RECORDERS.has(callee.name)) unit.records = true;
    unit.calls.push({ name: callee.name, handsOn });
  }
  if (callee.type !== "MemberExpression") return;
  const property = nameOf(callee.property);
  if (callee.object.type === "ThisExpression") unit.calls.push({ name: `${owner}.${property}`, handsOn });
  const [table] = given;
  if (WRITERS.has(property) && table?.type === "Literal") {
    unit.writes.push({
      table: table.value.split(" ")[0],
      line: lineOf(start),
      isInTransaction: isTransaction(callee.object),
    });
  }
}

/** `sql\`…\`.execute(trx)`: where it is executed is not known here, so only the audit row is asked for. */
function readSql({ tag, quasi, start }, unit, lineOf) {
  if (tag.name !== "sql") return;
  const text = quasi.quasis.map((part) => part.value.raw).join("?");
  for (const [, table] of text.matchAll(WRITING_SQL)) {
    if (!SQL_WORDS.has(table.toLowerCase())) unit.writes.push({ table, line: lineOf(start), isInTransaction: true });
  }
}

/** By convention the parameter of a transaction is called `trx`; a part of a query with `with` is called `query`. */
function isTransaction(node) {
  if (node.type === "Identifier") return ["trx", "query"].includes(node.name);
  return node.type === "CallExpression" && node.callee.type === "MemberExpression" && isTransaction(node.callee.object);
}

const nameOf = (key) => (key.type === "PrivateIdentifier" ? `#${key.name}` : key.name);

function walk(node, visit) {
  if (node === null || typeof node !== "object") return;
  if (Array.isArray(node)) {
    for (const one of node) walk(one, visit);
    return;
  }
  visit(node);
  for (const key of visitorKeys[node.type] ?? []) walk(node[key], visit);
}
