import { mean } from "d3-array";
import { KitError } from "../../base/errors.ts";
import { pairedDifference } from "./paired.ts";
import { metricOf } from "../metrics/metrics.ts";
import { REAL, type ScoreRow, SHUFFLED } from "../scoring/score_row.ts";
import type { Interval } from "./bootstrap.ts";

/** How a judge tells real video from the same video with another clip's sound. */
export interface Separation {
  videos: number;
  /** Real less shuffled: below 0 for a judge that can tell, above 0 for the second. */
  lseD: { real: number; shuffled: number; interval: Interval };
  lseC: { real: number; shuffled: number; interval: Interval };
  /** Share of videos whose LSE-C is higher with their own sound. */
  share: number;
}

/** Fewer videos than this show nothing. */
const FEWEST_VIDEOS = 3;

/** How many rows of real video failed, and one of them, as the end of a sentence. */
function failuresOf(rows: ScoreRow[]): string {
  const failed = rows.filter(({ system, reason }) =>
    (system === REAL || system === SHUFFLED) && reason !== ""
  );
  const [first] = failed;
  return first ? `; ${failed.length} rows failed, such as ${first.video}: ${first.reason}` : "";
}

/**
 * Makes sure that a judge tells real video from real video with other sound: by video, LSE-D must be lower and LSE-C
 * higher with the own sound, and both intervals (95 %, bootstrap over videos) must exclude 0. A judge that cannot tell
 * these two cannot tell systems either.
 * Throws KitError when it does not, or when there are fewer than three videos with both scores.
 */
export function checkSeparation(rows: ScoreRow[], { judge }: { judge: string }): Separation {
  const scores = (system: string, name: "lse_d" | "lse_c") =>
    new Map(
      rows.filter((row) => row.system === system && row[name] !== null).map((row) => [row.video, row[name]!]),
    );
  const compared = (["lse_d", "lse_c"] as const).map((name) => {
    const real = scores(REAL, name), shuffled = scores(SHUFFLED, name);
    const videos = [...real.keys()].filter((video) => shuffled.has(video)).sort();
    const own = videos.map((video) => real.get(video)!), other = videos.map((video) => shuffled.get(video)!);
    return { name, videos, own, other };
  });
  const [{ videos }] = compared;
  if (videos.length < FEWEST_VIDEOS) {
    throw new KitError(
      `Only ${videos.length} videos could be judged with their own and with other sound, ${FEWEST_VIDEOS} are needed` +
        failuresOf(rows),
      "Prepare more or longer clips; scores.parquet says of each why it failed",
    );
  }
  const [d, c] = compared.map(({ name, own, other }) => {
    const { interval } = pairedDifference({ ours: new Map([[0, own]]), theirs: new Map([[0, other]]) });
    return { label: metricOf(name).label, real: mean(own)!, shuffled: mean(other)!, interval: interval! };
  });
  const said = ({ label, real, shuffled, interval }: typeof d) =>
    `${label} ${real.toFixed(3)} and ${shuffled.toFixed(3)}, difference within ` +
    `[${interval.low.toFixed(3)}, ${interval.high.toFixed(3)}]`;
  if (!(d.interval.high < 0 && c.interval.low > 0)) {
    throw new KitError(
      `${judge} does not tell real video from real video with other sound: ${said(d)}; ${
        said(c)
      } (${videos.length} videos)`,
      "Its scores would mean nothing: train one on more speakers (--judge-data) or for more steps (--judge-steps), " +
        "and evaluate into another folder",
    );
  }
  const { own, other } = compared[1];
  return {
    videos: videos.length,
    lseD: d,
    lseC: c,
    share: own.filter((v, k) => v > other[k]).length / own.length,
  };
}
