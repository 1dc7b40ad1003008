// Figures and tables of a trained pair of networks on clips they never saw: `deno task report`.
import { join } from "node:path";
import { attentionReport } from "./attention.ts";
import { type Dataset, openDataset } from "../dataset/dataset.ts";
import { faceAt } from "../dataset/windows.ts";
import { heldOutRows, lseTable, meanAndSpread, otherClip } from "../evaluation/scoring/held_out.ts";
import { openJudge } from "../evaluation/judges/judge.ts";
import { closedFrame, faceGenerator, generateClip } from "../inference/generate.ts";
import { roc } from "../evaluation/metrics/roc.ts";
import { stillPoseRows, stillPoseVideo } from "../evaluation/metrics/still_pose.ts";
import { accuracyAgainstShift, lossCurve, rocCurve } from "../figures/charts.ts";
import { figure } from "../figures/show.ts";
import type { Source } from "../figures/source.ts";
import { writeTable } from "../figures/table.ts";
import { contactSheet } from "../figures/contact_sheet.ts";
import { mouthOpenings } from "../figures/sync.ts";
import { writeAtomic } from "../base/files.ts";
import { disposeParams } from "../nn/params.ts";
import type { Row } from "../base/parquet.ts";
import { readLog } from "../training/log.ts";
import { bestPath, loadDiscriminator, loadGenerator, readRun } from "../training/run.ts";
import { accuracyOf, scorePairs } from "../training/sync_accuracy.ts";
import { readHeader } from "../weights/safetensors.ts";

export interface ReportOptions {
  /** Run folders of the pretrained discriminator and of the generator. */
  discriminator: string;
  run: string;
  out: string;
  /** Name of the data set in captions, and whom to name as its source. */
  name: string;
  credit?: string;
}

interface Report extends ReportOptions {
  dataset: Dataset;
  source: Source;
  /** Lines of the summary: what was measured, the value, and the bound it is held against where there is one. */
  summary: Row[];
}

const FOLDER = (report: Report) => ({ folder: report.out });

/** In-sync and off-sync accuracy, ROC and accuracy against shift of the discriminator. */
async function reportDiscriminator(report: Report): Promise<void> {
  const { params } = await loadDiscriminator(report.discriminator);
  const pairs = await scorePairs(report.dataset, params);
  disposeParams(params);
  const voiced = accuracyOf(pairs), all = accuracyOf(pairs, { voicedOnly: false });
  const scores = (voicedOnly: boolean, inSync: boolean) =>
    pairs.filter((p) => (p.voiced || !voicedOnly) && (inSync ? p.shift === 0 : Math.abs(p.shift) >= 5))
      .map((p) => p.probability);
  const { source } = report;
  await figure(
    "roc",
    rocCurve([
      { name: "windows of speech", ...roc(scores(true, true), scores(true, false)) },
      { name: "all windows", ...roc(scores(false, true), scores(false, false)) },
    ], { source, caption: "Off-sync pairs are 5 to 15 frames away in the same clip." }),
    FOLDER(report),
  );
  const shifts = [...new Set(pairs.map((p) => p.shift))].sort((a, b) => a - b);
  const byShift = shifts.flatMap((shift) =>
    [true, false].map((voicedOnly) => {
      const here = pairs.filter((p) => p.shift === shift && (p.voiced || !voicedOnly));
      const right = here.filter((p) => shift === 0 ? p.probability > 0.5 : p.probability <= 0.5).length;
      return { shift, accuracy: right / here.length, name: voicedOnly ? "windows of speech" : "all windows" };
    })
  );
  await figure("accuracy-against-shift", accuracyAgainstShift(byShift, { source }), FOLDER(report));
  const rows = [["windows of speech", voiced], ["all windows", all]] as const;
  await writeTable(
    "discriminator",
    rows.map(([windows, a]) => ({
      windows,
      "in-sync accuracy": a.inSync,
      "off-sync accuracy": a.offSync,
      "ROC AUC": a.auc,
      "loss (BCE)": a.loss,
      pairs: a.pairs,
    })),
    { ...FOLDER(report), caption: caption(report, "Sync discriminator on held-out clips.") },
  );
  report.summary.push({ measure: "ROC AUC, windows of speech", value: voiced.auc, bound: "at least 0.90" });
  report.summary.push({ measure: "ROC AUC, all windows", value: all.auc });
  report.summary.push({ measure: "in-sync accuracy, windows of speech", value: voiced.inSync });
  report.summary.push({ measure: "off-sync accuracy, windows of speech", value: voiced.offSync });
}

