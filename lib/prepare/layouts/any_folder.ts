import { join } from "node:path";
import { type Listing, videosIn } from "./listing.ts";
import type { Reading } from "./source_clip.ts";

/**
 * Any folder of videos: the speaker is the path of folders above the video, or the root's name where there is none.
 * A text beside a video is taken for its words if it is written as LRS2's are.
 */
export function readAnyFolder(listing: Listing): Reading {
  const { root, rootName } = listing;
  const clips = videosIn(listing).map(({ path, stem, place, has }): Reading["clips"][0] => {
    const speaker = path.join("_") || rootName, text = `${stem}.txt`;
    const words = { path: join(root, ...path, text), format: "lrs2", there: true, perhaps: true } as const;
    const listed = [[...path, stem].join("/"), `${speaker}/${stem}`];
    return { speaker, clip: stem, place, kind: "film", transcript: has(text) ? words : undefined, listed };
  });
  return { layout: "any", clips };
}
