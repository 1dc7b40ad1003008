import { basename, join, resolve } from "node:path";
import { KitError } from "../../base/errors.ts";

/** Endings of videos. Where one clip is there in two forms, the one named first here is taken. */
const VIDEO_TYPES = ["mp4", "m4v", "mov", "mpg", "mpeg", "avi", "webm", "mkv"];
const VIDEO = new RegExp(`\\.(${VIDEO_TYPES.join("|")})$`, "i");
/** A face crop of Wav2Lip's prepared folder, numbered by the frame it was cut from. */
export const NUMBERED_IMAGE = /^(\d+)\.jpe?g$/i;

/** One folder of a data set. */
export interface ListedFolder {
  /** The folders from the root (left out) down to this one; empty for the root itself. */
  path: string[];
  /** Names of its files in order, but for numbered images. */
  files: string[];
  /** How many numbered images (0.jpg, 1.jpg, ...) it has: a data set has millions, so they are only counted. */
  images: number;
}

/** What lies below a folder. */
export interface Listing {
  /** Absolute path. */
  root: string;
  rootName: string;
  folders: ListedFolder[];
}

/** A video's name without its ending. */
export const videoStem = (name: string) => name.replace(VIDEO, "");

/** A video's place in the order of preference of the types. */
export const videoRank = (name: string) => VIDEO_TYPES.indexOf(VIDEO.exec(name)?.[1].toLowerCase() ?? "");

/** Names in an order that does not depend on the system's language. */
export const byName = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** The entries of a folder, or undefined when it cannot be read. */
async function entriesOf(path: string): Promise<Deno.DirEntry[] | undefined> {
  const entries: Deno.DirEntry[] = [];
  try {
    for await (const entry of Deno.readDir(path)) entries.push(entry);
  } catch {
    return;
  }
  return entries;
}

/**
 * Lists what lies below a folder, in the order of the paths. Hidden and unreadable folders are passed over; links to
 * folders too, since they could lead round in a circle.
 * Throws KitError when the folder is absent, a file, unreadable or empty.
 */
export async function listFolder(folder: string): Promise<Listing> {
  const root = resolve(folder);
  const info = await Deno.stat(root).catch(() => undefined);
  if (!info) throw new KitError(`There is no folder ${folder}`, "Check the path");
  if (!info.isDirectory) throw new KitError(`${folder} is a file`, "Give the folder that holds the videos");
  const folders: ListedFolder[] = [];
  const enter = async (path: string[]) => {
    const entries = await entriesOf(join(root, ...path));
    if (!entries && path.length === 0) {
      throw new KitError(`Cannot read the folder ${folder}`, "Check its permissions");
    }
    const listed: ListedFolder = { path, files: [], images: 0 }, inner: string[] = [];
    for (const { name, isDirectory, isFile, isSymlink } of entries ?? []) {
      if (name.startsWith(".")) continue;
      if (isDirectory) inner.push(name);
      else if (NUMBERED_IMAGE.test(name)) listed.images++;
      else if (isFile || (isSymlink && /\.\w+$/.test(name))) listed.files.push(name);
    }
    listed.files.sort(byName);
    folders.push(listed);
    for (const name of inner.sort(byName)) await enter([...path, name]);
  };
  await enter([]);
  if (folders.every(({ files, images }) => files.length + images === 0)) {
    throw new KitError(`${folder} is empty`, "Put the videos in, or check the path");
  }
  return { root, rootName: basename(root) || "videos", folders };
}

/** A video of a listing. */
interface ListedVideo {
  /** The folders from the root down to it. */
  path: string[];
  /** Its name without the ending. */
  stem: string;
  /** Its path from the root on. */
  place: string;
  /** Whether a file of that name lies beside it. */
  has(name: string): boolean;
}

/** The videos of a listing, in its order. */
export function videosIn({ folders }: Listing): ListedVideo[] {
  return folders.flatMap(({ path, files }) => {
    const names = new Set(files), has = (name: string) => names.has(name);
    const videos = files.filter((name) => VIDEO.test(name));
    return videos.map((name) => ({ path, stem: videoStem(name), place: [...path, name].join("/"), has }));
  });
}
