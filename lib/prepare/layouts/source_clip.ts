import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import type { RejectRow, Split } from "../../dataset/manifest.ts";
import type { TranscriptFile } from "../transcript.ts";
import { videoRank, videoStem } from "./listing.ts";
import { safeName } from "./names.ts";

/** A clip as a layout's reader finds it. */
export interface FoundClip {
  speaker: string;
  /** The clip's name; the video's ending left out. */
  clip: string;
  /** The path of the video, or of the folder that holds its crops, from the root on. */
  place: string;
  /** "crops": faces cut out already, as numbered images with audio.wav beside them. */
  kind: "film" | "crops";
  /** Where its words stand, or ought to. */
  transcript?: TranscriptFile;
  /** The names under which a list may name it. */
  listed: string[];
}

/** A clip of a data set, before anything is known of its content. */
export interface SourceClip extends FoundClip {
  /** "speaker/clip": letters, digits and marks of any script, dot, dash and underscore; Unicode NFC. */
  id: string;
  /** `place`, from the file system's root on. */
  path: string;
  /** The split that the data set's own lists give it. */
  split?: Split;
  /** What is odd about it, in words; empty when nothing is. */
  note: string;
}

/** What a layout's reader makes of a folder; nothing, when there is no clip. */
export interface Reading {
  layout: "lrs2" | "grid" | "wav2lip" | "any";
  clips: FoundClip[];
  /** What was found and cannot be a clip. */
  leftOut?: RejectRow[];
  /** Absolute folders in which the data set's lists may lie, the likeliest first; the given one by default. */
  listFolders?: string[];
  /** Whether the clips of this part of the data set, named as its list is, are below the given folder. */
  hasPart?(list: string): boolean;
  /** The name, as in `listed`, of what a line of a list names, unless it is the entry itself. */
  nameInList?(entry: string, list: string): string;
  /** The split of a clip that no list names; without one it is left out. */
  splitOfUnlisted?(clip: SourceClip): Split | undefined;
}

const hashOf = (text: string) => createHash("sha1").update(text).digest("hex").slice(0, 8);

/** Of videos with one name in one folder the first by type is kept; the others are the same clip twice. */
function withoutTwins(clips: FoundClip[]): { kept: FoundClip[]; twins: [FoundClip, FoundClip][] } {
  const best = new Map<string, FoundClip>(), stem = ({ place }: FoundClip) => videoStem(place);
  for (const clip of clips) {
    const known = best.get(stem(clip));
    if (!known || videoRank(clip.place) < videoRank(known.place)) best.set(stem(clip), clip);
  }
  const twins = clips.filter((clip) => best.get(stem(clip)) !== clip);
  return {
    kept: clips.filter((clip) => best.get(stem(clip)) === clip),
    twins: twins.map((clip) => [clip, best.get(stem(clip))!]),
  };
}

/**
 * Gives found clips their ids. Different videos that would share one get a hash of their own places; the same clip in
 * two containers is taken once, and the other becomes a row of reason "twice".
 */
export function nameClips(found: FoundClip[], root: string): { clips: SourceClip[]; twins: RejectRow[] } {
  const { kept, twins } = withoutTwins(found);
  const idOf = ({ speaker, clip }: FoundClip) => `${safeName(speaker)}/${safeName(clip)}`;
  // Ids that differ only in case would be one file on some systems.
  const count = new Map<string, number>();
  for (const clip of kept) {
    const key = idOf(clip).toLowerCase();
    count.set(key, (count.get(key) ?? 0) + 1);
  }
  const clips = kept.map((found): SourceClip => {
    const { speaker, place } = found, id = idOf(found);
    return {
      ...found,
      id: count.get(id.toLowerCase()) === 1 ? id : `${id}-${hashOf(place)}`,
      speaker: safeName(speaker),
      path: join(root, place),
      note: "",
    };
  });
  return {
    clips,
    twins: twins.map(([clip, kept]) => ({
      id: `${safeName(clip.speaker)}/${safeName(basename(clip.place))}`,
      source: join(root, clip.place),
      reason: "twice",
      detail: `the same clip is taken from ${join(root, kept.place)}`,
    })),
  };
}
