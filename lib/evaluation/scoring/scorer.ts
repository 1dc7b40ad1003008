import { openDataset } from "../../dataset/dataset.ts";
import { KitError } from "../../base/errors.ts";
import type { ClipJudge } from "../judges/clip_judge.ts";
import { type OpenSystem, openSystem } from "./evaluated_system.ts";
import type { FeatureNetwork } from "../judges/face_networks.ts";
import { failedVideo, type RealClip, realClip, type ScoredVideo, scorePair } from "./score_pair.ts";
import { storeScore } from "./score_folder.ts";
import { rowOf, type ScoreJob } from "./score_jobs.ts";
import type { ScoreRow } from "./score_row.ts";

/** Memory for clips; each of several processes has as much. */
const CACHE_MEGABYTES = 300;

/** Scores jobs one after the other. */
export interface Scorer {
  /** Scores a job and stores its row; a clip that is damaged or cannot be scored gives a row with the reason. */
  score(job: ScoreJob): Promise<ScoreRow>;
  /** Frees the system loaded last. */
  dispose(): void;
}

/** What is measured of a clip, without its images and sound. */
const measuresOf = ({ clip: _, ...measures }: RealClip): Omit<RealClip, "clip"> => measures;

/** Opens a prepared folder to score its clips. One system is in memory at a time, so jobs should come by system. */
export async function openScorer(
  prepared: string,
  { judge, features }: { judge: ClipJudge; features: FeatureNetwork },
): Promise<Scorer> {
  const dataset = await openDataset(prepared, "all", { cacheMegabytes: CACHE_MEGABYTES });
  const indices = new Map(dataset.rows.map(({ id }, k) => [id, k]));
  // Landmarks take a hundredth of a clip's memory and the time of all else: they are kept, clips are not.
  const measured = new Map<string, Omit<RealClip, "clip">>();
  let open: { run: string; system: OpenSystem } | undefined;

  async function clipOf(id: string): Promise<RealClip> {
    const index = indices.get(id);
    if (index === undefined) throw new KitError(`${prepared} has no clip ${id}`, "Prepare it");
    const clip = await dataset.clip(index);
    const known = measured.get(id) ?? measuresOf(await realClip(clip));
    measured.set(id, known);
    return { clip, ...known };
  }

  async function systemOf(run: string): Promise<OpenSystem> {
    if (open?.run === run) return open.system;
    open?.system.dispose();
    open = undefined;
    open = { run, system: await openSystem(run) };
    return open.system;
  }

  async function scored({ key, run }: ScoreJob): Promise<ScoredVideo> {
    const generate = run === "" ? undefined : (await systemOf(run)).generate;
    let clip: RealClip, sound: RealClip;
    try {
      clip = await clipOf(key.video);
      sound = key.sound === key.video ? clip : await clipOf(key.sound);
    } catch (error) {
      if (error instanceof KitError) return failedVideo(error.what);
      throw error;
    }
    return await scorePair({ clip, sound }, { judge, features, generate });
  }

  return {
    async score(job) {
      const found = await scored(job), row = rowOf(job, found);
      await storeScore(job.out, row, found.features);
      return row;
    },
    dispose: () => open?.system.dispose(),
  };
}
