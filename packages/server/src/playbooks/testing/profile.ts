import { profileSchema } from "../../kernel/index.ts";
import type { Profile } from "../../kernel/index.ts";

const target = (label: string) => ({ label, respondMinutes: 15 });

/** A profile that says no more than it must. */
export const testProfile: Profile = {
  ...profileSchema.parse({
    name: "test",
    title: "Test",
    description: "For tests.",
    timeZone: "UTC",
    incidentIdPattern: "INC-YYYY-NNNN",
    severities: { 1: target("SEV-1"), 2: target("SEV-2"), 3: target("SEV-3"), 4: target("SEV-4") },
    reviews: { requiredFor: [1], dueHours: 72 },
  }),
  templates: [],
};
