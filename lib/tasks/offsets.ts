import { basename, join, resolve } from "node:path";
import { decide, readFilters } from "../prepare/filters.ts";
import { holdPrepared } from "../prepare/finish.ts";
import { hashShare } from "../prepare/splits.ts";
import { type ManifestRow, readManifest, writeManifest } from "../dataset/manifest.ts";
import { openRunJudge, type RunJudge } from "../evaluation/judges/run_judge.ts";
import { OFFSETS, REACH } from "../evaluation/metrics/lse.ts";
import {
  type ClipOffset,
  FEWEST_SURE,
  type GroupOffset,
  groupOffsets,
  measureOffsets,
  offsetOf,
  sureOffsets,
} from "../evaluation/judges/offsets.ts";
import { KitError } from "../base/errors.ts";

export interface OffsetOptions {
  /** Run folder of the discriminator that judges. */
  run: string;
  /** Store what was found as the clips' offset, so that the loader takes it out. */
  apply?: boolean;
  /** One offset a speaker, or one for all. */
  by?: "speaker" | "dataset";
  /** Measure so many clips only, drawn by a hash of their ids. */
  clips?: number;
  /** Where the histogram goes, .svg or .png; `offsets.svg` in the prepared folder unless given. */
  figure?: string;
}

/** The offsets of a prepared folder's clips, and what became of them. */
export interface OffsetReport {
  prepared: string;
  judge: string;
  /** Clips of the folder, and those that were measured. */
  clips: number;
  measured: number;
  sure: number;
  groups: GroupOffset[];
  /** Share of the sure clips within one frame of sync, before and after. */
  inSyncBefore: number;
  inSyncAfter: number | null;
  before: ClipOffset[];
  after: ClipOffset[] | null;
  figure: string;
}

/** Rows to measure: all of them, or a few that are spread over the data set and stay the same when clips are added. */
function sample(rows: ManifestRow[], count = rows.length): ManifestRow[] {
  const placeOf = ({ id }: ManifestRow) => hashShare(`sample ${id}`);
  const few = new Set(rows.toSorted((a, b) => placeOf(a) - placeOf(b)).slice(0, count));
  return rows.filter((row) => few.has(row));
}

/** The share of the sure clips that lies within one frame of sync. */
function inSync(found: ClipOffset[]): number {
  const sure = sureOffsets(found);
  return sure.filter((offset) => Math.abs(offset) <= 1).length / Math.max(1, sure.length);
}

/** Draws how often each offset was found, before and after the correction. */
async function drawOffsets(path: string, report: OffsetReport): Promise<void> {
  const { histogram } = await import("../figures/charts.ts");
  const { writeChart } = await import("../figures/svg.ts");
  const { before, after, sure, measured, judge, prepared } = report;
  const offsets = { "before correction": before, ...after && { "after correction": after } };
  const chart = histogram(
    Object.fromEntries(Object.entries(offsets).map(([when, found]) => [when, sureOffsets(found)])),
    {
      title: "Offset of sound and picture",
      xLabel: "offset (frames of 40 ms; above 0 the sound is early)",
      bins: OFFSETS,
      domain: [-REACH - 0.5, REACH + 0.5],
      caption: `${sure} of ${measured} clips, those of which the judge is sure. Judge: ${judge}.`,
      source: { data: basename(resolve(prepared)) },
    },
  );
  await writeChart(path, chart);
}

const signed = (offset: number) => offset > 0 ? `+${offset}` : String(offset);

