/** What a drill's check and deed are, in words: for the document of drills. */
export const CHECKS_ABOUT: Readonly<Record<string, string>> = {
  agents_gone: "no process of an agent lives, looked for in the process table",
  stops_verified: "there is a stop, and each is proved",
  evidence_intact: "there are `archives` (1) of evidence, and each verifies by its own files",
  evidence_before_kill: "the evidence was taken before the kill",
  told: "at least `messages` (1) were caught",
  file: "`path` exists (or not: `exists: false`), and `contains` or `lacks` a text",
  calls_denied: "the agent that writes its calls to `path` had some, goes on asking, and each is denied by a stop",
  reached_from_outside: "from the network of the process `outside` the `url` is answered (`reached: true`), or not",
  file_kept: "in a `folder` lies a file with these bytes (`sha256`)",
  disk_free: "`megabytes` are free at `path`",
  address_blocked: "the rules of the kernel name the `address`",
  file_still: "the file at `path` is not empty, and nothing is written to it any more",
  file_grows: "something is still written to the file at `path`",
  lines_held:
    "the file at `path` has lines of before the end of the step `after`, and none between that and the start of the step `until`; lines begin with their time, and have `of` in them",
  checksums: "every file of a `folder` is as the file `sums` says",
  archive_holds: "an archive in the `folder` has a file that `contains` a text",
  tcp: "`port` on loopback accepts connections (or not: `open: false`)",
  http: "`url` answers with `status` (200); to a key, `bearer` or in `bearerFile`",
  sql_answer: "a PostgreSQL of the sandbox answers `query` with `answer`",
  decrypted:
    "a `folder` has `files` whose names begin with `name`, and openssl decrypts the newest with `keyFile` to what `begins` so",
  agents_idle: "at least `processes` of agents are there, and none takes any time of the processor",
};

export const DEEDS_ABOUT: Readonly<Record<string, string>> = {
  release: "the stops of a `scope` and `target` are released, with the second person where the kill switch wants two",
  move: "a file or folder of the sandbox is moved `from` `to`",
  write: "`text` is written to a `path` in it",
  run: "a `program` with `args` is run, and must end with 0; only as root on Linux",
};
