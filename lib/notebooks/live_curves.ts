import { lossCurve } from "../figures/charts.ts";
import { plotSvg } from "../figures/svg.ts";
import type { Source } from "../figures/source.ts";
import { type Broadcast, changingOutput, notebook } from "../base/jupyter.ts";
import type { Row } from "../base/parquet.ts";

/** A chart of some columns of a training's log. */
export interface Panel {
  title: string;
  values: string[];
  yLabel: string;
  chance?: { value: number; label: string };
}

/** What is looked at while the discriminator is pretrained. */
export const PRETRAINING_PANELS: Panel[] = [
  {
    title: "Loss",
    values: ["train/loss", "val/loss"],
    yLabel: "binary cross entropy",
    chance: { value: Math.LN2, label: "chance, ln 2" },
  },
  { title: "Told rightly", values: ["train/in_sync", "train/off_sync", "val/auc"], yLabel: "share, AUC" },
  { title: "Gradients", values: ["train/gradient_norm"], yLabel: "norm" },
];

/** What is looked at while the generator is trained. */
export const GAN_PANELS: Panel[] = [
  { title: "Reconstruction", values: ["train/l1", "val/l1", "val/mouth_l1"], yLabel: "L1" },
  { title: "Sync", values: ["train/e_sync", "val/e_sync"], yLabel: "E_sync" },
  { title: "Weight of E_sync", values: ["train/sync_weight"], yLabel: "λ₂" },
  { title: "Gradients", values: ["train/gradient_norm"], yLabel: "norm" },
];

/** Milliseconds between two pictures. */
const EVERY = 4000;
/** Points of a line: more of them cannot be told apart at this size, and would take the time of steps. */
const POINTS = 300;
const SIZE = { width: 370, height: 220 };

/** Some rows of the log, the last one among them; all that were measured on held-out clips. */
function thinned(rows: Row[]): Row[] {
  const every = Math.ceil(rows.length / POINTS);
  // Rows that were read have null where nothing was measured.
  const isHeldOut = (row: Row) =>
    Object.entries(row).some(([name, value]) => name.startsWith("val/") && typeof value === "number");
  return rows.filter((row, k) => (rows.length - 1 - k) % every === 0 || isHeldOut(row));
}

/** The panels that have something to show, side by side, as HTML. */
export function panelsHtml(rows: Row[], panels: Panel[], source: Source): string {
  const shown = thinned(rows);
  const charts = panels
    .filter(({ values }) => shown.some((row) => values.some((name) => typeof row[name] === "number")))
    .map((panel) => plotSvg(lossCurve(shown, { ...panel, source, ...SIZE })));
  return `<div style="display:flex;flex-wrap:wrap">${
    charts.map((svg) => `<div>${svg}</div>`).join("")
  }</div>`;
}

/** A training's curves in a notebook cell, while it runs. */
export interface LiveCurves {
  /** Takes a row of the log; a part of a training's options. */
  onRow(row: object): void;
  /** Draws what came last. */
  end(): void;
}

/**
 * Shows a training's log as curves in one output of the cell, redrawn in place every few seconds and at the end. Outside a
 * notebook nothing is shown, nor where no row comes, as of a stored run; one that goes on is shown from its beginning.
 */
export function liveCurves(
  panels: Panel[],
  source: Source,
  { broadcast = notebook(), every = EVERY }: {
    broadcast?: Broadcast;
    every?: number;
  } = {},
): LiveCurves {
  const rows: Row[] = [], output = broadcast && changingOutput(broadcast);
  let drawn = 0, drawnAt = performance.now();
  const draw = () => {
    if (!output || drawn === rows.length) return;
    [drawn, drawnAt] = [rows.length, performance.now()];
    output({ "text/html": panelsHtml(rows, panels, source), "text/plain": "[curves of the training]" });
  };
  return {
    onRow(row) {
      rows.push(row as Row);
      if (performance.now() - drawnAt >= every) draw();
    },
    end: draw,
  };
}
