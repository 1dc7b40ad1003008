// The npm packages of deno.json, as deno.lock pins them.
import { join } from "node:path";
import { folderBytes } from "../base/files.ts";
import { runTool, type Site } from "./command.ts";
import { bytesInWords, type Report } from "./progress_lines.ts";
import { digest, isDone, markDone, ofAnySize, unmark } from "./stamp.ts";

export const PACKAGES_NEED = 1.1e9;

/** The packages by name, and a version of all: the lock or the imports changing means installing again. */
function wanted(root: string): { names: string[]; version: string } {
  const { imports } = JSON.parse(Deno.readTextFileSync(join(root, "deno.json")));
  const lock = Deno.readTextFileSync(join(root, "deno.lock"));
  return { names: Object.keys(imports), version: digest(lock + JSON.stringify(imports)) };
}

export const hasPackages = (root: string): boolean => isDone(root, "packages", wanted(root).version);

/**
 * Runs `deno install --frozen`. It warns of build scripts that it ignores (tfjs-node-gpu compiles its addon
 * there): they are not needed, since TensorFlow is called through Deno's own foreign functions.
 */
export async function installPackages(site: Site, report: Report): Promise<string> {
  const { root } = site;
  await unmark(root, "packages");
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
  const { names, version } = wanted(root);
  const files = ofAnySize(names.map((name) => `node_modules/${name}/package.json`));
  await markDone(root, "packages", { version, files });
  return `npm packages, ${bytesInWords(folderBytes(join(root, "node_modules")))}`;
}
