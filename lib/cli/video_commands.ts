import { basename } from "node:path";
import type { RunKind } from "../training/checkpoint.ts";
import type { KitCommand } from "./kit_command.ts";

const ONE_PERSON = "a film of one person speaking";
const SHIPPED = "; the one that comes with the kit when not given";

/** The run that was asked for, or the one that comes with the kit, which is said aloud. */
async function runOr(run: string | undefined, kind: RunKind): Promise<string> {
  if (run !== undefined) return run;
  const { shippedRun } = await import("../training/stored_run.ts");
  const shipped = await shippedRun(kind);
  console.error(
    `No --run is given: the ${kind} that comes with the kit is used, trained on drawn faces (${shipped})`,
  );
  return shipped;
}

/** Adds the commands that use what was trained on a video, or on prepared clips. */
export function addVideoCommands(program: KitCommand): void {
  program.command("sync").description("measure how well a film's sound and lips go together")
    .argument("<video>", ONE_PERSON)
    .option("--run <dir>", `run folder of the discriminator that judges${SHIPPED}`)
    .option("--figure <file>", "draw the distance curve as .svg or .png")
    .answer("the report", async (video: string, { run, figure }: { run?: string; figure?: string }) => {
      const { reportLines, syncReport, writeSyncFigure } = await import("../tasks/sync.ts");
      const report = await syncReport(video, { run: await runOr(run, "discriminator") });
      if (figure) await writeSyncFigure(report, figure);
      return {
        json: report,
        lines: [...reportLines(report), ...(figure ? [`curve drawn in ${figure}`] : [])],
      };
    });

  program.command("dub").description("redraw the mouth of a video to other speech")
    .argument("<video>")
    .argument("<sound>", "the speech, any sound or video file")
    .option("--run <dir>", `run folder of a generator${SHIPPED}`)
    .requiredOption("--out <mp4>", "the new film")
    .answer("the counts", async (video: string, audio: string, options: { run?: string; out: string }) => {
      const { dub } = await import("../tasks/dub.ts"), run = await runOr(options.run, "generator");
      const result = await dub(video, audio, { ...options, run });
      const { out, frames, untouched, seconds } = result;
      const left = untouched > 0 ? `, ${untouched} without a face left as they are` : "";
      return { json: result, lines: [`${out}: ${frames} frames, ${seconds.toFixed(2)} s${left}`] };
    });

  program.command("attention").description("show where each CBAM layer of the discriminator looks in a film")
    .argument("<video>", ONE_PERSON)
    .option("--run <dir>", `run folder of a discriminator with CBAM${SHIPPED}`)
    .requiredOption("--out <folder>", "where attention.png, attention.mp4 and attention.safetensors go")
    .answer("the report", async (video: string, options: { run?: string; out: string }) => {
      const { attentionReport } = await import("../tasks/attention.ts");
      const report = await attentionReport(video, {
        ...options,
        run: await runOr(options.run, "discriminator"),
      });
      const { layers, windows, moment, picture: image, film, maps } = report;
      return {
        json: report,
        lines: [
          `${layers.length} layers over ${windows} windows, the picture shows ${moment.seconds.toFixed(2)} s`,
          ...[image, film, maps],
        ],
      };
    });

  program.command("report").description("draw what a trained pair does on clips that it never saw")
    .preparedArgument("; its test split is used")
    .requiredOption("--discriminator <run>", "run folder of the pretrained discriminator")
    .requiredOption("--run <dir>", "run folder of the generator")
    .requiredOption("--out <folder>", "where the figures and tables go")
    .option("--name <text>", "name of the data set in captions; the folder's own when not given")
    .option("--credit <text>", "whom to name as the source of the data", "")
    .answer("the summary", async (
      prepared: string,
      options: { discriminator: string; run: string; out: string; name?: string; credit: string },
    ) => {
      const { report } = await import("../tasks/report.ts");
      const summary = await report(prepared, { ...options, name: options.name ?? basename(prepared) });
      const line = ({ measure, value, bound }: Record<string, unknown>) =>
        `${measure}: ${Number(value).toFixed(4)}${bound ? ` (${bound})` : ""}`;
      return { json: summary, lines: summary.map(line) };
    });
}
