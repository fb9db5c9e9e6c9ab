/** Signatures have another form: blocks get theirs anew, and are looked into without one until then. */
export const eventSignatures = `
delete from event_signatures;
delete from event_segments;
update event_index_state set signed_last_block = 0;
`;