const caption = ({ source, credit }: Report, text: string): string =>
  `${text} Data: ${source.data}; preset ${source.preset}, seed ${source.seed}${
    source.note ? `, ${source.note}` : ""
  }.` +
  (credit ? ` ${credit}` : "");

async function reportCurves(report: Report): Promise<void> {
  const { source } = report;
  const discriminator = await readLog(report.discriminator), generator = await readLog(report.run);
  await figure(
    "loss-discriminator",
    lossCurve(discriminator, {
      values: ["train/loss", "val/loss"],
      chance: { value: Math.LN2, label: "chance" },
      yLabel: "binary cross entropy",
      title: "Pretraining of the sync discriminator",
      source,
    }),
    FOLDER(report),
  );
  const { config } = await readRun(report.run, "generator");
  const on = generator.find((row) => Number(row["train/sync_weight"]) > 0);
  // One label a step, or they would stand on each other.
  const labels = new Map<number, string>();
  if (config.gan.frameSteps > 0) labels.set(config.gan.frameSteps, "windows");
  if (on) {
    const before = on.step - 1 === config.gan.frameSteps ? "windows, " : "";
    labels.set(on.step - 1, `${before}sync x ${on["train/sync_weight"]}`);
  }
  const events = [...labels].map(([step, label]) => ({ step, label }));
  await figure(
    "loss-generator",
    lossCurve(generator, {
      values: ["train/l1", "val/l1", "val/mouth_l1"],
      events,
      log: true,
      yLabel: "mean absolute error, 0..1",
      title: "Training of the generator",
      caption: "train/l1 is weighted towards the mouth; val/l1 is not.",
      source,
    }),
    FOLDER(report),
  );
  await figure(
    "loss-sync",
    lossCurve(generator, {
      values: ["train/e_sync", "val/e_sync", "train/d_loss"],
      events,
      yLabel: "E_sync (eq. 5), discriminator's BCE",
      title: "Sync loss of the generator and loss of the discriminator",
      source,
    }),
    FOLDER(report),
  );
}

