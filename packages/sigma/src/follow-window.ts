import { Timeline } from "./timeline.ts";
import { LATE, NO_VERDICT, type TimedWindow, type WindowReading, type WindowSettings } from "./window.ts";

interface Opening {
  readonly time: number;
  readonly eventId: string;
}

/** Answers that follow one another within the span: what begins less than a span before them, or among them, is answered. */
interface Answers {
  /** of the last one */
  readonly time: number;
  readonly startTime: number;
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
  readonly #answers = new Timeline<Answers>();
  #judgedTime = Number.NEGATIVE_INFINITY;
  #reportedTime = Number.NEGATIVE_INFINITY;
  #answeredTime = Number.NEGATIVE_INFINITY;

  constructor(settings: WindowSettings, rules: number) {
    this.#settings = settings;
    this.#answer = rules - 1;
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
    if (this.#isAnswered(opening.time)) return;
    // the oldest will be reported, and with it the crowd behind it
    if (this.#openings.size >= this.#settings.capacity) this.dropped += 1;
    else this.#openings.insert(opening);
  }

  #isAnswered(time: number): boolean {
    const place = this.#answers.firstAfter(time);
    const next = this.#answers.at(place);
    if (next !== undefined && next.startTime < time + this.#settings.spanMs) return true;
    return this.#answers.at(place - 1)?.time === time;
  }

  #close(time: number): void {
    const { spanMs } = this.#settings;
    this.#answeredTime = Math.max(time, this.#answeredTime);
    const from = this.#openings.firstAfter(time - spanMs);
    this.#openings.remove(from, this.#openings.firstAfter(time) - from);
    this.#keepAnswer(time);
    const newest = this.newestTime;
    while ((this.#answers.oldest?.time ?? newest) <= newest - spanMs - this.#settings.latenessMs)
      this.#answers.dropOldest();
  }

  #keepAnswer(time: number): void {
    const { spanMs } = this.#settings;
    let place = this.#answers.firstAfter(time);
    let answers: Answers = { time, startTime: time };
    const after = this.#answers.at(place);
    if (after !== undefined && after.startTime - time <= spanMs) {
      answers = { time: after.time, startTime: Math.min(after.startTime, time) };
      this.#answers.remove(place, 1);
    }
    const before = this.#answers.at(place - 1);
    if (before !== undefined && answers.startTime - before.time <= spanMs) {
      answers = { time: answers.time, startTime: before.startTime };
      this.#answers.remove((place -= 1), 1);
    }
    this.#answers.insert(answers);
  }

  /** Reports the oldest opening, unless one was reported less than a span ago and nothing was answered since. */
  expire(): WindowReading | undefined {
    const { spanMs } = this.#settings;
    const opening = this.#openings.dropOldest();
    if (opening === undefined) return undefined;
    const lastTime = opening.time + spanMs;
    this.#judgedTime = Math.max(this.#judgedTime, lastTime);
    const goesOn = lastTime - this.#reportedTime < spanMs && this.#answeredTime <= this.#reportedTime;
    if (goesOn) return undefined;
    this.#reportedTime = lastTime;
    const { time, eventId } = opening;
    const eventIds = [eventId];
    return { late: false, satisfied: true, isNewest: true, count: 0, firstTime: time, lastTime, eventIds };
  }
}
