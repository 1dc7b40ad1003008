import { join } from "node:path";
import type { RejectRow } from "../../dataset/manifest.ts";
import { type Listing, videosIn } from "./listing.ts";
import type { FoundClip, Reading } from "./source_clip.ts";

const AUDIO = "audio.wav";

/**
 * Wav2Lip's prepared folder: `<root>/<id>/<clip>/0.jpg`, `1.jpg`, ... and `audio.wav`: face crops of any size, made
 * already, numbered by their frames at 25 frames/s.
 * @returns undefined when the listing has videos
 */
export function readWav2Lip(listing: Listing): Reading | undefined {
  if (videosIn(listing).length > 0) return;
  const { root, rootName, folders } = listing, clips: FoundClip[] = [], leftOut: RejectRow[] = [];
  for (const { path, files, images } of folders) {
    const heard = files.includes(AUDIO), place = path.join("/"), source = join(root, place);
    if (heard && images > 0) {
      clips.push({
        speaker: path.slice(0, -1).join("_") || rootName,
        clip: path.at(-1) ?? rootName,
        place,
        kind: "crops",
        listed: [place, path.slice(-2).join("/")],
      });
    } else if (heard) {
      leftOut.push({ id: place, source, reason: "no-face", detail: `${AUDIO} lies there without a crop` });
    } else if (images > 0) {
      leftOut.push({ id: place, source, reason: "no-sound", detail: `crops lie there without ${AUDIO}` });
    }
  }
  return { layout: "wav2lip", clips, leftOut };
}
