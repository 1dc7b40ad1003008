import { join } from "node:path";
import { exists, holdFolder } from "../base/files.ts";
import { decide, readFilters } from "./filters.ts";
import { findDuplicates } from "./duplicates.ts";
import { clipPath } from "../dataset/clip_file.ts";
import type { SourceClip } from "./layouts/source_clip.ts";
import { type ManifestRow, readManifest, type RejectRow, writeManifest } from "../dataset/manifest.ts";
import { type Prepared, readPrepared, writePrepared } from "../dataset/prepared.ts";
import type { PreparedVideo } from "./prepare_clip.ts";
import { splitOfClip, type SplitUnit } from "./splits.ts";

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

/** Marks videos that are there twice, applies the folder's filters, and writes its tables and prepared.json. */
export async function writeTables(
  out: string,
  { rows, rejects, prepared }: { rows: ManifestRow[]; rejects: RejectRow[]; prepared: Prepared },
): Promise<Finished> {
  const twice = findDuplicates(rows);
  const marked = rows.map((row) => ({ ...row, duplicate_of: twice.get(row.id) ?? "" }));
  const clips = decide(marked, await readFilters(out)), size = sizeOf(clips);
  await writeManifest(out, clips, rejects);
  await writePrepared(out, { ...prepared, size });
  return { clips, rejects, size };
}

/** Holds a prepared folder for this call until it is disposed of; another that wants it waits. */
export const holdPrepared = (out: string): Promise<Disposable> =>
  holdFolder(out, { name: ".manifest.lock", wait: true });

/** Measured and corrected offsets of an earlier manifest; a clip that was made anew has none. */
async function knownOffsets(out: string): Promise<Map<string, Partial<ManifestRow>>> {
  if (!(await exists(join(out, "manifest.parquet")))) return new Map();
  const rows = await readManifest(out).catch(() => []);
  return new Map(
    rows.map((
      { id, offset, sync_offset, sync_confidence },
    ) => [id, { offset, sync_offset, sync_confidence }]),
  );
}

/**
 * Writes a prepared folder's tables once the clips are made: this run's videos and, of other shards, those that are
 * there by now. Whichever of several shards in one folder ends last therefore writes them all.
 */
export async function finish(
  out: string,
  { sources, videos, fresh, unusable, deal, recall }: {
    sources: SourceClip[];
    /** What became of this run's videos, by id. */
    videos: Map<string, PreparedVideo>;
    /** Ids of the clips that were made in this run. */
    fresh: Set<string>;
    unusable: RejectRow[];
    deal: { shares: [number, number, number]; unit: SplitUnit };
    /** What another run made of a video. */
    recall: (clip: SourceClip) => Promise<PreparedVideo | undefined>;
  },
): Promise<Finished & { elsewhere: number }> {
  using _held = await holdPrepared(out);
  const offsets = await knownOffsets(out);
  const rows: ManifestRow[] = [], rejects = [...unusable];
  let elsewhere = 0;
  for (const clip of sources) {
    const video = videos.get(clip.id) ?? await recall(clip);
    if (!video) elsewhere++;
    const split = splitOfClip(clip, deal);
    for (const row of video?.rows ?? []) {
      rows.push({
        ...row,
        source: clip.path,
        note: [clip.note, row.note].filter(Boolean).join("; "),
        ...{ split, path: clipPath(row.id), duplicate_of: "" },
        ...{ offset: 0, sync_offset: null, sync_confidence: null, kept: true, why: "" },
        ...fresh.has(row.id) ? {} : offsets.get(row.id),
      });
    }
    for (const { id, reason, detail } of video?.rejects ?? []) {
      rejects.push({ id, source: clip.path, reason, detail });
    }
  }
  const prepared = await readPrepared(out);
  return { ...await writeTables(out, { rows, rejects, prepared }), elsewhere };
}
