import { expect, test } from "vitest";
import { showHidden } from "./harmless.ts";

test("E-5: what would move, hide or reorder text is shown instead", () => {
  expect(showHidden("a\u001b[2J\u0000b\u007f\u009b")).toBe("a␛[2J␀b␡‹U+009B›");
  expect(showHidden("user\u202egpj.exe\u200b\u{e0041}")).toBe("user‹U+202E›gpj.exe‹U+200B›‹U+E0041›");
  expect(showHidden("line\r\nline\ttab\rback")).toBe("line\nline\ttab␍back");
  expect(showHidden("<b>é 漢字 🙂</b>")).toBe("<b>é 漢字 🙂</b>");
});
