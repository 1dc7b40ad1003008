import { join } from "node:path";
import { exists, makeFolder } from "../base/files.ts";
import { readParquet, writeParquet } from "../base/parquet.ts";
import type { Tensor } from "../native/tf.ts";

/** What was measured at one step: `{ step: 120, "loss/sync": 0.53 }`; a value not measured is left out or null. */
export interface LogRow {
  step: number;
  [value: string]: number | null | undefined;
}

/** The numbers of a run: a Parquet file for figures, and TensorBoard's event files beside it. */
export interface Log {
  /** How many there are. */
  readonly rows: number;
  append(row: LogRow): void;
  /** Writes the rows to disk: until then a killed run loses what was appended. */
  flush(): Promise<void>;
}

/** Values by their names in a group of the log: `{ l1: 0.1 }` of "train" is `{ "train/l1": 0.1 }`. */
export const logged = (group: string, values: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${group}/${name}`, value]));

/** Where a run keeps its log. */
export const logPath = (run: string): string => join(run, "log.parquet");

/** The rows of a run folder's log, oldest first; none when it has no log. Throws KitError when it is damaged. */
export async function readLog(folder: string): Promise<LogRow[]> {
  return await exists(logPath(folder)) ? readParquet(logPath(folder)) as LogRow[] : [];
}

/** TensorBoard's writer; tfjs keeps one open for each folder, and would keep what it was opened with as well. */
function openTensorboard(tf: typeof import("../native/tf.ts").tf, folder: string) {
  const opened: { writer?: ReturnType<typeof tf.node.summaryFileWriter> } = {};
  tf.tidy(() => {
    opened.writer = tf.node.summaryFileWriter(folder);
    tf.keep((opened.writer as unknown as { resourceHandle: Tensor }).resourceHandle);
  });
  return opened.writer!;
}

/**
 * Opens the log of a run folder, going on after the rows it holds up to a step, that of the checkpoint where a run goes on,
 * and no more of them than it had then: `<folder>/log.parquet`, and scalars for TensorBoard under `<folder>/tensorboard`
 * (one more event file each time a run is resumed). `onRow` hears of the rows that it holds, and of every one that is appended.
 * Throws KitError when the folder is not writable or its log is damaged.
 */
export async function openLog(
  folder: string,
  { upTo = Infinity, rows: count = Infinity, onRow = () => {} }: {
    upTo?: number;
    rows?: number;
    onRow?: (row: LogRow) => void;
  } = {},
): Promise<Log> {
  const rows = (await readLog(folder)).filter(({ step }) => step <= upTo).slice(0, count);
  rows.forEach((row) => onRow(row));
  const events = join(folder, "tensorboard");
  await makeFolder(events);
  // Loaded here so that figures, which only read logs, need no TensorFlow.
  const { tf } = await import("../native/tf.ts");
  const tensorboard = openTensorboard(tf, events);

  return {
    get rows() {
      return rows.length;
    },
    append(row) {
      rows.push(row);
      for (const [name, value] of Object.entries(row)) {
        if (name !== "step" && typeof value === "number") tensorboard.scalar(name, value, row.step);
      }
      onRow(row);
    },
    async flush() {
      await writeParquet(logPath(folder), rows);
      tensorboard.flush();
    },
  };
}
