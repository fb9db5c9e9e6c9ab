import { Answers } from "./answers.ts";
import { Timeline } from "./timeline.ts";
import { LATE, NO_VERDICT, type TimedWindow, type WindowReading, type WindowSettings } from "./window.ts";

interface Opening {
  readonly time: number;
  readonly eventId: string;
}

/**
 * Comes true when an opening is not answered within the span. Of what happened, in whatever order it arrives, openings
 * without an answer are kept, and answers as far back as an opening may still come.
 */
export class FollowWindow implements TimedWindow {
  dropped = 0;
  newestTime = Number.NEGATIVE_INFINITY;
  readonly #settings: WindowSettings;
  /** The place of the rule that answers. */
  readonly #answer: number;
  readonly #openings = new Timeline<Opening>();
  readonly #answers: Answers;
  #judgedTime = Number.NEGATIVE_INFINITY;
  #reportedTime = Number.NEGATIVE_INFINITY;

  constructor(settings: WindowSettings, rules: number) {
    this.#settings = settings;
    this.#answer = rules - 1;
    this.#answers = new Answers(settings.spanMs);
  }

  get size(): number {
    return this.#openings.size + this.#answers.size;
  }

  get deadline(): number {
    const oldest = this.#openings.oldest;
    return oldest === undefined ? Number.POSITIVE_INFINITY : oldest.time + this.#settings.spanMs;
  }

  add(time: number, eventId: string, _value: string, rule: number): WindowReading {
    if (time + this.#settings.spanMs <= this.#judgedTime) return LATE;
    this.newestTime = Math.max(time, this.newestTime);
    if (rule === this.#answer) this.#close(time);
    else this.#open({ time, eventId });
    return NO_VERDICT;
  }

  #open(opening: Opening): void {
    if (this.#answers.covers(opening.time)) return;
    // the oldest will be reported, and with it the crowd behind it
    if (this.#openings.size >= this.#settings.capacity) this.dropped += 1;
    else this.#openings.insert(opening);
  }

  #close(time: number): void {
    const { spanMs } = this.#settings;
    const from = this.#openings.firstAfter(time - spanMs);
    this.#openings.remove(from, this.#openings.firstAfter(time) - from);
    this.#answers.add(time);
    this.#answers.prune(this.newestTime - spanMs - this.#settings.latenessMs);
  }

  /** Reports the oldest opening, unless one less than a span before it was reported: the crowd behind it waits for the same. */
  expire(): WindowReading | undefined {
    const { spanMs } = this.#settings;
    const opening = this.#openings.dropOldest();
    if (opening === undefined) return undefined;
    const lastTime = opening.time + spanMs;
    this.#judgedTime = Math.max(this.#judgedTime, lastTime);
    if (lastTime - this.#reportedTime < spanMs) return undefined;
    this.#reportedTime = lastTime;
    const { time, eventId } = opening;
    const eventIds = [eventId];
    return { late: false, satisfied: true, isNewest: true, count: 0, firstTime: time, lastTime, eventIds };
  }
}
