// `prepare` timed beside Wav2Lip's preprocess.py: `deno task bench --peers <checkout> --videos <folder>`.
import { ROOT } from "../base/root.ts";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { listClips } from "../prepare/layouts/layouts.ts";
import type { SourceClip } from "../prepare/layouts/source_clip.ts";
import { KitError } from "../base/errors.ts";
import { exists, makeFolder, temporaryFolder } from "../base/files.ts";
import { type Command, kitScript, runProgram } from "../base/processes.ts";
import { ffmpegPath } from "../media/ffmpeg.ts";
import { probe } from "../media/probe.ts";
import type { Row } from "../base/parquet.ts";
import { processorSeconds } from "./processor_time.ts";

const CLI = fileURLToPath(new URL("../cli/main.ts", import.meta.url));
const WAV2LIP = fileURLToPath(new URL("./bench_wav2lip.py", import.meta.url));
/** What Wav2Lip's script needs beside PyTorch. */
export const WAV2LIP_REQUIREMENTS = fileURLToPath(new URL("./bench_wav2lip.txt", import.meta.url));

export interface PeersOptions {
  /** A checkout of Wav2Lip's repository. */
  wav2lip: string;
  /** Videos in any layout that `prepare` knows. */
  videos: string;
  /** How many of them, spread over the folder. */
  clips?: number;
  /** How often each program runs, in turns; the least time counts. */
  rounds?: number;
  /** Python with torch, numpy, opencv, scipy and tqdm. */
  python: string;
}

/** Runs a program, its own words going to standard error; its output. Throws KitError when it fails. */
async function output(command: Command, what: string): Promise<string> {
  const { success, stdout } = await runProgram(command, { cwd: ROOT, stderr: "inherit" });
  if (success) return stdout;
  throw new KitError(`${what} failed`, "What it said stands above");
}

/** Some of a list, spread over it. */
const spread = <T>(list: T[], count: number): T[] =>
  list.filter((_, k) => Math.floor(k * count / list.length) !== Math.floor((k - 1) * count / list.length));

/** Copies videos as <folder>/<speaker>/<clip>.mp4, which is all that preprocess.py looks for; ffmpeg reads any container. */
async function copyVideos(clips: SourceClip[], folder: string): Promise<number> {
  let seconds = 0;
  for (const { id, path } of clips) {
    const target = join(folder, `${id}.mp4`);
    await makeFolder(join(target, ".."));
    await Deno.copyFile(path, target);
    seconds += (await probe(path)).duration;
  }
  return seconds;
}

/** What one program took. */
interface Timed {
  seconds: number;
  /** Of all cores and of the programs that it calls; NaN where the system does not say. */
  cpu: number;
  /** What a person must know of the run. */
  note?: string;
}

/** Times a piece of work that calls programs. */
async function timed(work: () => Promise<string | undefined>): Promise<Timed> {
  const begun = performance.now(), cpu = processorSeconds("self", "children");
  const note = await work();
  const seconds = (performance.now() - begun) / 1000;
  return { seconds, cpu: processorSeconds("self", "children") - cpu, note };
}

/** Prepares the videos in a process of its own, the start of Deno and of its workers included. */
const timePrepare = (videos: string, out: string, every: number): Promise<Timed> =>
  timed(async () => {
    const command = kitScript(CLI, "prepare", videos, out, "--every", `${every}`, "--json");
    const { rejects } = JSON.parse(await output(command, "`prepare`"));
    return rejects.length > 0 ? `${rejects.length} rejected` : undefined;
  });

/** Runs preprocess.py of the checkout on the videos, the start of Python and of its detector included. */
const timeWav2Lip = (videos: string, scratch: string, { wav2lip, python }: PeersOptions): Promise<Timed> =>
  timed(async () => {
    await makeFolder(scratch);
    await Deno.symlink(ffmpegPath(), join(scratch, "ffmpeg"));
    const command = [python, WAV2LIP, wav2lip, videos, join(scratch, "preprocessed"), scratch] as const;
    const made = JSON.parse(await output(command, "Wav2Lip's preprocess.py"));
    if (made.crops === 0 || made.sounds === 0) {
      throw new KitError("Wav2Lip's preprocess.py made no crops or no sound", "What it said stands above");
    }
    return made.trained ? undefined : "random weights";
  });

/**
 * Times `prepare` and Wav2Lip's preprocess.py on the same videos and the same cores, one after the other, each as the
 * command that a person gives. Returns a row a program: the least seconds and their CPU seconds, clips a second, times
 * real time, how many times faster than preprocess.py. `prepare` is timed as it comes (a face looked for on every fifth
 * frame) and with a face looked for on every frame, as preprocess.py does.
 * Throws KitError when there is no checkout or no video, or when a program fails.
 */
export async function benchPeers(options: PeersOptions): Promise<Row[]> {
  const { wav2lip, videos, clips: count = 4, rounds = 1 } = options;
  if (!await exists(join(wav2lip, "preprocess.py"))) {
    throw new KitError(
      `${wav2lip} holds no preprocess.py`,
      "Give a checkout of Wav2Lip's repository (Rudrabha/Wav2Lip)",
    );
  }
  const all = (await listClips(videos)).clips.filter(({ kind }) => kind === "film");
  if (all.length === 0) throw new KitError(`${videos} holds no film`, "Give a folder of films");
  const chosen = spread(all, Math.min(count, all.length));
  await using scratch = await temporaryFolder();
  const films = join(scratch.path, "films");
  const duration = await copyVideos(chosen, films);
  const programs: Record<string, (round: string) => Promise<Timed>> = {
    "prepare": (round) => timePrepare(films, `${round}-5`, 5),
    "prepare --every 1": (round) => timePrepare(films, `${round}-1`, 1),
    "Wav2Lip's preprocess.py": (round) => timeWav2Lip(films, `${round}-wav2lip`, options),
  };
  const best: Record<string, Timed> = {};
  for (let round = 1; round <= rounds; round++) {
    for (const [name, run] of Object.entries(programs)) {
      console.error(`${name}, round ${round} of ${rounds}`);
      const time = await run(join(scratch.path, `${round}`));
      if (time.seconds < (best[name]?.seconds ?? Infinity)) best[name] = time;
    }
  }
  const peer = best["Wav2Lip's preprocess.py"].seconds;
  return Object.entries(best).map(([name, { seconds, cpu, note }]) => ({
    program: note ? `${name} (${note})` : name,
    clips: chosen.length,
    "seconds of film": duration,
    seconds,
    "CPU seconds": cpu,
    "clips/s": chosen.length / seconds,
    "times real time": duration / seconds,
    "times faster": peer / seconds,
  }));
}
