import { join } from "node:path";
import { exists, holdFolder } from "../base/files.ts";
import { decide, readFilters } from "./filters.ts";
import { findDuplicates } from "./duplicates.ts";
import { clipPath } from "../dataset/clip_file.ts";
import type { SourceClip } from "./layouts/source_clip.ts";
import { type ManifestRow, readManifest, type RejectRow, writeManifest } from "../dataset/manifest.ts";
import { type Prepared, readPrepared, writePrepared } from "../dataset/prepared.ts";
import type { PreparedVideo } from "./prepare_clip.ts";
import { type Deal, type Dealt, dealtKey, holdOut, splitOfClip } from "./splits.ts";

/** What a prepared folder holds once it is finished. */
export interface Finished {
  /** All clips, the ones that the filters leave out too. */
  clips: ManifestRow[];
  rejects: RejectRow[];
  size: NonNullable<Prepared["size"]>;
}

/** How much there is, and what an hour of it takes on the disk. */
function sizeOf(rows: ManifestRow[]): Finished["size"] {
  const hours = rows.reduce((sum, row) => sum + row.duration_s, 0) / 3600;
  const megabytes = rows.reduce((sum, row) => sum + row.bytes, 0) / 1e6;
  return { clips: rows.length, hours, megabytes, megabytesPerHour: hours > 0 ? megabytes / hours : 0 };
}

/** Marks videos that are there twice, and applies the folder's filters. */
export async function decideRows(out: string, rows: ManifestRow[]): Promise<ManifestRow[]> {
  const twice = findDuplicates(rows);
  const marked = rows.map((row) => ({ ...row, duplicate_of: twice.get(row.id) ?? "" }));
  return decide(marked, await readFilters(out));
}

/** Writes a folder's tables and prepared.json. */
export async function writeTables(
  out: string,
  { clips, rejects, prepared }: { clips: ManifestRow[]; rejects: RejectRow[]; prepared: Prepared },
): Promise<Finished> {
  const size = sizeOf(clips);
  await writeManifest(out, clips, rejects);
  await writePrepared(out, { ...prepared, size });
  return { clips, rejects, size };
}

/** Holds a prepared folder for this call until it is disposed of; another that wants it waits. */
export const holdPrepared = (out: string): Promise<Disposable> =>
  holdFolder(out, { name: ".manifest.lock", wait: true });

/** The rows of an earlier manifest by id. */
async function knownRows(out: string): Promise<Map<string, ManifestRow>> {
  if (!(await exists(join(out, "manifest.parquet")))) return new Map();
  const rows = await readManifest(out).catch(() => []);
  return new Map(rows.map((row) => [row.id, row]));
}

/** Measured and corrected offsets of an earlier row; a clip that was made anew has none. */
const offsetsOf = (row?: ManifestRow): Partial<ManifestRow> => {
  if (!row) return {};
  const { offset, sync_offset, sync_confidence } = row;
  return { offset, sync_offset, sync_confidence };
};

/**
 * The clips or speakers of a data set as they are dealt. Where it is prepared in parts, which must all be dealt alike, every
 * film counts as a clip; otherwise those that came to be one that is used.
 */
function dealtUnits(
  made: { source: SourceClip; rows: ManifestRow[] }[],
  { deal: { unit }, whole, known }: { deal: Deal; whole: boolean; known: Map<string, ManifestRow> },
): Dealt[] {
  const units = new Map<string, Dealt>();
  const before = new Set([...known.values()].map(({ speaker }) => speaker));
  for (const { source, rows } of made) {
    const key = dealtKey(source, unit);
    const isNew = unit === "speaker" ? !before.has(key) : !rows.some(({ id }) => known.has(id));
    const dealt = units.get(key) ?? { key, clips: 0, isNew: true };
    dealt.isNew &&= isNew;
    dealt.clips += whole ? rows.filter(({ kept }) => kept).length : 1;
    units.set(key, dealt);
  }
  return [...units.values()];
}

/**
 * Writes a prepared folder's tables once the clips are made: this run's videos and, of other shards, those that are
 * there by now. Whichever of several shards in one folder ends last therefore writes them all.
 */
export async function finish(
  out: string,
  { sources, videos, fresh, unusable, deal, whole, recall }: {
    sources: SourceClip[];
    /** What became of this run's videos, by id. */
    videos: Map<string, PreparedVideo>;
    /** Ids of the clips that were made in this run. */
    fresh: Set<string>;
    unusable: RejectRow[];
    deal: Deal;
    /** This run prepares the data set, and not a part of it. */
    whole: boolean;
    /** What another run made of a video. */
    recall: (clip: SourceClip) => Promise<PreparedVideo | undefined>;
  },
): Promise<Finished & { elsewhere: number }> {
  using _held = await holdPrepared(out);
  const known = await knownRows(out), rejects = [...unusable];
  const made: { source: SourceClip; ids: string[] }[] = [], rows: ManifestRow[] = [];
  let elsewhere = 0;
  for (const source of sources) {
    const video = videos.get(source.id) ?? await recall(source);
    if (!video) elsewhere++;
    made.push({ source, ids: video?.rows.map(({ id }) => id) ?? [] });
    for (const row of video?.rows ?? []) {
      rows.push({
        ...row,
        source: source.path,
        note: [source.note, row.note].filter(Boolean).join("; "),
        ...{ split: "train", path: clipPath(row.id), duplicate_of: "" }, // the split is dealt below
        ...{ offset: 0, sync_offset: null, sync_confidence: null, kept: true, why: "" },
        ...fresh.has(row.id) ? {} : offsetsOf(known.get(row.id)),
      });
    }
    for (const { id, reason, detail } of video?.rejects ?? []) {
      rejects.push({ id, source: source.path, reason, detail });
    }
  }
  const decided = new Map((await decideRows(out, rows)).map((row) => [row.id, row]));
  const films = made.map(({ source, ids }) => ({ source, rows: ids.map((id) => decided.get(id)!) }));
  const prepared = await readPrepared(out);
  // Lists decide for all: a clip that they hold out is never dealt, nor is one of theirs taken from train.
  const heldOut = sources.some(({ split }) => split)
    ? undefined
    : holdOut(dealtUnits(films, { deal, whole, known }), { shares: deal.shares, before: prepared.heldOut });
  const clips = films.flatMap(({ source, rows }) =>
    rows.map((row) => ({ ...row, split: splitOfClip(source, deal, heldOut) }))
  );
  const named = heldOut && heldOut.val.length + heldOut.test.length > 0 ? heldOut : undefined;
  return {
    ...await writeTables(out, { clips, rejects, prepared: { ...prepared, heldOut: named } }),
    elsewhere,
  };
}
