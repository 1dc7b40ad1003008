// A small project that is set up from a folder of fake wheels: quick, and without a network.
import { ROOT } from "../../lib/base/root.ts";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { linesOf } from "../../lib/base/processes.ts";
import { tensorflowWheels } from "../../lib/setup/tensorflow.ts";
import { kill } from "../waiting.ts";

const SOURCES = ["base", "setup"];

export interface Project {
  root: string;
  /** The fake wheels' folder. */
  index: string;
  /** Runs set-up; once it has said `killAfter` lines it is killed as by kill -9. */
  setup(options?: SetupOptions): Promise<SetupResult>;
  remove(): Promise<void>;
}

interface SetupOptions {
  env?: Record<string, string>;
  args?: string[];
  killAfter?: number;
}

export interface SetupResult {
  code: number;
  stdout: string;
  stderr: string;
}

async function copy(from: string, to: string): Promise<void> {
  if (!(await Deno.stat(from)).isDirectory) return await Deno.copyFile(from, to);
  await Deno.mkdir(to, { recursive: true });
  for (const { name } of Deno.readDirSync(from)) await copy(join(from, name), join(to, name));
}

/** The wheel's file name as the index would have it. */
function tensorflowFile(): string {
  const { requirement, choose } = tensorflowWheels(undefined, { gpu: false })[0];
  const [name, version] = requirement.split("==");
  return `${name.replaceAll("-", "_")}-${version}-cp311-cp311-${choose![1]}.whl`;
}

/** deno.json and deno.lock with one package only, pinned as in the kit's own. */
async function writeConfiguration(root: string): Promise<void> {
  const lock = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.lock")));
  const package_ = "commander@14.0.3";
  const small = {
    version: lock.version,
    specifiers: { [`npm:${package_}`]: package_.split("@")[1] },
    npm: { [package_]: lock.npm[package_] },
    workspace: { dependencies: [`npm:${package_}`] },
  };
  const config = {
    nodeModulesDir: "manual",
    lock: { path: "./deno.lock", frozen: true },
    imports: { commander: `npm:${package_}` },
  };
  await Deno.writeTextFile(join(root, "deno.json"), JSON.stringify(config));
  await Deno.writeTextFile(join(root, "deno.lock"), JSON.stringify(small));
}

/** Removes a folder into which a program that was stopped a moment ago may still write. */
async function removeAll(folder: string, tries = 6000): Promise<void> {
  try {
    await Deno.remove(folder, { recursive: true });
  } catch (error) {
    if (tries === 0) throw error;
    await new Promise((go) => setTimeout(go, 100));
    await removeAll(folder, tries - 1);
  }
}

/** Makes the project in a folder of its own, whose path has a space. */
export async function makeProject(folder?: string): Promise<Project> {
  const base = folder ?? await Deno.makeTempDir({ prefix: "kit setup " });
  const root = join(base, "project"), index = join(base, "index");
  await Deno.mkdir(join(root, "lib"), { recursive: true });
  await Deno.mkdir(index);
  for (const name of SOURCES) await copy(join(ROOT, "lib", name), join(root, "lib", name));
  await writeConfiguration(root);
  const fake = fileURLToPath(new URL("./fake_index.py", import.meta.url));
  const made = await new Deno.Command("python3", { args: [fake, index, tensorflowFile()] }).output();
  if (!made.success) throw new Error(new TextDecoder().decode(made.stderr));

  const setup = async ({ env = {}, args = [], killAfter }: SetupOptions = {}): Promise<SetupResult> => {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", join(root, "lib", "setup", "main.ts"), ...args],
      cwd: root,
      env: {
        PIP_NO_INDEX: "1",
        PIP_FIND_LINKS: pathToFileURL(index).href,
        KIT_GPU: "0",
        NO_COLOR: "1",
        ...env,
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const stdout = new Response(child.stdout).text();
    let stderr = "", lines = 0;
    for await (const line of linesOf(child.stderr)) {
      stderr += `${line}\n`;
      if (++lines === killAfter) kill(child);
    }
    return { code: (await child.status).code, stdout: await stdout, stderr };
  };
  return { root, index, setup, remove: () => removeAll(base) };
}
