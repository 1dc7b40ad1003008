import { createHash } from "node:crypto";
import { basename, join, resolve } from "node:path";
import { KitError } from "../errors.ts";

/** One video of a data set, before anything is known of its content. */
export interface SourceClip {
  /** "speaker/clip", made of letters, digits, dot, dash and underscore only. */
  id: string;
  speaker: string;
  /** Path of the video. */
  path: string;
}

const VIDEO = /\.(mp4|m4v|mov|mpg|mpeg|avi|webm|mkv)$/i;
/** Folders of GRID's archives that lie between a speaker's folder and the clips. */
const GRID_INNER = /^(video|mpg|mpg_\d+|mpg_vcd)$/i;

/** Longest safe name in bytes: file systems allow 255, and endings are yet to come. */
const LONGEST_NAME = 180;

/** A name that is safe as a file name on every system: it can leave no folder and hides no file. */
export function safeName(name: string): string {
  const safe = name.normalize("NFC").replace(/[^\p{L}\p{N}._-]+/gu, "_").replace(/^\.+/, "_");
  const letters = [...safe || "_"];
  while (new TextEncoder().encode(letters.join("")).length > LONGEST_NAME) letters.pop();
  return letters.join("");
}

interface Found {
  /** Folders below the root, outermost first. */
  folders: string[];
  /** File name. */
  name: string;
}

/** All files below a folder, in the order of their paths; unreadable and hidden folders are passed over. */
async function walk(root: string): Promise<Found[]> {
  const found: Found[] = [];
  const enter = async (folders: string[]) => {
    const entries: Deno.DirEntry[] = [];
    try {
      for await (const entry of Deno.readDir(join(root, ...folders))) entries.push(entry);
    } catch (error) {
      if (folders.length === 0) throw error;
      return;
    }
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const { name, isDirectory, isFile, isSymlink } of entries) {
      if (name.startsWith(".")) continue;
      // A link to a video is followed, a link to a folder is not: it could lead round in a circle.
      if (isFile || (isSymlink && VIDEO.test(name))) found.push({ folders, name });
      else if (isDirectory) await enter([...folders, name]);
    }
  };
  await enter([]);
  return found;
}

/** The speaker in GRID's layout: the folder of the clips, leaving out the archive's own folders below it. */
function gridSpeaker(folders: string[], rootName: string): string {
  return [rootName, ...folders].filter((folder) => !GRID_INNER.test(folder)).at(-1) ?? rootName;
}

/** The speaker in any other folder: all folders above the clip, as far as the root. */
function folderSpeaker(folders: string[], rootName: string): string {
  return folders.length > 0 ? folders.join("_") : rootName;
}

/** Videos that would share an id get a short hash of their own path, whichever of them is listed first. */
function tellApart(clips: (SourceClip & { place: string })[]): SourceClip[] {
  // Ids that differ only in case would be one file on some systems.
  const count = new Map<string, number>();
  for (const { id } of clips) count.set(id.toLowerCase(), (count.get(id.toLowerCase()) ?? 0) + 1);
  return clips.map(({ place, ...clip }) => {
    if (count.get(clip.id.toLowerCase()) === 1) return clip;
    return { ...clip, id: `${clip.id}-${createHash("sha1").update(place).digest("hex").slice(0, 8)}` };
  });
}

/**
 * Lists the videos of a folder with their speakers. GRID (`<speaker>/<clip>.mpg` with `.align` files beside the
 * clips or in `align/`): the speaker is the clip's folder. Any other folder: the speaker is the path of folders
 * above the clip. Clips directly in the root take the root's name.
 * Throws KitError when the folder is absent or holds no video.
 */
export async function listClips(root: string): Promise<SourceClip[]> {
  const info = await Deno.stat(root).catch(() => undefined);
  if (!info) throw new KitError(`There is no folder ${root}`, "Check the path");
  if (!info.isDirectory) throw new KitError(`${root} is a file`, "Give the folder that holds the videos");
  const files = await walk(root);
  const isGrid = files.some(({ name }) => /\.align$/i.test(name));
  const rootName = basename(resolve(root)) || "videos";
  const clips = files.filter(({ name }) => VIDEO.test(name)).map(({ folders, name }) => {
    const speaker = safeName((isGrid ? gridSpeaker : folderSpeaker)(folders, rootName));
    const place = [...folders, name].join("/");
    return {
      id: `${speaker}/${safeName(name.replace(VIDEO, ""))}`,
      speaker,
      path: join(resolve(root), place),
      place,
    };
  });
  if (clips.length === 0) {
    throw new KitError(
      `${root} holds no video`,
      "Videos are .mp4, .m4v, .mov, .mpg, .mpeg, .avi, .webm or .mkv files, at any depth",
    );
  }
  return tellApart(clips);
}
