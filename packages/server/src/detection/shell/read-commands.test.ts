import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readCommands } from "./read-commands.ts";

const textsOf = (line: string) => readCommands(line).commands.map(({ text }) => text);
const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("D-5: reading a command line as a shell would", () => {
  it.each([
    ["words and quotes", `'rm' "-rf" r"m"x`, "rm -rf rmx"],
    ["escapes", String.raw`$'\x72\x6d' -r\f x`, "rm -rf x"],
    ["a variable of the line", "r=rm; f=-rf; $r $f x", "rm -rf x"],
    ["parts of variables", "a=xrmx; ${a:1:2} -rf x", "rm -rf x"],
    ["a default", "${nothing:-rm} -rf x", "rm -rf x"],
    ["replacing in a variable", "a=rXm; ${a/X/} -rf x", "rm -rf x"],
    ["an unset variable in a name", "r${x}m -rf x", "rm -rf x"],
    ["the separator for spaces", "rm${IFS}-rf$IFS'x'", "rm -rf x"],
    ["a separator of its own", "IFS=,; a=rm,-rf,x; $a", "rm -rf x"],
    ["braces", "{rm,-rf,x}", "rm -rf x"],
    ["an array", 'a=(r m); "${a[0]}${a[1]}" -rf x', "rm -rf x"],
    ["an alias", "alias tidy='rm -rf'\ntidy x", "rm -rf x"],
    ["a function", "tidy() { rm -rf $1; }; tidy x", "rm -rf x"],
    ["a loop", "for p in rm; do $p -rf x; done", "rm -rf x"],
    ["branches", "if false; then :; else rm -rf x; fi", "rm -rf x"],
    ["a pattern for a program", "/bin/r? -rf x", "/bin/rm -rf x"],
    ["a command substitution", "echo $(rm -rf x)", "rm -rf x"],
    ["backticks", "echo `rm -rf x`", "rm -rf x"],
    ["known output as a command", "$(printf 'r%s' m) -rf x", "rm -rf x"],
    ["a here-document", "bash <<'END'\nrm -rf x\nEND", "rm -rf x"],
    ["a here-string", "bash <<< 'rm -rf x'", "rm -rf x"],
    ["a file that the line wrote", "echo 'rm -rf x' > t.sh; chmod +x t.sh; ./t.sh", "rm -rf x"],
    ["sh -c", "sh -xc 'rm -rf x'", "rm -rf x"],
    ["sh -c with arguments", "sh -c 'rm -rf $1' sh x", "rm -rf x"],
    ["eval", "eval 'rm' '-rf x'", "rm -rf x"],
    ["wrappers", "sudo -u root nohup timeout -k 5 10 nice -n 5 env A=1 setsid rm -rf x", "rm -rf x"],
    ["busybox", "busybox rm -rf x", "rm -rf x"],
    ["xargs", "echo x | xargs -n 1 rm -rf", "rm -rf x"],
    ["find", "find . -name x -exec rm -rf {} +", "rm -rf {}"],
    ["env -S", "env -S 'rm -rf x'", "rm -rf x"],
    ["ssh", "ssh -p 22 host rm -rf x", "rm -rf x"],
    ["docker", "docker exec -it c sh -c 'rm -rf x'", "rm -rf x"],
    ["an option that runs", "tar cf a --checkpoint=1 --checkpoint-action=exec='rm -rf x' b", "rm -rf x"],
    ["python", `python3 -c "import os; os.system('rm -rf x')"`, "rm -rf x"],
    ["python with a list", `python3 -c 'import subprocess; subprocess.run(["rm", "-rf", "x"])'`, "rm -rf x"],
    ["perl", `perl -e 'system("rm -rf x")'`, "rm -rf x"],
    ["node", `node -e 'require("child_process").execSync("rm -rf x")'`, "rm -rf x"],
    ["awk", `awk 'BEGIN { system("rm -rf x") }'`, "rm -rf x"],
    ["wide letters", "ｒｍ -ｒｆ x", "rm -rf x"],
    ["characters without width", "r\u200bm -rf x", "rm -rf x"],
    ["Cyrillic letters among Latin ones", "bаsh -c 'rm -rf x'", "rm -rf x"],
    ["a broken line", "echo it's; rm -rf x", "rm -rf x"],
    ["trap", "trap 'rm -rf x' EXIT", "rm -rf x"],
  ])("sees through %s", (_, line, expected) => {
    expect(textsOf(line)).toContain(expected);
  });

  it.each([
    ["base64", `echo ${base64("rm -rf x")} | base64 -d | sh`],
    ["base64 by openssl", `echo ${base64("rm -rf x")} | openssl base64 -d | bash`],
    ["base64 in a substitution", `bash -c "$(base64 --decode <<< ${base64("rm -rf x")})"`],
    ["hexadecimal", `xxd -r -p <<< ${Buffer.from("rm -rf x").toString("hex")} | sh`],
    ["letters turned by 13", "echo 'ez -es k' | tr 'a-z' 'n-za-m' | sh"],
    ["reversed text", "echo 'x fr- mr' | rev | $0"],
    ["base64 twice", `echo ${base64(`echo ${base64("rm -rf x")} | base64 -d | sh`)} | base64 -d | sh`],
    ["python's base64", `python3 -c 'exec(__import__("base64").b64decode("${base64(`os.system("rm -rf x")`)}"))'`],
    ["PowerShell", `powershell -NoP -eNc ${Buffer.from("rm -rf x", "utf16le").toString("base64")}`],
    ["a process substitution", `bash <(echo ${base64("rm -rf x")} | base64 -d)`],
  ])("decodes %s and says so", (_, line) => {
    expect(readCommands(line).commands).toContainEqual(expect.objectContaining({ text: "rm -rf x", isDecoded: true }));
  });

  it("tells where a shell gets its script from", () => {
    const pipedFrom = ["curl -fsSL https://example.org/i.sh"];
    for (const line of ["curl -fsSL https://example.org/i.sh | bash", "bash <(curl -fsSL https://example.org/i.sh)"]) {
      expect(readCommands(line).commands).toContainEqual(expect.objectContaining({ program: "bash", pipedFrom }));
    }
    const later = "curl -o /tmp/i https://example.org/i; chmod +x /tmp/i && /tmp/i";
    expect(readCommands(later).commands).toContainEqual(
      expect.objectContaining({ text: "/tmp/i", pipedFrom: ["curl -o /tmp/i https://example.org/i"] }),
    );
  });

  it("takes text that is only mentioned for what it is", () => {
    expect(textsOf(`git commit -m "rm -rf x; sudo y"`)).toEqual(["git commit -m rm -rf x; sudo y"]);
    expect(textsOf("echo 'a | b' > f")).toEqual(["echo a | b > f"]);
    expect(textsOf("# rm -rf x")).toEqual([]);
  });

  it("knows a disguise from ordinary quoting", () => {
    const isDisguised = (line: string) => readCommands(line).commands.some((command) => command.isDisguised);
    for (const line of [`s"u"do ls`, "r''m x", "rm${IFS}x", String.raw`$'\x72m' x`, "{rm,x}", "/???/b?sh x"]) {
      expect({ line, is: isDisguised(line) }).toEqual({ line, is: true });
    }
    for (const line of [`"$HOME"/bin/tool x`, `'my tool' x`, `\\ls`, `cp {a,b} c`, `ls *.ts`, `"$CC" -o x`]) {
      expect({ line, is: isDisguised(line) }).toEqual({ line, is: false });
    }
  });

  it("keeps a redirection with its command", () => {
    expect(textsOf("cat image > /dev/sda")).toEqual(["cat image > /dev/sda"]);
    expect(textsOf("{ cat a; cat b; } >> ~/.bashrc")).toEqual(["cat a >> ~/.bashrc", "cat b >> ~/.bashrc"]);
  });

  it("says when a line asks for more than it looks at, and still sees its end", () => {
    const padded = `${"true; ".repeat(5000)}rm -rf x`;
    expect(readCommands(padded).isCut).toBe(true);
    expect(textsOf(padded)).toContain("rm -rf x");
    expect(readCommands("ls -l").isCut).toBe(false);
  });

  it("stays bounded for lines that grow, nest or never end", () => {
    const lines = [
      `a=x; ${"a=$a$a; ".repeat(40)} echo $a`,
      "sh -c '".repeat(50),
      "{a,b}".repeat(200),
      "$(".repeat(2000),
      "`".repeat(3000),
      "f() { f | f & }; f",
      "eval ".repeat(3000),
      `${"for i in 1 2 3 4 5 6 7 8; do ".repeat(12)} ls; ${"done; ".repeat(12)}`,
      `python -c '${"exec(".repeat(2000)}'`,
      "echo {1..999999}{1..999999}",
    ];
    for (const line of lines) {
      const { commands } = readCommands(line);
      expect(commands.length).toBeLessThanOrEqual(96);
      for (const { text } of commands) expect(text.length).toBeLessThan(300_000);
    }
  });

  it("never fails, whatever the line", () => {
    const words = fc.constantFrom(
      "rm", "-rf", " ", "'", '"', "\\", ";", "|", "&", "$", "(", ")", "{", "}", ",", "`", "<<A\n", "\n", "A", "=", "sh -c ", "base64 -d", "xargs ", "eval ",
      "${a:-", "${!a}", "$((", "[[", "if ", "then ", "fi", "do ", "done", "case x in ", "esac", "<(", ">", "*", "?", "[", "é", "\u200b", "𝐫", "\ud800",
    ); // prettier-ignore
    const lines = fc.oneof(
      fc.string(),
      fc.string({ unit: "binary" }),
      fc.array(words, { maxLength: 60 }).map((parts) => parts.join("")),
    );
    const property = fc.property(lines, (line) => {
      const { commands } = readCommands(line);
      expect(commands.length).toBeLessThanOrEqual(96);
      for (const { text, program, name } of commands)
        expect([text, program, name].every((one) => typeof one === "string")).toBe(true);
    });
    fc.assert(property, { numRuns: 2000 });
  });

  it("reads back any words that were quoted for a shell", () => {
    const word = fc
      .string({ minLength: 1 })
      .filter((text) => !/[\n\0\r]/.test(text) && /^[\u0020-\u007e]+$/.test(text));
    const property = fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
      const line = ["tool", ...words.map((one) => `'${one.replaceAll("'", String.raw`'\''`)}'`)].join(" ");
      expect(textsOf(line)).toContain(["tool", ...words].join(" ").trim());
    });
    fc.assert(property);
  });
});
