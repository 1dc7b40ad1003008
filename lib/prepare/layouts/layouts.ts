/** Which data set lies in a folder, and what clips it has: LRS2, GRID, Wav2Lip's prepared folder, or any folder of videos. */
import { KitError } from "../../base/errors.ts";
import { readAnyFolder } from "./any_folder.ts";
import { readGrid } from "./grid.ts";
import { listFolder, type Listing } from "./listing.ts";
import { readLrs2 } from "./lrs2.ts";
import { counted, oddities } from "./names.ts";
import { nameClips, type Reading, type SourceClip } from "./source_clip.ts";
import { dealByLists, type Dealt, readSplitLists } from "./split_lists.ts";
import { readWav2Lip } from "./wav2lip.ts";
import type { RejectRow } from "../../dataset/manifest.ts";
import { splitUnit } from "../splits.ts";

/** A data set's clips, before anything is known of their content. */
export interface DataSet {
  layout: Reading["layout"];
  /** One plain line: the layout, the counts, the split, what was left out. */
  line: string;
  /** What to mind about its speakers, in one line; empty when nothing is. */
  note: string;
  clips: SourceClip[];
  /** What was left out already: absent, unlisted, twice, elsewhere, no-sound, no-face. */
  rejects: RejectRow[];
}

/** The layouts, the most particular first. */
const READERS = [readLrs2, readWav2Lip, readGrid, readAnyFolder];

const NAMES = {
  lrs2: "LRS2's layout",
  grid: "GRID's layout",
  wav2lip: "Wav2Lip's prepared folder (crops are taken as they are)",
  any: "A folder of films",
};

const ARCHIVE = /\.(zip|tar|tgz|gz|7z|rar|part[a-z]{2}|\w+_part[a-z]{2})$|_part[a-z]{2}$/i;

/** What to say of a folder that is of no layout: what it has instead. */
function noClips(folder: string, { folders }: Listing): KitError {
  const names = folders.flatMap(({ files }) => files), archive = names.find((name) => ARCHIVE.test(name));
  if (archive) {
    return new KitError(
      `${folder} holds no video, but an archive ${archive}`,
      "Unpack it first, then give the folder that it makes",
    );
  }
  const images = folders.reduce((sum, folder) => sum + folder.images, 0);
  const has = oddities([
    [names.length, "file", `such as ${names[0]}`],
    [images, "numbered picture", "without audio.wav"],
  ], " and ");
  return new KitError(
    `${folder} holds no video: it has ${has}`,
    "Videos are .mp4, .m4v, .mov, .mpg, .mpeg, .avi, .webm or .mkv files, at any depth; " +
      "face crops are 0.jpg, 1.jpg, ... beside audio.wav",
  );
}

/** Deals the clips by the first lists that name any of them; all stay without a split where there are none. */
async function deal(clips: SourceClip[], reading: Reading, root: string): Promise<Dealt> {
  let strange = "";
  for (const folder of reading.listFolders ?? [root]) {
    const lists = (await readSplitLists(folder)).filter(({ name }) => reading.hasPart?.(name) ?? true);
    if (lists.length === 0) continue;
    const dealt = dealByLists(clips, lists, reading);
    if (dealt) return dealt;
    strange ||= ` (${lists[0].path} names none of them)`;
  }
  return { clips, rejects: [], says: `split by hash of the ${splitUnit(clips)}${strange}` };
}

/** Whether the clips have their files of words, as a part of a sentence; empty where the layout has none. */
function wordsInWords(clips: SourceClip[]): string {
  const wanted = clips.filter(({ transcript }) => transcript && !transcript.perhaps);
  const missing = wanted.filter(({ transcript }) => !transcript!.there).length;
  if (wanted.length === 0) return "";
  const ending = wanted[0].transcript!.format === "lrs2" ? ".txt" : ".align";
  return missing > 0 ? `, ${missing} of them without ${ending}` : `, each with its ${ending}`;
}

/** That films of a flat folder may be of several people, and what follows. */
function speakerNote(flat: number, clips: SourceClip[]): string {
  if (flat === 0) return "";
  const who = flat === clips.length
    ? "speaker unknown: all clips of a flat folder count as one"
    : `speaker unknown of ${counted(flat, "clip")} outside a folder of their own, which count as one`;
  const mind = splitUnit(clips) === "clip"
    ? "the same person may be in train and in test, which flatters every measurement"
    : "they stay together in one split";
  return `${who}; ${mind}. Put each person's films in a folder of their own`;
}

/**
 * Finds out which layout a folder has and lists its clips: LRS2, Wav2Lip's prepared folder, GRID, or any folder of
 * videos. The data set's own lists (train.txt, val.txt, test.txt, pretrain.txt) give the splits where there are any.
 * Throws KitError when the folder is absent, empty, or holds nothing that could be a clip.
 */
export async function listClips(folder: string): Promise<DataSet> {
  const listing = await listFolder(folder), { root } = listing;
  let reading: Reading | undefined;
  for (const read of READERS) {
    reading = read(listing);
    if (reading && reading.clips.length > 0) break;
  }
  if (!reading?.clips.length) throw noClips(folder, listing);
  const { clips: named, twins } = nameClips(reading.clips, root);
  const { clips, rejects, says } = await deal(named, reading, root), { layout, leftOut = [] } = reading;
  const flat = layout === "any" ? clips.filter(({ place }) => !place.includes("/")).length : 0;
  const speakers = new Set(clips.map(({ speaker }) => speaker)).size;
  const of = flat === clips.length ? "unknown speakers" : counted(speakers, "speaker");
  const odd = oddities([[twins.length, "film", "there twice"], [
    leftOut.length,
    "other",
    "that cannot be a clip",
  ]]);
  const line = `${NAMES[layout]}: ${counted(clips.length, "clip")} of ${of}` +
    `${wordsInWords(clips)}; ${says}${odd ? `; left out: ${odd}` : ""}`;
  return { layout, line, note: speakerNote(flat, clips), clips, rejects: [...twins, ...rejects, ...leftOut] };
}
