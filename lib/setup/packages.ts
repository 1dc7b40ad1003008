// The npm packages of deno.json, as deno.lock pins them.
import { join } from "node:path";
import type { Report } from "./progress_lines.ts";
import { bytesInWords } from "./progress_lines.ts";
import { runTool, type Site } from "./command.ts";
import { digest, isDone, markDone, unmark } from "./stamp.ts";

export const PACKAGES_NEED = 1.1e9;

/** The lock and the imports: either changing means installing again. */
async function version(root: string): Promise<string> {
  const { imports } = JSON.parse(Deno.readTextFileSync(join(root, "deno.json")));
  return await digest(Deno.readTextFileSync(join(root, "deno.lock")) + JSON.stringify(imports));
}

export const hasPackages = async (root: string): Promise<boolean> =>
  isDone(root, "packages", await version(root));

function folderSize(folder: string): number {
  let bytes = 0;
  for (const entry of Deno.readDirSync(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) bytes += folderSize(path);
    else if (entry.isFile) bytes += Deno.lstatSync(path).size;
  }
  return bytes;
}

/**
 * Runs `deno install --frozen`. It warns of build scripts that it ignores (tfjs-node-gpu compiles its addon
 * there): they are not needed, since TensorFlow is called through Deno's own foreign functions.
 */
export async function installPackages(site: Site, report: Report): Promise<string> {
  await unmark(site.root, "packages");
  report.say("npm packages by deno.lock: 670 MB when unpacked");
  let fetched = 0;
  await runTool(site, [Deno.execPath(), "install", "--frozen"], {
    part: "packages",
    // Networks with a certificate of their own put it into the system's store.
    env: { DENO_TLS_CA_STORE: Deno.env.get("DENO_TLS_CA_STORE") ?? "system,mozilla" },
    onLine: (line) => {
      if (line.startsWith("Download")) report.progress(`${++fetched} files fetched`);
    },
  });
  const { imports } = JSON.parse(Deno.readTextFileSync(join(site.root, "deno.json")));
  const files = Object.keys(imports as Record<string, string>).map((
    name,
  ) => [`node_modules/${name}/package.json`, null]);
  await markDone(site.root, "packages", {
    version: await version(site.root),
    files: Object.fromEntries(files),
  });
  return `npm packages, ${bytesInWords(folderSize(join(site.root, "node_modules")))}`;
}
