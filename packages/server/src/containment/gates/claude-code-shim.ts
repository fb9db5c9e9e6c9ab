/** What the shim needs to know; written into it, so that it asks no environment that an agent may set. */
export interface ShimFacts {
  /** the kill switch's flags, see killswitch/layout.ts */
  readonly flagsDir: string;
  /** until when a broken gate lets calls through: seconds since 1970, then the reason */
  readonly breakGlassFile: string;
  readonly agent: string;
  readonly pack: string | null;
}

/**
 * The PreToolUse hook for Claude Code as a POSIX shell script: the call's JSON on standard input; ends with 0 (no
 * objection) or with 2 and the reason on standard error, which blocks the call. Without Node or network it takes a
 * few milliseconds. A hold on the agent, its pack, its session, the tool or everything denies; so does what keeps the
 * script from knowing, in other words.
 *
 * Names in flags are letters, digits and `. _ : @ -`, and `*` never occurs in them, so they may stand in patterns. A
 * quote inside JSON text is escaped, so `"tool_name":"X"` is never part of a command that merely mentions it; nested
 * members of that name are matched too, which can only deny more.
 */
export function claudeCodeShim({ flagsDir, breakGlassFile, agent, pack }: ShimFacts): string {
  return `#!/bin/sh
# Firebreak's gate for Claude Code, made by: firebreak gate install claude-code
flags=${quote(flagsDir)}
break_glass=${quote(breakGlassFile)}
agent=${quote(agent)}
pack=${quote(pack ?? "")}

stopped() {
  IFS= read -r level <"$1"
  { read -r _ && IFS= read -r hold; } <"$1"
  printf 'Firebreak stopped this (%s): %s. A person decides when it goes on; do not try another way.\\n' \\
    "\${level:-stop}" "\${hold:-no reason readable}" >&2
  exit 2
}

broken() {
  if [ -r "$break_glass" ] && IFS=' ' read -r until reason <"$break_glass"; then
    case $until in
      '' | *[!0-9]*) ;;
      *)
        if [ "$(date +%s)" -lt "$until" ]; then
          printf 'Firebreak: BREAK-GLASS (%s): the gate is broken (%s) and lets this call through.\\n' "$reason" "$1" >&2
          exit 0
        fi
        ;;
    esac
  fi
  printf 'Firebreak cannot know whether this agent is stopped: %s. A person mends it with: firebreak doctor\\n' "$1" >&2
  exit 2
}

input=$(cat) || broken 'the call could not be read'
if [ ! -d "$flags" ] || [ ! -r "$flags" ] || [ ! -x "$flags" ]; then
  broken "$flags is missing or closed to this user"
fi
for flag in "$flags"/*; do
  [ -e "$flag" ] || continue
  name=\${flag##*/}
  value=\${name#*.}
  case $name in
    global) stopped "$flag" ;;
    pack.*) if [ "$value" = "$pack" ] || [ "$value" = "\${FIREBREAK_PACK-}" ]; then stopped "$flag"; fi ;;
    agent.*) if [ "$value" = "$agent" ] || [ "$value" = "\${FIREBREAK_AGENT-}" ]; then stopped "$flag"; fi ;;
    session.*)
      if [ "$value" = "\${FIREBREAK_SESSION-}" ]; then stopped "$flag"; fi
      case $input in *'"session_id":"'"$value"'"'* | *'"session_id": "'"$value"'"'*) stopped "$flag" ;; esac
      ;;
    tool.*) case $input in *'"tool_name":"'"$value"'"'* | *'"tool_name": "'"$value"'"'*) stopped "$flag" ;; esac ;;
    *.tmp) ;;
    *) stopped "$flag" ;;
  esac
done
exit 0
`;
}

/** One word for a POSIX shell. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
