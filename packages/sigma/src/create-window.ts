import { CarriedWindow } from "./carried-window.ts";
import { ChangeWindow } from "./change-window.ts";
import type { Correlation } from "./correlation.ts";
import { CountWindow } from "./count-window.ts";
import { DistinctWindow } from "./distinct-window.ts";
import { FollowWindow } from "./follow-window.ts";
import { LevelWindow } from "./level-window.ts";
import { LoopWindow } from "./loop-window.ts";
import { NumberWindow } from "./number-window.ts";
import type { OwnMeaning } from "./own-correlation.ts";
import { RatioWindow } from "./ratio-window.ts";
import { RepeatWindow } from "./repeat-window.ts";
import { SilenceWindow } from "./silence-window.ts";
import { TemporalWindow } from "./temporal-window.ts";
import type { EngineLimits } from "./types.ts";
import type { GroupWindow, WindowSettings } from "./window.ts";

/** A sum or a share is only right with all its events: room for more than a count needs. */
const MEASURED_ENTRIES_MIN = 16_384;

export function windowSettings(correlation: Correlation, limits: EngineLimits): WindowSettings {
  return {
    spanMs: correlation.timespanMs,
    latenessMs: limits.latenessMs,
    capacity: Math.max(limits.entriesPerGroupMax, entriesNeeded(correlation)),
    eventIdsMax: limits.eventIdsMax,
    bounds: correlation.bounds,
  };
}

/** One more than the highest bound decides every comparison of counts exactly. */
function entriesNeeded({ measure, own, bounds }: Correlation): number {
  if (measure !== undefined || own?.kind === "ratio" || own?.kind === "change") return MEASURED_ENTRIES_MIN;
  return Math.max(0, ...bounds.map(({ value }) => value)) + 1;
}

export function createWindow(correlation: Correlation, settings: WindowSettings): GroupWindow {
  const { type, measure, own, alternatives, references } = correlation;
  if (own !== undefined) return createOwnWindow(own, references.length, settings);
  if (measure !== undefined) return new NumberWindow(settings, measure);
  if (type === "temporal" || type === "temporal_ordered") {
    const ordered = type === "temporal_ordered";
    return new TemporalWindow(settings, { rules: references.length, ordered, alternatives });
  }
  return type === "event_count" ? new CountWindow(settings) : new DistinctWindow(settings);
}

function createOwnWindow(own: OwnMeaning, rules: number, settings: WindowSettings): GroupWindow {
  switch (own.kind) {
    case "absence":
      return rules - own.ends === 1 ? new SilenceWindow(settings, own.repeats) : new FollowWindow(settings, rules);
    case "ratio":
      return new RatioWindow(settings, own.min);
    case "change":
      return own.of === "level" ? new LevelWindow(settings, own.min) : new ChangeWindow(settings, own.of, own.min);
    case "loop":
      return own.isScattered ? new RepeatWindow(settings) : new LoopWindow(settings, own.lengths);
    case "carried":
      return new CarriedWindow(settings, own.charsMin);
  }
}
