// How work that takes long is asked to stop: by Ctrl-C, a notebook's "interrupt", or a cluster's SIGTERM.
import { notebook } from "./jupyter.ts";

/** Hears of signals that ask this process to stop; they have their usual effect again once it is disposed of. */
export interface Interruption extends Disposable {
  /**
   * Whether there was one. A process that computes without a pause hears of signals while this is awaited, though not
   * more often than every tenth of a second, since a pause takes two thousandths.
   */
  asked(): Promise<boolean>;
}

/** What a program is left with that was stopped by Ctrl-C. */
export const INTERRUPTED = 130;

const SIGNALS = ["SIGINT", "SIGTERM"] as const;
/** One key press reaches a process twice: from the terminal, and from `deno task`, which hands signals on. */
const SAME_PRESS = 500;
const PAUSE_EVERY = 100;

/**
 * Listens until it is disposed of for signals that ask this process to stop. Outside a notebook a second one has the
 * usual effect, and ends the process at once, even amid a computation.
 */
export function listenForInterruption(): Interruption {
  let asked = false,
    listening = true,
    paused = performance.now(),
    samePress: ReturnType<typeof setTimeout> | undefined;
  const release = () => {
    if (listening) SIGNALS.forEach((signal) => Deno.removeSignalListener(signal, onSignal));
    listening = false;
    clearTimeout(samePress);
  };
  function onSignal() {
    // A notebook's kernel must live through a second one.
    if (!asked && !notebook()) samePress = setTimeout(release, SAME_PRESS);
    asked = true;
  }
  SIGNALS.forEach((signal) => Deno.addSignalListener(signal, onSignal));
  return {
    async asked() {
      if (performance.now() - paused >= PAUSE_EVERY) {
        // A timer alone lets signals in for certain: microtasks and immediates do not.
        await new Promise((go) => setTimeout(go));
        paused = performance.now();
      }
      return asked;
    },
    [Symbol.dispose]: release,
  };
}
