import { scoresBySeed } from "./aggregate.ts";
import { type Interval } from "./bootstrap.ts";
import { comparedScore, type Metric, METRICS } from "../metrics/metrics.ts";
import { holm, type PairedDifference, pairedDifference } from "./paired.ts";
import { type PaperRow, TABLE_1, TABLE_2 } from "./paper.ts";
import type { ScoreRow } from "../scoring/score_row.ts";

/** The system that all others are compared with. */
export const OURS = "Ours";
/** Below this a difference is called significant. */
const LEVEL = 0.05;

/** What the paper claims by setting Ours against another system. */
export interface Claim {
  question: string;
  against: string;
  table: readonly PaperRow[];
}

export const CLAIMS: readonly Claim[] = [
  { question: "Does the LSTM help?", against: "w/o LSTM", table: TABLE_1 },
  { question: "Does CBAM help?", against: "w/o CBAM", table: TABLE_1 },
  { question: "Do both together help?", against: "w/o LSTM & CBAM", table: TABLE_1 },
  { question: "Is Ours better than Wav2Lip?", against: "Wav2Lip", table: TABLE_2 },
  { question: "Is Ours better than LipGAN?", against: "LipGAN", table: TABLE_2 },
  { question: "Is Ours better than Speech2Vid?", against: "Speech2Vid", table: TABLE_2 },
];

/** Ours set against one system by one metric. */
export interface Comparison extends PairedDifference {
  against: string;
  metric: Metric;
  /** p after Holm's adjustment over all comparisons of the evaluation. */
  adjusted: number;
  outcome: Outcome;
}

/** What a difference shows of Ours. */
export type Outcome = "better" | "worse" | "no difference shown";

/** Ours is better or worse where the interval excludes 0 and the adjusted p is below 0.05. */
export function outcomeOf(
  { difference, interval, adjusted, better }: {
    difference: number;
    interval: Interval | null;
    adjusted: number;
    better: Metric["better"];
  },
): Outcome {
  const excludesZero = interval !== null && (interval.low > 0 || interval.high < 0);
  if (!excludesZero || !(adjusted < LEVEL)) return "no difference shown";
  return (difference > 0) === (better === "higher") ? "better" : "worse";
}

/** One comparison, on the pairs of video and sound that every seed of both systems has a score for. */
function compare(rows: ScoreRow[], against: string, metric: Metric): PairedDifference | undefined {
  const [ours, theirs] = [OURS, against].map((
    system,
  ) => scoresBySeed(rows.filter((row) => row.system === system), metric, comparedScore));
  if (ours.size === 0 || theirs.size === 0) return;
  const [first, ...others] = [...ours.values(), ...theirs.values()];
  const shared = [...first.keys()].filter((pair) => others.every((scores) => scores.has(pair))).sort();
  if (shared.length === 0) return;
  const onShared = (seeds: typeof ours) =>
    new Map([...seeds].map(([seed, scores]) => [seed, shared.map((pair) => scores.get(pair)!)]));
  return pairedDifference({ ours: onShared(ours), theirs: onShared(theirs) });
}

/**
 * Sets Ours against every other system by every metric, on the same videos; p values are adjusted together (Holm), so
 * that among all that are called significant the chance of one false finding is below 5 %.
 */
export function compareSystems(rows: ScoreRow[], { against }: { against: string[] }): Comparison[] {
  const found = against.flatMap((system) =>
    METRICS.flatMap((metric) => {
      const difference = compare(rows, system, metric);
      return difference ? [{ against: system, metric, ...difference }] : [];
    })
  );
  const adjusted = holm(found.map(({ p }) => p));
  return found.map((one, k) => ({
    ...one,
    adjusted: adjusted[k],
    outcome: outcomeOf({ ...one, adjusted: adjusted[k], better: one.metric.better }),
  }));
}

const signed = (value: number) => `${value > 0 ? "+" : ""}${Number(value.toPrecision(3))}`;

