/** Sentences that a written playbook has at fixed places; the importer knows them again. */
export const GO_ON = "go on with the next step";
export const OTHERWISE = "Otherwise go on with the next step.";
export const RUN_BY_HAND = "Run this in a shell, after you have read it:";
export const RUN_CODE = "Run this, after you have read it:";
export const RUN_QUERY = "Ask or run this, after you have read it:";
export const PUT_IN_PLACE = "Put this in place:";
export const USE_TEXT = "Use this text:";

/** What stands before a block of code in instructions, and is no title of it. */
export const CODE_LEADS: ReadonlySet<string> = new Set([RUN_BY_HAND, RUN_CODE, RUN_QUERY, PUT_IN_PLACE, USE_TEXT]);
