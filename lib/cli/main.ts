// What a person runs. Each command is `deno task <name>`; the rooms it needs are loaded when it is called, so
// that --help is quick. Exit status: 0 done, 1 failed (one line says why and what to do), 2 wrong usage.
import { ROOT } from "../base/root.ts";
import { Command, CommanderError, Option } from "commander";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import type { CorpusSize } from "../corpus/plan.ts";
import { addDataCommands } from "./data_commands.ts";
import { addImportCommands } from "./import_command.ts";
import { addParityCommand } from "./parity_command.ts";
import { addEvaluateCommand } from "./evaluate_command.ts";
import { addTablesCommand } from "./tables_command.ts";
import { aboveZero, collect, count, printing } from "./printing.ts";
import { fail } from "../base/exit.ts";
import { kitScript, runHere } from "../base/processes.ts";
import { FRAME_RATE } from "../base/shapes.ts";

const program = new Command("deno task")
  .description("Lip-sync training and measuring after Hong and Zhang (2023).")
  .exitOverride()
  .helpCommand(false)
  .configureOutput({
    outputError: (text, write) => write(text.trim().replace(/\s*\n\s*/g, " ") + "\n"),
  });

program.command("setup").description(
  "fetch packages, TensorFlow, the Python side and the kernel; quick when done",
)
  .action(async () => await (await import("../setup/main.ts")).setup(ROOT));

interface ReproduceFlags {
  data?: string;
  preset: string;
  only: string[];
  stored?: boolean;
  tables?: boolean;
}

program.command("reproduce").description("run all notebooks top to bottom and write figures and tables")
  .option("--data <prepared>", "a prepared folder, in place of the embedded corpus")
  .option("--preset <name>", "paper, small or tiny", "small")
  .option("--only <name>", "this notebook only, such as 02 (may be repeated)", collect, [])
  .option("--stored", "train nothing: make figures and tables again from stored weights, logs and rows")
  .addOption(
    new Option("--tables", "first train all systems of the tables, for three seeds (hours; says how many)")
      .conflicts("stored"),
  )
  .option("--json", "print the list as JSON")
  .action(printing(async ({ tables, ...options }: ReproduceFlags) => {
    const { reproduce } = await import("../notebooks/reproduce.ts");
    const { configure } = await import("../training/config.ts");
    configure(options.preset);
    if (tables) {
      const { makeTables } = await import("../tables/make.ts");
      await makeTables({ ...options, say: (line) => console.error(line) });
    }
    const { written, seconds } = await reproduce(options);
    const { spanInWords } = await import("../base/progress.ts");
    return {
      json: { written, seconds },
      lines: [
        ...written.map(({ path, bytes }) => `${path}  ${Math.ceil(bytes / 1000)} kB`),
        `${written.length} figures and tables in ${spanInWords(seconds)}`,
      ],
    };
  }));

program.command("lab").description("open JupyterLab on the notebooks")
  .option("--port <number>", "the first port to try", count, 8888)
  .option("--no-browser", "print the address only")
  .action(async (options: { port: number; browser: boolean }) =>
    await (await import("../notebooks/lab.ts")).openLab(options)
  );

program.command("test").description("run all tests, or those of the files whose names contain a word")
  .argument("[words...]")
  .action(async (words: string[]) => {
    const run = fileURLToPath(new URL("../../tests/run.ts", import.meta.url));
    Deno.exitCode = await runHere(kitScript(run, ...words));
  });

program.command("corpus").description(
  "draw the embedded corpus: synthetic speakers whose mouths follow their speech",
)
  .argument("[out]", "where to", "data/corpus")
  .option("--size <name>", "tiny (half a minute), small (eleven minutes) or large (over an hour)", "small")
  .option("--seed <number>", "another seed draws other films", count, 1)
  .option("--json", "print the counts as JSON")
  .action(printing(async (out: string, { size, seed }: { size: CorpusSize; seed: number }) => {
    const { generateCorpus } = await import("../corpus/corpus.ts");
    const { clips, drawn, frames, sha256 } = await generateCorpus(out, { size, seed });
    const minutes = (frames / FRAME_RATE / 60).toFixed(1);
    return {
      json: { out, size, seed, clips: clips.length, drawn, frames, sha256 },
      lines: [`${clips.length} clips (${minutes} minutes) in ${out}, ${drawn} of them drawn now`],
    };
  }));

