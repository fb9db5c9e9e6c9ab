/** The bits of a fact lie together in signatures: blocks get theirs anew, and are looked into without one until then. */
export const factCells = `
truncate event_signatures, event_segments;
update event_index_state set signed_last_block = 0;
`;
