/** @returns the variables that a module makes at its top, exported or not */
function topVariables(program) {
  return program.body
    .map((node) => (node.type === "ExportNamedDeclaration" ? node.declaration : node))
    .filter((node) => node?.type === "VariableDeclaration")
    .flatMap((node) => node.declarations);
}

/**
 * Building a schema has no side effect, which Rollup cannot see through zod's chained calls. Each schema that the
 * protocol makes at the top of a module becomes a call that is marked as pure, so that what nobody uses is left out,
 * and zod with it.
 *
 * @returns {import("vite").Plugin}
 */
export function pureSchemas() {
  return {
    name: "firebreak:pure-schemas",
    apply: "build",
    transform(code, id) {
      if (!id.replaceAll("\\", "/").includes("/packages/protocol/")) return null;
      const calls = topVariables(this.parse(code)).filter(({ init }) => init?.type === "CallExpression");
      let marked = code;
      for (const { init } of calls.toReversed())
        marked = `${marked.slice(0, init.start)}/* @__PURE__ */ (() => ${code.slice(init.start, init.end)})()${marked.slice(init.end)}`;
      return { code: marked, map: null };
    },
  };
}
