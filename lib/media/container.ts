import { KitError } from "../base/errors.ts";

/** Boxes an ISO file (mp4, mov, m4a, 3gp) may begin with. */
const FIRST_BOXES = ["ftyp", "moov", "mdat", "free", "skip", "wide", "pnot", "styp"];
/** Boxes whose declared end is believed; anything else after the last of them may be padding. */
const TRUSTED_BOXES = ["moov", "mdat", "moof"];
const REMEDY = "Copy or download it again, or leave it out";

/** Reads `count` bytes at `place`; fewer at the end of the file. */
async function bytesAt(file: Deno.FsFile, place: number, count: number): Promise<DataView> {
  const bytes = new Uint8Array(count);
  await file.seek(place, Deno.SeekMode.Start);
  let filled = 0;
  while (filled < count) {
    const read = await file.read(bytes.subarray(filled));
    if (read === null) break;
    filled += read;
  }
  return new DataView(bytes.buffer, 0, filled);
}

function word(view: DataView, place: number): string {
  return String.fromCharCode(...Array.from({ length: 4 }, (_, i) => view.getUint8(place + i)));
}

/** Walks the boxes of an ISO file and says what is missing, or returns undefined when it is whole. */
async function missingFromIso(file: Deno.FsFile, size: number): Promise<string | undefined> {
  let indexed = false;
  for (let place = 0; place + 8 <= size;) {
    const head = await bytesAt(file, place, 16);
    const name = word(head, 4);
    let length = head.getUint32(0);
    if (length === 1 && head.byteLength === 16) length = Number(head.getBigUint64(8));
    if (length === 0) length = size - place;
    if (TRUSTED_BOXES.includes(name) && place + length > size) {
      return `${place + length - size} bytes are missing at its end`;
    }
    if (name === "moov") indexed = true;
    if (length < 8) break;
    place += length;
  }
  return indexed ? undefined : "its index is missing";
}

/** As for ISO, for RIFF (avi, wav). A streamed file has no true length in its head. */
function missingFromRiff(head: DataView, size: number): string | undefined {
  const length = head.getUint32(4, true);
  if (length === 0 || length >= 0xfffffff0) return;
  // Some writers count their own header into the length; a few bytes are no loss.
  if (length - 64 > size) return `${length + 8 - size} bytes are missing at its end`;
}

/**
 * Checks that a media file is there and, where its container says how long it is (mp4, mov, avi, wav), that all of it is.
 * Throws KitError naming the file: absent, unreadable, a folder, empty, or cut short.
 */
export async function checkWhole(path: string): Promise<void> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      throw new KitError(`There is no file ${path}`, "Check the path", { cause: error });
    }
    throw new KitError(`Cannot read ${path}`, "Check its permissions", { cause: error });
  }
  try {
    const { size, isDirectory } = await file.stat();
    if (isDirectory) throw new KitError(`${path} is a folder, not a video`, "Name a file in it");
    if (size === 0) throw new KitError(`${path} is empty`, REMEDY);
    const head = await bytesAt(file, 0, 12);
    if (head.byteLength < 12) return;
    const missing = FIRST_BOXES.includes(word(head, 4))
      ? await missingFromIso(file, size)
      : word(head, 0) === "RIFF"
      ? missingFromRiff(head, size)
      : undefined;
    if (missing) throw new KitError(`${path} is cut short: ${missing}`, REMEDY);
  } finally {
    file.close();
  }
}
