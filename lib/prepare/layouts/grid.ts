import { join } from "node:path";
import { isVideo, type Listing, videoStem } from "./listing.ts";
import type { FoundClip, Reading } from "./source_clip.ts";
import type { TranscriptFile } from "../transcript.ts";

const ALIGNMENT = /\.align$/i;
/** Folders of GRID's archives that lie between a speaker's folder and the files. */
const INNER = /^(video|mpg|mpg_\d+|mpg_vcd|align|alignments?)$/i;

/** The innermost folder that is not one of the archives' own. */
function speakerOf(path: string[], rootName: string): string {
  return [rootName, ...path].filter((folder) => !INNER.test(folder)).at(-1) ?? rootName;
}

/**
 * GRID: `<speaker>/<clip>.mpg` (or any video) with the words in `<clip>.align`, beside it, in the speaker's `align/`, or
 * in `alignments/<speaker>/`. The speaker is the clip's folder, leaving out those of the archives.
 * @returns undefined when the listing has no `.align` file
 */
export function readGrid({ root, rootName, folders }: Listing): Reading | undefined {
  // Two folders may hold the same speaker: the alignment beside a clip goes before those found by the speaker's name.
  const places = new Set<string>(), bySpeaker = new Map<string, string>();
  for (const { path, files } of folders) {
    for (const name of files.filter((name) => ALIGNMENT.test(name))) {
      const place = [...path, name].join("/"), stem = name.replace(ALIGNMENT, "");
      places.add(place);
      const key = `${speakerOf(path, rootName)}/${stem}`;
      if (!bySpeaker.has(key)) bySpeaker.set(key, place);
    }
  }
  if (places.size === 0) return;
  const transcriptOf = (path: string[], speaker: string, stem: string): TranscriptFile => {
    const near = [[...path, `${stem}.align`], [...path, "align", `${stem}.align`]].map((parts) =>
      parts.join("/")
    );
    const place = near.find((place) => places.has(place)) ?? bySpeaker.get(`${speaker}/${stem}`);
    return { path: join(root, place ?? near[0]), format: "align", there: place !== undefined };
  };
  const clips = folders.flatMap(({ path, files }) => {
    const speaker = speakerOf(path, rootName);
    return files.filter(isVideo).map((name): FoundClip => {
      const clip = videoStem(name);
      return {
        speaker,
        clip,
        place: [...path, name].join("/"),
        kind: "film",
        transcript: transcriptOf(path, speaker, clip),
        listed: [...new Set([[...path, clip].join("/"), `${speaker}/${clip}`])],
      };
    });
  });
  if (clips.length === 0) return;
  return { layout: "grid", clips, leftOut: [], listFolders: [root], nameInList: (entry) => entry };
}
