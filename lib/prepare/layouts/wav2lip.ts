import { isVideo, type Listing } from "./listing.ts";
import type { FoundClip, LeftOut, Reading } from "./source_clip.ts";

const AUDIO = "audio.wav";

/**
 * Wav2Lip's prepared folder: `<root>/<id>/<clip>/0.jpg`, `1.jpg`, ... and `audio.wav`: face crops of any size, made
 * already, numbered by their frames at 25 frames/s.
 * @returns undefined when the listing has videos, or no folder with both crops and sound
 */
export function readWav2Lip({ root, rootName, folders }: Listing): Reading | undefined {
  if (folders.some(({ files }) => files.some(isVideo))) return;
  const clips: FoundClip[] = [], leftOut: LeftOut[] = [];
  for (const { path, files, images } of folders) {
    const heard = files.includes(AUDIO), place = path.join("/");
    if (heard && images > 0) {
      clips.push({
        speaker: path.slice(0, -1).join("_") || rootName,
        clip: path.at(-1) ?? rootName,
        place,
        kind: "crops",
        listed: [...new Set([place, path.slice(-2).join("/")])],
      });
    } else if (heard) {
      leftOut.push({ place, reason: "no-face", detail: `${AUDIO} lies there without a crop` });
    } else if (images > 0) {
      leftOut.push({ place, reason: "no-sound", detail: `crops lie there without ${AUDIO}` });
    }
  }
  if (clips.length === 0) return;
  return { layout: "wav2lip", clips, leftOut, listFolders: [root], nameInList: (entry) => entry };
}
