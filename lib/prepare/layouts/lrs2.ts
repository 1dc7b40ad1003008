import { dirname, join } from "node:path";
import type { RejectRow } from "../../dataset/manifest.ts";
import { type ListedFolder, type Listing, videosIn } from "./listing.ts";
import type { FoundClip, Reading } from "./source_clip.ts";

/** LRS2 names its clips by five digits. */
const NUMBERED_VIDEO = /^\d{5}\.mp4$/;
/** The two parts of LRS2: `main` has the lists train, val and test; `pretrain` is longer and only for training. */
const PARTS = ["main", "pretrain"];

/** The path of the folder that holds `main`, with the root's own name in front; the root itself may be `main`. */
function baseOf(paths: { full: string[]; folder: ListedFolder }[]): string[] | undefined {
  const first = paths.find(({ full, folder }) =>
    full.at(-2) === "main" && folder.files.some((name) => NUMBERED_VIDEO.test(name))
  );
  return first?.full.slice(0, -2);
}

/**
 * LRS2: `mvlrs_v1/main/<speaker>/<5 digits>.mp4` with the words in `.txt`, `pretrain/` likewise, and the lists
 * pretrain.txt, train.txt, val.txt and test.txt beside `main` or one folder above. The given folder may be any one on
 * the way down to `main`. Clips of `pretrain` are called "pretrain-<clip>", since both parts count from 00001.
 * @returns undefined when the listing is not of this layout
 */
export function readLrs2(listing: Listing): Reading | undefined {
  const { root, rootName, folders } = listing;
  const base = baseOf(folders.map((folder) => ({ full: [rootName, ...folder.path], folder })));
  if (!base) return;
  const clips: FoundClip[] = [], leftOut: RejectRow[] = [];
  for (const { path, stem, place, has } of videosIn(listing)) {
    const full = [rootName, ...path], [part, speaker] = full.slice(base.length), text = `${stem}.txt`;
    const within = full.length === base.length + 2 && PARTS.includes(part) &&
      base.every((name, i) => name === full[i]);
    if (!within) {
      const detail = "not in a speaker's folder of LRS2's main or pretrain";
      leftOut.push({ id: place, source: join(root, place), reason: "elsewhere", detail });
      continue;
    }
    clips.push({
      speaker,
      clip: part === "main" ? stem : `pretrain-${stem}`,
      place,
      kind: "film",
      transcript: { path: join(root, ...path, text), format: "lrs2", there: has(text) },
      listed: [part === "main" ? `${speaker}/${stem}` : `pretrain/${speaker}/${stem}`],
    });
  }
  const baseFolder = base.length === 0 ? dirname(root) : join(root, ...base.slice(1));
  return {
    layout: "lrs2",
    clips,
    leftOut,
    listFolders: [...new Set([baseFolder, root, dirname(baseFolder)])],
    // Who gives `main` alone misses none of the clips that pretrain.txt names.
    hasPart: (list) => list !== "pretrain" || clips.some(({ listed }) => listed[0].startsWith("pretrain/")),
    nameInList(entry, list) {
      const plain = entry.replace(/^(mvlrs_v1\/)?(main\/)?/, "");
      return list === "pretrain" && !plain.startsWith("pretrain/") ? `pretrain/${plain}` : plain;
    },
    // A clip of `pretrain` is for training even where its list is missing.
    splitOfUnlisted: ({ listed }) => listed[0].startsWith("pretrain/") ? "train" : undefined,
  };
}
