import { isFilm, type Listing } from "./listing.ts";
import type { FoundClip, LeftOut, Reading } from "./source_clip.ts";

const SOUND = "audio.wav";

/**
 * Wav2Lip's prepared folder: `<root>/<id>/<clip>/0.jpg`, `1.jpg`, ... and `audio.wav`: face crops of any size, made
 * already, numbered by their frames at 25 frames/s.
 * @returns undefined when the listing has films, or no folder with both crops and sound
 */
export function readWav2Lip({ root, rootName, folders }: Listing): Reading | undefined {
  if (folders.some(({ files }) => files.some(isFilm))) return;
  const clips: FoundClip[] = [], leftOut: LeftOut[] = [];
  for (const { path, files, pictures } of folders) {
    const heard = files.includes(SOUND), place = path.join("/");
    if (heard && pictures > 0) {
      clips.push({
        speaker: path.slice(0, -1).join("_") || rootName,
        clip: path.at(-1) ?? rootName,
        place,
        kind: "crops",
        listed: [...new Set([place, path.slice(-2).join("/")])],
      });
    } else if (heard) {
      leftOut.push({ place, reason: "no-face", detail: `${SOUND} lies there without a crop` });
    } else if (pictures > 0) {
      leftOut.push({ place, reason: "no-sound", detail: `crops lie there without ${SOUND}` });
    }
  }
  if (clips.length === 0) return;
  return { layout: "wav2lip", clips, leftOut, listFolders: [root], nameInList: (entry) => entry };
}
