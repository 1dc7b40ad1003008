import { join } from "node:path";
import { isVideo, type Listing, videoStem } from "./listing.ts";
import type { FoundClip, Reading } from "./source_clip.ts";

/**
 * Any folder of videos: the speaker is the path of folders above the video, or the root's name where there is none.
 * A text beside a video is taken for its words if it is written as LRS2's are.
 * @returns undefined when the listing has no video
 */
export function readAnyFolder({ root, rootName, folders }: Listing): Reading | undefined {
  const clips = folders.flatMap(({ path, files }) => {
    const names = new Set(files);
    return files.filter(isVideo).map((name): FoundClip => {
      const clip = videoStem(name), text = `${clip}.txt`;
      return {
        speaker: path.length > 0 ? path.join("_") : rootName,
        clip,
        place: [...path, name].join("/"),
        kind: "film",
        transcript: names.has(text)
          ? { path: join(root, ...path, text), format: "lrs2", there: true, perhaps: true }
          : undefined,
        listed: [...new Set([[...path, clip].join("/"), `${path.join("_") || rootName}/${clip}`])],
      };
    });
  });
  if (clips.length === 0) return;
  return { layout: "any", clips, leftOut: [], listFolders: [root], nameInList: (entry) => entry };
}
