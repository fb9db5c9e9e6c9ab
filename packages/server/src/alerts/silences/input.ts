import { matcher, silenceKind, weeklyWindow } from "@firebreak/protocol";
import { z } from "zod";
import { compileMatchers, FirebreakError, isTimeZone, MATCHERS_MAX } from "../../kernel/index.ts";
import { toStorableText } from "../storable-text.ts";

const DAY_MS = 86_400_000;
/** A silence that outlives its reason hides what nobody remembers. What comes back weekly, or is planned, may last longer. */
const DAYS_MAX = { silence: 92, maintenance: 366 } as const;

const text = (charactersMin: number, charactersMax: number) =>
  z.string().trim().transform(toStorableText).pipe(z.string().min(charactersMin).max(charactersMax));
const time = z.iso.datetime({ offset: true }).transform((iso) => Date.parse(iso));

const matchersInput = z
  .array(matcher)
  .min(1, "name at least one condition")
  .max(MATCHERS_MAX)
  .superRefine((matchers, check) => {
    const compiled = compileMatchers(matchers);
    if (!compiled.ok) check.addIssue({ code: "custom", message: compiled.problem });
  });

const silenceInput = z.strictObject({
  kind: silenceKind.default("silence"),
  matchers: matchersInput,
  reason: text(3, 1_000),
  /** left out: whoever creates it */
  owner: text(1, 200).optional(),
  /** left out, or past: now */
  startsAt: time.optional(),
  endsAt: time,
  weekly: weeklyWindow
    .refine(({ timeZone }) => isTimeZone(timeZone), {
      message: "use an IANA time zone like Europe/Berlin",
      path: ["timeZone"],
    })
    .nullable()
    .default(null),
  mutesContainment: z.boolean().default(false),
  /** id of the silence that this one is an edit of; it ends when this one is created */
  replaces: z.string().max(64).nullable().default(null),
  /** needed for one that would mute nearly everything */
  muteEverything: z.boolean().default(false),
});
export type SilenceInput = z.input<typeof silenceInput>;
export type ParsedSilence = Omit<z.output<typeof silenceInput>, "startsAt"> & { readonly startsAt: number };

/**
 * @returns the silence as it will be, beginning now at the earliest
 * @throws FirebreakError `invalid_body` with one entry per fault
 */
export function parseSilence(input: SilenceInput, now: number): ParsedSilence {
  const parsed = silenceInput.safeParse(input);
  if (!parsed.success) {
    refuse(
      parsed.error.issues.map((issue) => ({ where: `/${issue.path.map(String).join("/")}`, message: issue.message })),
    );
  }
  const { startsAt = now, ...silence } = parsed.data;
  const begin = Math.max(startsAt, now);
  const daysMax = silence.weekly === null ? DAYS_MAX[silence.kind] : DAYS_MAX.maintenance;
  if (silence.endsAt <= begin) refuse([{ where: "/endsAt", message: "it must end in the future, after it begins" }]);
  if (silence.endsAt - begin > daysMax * DAY_MS) {
    refuse([{ where: "/endsAt", message: `it may last ${daysMax} days at most` }]);
  }
  return { ...silence, startsAt: begin };
}

function refuse(errors: { readonly where: string; readonly message: string }[]): never {
  const summary = errors.map(({ where, message }) => `${where}: ${message}`).join("; ");
  throw new FirebreakError("invalid_body", `The silence is not valid. ${summary}.`, { errors });
}
