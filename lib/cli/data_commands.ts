import type { Command } from "commander";
import type { Cuts } from "../dataset/clip_file.ts";
import type { Prepared } from "../dataset/prepared.ts";
import type { OffsetOptions } from "../tasks/offsets.ts";
import { collect, count, printing } from "./printing.ts";

interface PrepareFlags {
  split: string;
  every: number;
  cuts: Cuts;
  filter: string[];
  shard?: string;
  workers?: number;
  retryRejects?: boolean;
}

/** How much there is, and what it takes. */
const sizeLine = ({ hours, megabytes, megabytesPerHour }: NonNullable<Prepared["size"]>): string =>
  `${hours.toFixed(2)} hours of video, ${megabytes.toFixed(0)} MB: ${megabytesPerHour.toFixed(0)} MB an hour`;

/** Adds the commands that make a prepared folder of videos and decide what is used of it. */
export function addDataCommands(program: Command): void {
  program.command("prepare").description("find and crop the faces of a folder of videos, compute their mel")
    .argument("<videos>", "LRS2, GRID, Wav2Lip's prepared folder, or any folder of videos")
    .argument("<out>", "the prepared folder; one that is there goes on")
    .option(
      "--split <shares>",
      "percent of train, val and test, where the data set has no lists of its own",
      "95,2,3",
    )
    .option("--every <frames>", "look for a face on every so many frames", count, 5)
    .option("--cuts <what>", "a film that changes shots: split, reject or ignore", "split")
    .option(
      "--filter <key=value>",
      "which clips are used, as for `filter --set` (may be repeated)",
      collect,
      [],
    )
    .option("--shard <i/n>", "prepare the i-th of n parts only; `merge` joins parts of several folders")
    .option("--workers <number>", "preparing processes; as many as there are cores", count)
    .option("--retry-rejects", "try again what was rejected before")
    .option("--json", "print the counts and the rejects as JSON")
    .action(printing(async (
      videos: string,
      out: string,
      { filter, ...options }: PrepareFlags,
    ) => {
      const { prepare } = await import("../prepare/prepare.ts");
      const say = (line: string) => console.log(line);
      const filters = filter.length > 0 ? filter : undefined;
      const { dataSet, clips, rejects, size, elsewhere } = await prepare(videos, out, {
        ...options,
        filters,
        say,
      });
      const kept = clips.filter((clip) => clip.kept).length;
      return {
        json: { out, dataSet, clips: clips.length, kept, size, elsewhere, rejects },
        lines: [
          `${clips.length} clips prepared in ${out}, ${rejects.length} rejected (rejects.parquet says why)`,
          ...(kept < clips.length
            ? [`${kept} are used, the others filtered out (\`deno task filter\`)`]
            : []),
          ...(elsewhere > 0 ? [`${elsewhere} videos of other shards are not there yet`] : []),
          sizeLine(size),
        ],
      };
    }));

  program.command("filter").description("decide anew which prepared clips are used; nothing is decoded")
    .argument("<prepared>", "a folder made by `deno task prepare`")
    .option(
      "--set <key=value>",
      "a threshold, such as minSharpness=80, or none (may be repeated)",
      collect,
      [],
    )
    .option("--reset", "go back to the defaults first")
    .option("--json", "print the counts and the filters as JSON")
    .action(printing(async (prepared: string, { set, reset }: { set: string[]; reset?: boolean }) => {
      const { filterPrepared } = await import("../prepare/filter.ts");
      const result = await filterPrepared(prepared, { settings: set, reset });
      const { clips, kept, reasons, filters } = result;
      return {
        json: { prepared, ...result },
        lines: [
          `${kept} of ${clips} clips of ${prepared} are used`,
          ...reasons.map(({ reason, clips }) => `${clips}  ${reason}`),
          Object.entries(filters).map(([key, value]) => `${key}=${value ?? "none"}`).join(" "),
        ],
      };
    }));

  program.command("merge").description("join parts that were prepared with --shard into one prepared folder")
    .argument("<out>", "the prepared folder to make; one that is there takes the parts in")
    .argument("<parts...>", "prepared folders of one data set")
    .option("--json", "print the counts as JSON")
    .action(printing(async (out: string, parts: string[]) => {
      const { mergePrepared } = await import("../prepare/merge.ts");
      const { clips, rejects, size } = await mergePrepared(out, parts);
      return {
        json: { out, parts, clips: clips.length, rejects: rejects.length, size },
        lines: [`${clips.length} clips in ${out}, ${rejects.length} rejected`, sizeLine(size)],
      };
    }));

  program.command("offsets").description(
    "measure by a trained judge how far sound and picture are apart, and correct it",
  )
    .argument("<prepared>", "a folder made by `deno task prepare`")
    .requiredOption("--run <dir>", "run folder of the discriminator that judges")
    .option("--apply", "store the offsets: the loader takes them out from then on")
    .option("--by <group>", "one offset for each speaker, or for the dataset", "speaker")
    .option("--clips <number>", "measure so many clips only, the same at every call", count)
    .option(
      "--figure <file>",
      "where the histogram goes, .svg or .png; offsets.svg in the folder when not given",
    )
    .option("--json", "print the report as JSON")
    .action(printing(async (prepared: string, options: OffsetOptions) => {
      const { correctOffsets, offsetLines } = await import("../tasks/offsets.ts");
      const report = await correctOffsets(prepared, options);
      return { json: report, lines: offsetLines(report) };
    }));
}
