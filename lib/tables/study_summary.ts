import { max, mean, median, min } from "d3-array";
import type { Row } from "../base/parquet.ts";
import {
  differenceInterval,
  sampleDeviation,
  type SeedMeans,
  smallestShown,
  trainingGroups,
} from "../evaluation/statistics/bootstrap.ts";
import { table } from "../figures/table.ts";
import type { CurveRow, EndRow, StoredStudy } from "./study.ts";

/** A held-out loss below this has left the plateau at ln 2 for good. */
export const LEFT_PLATEAU = 0.65;

const armNames = ({ facts }: StoredStudy): string[] => Object.keys(facts.arms);

/** A mean and the spread of trainings, in words: "0.512 ± 0.021". */
function withSpread(values: number[], digits = 3): string {
  const spread = sampleDeviation(values), middle = mean(values)!.toFixed(digits);
  return spread === null ? middle : `${middle} ± ${spread.toFixed(digits)}`;
}

/** The first evaluation of each training whose held-out loss is below the plateau's, by seed. */
function leavings(curves: CurveRow[], arm: string): Map<number, number | undefined> {
  const rows = curves.filter((row) => row.arm === arm).toSorted((a, b) => a.step - b.step);
  return new Map(
    rows.map(({ seed }) => [seed, rows.find((row) => row.seed === seed && row.loss < LEFT_PLATEAU)?.step]),
  );
}

/**
 * How each arm leaves the plateau at ln 2: how many of its trainings do, after how many steps (as finely as it was
 * evaluated), and how far they get.
 */
export function plateauRows(study: StoredStudy): Row[] {
  return armNames(study).map((arm) => {
    const left = leavings(study.curves, arm), ends = study.ends.filter((row) => row.arm === arm);
    const steps = [...left.values()].filter((step) => step !== undefined);
    return {
      pairs: arm,
      trainings: left.size,
      "left the plateau": `${steps.length} of ${left.size}`,
      "steps to a held-out loss below 0.65": steps.length === 0
        ? "–"
        : `${median(steps)} (${min(steps)} to ${max(steps)})`,
      "held-out loss": withSpread(ends.map(({ loss }) => loss)),
      "held-out AUC": withSpread(ends.map(({ auc }) => auc)),
      "AUC, test speakers": withSpread(ends.map(({ test_auc }) => test_auc)),
    };
  });
}

/** What each arm reaches, with its size. */
export function armRows(study: StoredStudy): Row[] {
  return armNames(study).map((arm) => {
    const ends = study.ends.filter((row) => row.arm === arm);
    return {
      discriminator: arm,
      trainings: ends.length,
      parameters: ends[0].parameters,
      "seconds a training": Math.round(mean(ends, ({ seconds, processes }) => seconds / processes)!),
      "held-out loss": withSpread(ends.map(({ loss }) => loss)),
      "held-out AUC": withSpread(ends.map(({ auc }) => auc)),
      "loss, test speakers": withSpread(ends.map(({ test_loss }) => test_loss)),
      "AUC, test speakers": withSpread(ends.map(({ test_auc }) => test_auc)),
    };
  });
}

/** What the parts of a discriminator may do, as the difference of two sums of arms, seed by seed. */
const EFFECTS: Record<string, [with_: string[], without: string[]]> = {
  "the LSTM, beside CBAM or not": [["Ours", "w/o CBAM"], ["w/o LSTM", "w/o LSTM & CBAM"]],
  "CBAM, beside the LSTM or not": [["Ours", "w/o LSTM"], ["w/o CBAM", "w/o LSTM & CBAM"]],
  "both": [["Ours"], ["w/o LSTM & CBAM"]],
};

/** So many that the ends of an interval over five trainings move by a hundredth of its width. */
const DRAWS = { resamples: 40_000 };

const MEASURES = [
  { name: "loss, test speakers", column: "test_loss", better: "lower" },
  { name: "AUC, test speakers", column: "test_auc", better: "higher" },
] as const;

/** The mean of some arms by seed. */
function seedMeans(ends: EndRow[], arms: string[], column: "test_loss" | "test_auc"): SeedMeans {
  const seeds = [...new Set(ends.map(({ seed }) => seed))];
  return new Map(
    seeds.map((seed) => [
      seed,
      mean(ends.filter((row) => row.seed === seed && arms.includes(row.arm)), (row) => row[column])!,
    ]),
  );
}

/**
 * What LSTM and CBAM do to the discriminator on people it never saw: differences seed by seed with 95 % intervals over
 * trainings, what they say, and the smallest difference that this many trainings would have shown four times in five.
 */
export function effectRows({ ends }: StoredStudy): Row[] {
  return Object.entries(EFFECTS).flatMap(([part, [with_, without]]) =>
    MEASURES.map(({ name, column, better }) => {
      const ours = seedMeans(ends, with_, column), theirs = seedMeans(ends, without, column);
      const difference = mean(ours.values())! - mean(theirs.values())!,
        trainings = trainingGroups(ours, theirs);
      const { low, high } = differenceInterval({ difference, videoError: () => 0, trainings }, DRAWS);
      const helps = better === "lower" ? high < 0 : low > 0, harms = better === "lower" ? low > 0 : high < 0;
      return {
        part,
        measure: name,
        trainings: ours.size,
        difference,
        low,
        high,
        says: ours.size < 2 ? "one training says nothing" : helps ? "helps" : harms ? "harms" : "not shown",
        "would have shown": ours.size < 2 ? null : smallestShown(trainings),
      };
    })
  );
}

/** What a study says, for a person. */
export function studyLines(study: StoredStudy): string[] {
  const tables = study.facts.study === "sampling"
    ? [plateauRows(study)]
    : [armRows(study), effectRows(study)];
  return tables.flatMap((rows) => [...table(rows).markdown.trim().split("\n"), ""]);
}
