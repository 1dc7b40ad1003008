import { join } from "node:path";
import { loadClip } from "../../lib/dataset/dataset.ts";
import { readSelected } from "../../lib/dataset/manifest.ts";
import { makeSystem } from "../evaluation/made_systems.ts";
import { makePrepared } from "../prepared.ts";

/** The face of the first of the two clips below with the sound of the second. */
export const pair = { video: "made/clip0", sound: "made/clip1" };

/** Two clips of 30 and 20 frames, and two untrained systems that draw differently. */
export async function madeWork(folder: string) {
  const clips = [30, 20].map((frames, k) => ({ split: "test" as const, frames, speaker: `s${k}` }));
  const prepared = await makePrepared(join(folder, "prepared"), clips);
  const runs = [
    { name: "Ours", run: await makeSystem(folder) },
    { name: "w/o CBAM", run: await makeSystem(folder, { variant: "w/o CBAM", seed: 2 }) },
  ];
  const rows = await readSelected(prepared);
  const [video, sound] = await Promise.all(rows.map((row) => loadClip(prepared, row)));
  return { prepared, runs, video, sound };
}