/** A comparison as a sentence: the difference, its interval, p, and how far it reaches. */
export function inWords(
  { against, metric, difference, interval, adjusted, outcome, ...rest }: Comparison,
): string {
  const { videos, seeds: [own, other], sameDirection } = rest;
  const range = interval ? ` (95 % ${signed(interval.low)} to ${signed(interval.high)})` : "";
  const p = adjusted < 0.001 ? "p < 0.001" : `p = ${adjusted.toFixed(3)}`;
  const reach = own > 1 && other > 1
    ? `${own} and ${other} seeds, ${Math.round(100 * sameDirection)} % of their pairs the same way`
    : "one training each or of one of them: another seed may turn it";
  const label = metric.better === "as real" ? `${metric.label}, from the real film's` : metric.label;
  return `${label}: ${OURS} ${
    outcome === "no difference shown" ? "not shown to differ from" : `${outcome} than`
  } ` +
    `${against} by ${signed(difference)}${range}, ${p} after Holm, ${videos} videos, ${reach}`;
}

/** The paper's own difference, Ours less the other; null where its tables have none. */
function paperDifference({ against, table }: Claim, column: "lseD" | "lseC" | "fid"): number | null {
  const of = (name: string) => table.find(({ system }) => system === name)?.[column];
  const ours = of(OURS), theirs = of(against);
  return ours === undefined || theirs === undefined ? null : ours - theirs;
}

/** What an evaluation says to a claim of the paper, by one metric. */
export interface Verdict {
  question: string;
  against: string;
  metric: string;
  paper: number | null;
  ours: number;
  interval: Interval | null;
  videos: number;
  /** Seeds of Ours and of the other. */
  seeds: [number, number];
  /**
   * Whether what the paper has is found here: the same direction, significant; or the other way; or neither. Where a
   * system was trained once, nobody knows how much another training differs: that is said in place of a verdict.
   */
  verdict:
    | "confirmed"
    | "contradicted"
    | "not shown"
    | "one training: as claimed"
    | "one training: the other way";
}

/** Holds what was found against the direction of the paper's difference. */
export function verdictOf(
  outcome: Outcome,
  { paper, better, seeds }: { paper: number; better: Metric["better"]; seeds: [number, number] },
): Verdict["verdict"] {
  if (outcome === "no difference shown") return "not shown";
  const claimed: Outcome = (paper > 0) === (better === "higher") ? "better" : "worse";
  if (Math.min(...seeds) < 2) return `one training: ${outcome === claimed ? "as claimed" : "the other way"}`;
  return outcome === claimed ? "confirmed" : "contradicted";
}

/** The verdict on a claim by a column of the paper's tables; none where they have no figure for it. */
export function verdictsOn(
  claim: Claim,
  column: "lseD" | "lseC" | "fid",
  { metric, better, difference, interval, outcome, videos, seeds }:
    & Pick<Comparison, "difference" | "interval" | "outcome" | "videos" | "seeds">
    & { metric: string; better: Metric["better"] },
): Verdict[] {
  const paper = paperDifference(claim, column), { question, against } = claim;
  if (paper === null) return [];
  const verdict = verdictOf(outcome, { paper, better, seeds });
  return [{ question, against, metric, paper, ours: difference, interval, videos, seeds, verdict }];
}

/** The verdicts on the paper's claims by LSE-D and LSE-C, for the systems that were evaluated. */
export const syncVerdicts = (comparisons: Comparison[]): Verdict[] =>
  CLAIMS.flatMap((claim) =>
    ([["lse_d", "lseD"], ["lse_c", "lseC"]] as const).flatMap(([name, column]) =>
      comparisons.filter(({ against, metric }) => against === claim.against && metric.name === name)
        .flatMap(({ metric: { label, better }, ...found }) =>
          verdictsOn(claim, column, { ...found, metric: label, better })
        )
    )
  );
