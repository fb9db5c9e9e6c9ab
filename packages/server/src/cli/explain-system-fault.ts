import { codeOf, OperatorError, packageDir } from "../kernel/index.ts";

interface Explanation {
  readonly what: string;
  readonly remedy: string;
}

const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  ENOENT: { what: "is not there", remedy: "Look at the path; its directory must exist." },
  ENOTDIR: { what: "leads through a file as if it were a directory", remedy: "Name another path." },
  EISDIR: { what: "is a directory", remedy: "Name a file." },
  EEXIST: { what: "exists already", remedy: "Name another path: what exists is not replaced." },
  ENOTEMPTY: { what: "is not empty", remedy: "Name a directory that does not exist yet." },
  EACCES: { what: "may not be opened by this user", remedy: "Look at its owner and mode, or name another path." },
  EPERM: { what: "may not be changed by this user", remedy: "Look at its owner and flags, or name another path." },
  EROFS: { what: "lies on a file system that is read-only", remedy: "Name a path elsewhere." },
  ENOSPC: {
    what: "could not be written: the disk is full",
    remedy: "Free some space, or name a path on another disk.",
  },
  EDQUOT: { what: "could not be written: the quota is used up", remedy: "Free some space, or name a path elsewhere." },
  EFBIG: { what: "would be larger than files may be here", remedy: "Name a path on another file system." },
  ELOOP: { what: "leads through too many links", remedy: "Name the file itself." },
  ENAMETOOLONG: { what: "is too long a name", remedy: "Name a shorter path." },
  EMFILE: { what: "could not be opened: too many files are open", remedy: "Raise the limit (ulimit -n)." },
  EIO: { what: "could not be read or written: the device failed", remedy: "Look at the system's log." },
};

/**
 * What a person can mend of the files that a command was given is no fault of Firebreak.
 *
 * @returns null when it is something else
 */
export function explainSystemFault(fault: unknown): OperatorError | null {
  if (!(fault instanceof Error) || !("syscall" in fault)) return null;
  const explanation = EXPLANATIONS[codeOf(fault) ?? ""];
  if (explanation === undefined) return null;
  const file = "path" in fault && typeof fault.path === "string" ? fault.path : null;
  // what Firebreak itself consists of is not to be mended by hand
  if (file?.startsWith(packageDir()) === true) return null;
  const { what, remedy } = explanation;
  return new OperatorError(`${file ?? "A file"} ${what}.`, remedy, { cause: fault });
}
