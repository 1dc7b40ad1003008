import { join } from "node:path";
import { FRAME_RATE } from "../base/shapes.ts";
import { type Split } from "../dataset/manifest.ts";
import type { Prepared } from "../dataset/prepared.ts";
import type { OffsetOptions } from "../tasks/offsets.ts";
import type { CorpusSize } from "../corpus/plan.ts";
import type { PrepareOptions } from "../prepare/prepare.ts";
import { collect, count, type KitCommand } from "./kit_command.ts";

type PrepareFlags = Omit<PrepareOptions, "filters" | "say"> & { filter: string[] };

const SPLITS: Split[] = ["train", "val", "test"];

/** How much there is, and what it takes. */
const sizeLine = ({ hours, megabytes, megabytesPerHour }: NonNullable<Prepared["size"]>): string =>
  `${hours.toFixed(2)} hours of video, ${megabytes.toFixed(0)} MB: ${megabytesPerHour.toFixed(0)} MB an hour`;

/** Adds the commands that make videos and a prepared folder of videos, and decide what is used of it. */
export function addDataCommands(program: KitCommand): void {
  program.command("corpus")
    .description("draw the embedded corpus: synthetic speakers whose mouths follow their speech")
    .argument("[out]", "where to", "data/corpus")
    .option(
      "--size <name>",
      "tiny (for tests), small (for two CPU cores) or large (over an hour of film)",
      "small",
    )
    .option("--seed <number>", "another seed draws other films", count, 1)
    .answer("the counts", async (out: string, { size, seed }: { size: CorpusSize; seed: number }) => {
      const { generateCorpus } = await import("../corpus/corpus.ts");
      const { clips, rendered, frames, sha256 } = await generateCorpus(out, { size, seed });
      const minutes = (frames / FRAME_RATE / 60).toFixed(1);
      return {
        json: { out, size, seed, clips: clips.length, drawn: rendered, frames, sha256 },
        lines: [`${clips.length} clips (${minutes} minutes) in ${out}, ${rendered} of them drawn now`],
      };
    });

  program.command("prepare").description("find and crop the faces of a folder of videos, compute their mel")
    .argument("<videos>", "LRS2, GRID, Wav2Lip's prepared folder, or any folder of videos")
    .argument("<out>", "the prepared folder; one that is there goes on")
    .option(
      "--split <shares>",
      "percent of train, val and test, where the data set has no lists of its own; val and test get five clips at least, where train then keeps half",
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
    .answer("the counts and the rejects", async (
      videos: string,
      out: string,
      { filter, ...options }: PrepareFlags,
    ) => {
      const { prepare } = await import("../prepare/prepare.ts");
      const { dataSet, clips, rejects, size, elsewhere } = await prepare(videos, out, {
        ...options,
        filters: filter.length > 0 ? filter : undefined,
        say: console.log,
      });
      const { rejectLines } = await import("../prepare/rejection.ts");
      const { splitWarning } = await import("../prepare/splits.ts");
      const used = clips.filter((clip) => clip.kept), kept = used.length;
      const splits = SPLITS.map((split) => `${split} ${used.filter((clip) => clip.split === split).length}`);
      // Of a part of a data set nothing is said: the others are dealt alike.
      const warning = options.shard === undefined ? splitWarning(used) : "";
      return {
        json: { out, dataSet, clips: clips.length, kept, size, elsewhere, rejects, warning },
        lines: [
          `${clips.length} clips prepared in ${out}, ${rejects.length} rejected`,
          ...rejectLines(rejects),
          ...(rejects.length > 0
            ? [
              `each of them, and why: ${join(out, "rejects.parquet")}; the same call with --json prints them`,
            ]
            : []),
          ...(kept < clips.length
            ? [`${kept} are used, the others filtered out (\`deno task filter\`)`]
            : []),
          `clips of each split: ${splits.join(", ")}`,
          ...(elsewhere > 0 ? [`${elsewhere} videos of other shards are not there yet`] : []),
          sizeLine(size),
          ...(warning ? [warning] : []),
        ],
      };
    });

  program.command("filter").description("decide anew which prepared clips are used; nothing is decoded")
    .preparedArgument()
    .settingsOption("a threshold, such as minSharpness=80, or none", {
      list: "`deno task filter <prepared>` alone lists all",
    })
    .option("--reset", "go back to the defaults first")
    .answer(
      "the counts and the filters",
      async (prepared: string, { set, reset }: { set: string[]; reset?: boolean }) => {
        const { filterPrepared } = await import("../prepare/filters.ts");
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
      },
    );

  program.command("merge").description("join parts that were prepared with --shard into one prepared folder")
    .argument("<out>", "the prepared folder to make; one that is there takes the parts in")
    .argument("<parts...>", "prepared folders of one data set")
    .answer("the counts", async (out: string, parts: string[]) => {
      const { mergePrepared } = await import("../prepare/merge.ts");
      const { clips, rejects, size } = await mergePrepared(out, parts);
      return {
        json: { out, parts, clips: clips.length, rejects: rejects.length, size },
        lines: [`${clips.length} clips in ${out}, ${rejects.length} rejected`, sizeLine(size)],
      };
    });

  program.command("offsets").description(
    "measure by a trained judge how far sound and picture are apart, and correct it",
  )
    .preparedArgument()
    .requiredOption("--run <dir>", "run folder of the discriminator that judges")
    .option("--apply", "store the offsets: the loader takes them out from then on")
    .option("--by <group>", "one offset for each speaker, or for the dataset", "speaker")
    .option("--clips <number>", "measure so many clips only, the same at every call", count)
    .option(
      "--figure <file>",
      "where the histogram goes, .svg or .png; offsets.svg in the folder when not given",
    )
    .answer("the report", async (prepared: string, options: OffsetOptions) => {
      const { correctOffsets, offsetLines } = await import("../tasks/offsets.ts");
      const report = await correctOffsets(prepared, options);
      return { json: report, lines: offsetLines(report) };
    });
}
