/** A program of an agent that leaves a mark in a file every few milliseconds, and ends when it has no place for it. */
export const TICKER = `#!/usr/bin/perl
while (1) { open my $f, ">>", $ARGV[0] or exit; print $f "x"; close $f; select undef, undef, undef, 0.02 }
`;
