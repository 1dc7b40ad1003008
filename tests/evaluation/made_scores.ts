import { randomStream } from "../../lib/base/random.ts";
import { NO_SCORES, REAL, type ScoreRow, SHUFFLED } from "../../lib/evaluation/scoring/score_row.ts";

/** A row of scores; what a test is about is given. */
export function scoreRow(given: Partial<ScoreRow> = {}): ScoreRow {
  const { video = "s1/a" } = given;
  return {
    system: "Ours",
    seed: 1,
    judge: "made judge",
    judge_version: "abc",
    protocol: "made",
    video,
    sound: video,
    run: "runs/ours",
    weights: "123",
    frames: 50,
    seconds: 2,
    ...NO_SCORES,
    distances: [],
    reason: "",
    ...given,
  };
}

/** A system whose LSE-D on the cross pairs is its level plus what the video gives, and a little noise of its own. */
export interface MadeSystem {
  system: string;
  seed?: number;
  lseD: number;
  lseC: number;
  noise?: number;
}

/** Rows of real and shuffled video and of some systems on the same `videos`, each with own and cross pairs. */
export function madeScores(systems: MadeSystem[], { videos = 12, apart = 3 } = {}): ScoreRow[] {
  const names = Array.from({ length: videos }, (_, k) => `s${k % 4}/v${k}`);
  const ease = names.map((name) => randomStream("ease", name).normal());
  const rows: ScoreRow[] = [];
  names.forEach((video, k) => {
    const sound = names[(k + 1) % videos];
    rows.push(
      scoreRow({
        system: REAL,
        seed: 0,
        video,
        lse_d: 6 + ease[k],
        lse_c: 7 - ease[k],
        run: "",
        weights: "",
      }),
    );
    rows.push(scoreRow({
      ...{ system: SHUFFLED, seed: 0, video, sound, run: "", weights: "" },
      lse_d: 6 + apart + ease[k],
      lse_c: 7 - apart - ease[k],
    }));
    for (const { system, seed = 1, lseD, lseC, noise = 0.2 } of systems) {
      const rng = randomStream(system, seed, video);
      rows.push(scoreRow({ system, seed, video, l1: 0.02 + 0.01 * rng.uniform(), landmark_distance: 1 }));
      rows.push(scoreRow({
        ...{ system, seed, video, sound, offset: 0 },
        lse_d: lseD + ease[k] + noise * rng.normal(),
        lse_c: lseC - ease[k] + noise * rng.normal(),
      }));
    }
  });
  return rows;
}
