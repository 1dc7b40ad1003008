// TensorFlow's C library, out of the wheel of the Python package of the same version.
import { delimiter, join } from "node:path";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { KitError } from "../base/errors.ts";
import { bytesInWords, type Report } from "./progress_lines.ts";
import type { Site } from "./command.ts";
import { hasWheel, installWheel, type Wheel } from "./wheel.ts";

const VERSION = "2.21.0";

/** Where wheels exist: package, platform tag, how the library's files end, megabytes to fetch. */
const TABLE: Record<string, [name: string, tag: string, library: string, fetch: number]> = {
  "linux x86_64": ["tensorflow-cpu", "manylinux_2_27_x86_64", "so\\.2", 274],
  "linux x86_64 gpu": ["tensorflow", "manylinux_2_27_x86_64", "so\\.2", 3372], // NVIDIA's wheels included
  "linux aarch64": ["tensorflow", "manylinux_2_27_aarch64", "so\\.2", 280],
  "darwin aarch64": ["tensorflow", "macosx_12_0_arm64", "2\\.dylib", 250],
};
const PLATFORM = `${Deno.build.os} ${Deno.build.arch}`;

const CUDA = fileURLToPath(new URL("./cuda.txt", import.meta.url));

/** Whether to take the GPU build: KIT_GPU=1 or 0 decides, else an NVIDIA driver that is seen. */
export function wantsGpu(): boolean {
  const asked = Deno.env.get("KIT_GPU");
  if (asked) return asked !== "0";
  if (PLATFORM !== "linux x86_64") return false;
  const folders = (Deno.env.get("PATH") ?? "").split(delimiter).filter(Boolean);
  return existsSync("/proc/driver/nvidia/version") ||
    folders.some((folder) => existsSync(join(folder, "nvidia-smi")));
}

/** The build for a platform in Deno's words; throws KitError where TensorFlow publishes none. */
function buildFor(platform: string, gpu: boolean) {
  const row = TABLE[gpu ? `${platform} gpu` : platform];
  if (row) return row;
  throw new KitError(
    `TensorFlow ${VERSION} has no ${gpu ? "GPU build" : "build"} for ${platform}`,
    gpu ? "Set KIT_GPU=0 for the CPU build" : "Use Linux (x64 or arm64), macOS on Apple silicon, or WSL",
  );
}

/**
 * The wheels of this machine: TensorFlow's, and with a GPU one for each of NVIDIA's libraries, which TensorFlow
 * looks for in ../nvidia/<library>/lib beside its own folder. Throws KitError where TensorFlow publishes no build.
 */
export function tensorflowWheels(platform = PLATFORM, { gpu = wantsGpu() } = {}): Wheel[] {
  const [name, tag, library] = buildFor(platform, gpu);
  const tensorflow: Wheel = {
    part: "tensorflow",
    requirement: `${name}==${VERSION}`,
    // The C library is the same in the wheels of all Python versions; 3.11 is not this machine's choice.
    choose: `--platform ${tag} --python-version 3.11 --implementation cp --abi cp311 --abi none`.split(" "),
    members: `tensorflow/(libtensorflow_(?:cc|framework)\\.${library})$`,
    folder: ".native/tensorflow",
  };
  if (!gpu) return [tensorflow];
  const pins = Deno.readTextFileSync(CUDA).split("\n").filter((line) => /^nvidia/.test(line));
  const nvidia = pins.map((pin): Wheel => ({
    part: pin.split("==")[0],
    requirement: pin,
    members: "nvidia/((?!.*/include/).+)$",
    folder: ".native/nvidia",
  }));
  return [tensorflow, ...nvidia];
}

/** Bytes that a fresh set-up needs on the disk: the wheel, pip's copy of it, and what is unpacked. */
export const tensorflowNeeds = (): number => wantsGpu() ? 9e9 : 1.5e9;

export const hasTensorflow = (root: string): boolean =>
  tensorflowWheels().every((wheel) => hasWheel(root, wheel));

/** Fetches and unpacks what is missing; returns its closing words. */
export async function installTensorflow(site: Site, report: Report): Promise<string> {
  const gpu = wantsGpu(), what = `TensorFlow ${VERSION} for ${gpu ? "NVIDIA GPUs" : "CPU"}`;
  const [, , , megabytes] = buildFor(PLATFORM, gpu);
  report.say(`${what}: ${megabytes} MB to fetch`);
  let bytes = 0;
  for (const wheel of tensorflowWheels()) {
    if (!hasWheel(site.root, wheel)) bytes += await installWheel(site, report, wheel);
  }
  return `${what}, ${bytesInWords(bytes)} unpacked`;
}
