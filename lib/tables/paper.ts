import type { Row } from "../base/parquet.ts";
import { type Aggregate, aggregate, type SystemScores } from "../evaluation/statistics/aggregate.ts";
import type { FrechetScore } from "../evaluation/statistics/frechet_scores.ts";
import { cellOf } from "../evaluation/statistics/evaluation_report.ts";
import type { PaperRow } from "../evaluation/statistics/paper.ts";
import { REAL, REFERENCES, type ScoreRow, SHUFFLED } from "../evaluation/scoring/score_row.ts";
import { CLAIMS, type Verdict } from "../evaluation/statistics/verdicts.ts";
import { FRAMES } from "../training/systems.ts";

/** What a report has that the paper's tables are held against. */
interface Measured {
  systems: SystemScores[];
  frechet: { distance: string; scores: FrechetScore[] };
}

/** A score as a cell; a dash where it was not measured. */
const cell = (score: Aggregate | undefined): string => score ? cellOf(score) : "–";

/** A figure of the paper as it is printed; a dash where it has none. */
const inPrint = (value: number | undefined): string => value === undefined ? "–" : String(value);

/**
 * A table of the paper with what was measured beside each figure: mean, ± spread over seeds, [95 %]. Real video and real
 * video with other sound stand first, then what systems start from where it was scored, systems that the paper does not
 * have last: cells that it has no figure for say "–".
 */
export function besidePaper(
  { systems, frechet }: Measured,
  table: readonly PaperRow[],
  extra: string[] = [],
): Row[] {
  // Of tables that were stored before, the start that systems share has no scores.
  const references = REFERENCES.filter((name) =>
    name !== FRAMES || systems.some(({ system }) => system === name)
  );
  const names = [...references, ...table.map(({ system }) => system), ...extra];
  return names.map((name): Row => {
    const found = systems.find(({ system }) => system === name);
    const printed = table.find(({ system }) => system === name);
    const features = frechet.scores.find(({ system }) => system === name);
    return {
      system: name,
      "LSE-D, paper": inPrint(printed?.lseD),
      "LSE-D, here (lower)": cell(found?.scores.lse_d),
      "LSE-C, paper": inPrint(printed?.lseC),
      "LSE-C, here (higher)": cell(found?.scores.lse_c),
      "FID, paper": inPrint(printed?.fid),
      [`${frechet.distance}, here (lower)`]: features ? cellOf({ ...features, mean: features.frechet }) : "–",
      "still-pose sync (higher)": cell(found?.scores.still_own),
      seeds: found && name !== REAL && name !== SHUFFLED ? found.seeds.length : "–",
      videos: found?.videos ?? 0,
    };
  });
}

/** The verdicts on the claims that a table of the paper makes. */
export function claimsOf(verdicts: Verdict[], table: readonly PaperRow[]): Verdict[] {
  const own = CLAIMS.filter((claim) => claim.table === table).map(({ against }) => against);
  return verdicts.filter(({ against }) => own.includes(against));
}

/** How many spreads a fresh training may be away from the mean of the stored ones. */
const SPREADS = 2;

/**
 * One training of a system beside the stored seeds of it, score by score: their mean and spread, and whether the
 * new one is within two standard deviations of their mean. Same judge and same videos make them comparable.
 */
export function besideStored(stored: ScoreRow[], fresh: ScoreRow[], { system }: { system: string }): Row[] {
  const of = (rows: ScoreRow[]) => aggregate(rows).find((one) => one.system === system);
  const before = of(stored), now = of(fresh);
  if (!before || !now) return [];
  return (["lse_d", "lse_c", "still_own", "mouth_l1", "ssim"] as const).flatMap((name): Row[] => {
    const old = before.scores[name], own = now.scores[name];
    if (!old || !own) return [];
    const { mean, spread } = old, away = own.mean - mean;
    return [{
      score: name,
      "stored seeds": before.seeds.length,
      "stored mean": mean,
      "spread over seeds": spread,
      "trained now": own.mean,
      difference: away,
      within: spread === null
        ? "one stored seed: no spread"
        : Math.abs(away) <= SPREADS * spread
        ? "yes, within two spreads"
        : "no, outside two spreads",
    }];
  });
}
