// Figures and tables of a trained pair of networks on clips they never saw: `deno task report`.
import { join } from "node:path";
import { KitError } from "../base/errors.ts";
import { temporaryFolder, writeAtomic } from "../base/files.ts";
import type { Row } from "../base/parquet.ts";
import { type Dataset, openDataset } from "../dataset/dataset.ts";
import { closedFrame, faceAt } from "../dataset/windows.ts";
import { openRunJudge } from "../evaluation/judges/run_judge.ts";
import { accuracyByShift, syncRoc } from "../evaluation/metrics/sync_scores.ts";
import {
  heldOutRows,
  lseTable,
  meanAndSpread,
  otherClip,
  stillPoseTable,
} from "../evaluation/scoring/held_out.ts";
import { realClip, stillPoseVideo } from "../evaluation/scoring/score_pair.ts";
import { accuracyAgainstShift, lossCurve, rocCurve } from "../figures/charts.ts";
import { generatedSheet } from "../figures/contact_sheet.ts";
import { figure } from "../figures/show.ts";
import { type Source, sourceLine } from "../figures/source.ts";
import { openingCurves } from "../figures/sync.ts";
import { writeTable } from "../figures/table.ts";
import { faceGenerator, generateClip } from "../inference/generate.ts";
import { disposeParams } from "../nn/params.ts";
import { FEWEST_HELD_OUT } from "../prepare/splits.ts";
import { readState } from "../training/checkpoint.ts";
import { readLog } from "../training/log.ts";
import { bestPath, loadDiscriminator, loadGenerator, readRun } from "../training/run.ts";
import { accuracyOf, scorePairs } from "../training/sync_accuracy.ts";
import { attentionReport } from "./attention.ts";

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
}

/** A line of the summary: what was measured, the value, and the bound it is held against where there is one. */
type Measured = [measure: string, value: number, bound?: string];

const caption = ({ source, credit }: Report, text: string): string =>
  [text, sourceLine(source), credit].filter(Boolean).join(" ");

/** The losses over both trainings. */
async function reportCurves({ source, discriminator, run, out: folder }: Report): Promise<void> {
  const log = await readLog(run), { frameSteps } = (await readRun(run, "generator")).config.gan;
  const on = log.find((row) => Number(row["train/sync_weight"]) > 0);
  // One label a step, or they would stand on each other.
  const labels = new Map<number, string>();
  if (frameSteps > 0) labels.set(frameSteps, "windows");
  if (on) {
    const before = on.step - 1 === frameSteps ? "windows, " : "";
    labels.set(on.step - 1, `${before}sync x ${on["train/sync_weight"]}`);
  }
  const events = [...labels].map(([step, label]) => ({ step, label }));
  const curves = {
    "loss-discriminator": lossCurve(await readLog(discriminator), {
      values: ["train/loss", "val/loss"],
      chance: { value: Math.LN2, label: "chance" },
      yLabel: "binary cross entropy",
      title: "Pretraining of the sync discriminator",
      source,
    }),
    "loss-generator": lossCurve(log, {
      values: ["train/l1", "val/l1", "val/mouth_l1"],
      ...{ events, source, log: true },
      yLabel: "mean absolute error, 0..1",
      title: "Training of the generator",
      caption: "On training batches it is weighted towards the mouth; on held-out clips it is not.",
    }),
    "loss-sync": lossCurve(log, {
      values: ["train/e_sync", "val/e_sync", "train/d_loss"],
      ...{ events, source },
      yLabel: "E_sync (eq. 5), discriminator's BCE",
      title: "Sync loss of the generator and loss of the discriminator",
    }),
  };
  for (const [name, curve] of Object.entries(curves)) await figure(name, curve, { folder });
}

/** In-sync and off-sync accuracy, ROC and accuracy against shift of the discriminator. */
async function reportDiscriminator(report: Report): Promise<Measured[]> {
  const { source, out: folder } = report, { params } = await loadDiscriminator(report.discriminator);
  const pairs = await scorePairs(report.dataset, params);
  disposeParams(params);
  const choices = [{ voicedOnly: true }, { voicedOnly: false }];
  const rocs = choices.map((choice) => syncRoc(pairs, choice));
  const shifts = choices.flatMap((choice) => accuracyByShift(pairs, choice));
  const about = { source, caption: "Off-sync pairs are 5 to 15 frames away in the same clip." };
  await figure("roc", rocCurve(rocs, about), { folder });
  await figure("accuracy-against-shift", accuracyAgainstShift(shifts, { source }), { folder });
  const found = choices.map((choice) => accuracyOf(pairs, choice)), [voiced, all] = found;
  const rows = found.map(({ inSync, offSync, auc, loss, pairs }, k) => ({
    windows: rocs[k].name,
    ...{
      "in-sync accuracy": inSync,
      "off-sync accuracy": offSync,
      "ROC AUC": auc,
      "loss (BCE)": loss,
      pairs,
    },
  }));
  const text = caption(report, "Sync discriminator on held-out clips.");
  await writeTable("discriminator", rows, { folder, caption: text });
  return [
    ["ROC AUC, windows of speech", voiced.auc, "at least 0.90"],
    ["ROC AUC, all windows", all.auc],
    ["in-sync accuracy, windows of speech", voiced.inSync],
    ["off-sync accuracy, windows of speech", voiced.offSync],
  ];
}

