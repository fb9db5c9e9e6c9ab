import { Answers } from "./answers.ts";
import { Timeline } from "./timeline.ts";
import { LATE, NO_VERDICT, type TimedWindow, type WindowReading, type WindowSettings } from "./window.ts";

/** Signs of life that follow one another within the span. */
interface Stretch {
  /** of its last sign */
  readonly time: number;
  readonly startTime: number;
  readonly eventId: string | undefined;
  /** When its silence was reported last. */
  readonly reportedTime: number | undefined;
}

/** The place of the rule whose matches are signs; the others end the waiting. */
const SIGN = 0;

/**
 * Comes true when a sign of life is followed by none for the span. Signs that follow one another in time are one entry,
 * so that what is held does not grow with their number, in whatever order they arrive.
 */
export class SilenceWindow implements TimedWindow {
  dropped = 0;
  newestTime = Number.NEGATIVE_INFINITY;
  readonly #settings: WindowSettings;
  readonly #repeats: boolean;
  readonly #stretches = new Timeline<Stretch>();
  readonly #ends: Answers;
  /** Up to here it was judged: what comes later and is older cannot be told from what was reported. */
  #judgedTime = Number.NEGATIVE_INFINITY;

  constructor(settings: WindowSettings, repeats: boolean) {
    this.#settings = settings;
    this.#repeats = repeats;
    this.#ends = new Answers(settings.spanMs);
  }

  get size(): number {
    return this.#stretches.size + this.#ends.size;
  }

  get deadline(): number {
    const oldest = this.#stretches.oldest;
    return oldest === undefined
      ? Number.POSITIVE_INFINITY
      : (oldest.reportedTime ?? oldest.time) + this.#settings.spanMs;
  }

  /** Waits from a moment on at which nothing was seen. */
  expectFrom(time: number): void {
    this.newestTime = Math.max(time, this.newestTime);
    this.#stretches.insert({ time, startTime: time, eventId: undefined, reportedTime: undefined });
  }

  add(time: number, eventId: string, _value: string, rule: number): WindowReading {
    if (time + this.#settings.spanMs <= this.#judgedTime) return LATE;
    this.newestTime = Math.max(time, this.newestTime);
    if (rule === SIGN) this.#addSign(time, eventId);
    else this.#end(time);
    return NO_VERDICT;
  }

  #end(time: number): void {
    this.#ends.add(time);
    // what is not judged yet may need them
    const pendingTime = this.#stretches.oldest?.time ?? Number.POSITIVE_INFINITY;
    this.#ends.prune(Math.min(this.newestTime - this.#settings.spanMs - this.#settings.latenessMs, pendingTime - 1));
  }

  #addSign(time: number, eventId: string): void {
    this.#join({ time, startTime: time, eventId, reportedTime: undefined });
    if (this.#stretches.size > this.#settings.capacity) {
      this.#stretches.dropOldest();
      this.dropped += 1;
    }
  }

  /** Joins the new sign to the stretch before it and the one after it, where they are near enough. */
  #join(sign: Stretch): void {
    const { spanMs } = this.#settings;
    let place = this.#stretches.firstAfter(sign.time);
    let stretch = sign;
    const after = this.#stretches.at(place);
    if (after !== undefined && after.startTime - sign.time < spanMs) {
      // it may fall into the stretch, or begin it earlier
      stretch = { ...after, startTime: Math.min(after.startTime, sign.time) };
      this.#stretches.remove(place, 1);
    }
    const before = this.#stretches.at(place - 1);
    if (before !== undefined && stretch.startTime - before.time < spanMs) {
      stretch = { ...stretch, startTime: before.startTime };
      this.#stretches.remove((place -= 1), 1);
    } else if (before?.reportedTime !== undefined && sign.time < before.reportedTime + spanMs) {
      // the silence that was reported has ended
      this.#stretches.remove((place -= 1), 1);
    }
    this.#stretches.insert(stretch);
  }

  expire(now: number): WindowReading | undefined {
    const { spanMs } = this.#settings;
    const stretch = this.#stretches.dropOldest();
    if (stretch === undefined) return undefined;
    const lastTime = (stretch.reportedTime ?? stretch.time) + spanMs;
    this.#judgedTime = Math.max(this.#judgedTime, lastTime);
    const hasEnded =
      stretch.reportedTime === undefined ? this.#ends.covers(stretch.time) : this.#ends.newestTime >= stretch.time;
    if (hasEnded) return undefined;
    if (this.#repeats && this.#stretches.size === 0) {
      // after a long pause the silence is reported once, not once for each span of it
      const passed = Math.floor((now - lastTime) / spanMs);
      this.#stretches.insert({ ...stretch, reportedTime: lastTime + passed * spanMs });
    }
    const eventIds = stretch.eventId === undefined ? [] : [stretch.eventId];
    return { late: false, satisfied: true, isNewest: true, count: 0, firstTime: stretch.time, lastTime, eventIds };
  }
}