addDataCommands(program);
addImportCommands(program);
addParityCommand(program);

interface TrainingFlags {
  run: string;
  preset: string;
  set: string[];
  steps?: number;
  resume?: boolean;
  compile: boolean;
  system: string;
  discriminator?: string;
}

/** The flags that pretrain and train share. */
function training(name: string, description: string): Command {
  return program.command(name).description(description)
    .argument("<prepared>", "a folder made by `deno task prepare`")
    .requiredOption("--run <dir>", "the run folder: configuration, log, checkpoints")
    .option("--preset <name>", "paper, small or tiny", "small")
    .option("--system <name>", 'a system of the paper\'s tables, such as "w/o LSTM" or "LipGAN"', "Ours")
    .option("--set <key=value>", "a setting, such as gan.syncWeight=0.01 (may be repeated)", collect, [])
    .option("--steps <number>", "steps in place of the preset's", count)
    .option(
      "--resume",
      "go on with the run in the folder; its configuration stays, but for --set and --steps",
    )
    .option("--no-compile", "run steps operation by operation")
    .option("--json", "print the result as JSON");
}

async function trainingOptions({ run, preset, system, set, steps, resume, compile }: TrainingFlags) {
  const { configureSystem } = await import("../training/systems.ts");
  const config = configureSystem(preset, { system, settings: set });
  return { run, config, settings: set, steps, resume, compiled: compile };
}

const ENDED = { steps: "all steps done", patience: "the held-out loss no longer fell" };

training("pretrain", "pretrain the sync discriminator")
  .action(printing(async (prepared: string, flags: TrainingFlags) => {
    const options = await trainingOptions(flags);
    const { pretrain } = await import("../training/pretrain.ts");
    const result = await pretrain(prepared, options);
    const best = `best held-out loss ${result.best.toFixed(4)}`;
    return { json: result, lines: [`${result.run}: step ${result.step}, ${best} (${ENDED[result.ended]})`] };
  }));

training("train", "train a system's generator, against its pretrained discriminator where it has one")
  .option("--discriminator <run>", "run folder of the pretrained sync discriminator, for systems with one")
  .action(printing(async (prepared: string, flags: TrainingFlags) => {
    const options = { ...await trainingOptions(flags), discriminator: flags.discriminator };
    const { train } = await import("../training/gan.ts");
    const result = await train(prepared, options);
    const best = `best held-out score ${result.best.toFixed(4)}`;
    return { json: result, lines: [`${result.run}: step ${result.step}, ${best} (${ENDED[result.ended]})`] };
  }));

program.command("sync").description("measure how well a film's sound and lips go together")
  .argument("<video>", "a film of one person speaking")
  .requiredOption("--run <dir>", "run folder of the discriminator that judges")
  .option("--figure <file>", "draw the distance curve as .svg or .png")
  .option("--json", "print the report as JSON")
  .action(printing(async (video: string, { run, figure }: { run: string; figure?: string }) => {
    const { reportLines, syncReport, writeSyncFigure } = await import("../tasks/sync.ts");
    const report = await syncReport(video, { run });
    if (figure) await writeSyncFigure(report, figure);
    return { json: report, lines: [...reportLines(report), ...(figure ? [`curve drawn in ${figure}`] : [])] };
  }));

program.command("dub").description("redraw the mouth of a video to other speech")
  .argument("<video>")
  .argument("<sound>", "the speech, any sound or video file")
  .requiredOption("--run <dir>", "run folder of a generator")
  .requiredOption("--out <mp4>", "the new film")
  .option("--json", "print the counts as JSON")
  .action(printing(async (video: string, audio: string, options: { run: string; out: string }) => {
    const { dub } = await import("../tasks/dub.ts");
    const result = await dub(video, audio, options);
    const { out, frames, untouched, seconds } = result;
    const left = untouched > 0 ? `, ${untouched} without a face left as they are` : "";
    return { json: result, lines: [`${out}: ${frames} frames, ${seconds.toFixed(2)} s${left}`] };
  }));

