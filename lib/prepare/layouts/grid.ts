import { join } from "node:path";
import { type Listing, videosIn } from "./listing.ts";
import type { FoundClip, Reading } from "./source_clip.ts";

const ALIGNMENT = /\.align$/i;
/** Folders of GRID's archives that lie between a speaker's folder and the files. */
const INNER = /^(video|mpg|mpg_\d+|mpg_vcd|align|alignments?)$/i;

/**
 * GRID: `<speaker>/<clip>.mpg` (or any video) with the words in `<clip>.align`, beside it, in the speaker's `align/`, or
 * in `alignments/<speaker>/`. The speaker is the clip's folder, leaving out those of the archives.
 * @returns undefined when the listing has no `.align` file
 */
export function readGrid(listing: Listing): Reading | undefined {
  const { root, rootName, folders } = listing;
  /** The innermost folder that is not one of the archives' own. */
  const speakerOf = (path: string[]) =>
    [rootName, ...path].filter((folder) => !INNER.test(folder)).at(-1) ?? rootName;
  // Two folders may hold the same speaker: the alignment beside a clip goes before those found by the speaker's name.
  const places = new Set<string>(), bySpeaker = new Map<string, string>();
  for (const { path, files } of folders) {
    for (const name of files.filter((name) => ALIGNMENT.test(name))) {
      const place = [...path, name].join("/"), key = `${speakerOf(path)}/${name.replace(ALIGNMENT, "")}`;
      places.add(place);
      if (!bySpeaker.has(key)) bySpeaker.set(key, place);
    }
  }
  if (places.size === 0) return;
  const clips = videosIn(listing).map(({ path, stem, place }): FoundClip => {
    const speaker = speakerOf(path), name = `${speaker}/${stem}`;
    const near = [[...path, `${stem}.align`], [...path, "align", `${stem}.align`]].map((parts) =>
      parts.join("/")
    );
    const words = near.find((place) => places.has(place)) ?? bySpeaker.get(name);
    return {
      speaker,
      clip: stem,
      place,
      kind: "film",
      transcript: { path: join(root, words ?? near[0]), format: "align", there: words !== undefined },
      listed: [[...path, stem].join("/"), name],
    };
  });
  return { layout: "grid", clips };
}
