export { draftReview } from "./draft-review.ts";
export { editReview } from "./edit-review.ts";
export type { EditReviewInput } from "./edit-review.ts";
export { getReview } from "./get-review.ts";
export type { LearningContext } from "./types.ts";
