import { createContext, useContext, useEffect, useId, useRef } from "react";
import type { Role } from "@firebreak/protocol";

/** Something a person can do from anywhere: by the palette, by its keys, by a button. */
export interface Command {
  readonly id: string;
  readonly title: string;
  readonly group: string;
  /** one key (`a`), or two in a row (`g i`) */
  readonly keys?: string;
  readonly keywords?: string;
  /** its keys mean something nearer where a page says so */
  readonly onEveryPage?: boolean;
  readonly disabledReason?: string | null;
  readonly run: () => void;
}

/** Everything that is offered now; pages add and take away their own. */
export interface CommandRegistry {
  readonly put: (owner: string, commands: readonly Command[]) => void;
  readonly drop: (owner: string) => void;
  readonly all: () => readonly Command[];
}

export function createRegistry(): CommandRegistry {
  const owners = new Map<string, readonly Command[]>();
  const isGround = ({ onEveryPage }: Command) => onEveryPage === true;
  return {
    put: (owner, commands) => void owners.set(owner, commands),
    drop: (owner) => void owners.delete(owner),
    // A page's own come last, and so its keys win, whichever was there first.
    all: () => {
      const commands = [...owners.values()].flat();
      return [...commands.filter(isGround), ...commands.filter((command) => !isGround(command))];
    },
  };
}

export const CommandContext = createContext<CommandRegistry>(createRegistry());

/** Offers commands for as long as the component is mounted. */
export function useCommands(commands: readonly Command[]): void {
  const registry = useContext(CommandContext);
  const owner = useId();
  useEffect(() => registry.put(owner, commands));
  useEffect(() => () => registry.drop(owner), [registry, owner]);
}

export const useRegistry = () => useContext(CommandContext);

/** What somebody without the role reads on the button. */
export function sayRefusal(needed: Role, held: string): string {
  return `This needs the role ${needed}; yours is ${held}. An admin can change it.`;
}

/** How long the first key of two waits for the second. */
const CHORD_MS = 1200;

interface KeyHandlers {
  readonly onPalette: () => void;
  readonly onHelp: () => void;
  readonly singleKeysOn: () => boolean;
}

function isEditable(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName))
  );
}

const dialogIsOpen = () => document.querySelector('[role="dialog"]') !== null;

/** Moves the focus among the rows of the page's lists (`data-row`), so that Enter opens the row as it does anywhere. */
function moveRow(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>("main [data-row]")];
  const here = rows.findIndex((row) => row === document.activeElement);
  const next = here === -1 ? (step === 1 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, here + step));
  rows[next]?.focus();
  rows[next]?.scrollIntoView({ block: "nearest" });
}

function leaveFocus(): void {
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
}

function focusSearch(): boolean {
  const field = document.querySelector<HTMLInputElement>("main [data-search]");
  field?.focus();
  field?.select();
  return field !== null;
}

/** Runs the command with these keys. @returns false when there is none */
function runKeys(registry: CommandRegistry, keys: string): boolean {
  const command = registry.all().findLast((candidate) => candidate.keys === keys);
  if (command === undefined || command.disabledReason) return false;
  command.run();
  return true;
}

function handlePlainKey(
  event: KeyboardEvent,
  pressed: string,
  registry: CommandRegistry,
  handlers: KeyHandlers,
): boolean {
  switch (pressed) {
    case "?":
      handlers.onHelp();
      return true;
    case "/":
      if (!focusSearch()) handlers.onPalette();
      return true;
    case "j":
      moveRow(1);
      return true;
    case "k":
      moveRow(-1);
      return true;
    default:
      return event.key.length === 1 && runKeys(registry, pressed);
  }
}

/** The page's keyboard, once. Keys typed into a field, into a dialog or with a modifier are left alone. */
export function useKeyboard(handlers: KeyHandlers): void {
  const registry = useRegistry();
  const latest = useRef(handlers);
  latest.current = handlers;
  useEffect(() => {
    let first = { key: "", at: 0 };
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() === "k" && (event.metaKey || event.ctrlKey)) {
        event.preventDefault();
        return latest.current.onPalette();
      }
      if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || dialogIsOpen()) return;
      if (event.key === "Escape") return leaveFocus();
      if (isEditable(event.target) || !latest.current.singleKeysOn()) return;
      const chord = first.key !== "" && event.timeStamp - first.at < CHORD_MS ? `${first.key} ${event.key}` : event.key;
      first = { key: "", at: 0 };
      if (chord === "g") first = { key: "g", at: event.timeStamp };
      else if (handlePlainKey(event, chord, registry, latest.current)) event.preventDefault();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [registry]);
}
