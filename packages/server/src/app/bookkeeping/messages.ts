/** `log`: what was committed since goes into the audit log; `index`: into the index of the search. */
export type Duty = "log" | "index";

export type Answer =
  | { readonly kind: "ready" }
  | { readonly kind: "done"; readonly isMore: boolean }
  | { readonly kind: "fault"; readonly message: string };
