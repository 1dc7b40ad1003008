import { counts } from "./aggregate.ts";
import { REACH } from "../metrics/lse.ts";
import type { ScoreRow } from "../scoring/score_row.ts";

/** Distance of sound and lips at one offset, over all videos and seeds of a system. */
export interface CurvePoint {
  system: string;
  /** Frames; above 0 the sound is taken early (see `lse`). */
  offset: number;
  distance: number;
}

/**
 * The mean curve of distance over offset of each system, of videos dubbed with another clip's sound (real video: with
 * its own). Where sound and lips go together it has a dip at 0, and its depth is what LSE-C measures.
 */
export function meanCurves(rows: ScoreRow[]): CurvePoint[] {
  const judged = rows.filter((row) => row.distances.length > 0 && counts(row, { sound: "other" }));
  return [...Map.groupBy(judged, ({ system }) => system)].flatMap(([system, own]) =>
    own[0].distances.map((_, k): CurvePoint => ({
      system,
      offset: REACH - k,
      distance: own.reduce((sum, { distances }) => sum + distances[k], 0) / own.length,
    }))
  );
}