/** Mouth L1, LSE and still-pose motion of the generator, clip by clip, and a contact sheet. */
async function reportGenerator(report: Report): Promise<Measured[]> {
  const { dataset, source, out: folder } = report;
  const loaded = await loadGenerator(report.run), generate = faceGenerator(loaded);
  const judge = await openRunJudge(report.discriminator),
    rows = await heldOutRows(dataset, { generate, judge });
  judge.dispose();
  const write = (name: string, table: Row[], text: string) =>
    writeTable(name, table, { folder, caption: caption(report, text) });
  await write("held-out-clips", rows, `Held-out clips, one row each. Judge: ${judge.name}.`);
  await write("lse", lseTable(rows), `LSE by the ${judge.name}. Protocol: ${judge.procedure}.`);
  const ofOpenings = "Mouth opening of films generated from one repeated frame, against real films.";
  await write("still-pose", stillPoseTable(rows), ofOpenings);

  const clip = await dataset.clip(0), other = await otherClip(dataset, 0);
  const pair = { clip: await realClip(clip), sound: await realClip(other) };
  const { courses: { sound, drawn } } = await stillPoseVideo(generate, pair);
  const openings = { "film of the sound": sound, "generated from one frame": drawn };
  const title = "Mouth opening with the pose held still";
  await figure("still-pose", openingCurves(openings, { source, title }), { folder });
  const videos = {
    ...{ reference: faceAt(clip, closedFrame(clip)), other },
    own: generateClip(generate, clip),
    foreign: generateClip(generate, clip, { audio: other }),
  };
  disposeParams(loaded.params);
  const sheet = generatedSheet(clip, videos, {
    title: "A clip that training never saw",
    caption: caption(report, `Clip ${clip.row.id}, sound of ${other.row.id} in the fifth row.`),
    scale: 1,
  });
  await writeAtomic(join(folder, "contact-sheet.png"), sheet);

  const of = (column: string) => meanAndSpread(rows, column).mean, films = `mean of ${rows.length} films`;
  const own = "still pose: correlation with the sound's film",
    foreign = "still pose: correlation with another film";
  return [
    ["mouth L1, generated", of("mouth_l1")],
    ["mouth L1, reference copied", of("mouth_l1_reference")],
    ["mouth L1, generated with another clip's sound", of("mouth_l1_other_sound")],
    ["mouth L1 over reference copied", of("mouth_l1") / of("mouth_l1_reference"), "at most 0.55"],
    [`${own}, ${films}`, of("still_own"), "at least 0.35"],
    [`${foreign}, ${films}`, of("still_other"), "at most 0.1"],
    [`still pose: correlation of those two real films, ${films}`, of("still_films")],
    [`${own}, shared rhythm taken out, ${films}`, of("still_own_without_rhythm")],
    [`${foreign}, shared rhythm taken out, ${films}`, of("still_other_without_rhythm")],
    ["still pose: amplitude over the real one's", of("still_amplitude")],
  ];
}

/** The attention grid of one held-out video; its video and maps are not kept. */
async function reportAttention({ dataset, discriminator, out }: Report): Promise<void> {
  // Only a discriminator with CBAM says where it looks.
  if (!(await readRun(discriminator)).config.discriminator.cbam) return;
  await using folder = await temporaryFolder();
  const { picture } = await attentionReport(dataset.rows[0].source, {
    run: discriminator,
    out: folder.path,
  });
  await writeAtomic(join(out, "attention.png"), await Deno.readFile(picture));
}

/**
 * Draws what a trained discriminator and generator do on the test split of a prepared folder: accuracy, ROC, loss
 * curves, contact sheet, mouth error, LSE, still-pose motion, attention where there is any. Returns the summary's rows.
 * Throws KitError when a run or the folder cannot be read, or the test split has fewer than five clips.
 */
export async function report(prepared: string, options: ReportOptions): Promise<Row[]> {
  const dataset = await openDataset(prepared, "test"), clips = dataset.rows.length;
  if (clips < FEWEST_HELD_OUT) {
    throw new KitError(
      `The test split of ${prepared} has ${clips} ${
        clips === 1 ? "clip" : "clips"
      }, ${FEWEST_HELD_OUT} are needed to take ` +
        "out the rhythm that sentences share",
      "Prepare more films, or into a new folder with a larger share for test, such as --split 70,15,15",
    );
  }
  const { config } = await readRun(options.run, "generator");
  const [pretrained, generator] = await Promise.all(
    [options.discriminator, options.run].map(async (run) => (await readState(bestPath(run))).step),
  );
  const source: Source = {
    data: `${options.name}, ${dataset.rows.length} clips never trained on`,
    preset: config.name,
    seed: config.seed,
    note: `discriminator ${pretrained} steps, generator ${generator} steps`,
  };
  const all: Report = { ...options, dataset, source };
  await reportCurves(all);
  const measured = [...await reportDiscriminator(all), ...await reportGenerator(all)];
  await reportAttention(all);
  const summary = measured.map(([measure, value, bound]) => ({ measure, value, bound }));
  const text = caption(all, "What was measured on held-out clips.");
  await writeTable("summary", summary, { folder: options.out, caption: text });
  return summary;
}
