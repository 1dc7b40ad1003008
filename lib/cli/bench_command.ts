import { Option } from "commander";
import { aboveZero, count, type KitCommand, share } from "./kit_command.ts";

interface BenchFlags {
  network?: "discriminator" | "generator";
  width?: number;
  compare?: boolean;
  torchCompile?: boolean;
  before?: string;
  steps: number;
  rounds?: number;
  loader?: string;
  learning?: string;
  auc: number;
  set: string[];
  peers?: string;
  videos?: string;
  clips: number;
  python?: string;
}

/** Adds the command that times the kit. */
export function addBenchCommand(program: KitCommand): void {
  program.command("bench")
    .description(
      "time a training step of both networks, eager and compiled; or the loader, learning, `prepare`",
    )
    .option("--compare", "put PyTorch beside it, fetched into an environment of its own (Linux x64)")
    .option("--torch-compile", "put torch.compile beside it, which needs a C++ compiler")
    .option(
      "--before <checkout>",
      "put the step, or the learning, of this checkout of the kit, set up, beside it",
    )
    .addOption(
      new Option("--network <name>", "this network only").choices(["discriminator", "generator"]),
    )
    .option("--width <number>", "this width only; 0.25 and 1 when not given", aboveZero)
    .option("--steps <number>", "timed steps of each measurement", count, 10)
    .option("--rounds <number>", "repetitions, in turns: 1, or 3 of steps beside others", count)
    .option("--loader <prepared>", "time the drawing of batches from this folder against training")
    .option("--learning <prepared>", "time pretraining on this folder until it comes to a held-out AUC")
    .option("--auc <number>", "with --learning: that AUC", share, 0.8)
    .settingsOption("with --learning: a setting, such as pretrain.clips=4")
    .option("--peers <wav2lip>", "time `prepare` beside preprocess.py of this checkout of Wav2Lip")
    .option("--videos <folder>", "with --peers: films to prepare")
    .option("--clips <number>", "with --peers: how many of them", count, 4)
    .option("--python <program>", "with --peers: Python with torch; one with torch is fetched when not given")
    .answer("the rows", async ({ network, width, ...options }: BenchFlags) => {
      const { bench, benchLines } = await import("../bench/bench.ts");
      const rowsOf = async () => {
        if (options.loader !== undefined) {
          const { benchLoader } = await import("../bench/loader.ts");
          return await benchLoader(options.loader, options);
        }
        if (options.learning !== undefined) {
          const { benchLearning } = await import("../bench/learning.ts");
          return await benchLearning(options.learning, { ...options, settings: options.set });
        }
        if (options.peers === undefined) {
          const networks = network && [network], widths = width ? [width] : undefined;
          return await bench({ ...options, networks, widths });
        }
        const { benchPeers, WAV2LIP_REQUIREMENTS } = await import("../bench/peers.ts");
        const { pytorch } = await import("../bench/pytorch.ts");
        const { peers: wav2lip, videos, clips, rounds } = options;
        if (videos === undefined) return program.error("error: --peers needs --videos <folder>");
        const python = options.python ?? await pytorch(WAV2LIP_REQUIREMENTS);
        return await benchPeers({ wav2lip, videos, clips, rounds, python });
      };
      const rows = await rowsOf();
      return { json: rows, lines: benchLines(rows) };
    });
}
