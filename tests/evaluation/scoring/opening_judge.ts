import { faceAt } from "../../../lib/dataset/windows.ts";
import { type ClipJudge, videoOf } from "../../../lib/evaluation/judges/clip_judge.ts";
import { lse } from "../../../lib/evaluation/metrics/lse.ts";
import { melStart } from "../../../lib/media/mel.ts";

/** How far the mouth of a made face is open: dark pixels of the column through its middle. */
function seen(face: Uint8Array): number {
  const light = (y: number) => face[(y * 96 + 48) * 3] + face[(y * 96 + 48) * 3 + 1];
  let dark = 0;
  for (let y = 52; y < 84; y++) if (light(y) < 0.55 * light(50)) dark++;
  return dark / 22;
}

/** The same of a made sound: the band that is loudest. */
function heard(mel: Float32Array, column: number): number {
  let loudest = 0;
  for (let band = 1; band < 80; band++) {
    if (mel[column * 80 + band] > mel[column * 80 + loudest]) loudest = band;
  }
  return (loudest - 20) / 40;
}

/** A judge that knows how made clips are made (see `makePrepared`): it needs no training, or is blind. */
export function openingJudge({ blind = false } = {}): ClipJudge {
  return {
    name: blind ? "blind judge" : "judge of openings",
    version: "made",
    protocol: "made",
    official: false,
    score(video) {
      const clip = videoOf(video), windows = clip.frames - 4;
      const rows = (of: (t: number) => number) =>
        Array.from({ length: windows }, (_, t) => Float32Array.from({ length: 5 }, (_, f) => of(t + f)));
      return lse({
        video: rows((t) => blind ? 0.5 : seen(faceAt(clip, t))),
        audio: rows((t) => heard(clip.mel, melStart(t))),
      });
    },
    dispose() {},
  };
}
