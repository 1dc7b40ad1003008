// What set-up shows on standard error: one line for each step, redrawn on a terminal, printed every few seconds
// where there is none.

/** Milliseconds between two drawings on a terminal, and between two lines about the same step elsewhere. */
const REDRAW_EVERY = 200, LINE_EVERY = 5000;

/** Bytes in words: "274 MB", "2.8 GB". */
export function bytesInWords(bytes: number): string {
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** Seconds in words, for a closing line: "0.4 s", "32 s". */
export function secondsInWords(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  return seconds < 10 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds)} s`;
}

/** How one step tells what it is doing. */
export interface Report {
  /** A new activity, always shown, such as "fetching tensorflow-cpu 2.21.0 (274 MB)". */
  say(text: string): void;
  /** How far the activity is, shown now and then. */
  progress(text: string): void;
}

interface Row {
  name: string;
  text: string;
  begun: number;
  shown: number;
  closed: boolean;
}

/** The lines of all steps. `open` a row, report through it, `close` it with its last words. */
export class ProgressLines {
  private readonly rows: Row[] = [];
  private readonly live = Deno.stderr.isTerminal();
  private drawn = 0;
  private timer?: ReturnType<typeof setInterval>;

  open(name: string): Report & { close(text: string): void } {
    const row: Row = { name, text: "", begun: performance.now(), shown: 0, closed: false };
    this.rows.push(row);
    if (this.live) this.timer ??= setInterval(() => this.draw(), REDRAW_EVERY);
    const set = (text: string, always: boolean) => {
      row.text = text;
      const now = performance.now();
      if (this.live || (!always && now - row.shown < LINE_EVERY)) return;
      row.shown = now;
      console.error(this.line(row));
    };
    return {
      say: (text) => set(text, true),
      progress: (text) => set(text, false),
      close: (text) => {
        row.closed = true;
        set(`${text} (${secondsInWords(performance.now() - row.begun)})`, true);
      },
    };
  }

  /** Draws the last state and lets the process end. */
  stop(): void {
    if (this.timer === undefined) return;
    clearInterval(this.timer);
    this.timer = undefined;
    this.draw();
  }

  private line({ name, text }: Row): string {
    return `${name.padEnd(12)}${text}`;
  }

  private draw(): void {
    const { columns } = Deno.consoleSize();
    let frame = this.drawn > 0 ? `\x1b[${this.drawn}A` : "";
    for (const row of this.rows) {
      const open = row.closed ? "" : `  ${secondsInWords(performance.now() - row.begun)}`;
      frame += `\x1b[2K${(this.line(row) + open).slice(0, columns - 1)}\n`;
    }
    this.drawn = this.rows.length;
    Deno.stderr.writeSync(new TextEncoder().encode(frame));
  }
}
