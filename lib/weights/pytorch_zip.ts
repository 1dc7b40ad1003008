import { KitError } from "../base/errors.ts";
import { type ByteSource, unsound } from "./byte_source.ts";
import { BYTES } from "./elements.ts";
import { readPickle } from "./pickle.ts";
import { LONGEST_PICKLE, type PytorchFile } from "./pytorch_file.ts";
import { pytorchTable } from "./pytorch_objects.ts";
import { printable, quoted } from "./quoted.ts";
import { checkEntry, listZip, type ZipEntry } from "./zip.ts";

/** Whether a file begins as zip files do. */
export const isZip = (head: Uint8Array): boolean => head[0] === 0x50 && head[1] === 0x4b && head[2] <= 7;

/** The one folder that holds everything: `<folder>/data.pkl`. */
function folderOf(source: ByteSource, entries: Map<string, ZipEntry>): string {
  const names = [...entries.keys()];
  if (names.some((name) => /^[^/]*\/(constants\.pkl|code\/)/.test(name))) {
    throw new KitError(
      `${source.name} is TorchScript, a program with its weights`,
      "Load it in Python with torch.jit.load and save its state_dict() by torch.save",
    );
  }
  const pickles = names.filter((name) => /^[^/]*\/data\.pkl$/.test(name));
  if (pickles.length === 1) return pickles[0].slice(0, -"data.pkl".length);
  throw new KitError(
    `${source.name} is a zip file but not PyTorch's (it holds ${
      names.slice(0, 3).map(quoted).join(", ") || "nothing"
    })`,
    "Name a file that torch.save wrote",
  );
}

function isBigEndian(source: ByteSource, entry: ZipEntry | undefined): boolean {
  if (!entry) return false; // PyTorch below 2.1 did not say, and ran on little-endian machines
  checkEntry(source, { name: "byteorder", entry });
  const order = printable(String.fromCharCode(...source.read(entry.start, Math.min(entry.size, 8))));
  if (order === "little" || order === "big") return order === "big";
  throw unsound(source)(`its byte order is "${order}"`);
}

/**
 * Reads the form that PyTorch has written since 1.6: a zip file of `data.pkl` and one entry for each storage. Throws
 * KitError for TorchScript, for other zip files and for damaged ones.
 */
export async function readPytorchZip(source: ByteSource): Promise<PytorchFile> {
  const fault = unsound(source);
  const entries = await listZip(source);
  const folder = folderOf(source, entries);
  const pickle = entries.get(`${folder}data.pkl`)!;
  if (pickle.size > LONGEST_PICKLE) throw fault(`its data.pkl has ${pickle.size} bytes`);
  checkEntry(source, { name: "data.pkl", entry: pickle });
  const { table } = pytorchTable(fault);
  const { value } = readPickle(source, { start: pickle.start, end: pickle.start + pickle.size, table });
  const checked = new Set<string>();
  return {
    form: "PyTorch's zip form",
    value,
    bigEndian: isBigEndian(source, entries.get(`${folder}byteorder`)),
    locate({ key, dtype, length }) {
      const entry = entries.get(`${folder}data/${key}`);
      if (!entry) throw fault(`the storage ${quoted(key)} is not there`);
      if (entry.size !== length * BYTES[dtype]) {
        throw fault(
          `the storage ${quoted(key)} has ${entry.size} bytes in place of ${length * BYTES[dtype]}`,
        );
      }
      if (!checked.has(key)) checkEntry(source, { name: `data/${key}`, entry });
      checked.add(key);
      return entry.start;
    },
  };
}
