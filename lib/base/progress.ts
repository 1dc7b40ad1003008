import cliProgress from "cli-progress"; // has no types of its own
import process from "node:process";
import { type Broadcast, changingOutput, escapeHtml, notebook } from "./jupyter.ts";

/** Milliseconds between two lines on a standard error that is no terminal, and between two notebook updates. */
const LINE_EVERY = 5000, NOTEBOOK_EVERY = 250;
/** The rate is that of the last minute, so that a slow first step is soon forgotten. */
const RATE_OVER = 60_000;

/** A span of seconds in words: "12 s", "3 min 20 s", "2 h 05 min". */
export function spanInWords(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** A rate in words: "3.2 clips/s", or the time of one where that reads better: "4.5 s each". */
export function rateInWords(perSecond: number, unit: string): string {
  if (perSecond < 0.5) return `${(1 / perSecond).toPrecision(2)} s each`;
  return `${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)} ${unit}/s`;
}

interface State {
  label: string;
  done: number;
  total: number;
  /** Done, rate, time left and note, in words. */
  text: string;
}

/** A place that shows progress, at most every so many milliseconds and at the end. */
interface Display {
  every: number;
  show(state: State): void;
  end?(): void;
}

/** A bar that redraws itself on a terminal. */
function terminalBar(total: number): Display {
  const bar = new cliProgress.SingleBar({
    format: "{label} {bar} {text}",
    stream: process.stderr,
    barsize: 24,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    // The terminal's settings stay as they are, since a process that is killed could not restore them.
    hideCursor: false,
    linewrap: true,
    gracefulExit: false,
    emptyOnZero: true,
  });
  let started = false;
  return {
    every: 0,
    show({ label, done, text }) {
      if (started) return bar.update(done, { label, text });
      bar.start(total, done, { label, text });
      started = true;
    },
    end: () => bar.stop(),
  };
}

const percent = ({ done, total }: State) => total > 0 ? Math.floor(100 * Math.min(1, done / total)) : 100;

/** One output of a notebook cell, changed in place. */
function notebookOutput(broadcast: Broadcast): Display {
  const output = changingOutput(broadcast);
  return {
    every: NOTEBOOK_EVERY,
    show(state) {
      const { label, text } = state;
      const bar = `<progress max="100" value="${percent(state)}" style="width:14em"></progress>`;
      output({
        "text/html": `<div>${escapeHtml(label)} ${bar} ${escapeHtml(text)}</div>`,
        "text/plain": `${label}: ${text}`,
      });
    },
  };
}

function chooseDisplay(total: number): Display {
  const broadcast = notebook();
  if (broadcast) return notebookOutput(broadcast);
  if (process.stderr.isTTY) return terminalBar(total);
  const show = (state: State) => console.error(`${state.label}: ${percent(state)} % ${state.text}`);
  return { every: LINE_EVERY, show };
}

/**
 * Shows how far a long loop is: done of total, rate, time left and a note such as "loss 0.53 acc 0.71".
 * A bar on a terminal, lines at most every 5 s where standard error is none, one changing output in a notebook.
 * Never writes to standard output. `unit` is a plural, such as "clips"; `start` is what a resumed run had done;
 * `secondsLeft` knows how long the rest takes where the rate does not tell, or that nobody knows.
 */
export class Progress {
  private readonly unit: string;
  private readonly secondsLeft?: () => number | undefined;
  private readonly began = performance.now();
  private readonly display: Display;
  private readonly start: number;
  /** Moments of the last minute, oldest first. */
  private marks: { time: number; done: number }[];
  private done: number;
  private shown = -Infinity;
  private note?: string;
  private stopped = false;

  constructor(
    private readonly label: string,
    private readonly total: number,
    { unit = "steps", start = 0, secondsLeft }: {
      unit?: string;
      start?: number;
      secondsLeft?: () => number | undefined;
    } = {},
  ) {
    this.unit = unit;
    this.secondsLeft = secondsLeft;
    this.start = this.done = start;
    this.marks = [{ time: this.began, done: start }];
    this.display = chooseDisplay(total);
  }

  /** Says that `done` of the total are done; the note stays until another one is given. */
  update(done: number, note?: string): void {
    this.done = done;
    if (note !== undefined) this.note = note;
    const now = performance.now();
    if (now - this.shown >= this.display.every) {
      this.shown = now;
      this.display.show(this.state());
    }
    if (now - this.marks.at(-1)!.time < 1000) return;
    this.marks.push({ time: now, done });
    while (now - this.marks[1].time > RATE_OVER) this.marks.shift();
  }

  /** Shows the last state and lets the process end; further calls do nothing. */
  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    this.display.show(this.state());
    this.display.end?.();
  }

  /** Lets `using progress = new Progress(...)` stop it however the block is left. */
  [Symbol.dispose](): void {
    this.stop();
  }

  private state(): State {
    const { label, total, done, unit } = this;
    const now = performance.now();
    const parts = [`${done}/${total} ${unit}`];
    // The closing line gives the whole run's rate and time.
    const from = this.stopped ? { time: this.began, done: this.start } : this.marks[0];
    const rate = 1000 * (done - from.done) / (now - from.time);
    const { secondsLeft = () => rate > 0 ? (total - done) / rate : undefined } = this;
    const left = this.stopped ? undefined : secondsLeft();
    if (rate > 0) parts.push(rateInWords(rate, unit));
    if (this.stopped) parts.push(`took ${spanInWords((now - this.began) / 1000)}`);
    if (left !== undefined) parts.push(`${spanInWords(left)} left`);
    if (this.note) parts.push(this.note);
    return { label, total, done, text: parts.join(", ") };
  }
}