/** Mouth L1, LSE, still-pose motion and the contact sheet of the generator. */
async function reportGenerator(report: Report): Promise<void> {
  const { dataset, source } = report;
  const loaded = await loadGenerator(report.run), { params } = loaded;
  const generate = faceGenerator(loaded), judge = await openJudge(report.discriminator);
  const rows = await heldOutRows(dataset, { generate, judge });
  await writeTable("held-out-clips", rows, {
    ...FOLDER(report),
    caption: caption(report, `Held-out clips, one row each. Judge: ${judge.name}.`),
  });
  await writeTable("lse", lseTable(rows), {
    ...FOLDER(report),
    caption: caption(report, `LSE by the ${judge.name}. Protocol: ${judge.protocol}.`),
  });
  judge.dispose();
  const generated = meanAndSpread(rows, "mouth_l1").mean,
    copied = meanAndSpread(rows, "mouth_l1_reference").mean;
  const foreign = meanAndSpread(rows, "mouth_l1_other_sound").mean;
  report.summary.push({ measure: "mouth L1, generated", value: generated });
  report.summary.push({ measure: "mouth L1, reference copied", value: copied });
  report.summary.push({ measure: "mouth L1, generated with another clip's sound", value: foreign });
  report.summary.push({
    measure: "mouth L1 over reference copied",
    value: generated / copied,
    bound: "at most 0.55",
  });

  const still = await stillPoseRows(dataset, { generate });
  await writeTable("still-pose", still, {
    ...FOLDER(report),
    caption: caption(report, "Mouth opening of films generated from one repeated frame, against real films."),
  });
  const of = (column: string) => meanAndSpread(still, column).mean;
  const correlations: [string, string, string?][] = [
    ["correlation with the sound's film", "own", "at least 0.35"],
    ["correlation with another film", "other", "at most 0.1"],
    ["correlation of those two real films", "films"],
    ["correlation with the sound's film, shared rhythm taken out", "own_without_rhythm"],
    ["correlation with another film, shared rhythm taken out", "other_without_rhythm"],
  ];
  for (const [what, column, bound] of correlations) {
    report.summary.push({
      measure: `still pose: ${what}, mean of ${still.length} films`,
      value: of(column),
      bound,
    });
  }
  report.summary.push({ measure: "still pose: amplitude over the real one's", value: of("amplitude") });

  const clip = await dataset.clip(0), other = await otherClip(dataset, 0);
  const video = await stillPoseVideo(generate, { pose: clip, sound: other });
  await figure(
    "still-pose",
    mouthOpenings({ "film of the sound": video.real, "generated from one frame": video.generated }, {
      source,
      title: "Mouth opening with the pose held still",
    }),
    FOLDER(report),
  );
  const own = generateClip(generate, clip), foreignFaces = generateClip(generate, clip, { audio: other });
  const times = Array.from({ length: 7 }, (_, k) => Math.round((k + 1.5) * clip.frames / 9));
  const masked = (face: Uint8Array) => face.map((value, k) => k < face.length / 2 ? value : 0);
  const reference = faceAt(clip, closedFrame(clip));
  await writeAtomic(
    join(report.out, "contact-sheet.png"),
    contactSheet([
      { label: "original", frames: times.map((t) => faceAt(clip, t)) },
      { label: "masked input", frames: times.map((t) => masked(faceAt(clip, t))) },
      { label: "reference", frames: times.map(() => reference) },
      { label: "generated", frames: times.map((t) => own[t]) },
      { label: "generated, another clip's sound", frames: times.map((t) => foreignFaces[t]) },
      { label: "that sound's film", frames: times.map((t) => faceAt(other, t)) },
    ], {
      title: "A clip that training never saw",
      caption: caption(report, `Clip ${clip.row.id}, sound of ${other.row.id} in the fifth row.`),
      columnLabels: times.map((t) => `frame ${t}`),
      scale: 1,
    }),
  );
  disposeParams(params);
}

/** Steps after which a run was at its best. */
async function stepOf(run: string): Promise<number> {
  const { metadata } = await readHeader(bestPath(run));
  return JSON.parse(metadata.state).step;
}

/** The attention grid of one held-out video; its video and maps are not kept. */
async function reportAttention(report: Report): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const { picture: image } = await attentionReport(report.dataset.rows[0].source, {
      run: report.discriminator,
      out: folder,
    });
    await writeAtomic(join(report.out, "attention.png"), await Deno.readFile(image));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/**
 * Draws what a trained discriminator and generator do on the test split of a prepared folder: accuracy, ROC, loss
 * curves, contact sheet, mouth error, LSE, still-pose motion, attention where there is any. Returns the summary's rows.
 * Throws KitError when a run or the folder cannot be read.
 */
export async function report(prepared: string, options: ReportOptions): Promise<Row[]> {
  const dataset = await openDataset(prepared, "test");
  const { config } = await readRun(options.run, "generator");
  const generator = await stepOf(options.run), pretrained = await stepOf(options.discriminator);
  const source: Source = {
    data: `${options.name}, ${dataset.rows.length} clips never trained on`,
    preset: config.name,
    seed: config.seed,
    note: `discriminator ${pretrained} steps, generator ${generator} steps`,
  };
  const all: Report = { ...options, dataset, source, summary: [] };
  await reportCurves(all);
  await reportDiscriminator(all);
  await reportGenerator(all);
  // Only a discriminator with CBAM says where it looks.
  if ((await readRun(options.discriminator)).config.discriminator.cbam) await reportAttention(all);
  await writeTable("summary", all.summary, {
    folder: options.out,
    caption: caption(all, "What was measured on held-out clips."),
  });
  return all.summary;
}