program.command("attention").description("show where each CBAM layer of the discriminator looks in a film")
  .argument("<video>", "a film of one person speaking")
  .requiredOption("--run <dir>", "run folder of a discriminator with CBAM")
  .requiredOption("--out <folder>", "where attention.png, attention.mp4 and attention.safetensors go")
  .option("--json", "print the report as JSON")
  .action(printing(async (video: string, options: { run: string; out: string }) => {
    const { attentionReport } = await import("../tasks/attention.ts");
    const report = await attentionReport(video, options);
    const { layers, windows, moment, picture: image, film, maps } = report;
    return {
      json: report,
      lines: [
        `${layers.length} layers over ${windows} windows, the picture shows ${moment.seconds.toFixed(2)} s`,
        ...[image, film, maps],
      ],
    };
  }));

program.command("report").description("draw what a trained pair does on clips that it never saw")
  .argument("<prepared>", "a folder made by `deno task prepare`; its test split is used")
  .requiredOption("--discriminator <run>", "run folder of the pretrained discriminator")
  .requiredOption("--run <dir>", "run folder of the generator")
  .requiredOption("--out <folder>", "where the figures and tables go")
  .option("--name <text>", "name of the data set in captions; the folder's own when not given")
  .option("--credit <text>", "whom to name as the source of the data", "")
  .option("--json", "print the summary as JSON")
  .action(printing(async (
    prepared: string,
    options: { discriminator: string; run: string; out: string; name?: string; credit: string },
  ) => {
    const { report } = await import("../tasks/report.ts");
    const name = options.name ?? basename(prepared);
    const summary = await report(prepared, { ...options, name });
    const line = ({ measure, value, bound }: Record<string, unknown>) =>
      `${measure}: ${Number(value).toFixed(4)}${bound ? ` (${bound})` : ""}`;
    return { json: summary, lines: summary.map(line) };
  }));

addEvaluateCommand(program);
addTablesCommand(program);

program.command("bench")
  .description("time a training step of both networks, eager and compiled; or the loader; or `prepare`")
  .option("--compare", "put PyTorch beside it, fetched into an environment of its own (Linux x64)")
  .addOption(
    new Option("--network <name>", "this network only").choices(["discriminator", "generator"]),
  )
  .option("--width <number>", "this width only; 0.25 and 1 when not given", aboveZero)
  .option("--steps <number>", "timed steps of each measurement", count, 10)
  .option("--rounds <number>", "repetitions, in turns: 1, or 3 with --compare", count)
  .option("--loader <prepared>", "time the drawing of batches from this folder against training")
  .option("--peers <wav2lip>", "time `prepare` beside preprocess.py of this checkout of Wav2Lip")
  .option("--videos <folder>", "with --peers: films to prepare")
  .option("--clips <number>", "with --peers: how many of them", count, 4)
  .option("--python <program>", "with --peers: Python with torch; one with torch is fetched when not given")
  .option("--json", "print the rows as JSON")
  .action(printing(async (
    { network, width, ...options }: {
      network?: "discriminator" | "generator";
      width?: number;
      compare?: boolean;
      steps: number;
      rounds?: number;
      loader?: string;
      peers?: string;
      videos?: string;
      clips: number;
      python?: string;
    },
  ) => {
    const { bench, benchLines } = await import("../bench/bench.ts");
    if (options.loader !== undefined) {
      const { benchLoader } = await import("../bench/loader.ts");
      const rows = await benchLoader(options.loader, options);
      return { json: rows, lines: benchLines(rows) };
    }
    if (options.peers !== undefined) {
      const { benchPeers, WAV2LIP_REQUIREMENTS } = await import("../bench/peers.ts");
      const { pytorch } = await import("../bench/pytorch.ts");
      const { peers: wav2lip, videos, clips, rounds } = options;
      if (videos === undefined) return program.error("error: --peers needs --videos <folder>");
      const python = options.python ?? await pytorch(WAV2LIP_REQUIREMENTS);
      const rows = await benchPeers({ wav2lip, videos, clips, rounds, python });
      return { json: rows, lines: benchLines(rows) };
    }
    const rows = await bench({
      ...options,
      networks: network ? [network] : undefined,
      widths: width ? [width] : undefined,
    });
    return { json: rows, lines: benchLines(rows) };
  }));

/** Ends the process for what commander refused: 0 after --help, 2 for wrong usage. */
function endUsage({ exitCode }: CommanderError): never {
  Deno.exit(exitCode === 0 ? 0 : 2);
}

if (import.meta.main) {
  try {
    await program.parseAsync(Deno.args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) endUsage(error);
    fail(error);
  }
}
