/**
 * What notebooks and scripts of one's own need of the kit, in one import:
 *
 * ```ts
 * import * as kit from '../lib/mod.ts';
 * ```
 *
 * It stands above all rooms of `lib` and holds nothing itself; each name is documented where it is made.
 * @module
 */
import { join, resolve } from "node:path";
import { FIGURES, ROOT } from "./base/root.ts";

/** Where notebooks put what they make: KIT_FIGURES and KIT_RUNS, or `figures` and `runs` of the kit. */
export const folders = (): { FIGURES: string; runs: string } => ({
  FIGURES: resolve(Deno.env.get("KIT_FIGURES") ?? FIGURES),
  runs: resolve(Deno.env.get("KIT_RUNS") ?? join(ROOT, "runs")),
});

// Films and data sets
export { openFilm } from "./notebooks/own_film.ts";
export { openDiscriminator, openExperiment } from "./notebooks/experiment.ts";
export { prepare } from "./prepare/prepare.ts";
export { countReasons, readFilters } from "./prepare/filters.ts";
export { type Clip, type Dataset, openDataset } from "./dataset/dataset.ts";
export { readManifest, readRejects, readSelected } from "./dataset/manifest.ts";
export { clipSource, sourceFrame, sourceFrames } from "./dataset/clip_source.ts";
export { speakerFaces } from "./dataset/speaker_faces.ts";
export { sampleGeneratorBatch, sampleSyncBatch } from "./dataset/batches.ts";
export { closedFrame, faceAt } from "./dataset/windows.ts";
export { melSpectrogram, melStart } from "./media/mel.ts";
export { MEL_BANDS, MEL_WINDOW } from "./base/shapes.ts";
export { random } from "./base/random.ts";

// Networks, and what they are made of
export { cbam } from "./nn/cbam.ts";
export { lstm } from "./nn/lstm.ts";
export { conv } from "./nn/conv.ts";
export { adamStep } from "./nn/adam.ts";
export { scope } from "./nn/scope.ts";
export { countParameters, type Params, trainable } from "./nn/params.ts";
export { gradientCheck } from "./nn/gradient_check.ts";
export { compile, type Named, valueAndGradients } from "./native/compile.ts";
export { type Tensor, tf } from "./native/tf.ts";
export {
  describeSyncDiscriminator,
  initSyncDiscriminator,
  syncDiscriminator,
} from "./models/sync_discriminator.ts";
export { describeGenerator, initGenerator } from "./models/generator_kinds.ts";
export { generator } from "./models/generator.ts";
export { generatorRows, syncDiscriminatorRows } from "./models/layer_rows.ts";

// Training
export { ablations, type Config, configure, presets, settingsOf } from "./training/config.ts";
export { systems, withSystem } from "./training/systems.ts";
export { pretrain } from "./training/pretrain.ts";
export { train } from "./training/gan.ts";
export { branchRun } from "./training/branch.ts";
export { readLog } from "./training/log.ts";
export { loadDiscriminator, loadGenerator } from "./training/run.ts";
export { measuredRows, shippedRun } from "./training/stored_run.ts";
export { binaryCrossEntropy, reconstructionLoss, syncLoss, syncProbability } from "./training/losses.ts";
export { accuracyOf, probabilitiesOf, scorePairs } from "./training/sync_accuracy.ts";

// What trained networks are used for
export { dub } from "./tasks/dub.ts";
export { reportLines, syncReport } from "./tasks/sync.ts";
export { attentionReport } from "./tasks/attention.ts";
export { report } from "./tasks/report.ts";
export { faceGenerator, generateClip } from "./inference/generate.ts";

// Judges, scores and tables
export { openRunJudge } from "./evaluation/judges/run_judge.ts";
export { mouthOpenings } from "./evaluation/judges/face_networks.ts";
export { lse } from "./evaluation/metrics/lse.ts";
export { correlation, correlationByShift, frameLevels } from "./evaluation/metrics/mouth_motion.ts";
export { accuracyByShift, syncRoc } from "./evaluation/metrics/sync_scores.ts";
export {
  heldOutRows,
  lseTable,
  meanAndSpread,
  otherClip,
  stillPoseTable,
} from "./evaluation/scoring/held_out.ts";
export { TABLE_1, TABLE_2 } from "./evaluation/statistics/paper.ts";
export { storedTables } from "./tables/compare.ts";

// Figures, shown in the cell and written beside it
export { drawing, figure, image, showVideo, sourceLine, table, writeTable } from "./figures/show.ts";
export { accuracyAgainstShift, histogram, lossCurve, rocCurve } from "./figures/charts.ts";
export { clipTracks, pairImage } from "./figures/clip.ts";
export { momentImage, writeClipVideo } from "./figures/clip_frames.ts";
export { contactSheet, generatedSheet } from "./figures/contact_sheet.ts";
export { offsetCurve, openingCurves } from "./figures/sync.ts";
export { attentionGrid } from "./figures/attention.ts";
export { scoreDistributions, scoreIntervals } from "./figures/system_scores.ts";
export { distanceCurves } from "./figures/distance_curves.ts";
export { writeVideo } from "./figures/video.ts";
export { GAN_PANELS, liveCurves, PRETRAINING_PANELS } from "./notebooks/live_curves.ts";
