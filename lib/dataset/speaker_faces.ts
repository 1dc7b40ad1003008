import { cropAt } from "./clip_source.ts";
import type { Dataset } from "./dataset.ts";

/** Faces in a row where a speaker has only one, and the speakers that are shown then. */
const IN_A_ROW = 10, MOST_SPEAKERS = 60;

/**
 * Crops of each speaker as the rows of a sheet: a row each and a clip each as far as there are several; several rows
 * each with fewer than three speakers, and one face each, side by side, with more than `most`.
 */
export async function speakerFaces(
  { folder, rows: clips }: Pick<Dataset, "folder" | "rows">,
  { most = 8, columns = 7 }: { most?: number; columns?: number } = {},
): Promise<{ label: string; frames: Uint8Array[] }[]> {
  const speakers = [...new Set(clips.map(({ speaker }) => speaker))];
  const many = speakers.length > most, wide = many ? IN_A_ROW : columns;
  const each = speakers.length < 3 ? Math.floor(Math.min(most, 4) / speakers.length) : 1;
  const faces: { speaker: string; frame: Uint8Array }[] = [];
  for (const [n, speaker] of speakers.slice(0, MOST_SPEAKERS).entries()) {
    const own = clips.filter((clip) => clip.speaker === speaker), count = many ? 1 : each * columns;
    for (let k = 0; k < count; k++) {
      // Moments spread over the clips, so that mouths are closed in some and open in others.
      const moment = (0.31 + 0.382 * (many ? n : k)) % 1;
      faces.push({ speaker, frame: await cropAt(folder, own[Math.floor(k * own.length / count)], moment) });
    }
  }
  const starts = faces.flatMap((_, k) => k % wide === 0 ? [k] : []);
  return starts.map((from) => {
    const row = faces.slice(from, from + wide), [first, last] = [row[0].speaker, row.at(-1)!.speaker];
    const label = many ? `${first} to ${last}` : faces[from - 1]?.speaker === first ? "" : first;
    return { label, frames: row.map(({ frame }) => frame) };
  });
}