/** The report as lines for a person. */
export function offsetLines(report: OffsetReport): string[] {
  const { groups, measured, sure, clips, inSyncBefore, inSyncAfter, figure } = report;
  const percent = (share: number) => `${Math.round(100 * share)} %`;
  const shown = groups.filter(({ group, offset }) => group === "all" || offset).slice(0, 20);
  const unknown = groups.filter(({ group, offset }) => group !== "all" && offset === null).length;
  return [
    `${measured} of ${clips} clips measured, the judge is sure of ${sure}`,
    ...shown.map(({ group, offset, ...counts }) =>
      `${group}: ${offset === null ? "not known" : `${signed(offset)} frames`} ` +
      `(median of ${counts.sure} of ${counts.clips} clips)`
    ),
    ...unknown > 0 ? [`${unknown} speakers with fewer than ${FEWEST_SURE} sure clips have that of all`] : [],
    `within one frame of sync: ${percent(inSyncBefore)}` +
    (inSyncAfter === null
      ? " (--apply corrects the offsets)"
      : `, after the correction ${percent(inSyncAfter)}`),
    `drawn in ${figure}`,
    "offsets are relative to the clips that the judge was trained on: it took those to be in sync",
  ];
}

/**
 * Writes what a judge found into the manifest's `sync_offset` and `sync_confidence`, and whatever else changes with
 * it; the filters decide anew. The new rows.
 */
export async function storeOffsets(
  prepared: string,
  found: ClipOffset[],
  change: (row: ManifestRow) => Partial<ManifestRow> = () => ({}),
): Promise<ManifestRow[]> {
  const clips = new Map(found.map((clip) => [clip.id, clip]));
  using _held = await holdPrepared(prepared);
  const rows = (await readManifest(prepared)).map((row): ManifestRow => {
    const clip = clips.get(row.id);
    const measured = clip && { sync_offset: clip.offset, sync_confidence: clip.confidence };
    return { ...row, ...measured, ...change(row) };
  });
  await writeManifest(prepared, decide(rows, await readFilters(prepared)));
  return rows;
}

/**
 * Measures the offset of sound and image over a prepared data set with a run's discriminator as the judge, and
 * stores what it finds in the manifest (`sync_offset`, `sync_confidence`). With `apply` the median of each speaker's
 * clips, or of the data set's, becomes their `offset`: the loader moves the sound by it, and no clip is made anew.
 * A judge trained on clips that are all off alike takes that for sync; judge with one trained on other data then.
 * Throws KitError when the judge is sure of fewer than three clips.
 */
export async function correctOffsets(prepared: string, options: OffsetOptions): Promise<OffsetReport> {
  const judge = await openRunJudge(options.run);
  try {
    return await correctOffsetsBy(judge, prepared, options);
  } finally {
    judge.dispose();
  }
}

/** The same by any judge. */
export async function correctOffsetsBy(
  judge: Pick<RunJudge, "name" | "step" | "score">,
  prepared: string,
  { apply = false, by = "speaker", clips, figure = join(prepared, "offsets.svg") }: Omit<
    OffsetOptions,
    "run"
  >,
): Promise<OffsetReport> {
  if (by !== "speaker" && by !== "dataset") {
    throw new KitError(`Offsets are not found by ${by}`, "Give --by speaker or --by dataset");
  }
  const all = await readManifest(prepared), chosen = sample(all, clips);
  const asMade = chosen.map((row) => ({ ...row, offset: 0 }));
  const before = await measureOffsets({ folder: prepared, rows: asMade, judge });
  const groups = groupOffsets(before, by), sure = sureOffsets(before).length;
  if (sure < FEWEST_SURE) {
    throw new KitError(
      `The judge is sure of ${sure} of ${before.length} clips of ${prepared}, ${FEWEST_SURE} are needed`,
      "Judge with a discriminator that was trained longer, or on such faces and voices",
    );
  }
  const change = apply ? (row: ManifestRow) => ({ offset: offsetOf(row.speaker, groups) }) : undefined;
  const known = await storeOffsets(prepared, before, change), ids = new Set(chosen.map(({ id }) => id));
  const rows = known.filter(({ id }) => ids.has(id));
  const after = apply ? await measureOffsets({ folder: prepared, rows, judge }, "measuring again") : null;
  const report = {
    ...{ prepared, judge: `${judge.name}, ${judge.step} steps` },
    ...{ clips: all.length, measured: before.length, sure, groups, before, after, figure },
    ...{ inSyncBefore: inSync(before), inSyncAfter: after && inSync(after) },
  };
  await drawOffsets(figure, report);
  return report;
}
