/**
 * The embedded corpus: short clips of drawn people saying original sentences, in LRS2's layout, so that every step
 * from `prepare` on runs on it as on real film. Speech is espeak-ng's, mouths follow its phonemes.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { KitError } from "../errors.ts";
import { exists, makeFolder, writeAtomic } from "../files.ts";
import { FRAME_RATE, openVideoWriter, SAMPLE_RATE } from "../media/ffmpeg.ts";
import { Progress } from "../progress.ts";
import { FRAME_SIZE, openFace, type Pose } from "./drawn_face.ts";
import { headPoses } from "./motion.ts";
import { type MouthShape, mouthShapes } from "./mouth.ts";
import { random } from "./random.ts";
import { drawSpeaker, type Speaker } from "./speaker.ts";
import { type Phoneme, recordInRoom, type Speech, type Word } from "./speech.ts";
import { runJobs } from "./worker_pool.ts";

/** Changes whenever the same seed would give other films. */
const VERSION = 1;
const SIZES = {
  /** For tests: seconds of work. */
  tiny: { speakers: 2, clips: 3, sentences: 1 },
  /** For notebooks on a CPU: about four minutes of film. */
  small: { speakers: 8, clips: 6, sentences: 2 },
};
export type CorpusSize = keyof typeof SIZES;

/** One clip to be drawn. */
export interface ClipPlan {
  seed: number;
  speaker: number;
  /** "s01/00001": folder and file name, as in LRS2's lists. */
  id: string;
  text: string;
  split: "train" | "val" | "test";
}

/** A clip before it is encoded, with the truth that film does not tell. */
export interface Performance {
  /** 16 kHz mono, 640 samples a frame. */
  sound: Float32Array;
  words: Word[];
  phonemes: Phoneme[];
  /** One a frame, 25 a second. */
  mouths: MouthShape[];
  poses: Pose[];
}

/** The committed sentences, one a line. */
async function readSentences(): Promise<string[]> {
  const text = await Deno.readTextFile(new URL("../../data/sentences.txt", import.meta.url));
  return text.split("\n").filter((line) => line.trim());
}

/** Which clips a corpus has: a pure function of size and seed. Sentences repeat only once all were said. */
export async function planCorpus({ size, seed }: { size: CorpusSize; seed: number }): Promise<ClipPlan[]> {
  const { speakers, clips, sentences } = SIZES[size], lines = await readSentences(), plans: ClipPlan[] = [];
  let deck: string[] = [];
  for (let speaker = 0; speaker < speakers; speaker++) {
    for (let clip = 0; clip < clips; clip++) {
      const round = plans.length;
      if (deck.length < sentences) deck = random(seed, "sentences", round).shuffle(lines);
      const name = `${clip + 1}`.padStart(5, "0"), folder = `s${`${speaker + 1}`.padStart(2, "0")}`;
      // The last clip of everybody is for testing, the one before it of every second speaker for validation.
      const split = clip === clips - 1 ? "test" : clip === clips - 2 && speaker % 2 === 0 ? "val" : "train";
      plans.push({
        seed,
        speaker,
        id: `${folder}/${name}`,
        text: deck.splice(0, sentences).join(" "),
        split,
      });
    }
  }
  return plans;
}

/** Speaks a clip's text and decides the mouth, head and eyes of every frame. The same plan gives the same numbers. */
export async function perform(
  { seed, id, text }: ClipPlan,
  { voice, manner, liveliness }: Speaker,
  speech: Speech,
): Promise<Performance> {
  const draw = random(seed, "clip", id), before = draw.uniform(0.2, 0.45), after = draw.uniform(0.25, 0.5);
  const said = await speech.say(text, { ...voice, rate: voice.rate * draw.uniform(0.95, 1.05) });
  const frames = Math.ceil((before + said.sound.length / SAMPLE_RATE + after) * FRAME_RATE);
  const sound = new Float32Array(frames * SAMPLE_RATE / FRAME_RATE);
  sound.set(said.sound, Math.round(before * SAMPLE_RATE));
  recordInRoom(sound, { voice, seed: random(seed, "room", id).index(2 ** 31) });
  const later = <T extends { start: number; end: number }>(items: T[]) =>
    items.map((item) => ({ ...item, start: item.start + before, end: item.end + before }));
  const phonemes = later(said.phonemes);
  const times = Array.from({ length: frames }, (_, frame) => (frame + 0.5) / FRAME_RATE); // mid exposure
  return {
    sound,
    phonemes,
    words: later(said.words),
    mouths: mouthShapes(phonemes, manner, times),
    poses: headPoses(phonemes, times, { seed: `${seed}/${id}`, liveliness }),
  };
}

/** The text file beside a clip, as LRS2 has it. The last column is how surely the speaker is seen speaking. */
export function lrsText(text: string, words: Word[]): string {
  const plain = text.toUpperCase().replace(/[^\p{L}\p{N}' ]/gu, "");
  const rows = words.map(({ word, start, end }) =>
    `${word.toUpperCase()} ${start.toFixed(2)} ${end.toFixed(2)} 9.9`
  );
  return [`Text:  ${plain}`, "Conf:  9", "", "WORD START END ASDSCORE", ...rows, ""].join("\n");
}

/** Draws and encodes clips one after the other, keeping the last speaker's face and one running synthesiser. */
export function openStudio(speech: Speech): (plan: ClipPlan, folder: string) => Promise<{ frames: number }> {
  let known = "", speaker!: Speaker, paint!: ReturnType<typeof openFace>;
  return async (plan, folder) => {
    const person = `${plan.seed}/${plan.speaker}`;
    if (person !== known) {
      speaker = drawSpeaker(plan.seed, plan.speaker);
      paint = openFace(speaker.look);
      known = person;
    }
    const { sound, words, mouths, poses } = await perform(plan, speaker, speech);
    const path = join(folder, "main", plan.id), frames = mouths.length;
    const writer = openVideoWriter(`${path}.mp4`, {
      width: FRAME_SIZE,
      height: FRAME_SIZE,
      fps: FRAME_RATE,
      sound,
      crf: 18,
    });
    try {
      for (let frame = 0; frame < frames; frame++) await writer.write(paint(poses[frame], mouths[frame]));
      await writer.close();
    } catch (error) {
      await writer.abort();
      throw error;
    }
    await writeAtomic(`${path}.txt`, lrsText(plan.text, words)); // last: a clip with its text is whole
    return { frames };
  };
}

/** Refuses a folder that holds another corpus, and marks a new one. */
async function claim(folder: string, description: object): Promise<void> {
  const path = join(folder, "corpus.json"), text = JSON.stringify(description, null, 2) + "\n";
  if (!await exists(path)) return await writeAtomic(path, text);
  if (await Deno.readTextFile(path) === text) return;
  throw new KitError(
    `${folder} holds a corpus of another size, seed or version`,
    "Choose another folder or remove it",
  );
}

/**
 * Draws the corpus into `<folder>/main/<speaker>/<clip>.mp4` and `.txt`, with the lists train.txt, val.txt and
 * test.txt beside `main`: 224x224 frames, 25 a second, 16 kHz sound. `tiny` has 2 speakers and 6 clips, `small` 8
 * speakers and about four minutes. Clips that are there are kept, so an interrupted call goes on where it was.
 * Throws KitError when the folder is not writable or holds another corpus.
 */
export async function drawCorpus(
  folder: string,
  { size = "small", seed = 1, workers = Math.min(4, navigator.hardwareConcurrency) }: {
    size?: CorpusSize;
    seed?: number;
    /** Processes that draw side by side. */
    workers?: number;
  } = {},
): Promise<{ clips: ClipPlan[]; drawn: number; frames: number }> {
  if (!(size in SIZES)) {
    throw new KitError(`There is no corpus of size ${size}`, `Choose ${Object.keys(SIZES).join(" or ")}`);
  }
  await makeFolder(folder);
  await claim(folder, { version: VERSION, size, seed });
  const clips = await planCorpus({ size, seed }), missing: ClipPlan[] = [];
  for (const plan of clips) if (!await exists(join(folder, "main", `${plan.id}.txt`))) missing.push(plan);
  let frames = 0, drawn = 0;
  if (missing.length > 0) {
    const progress = new Progress("corpus", clips.length, {
      unit: "clips",
      start: clips.length - missing.length,
    });
    type Answer = { frames: number } | { fault: string; remedy: string };
    try {
      const script = fileURLToPath(new URL("synthetic_worker.ts", import.meta.url));
      await runJobs<{ plan: ClipPlan; folder: string }, Answer>(
        script,
        missing.map((plan) => ({ plan, folder })),
        {
          workers,
          onOutcome: async ({ plan }, outcome) => {
            if ("crash" in outcome) {
              throw new KitError(`Drawing ${plan.id} failed: ${outcome.crash}`, "Run the same command again");
            }
            if ("fault" in outcome.answer) throw new KitError(outcome.answer.fault, outcome.answer.remedy);
            frames += outcome.answer.frames;
            await progress.update(clips.length - missing.length + ++drawn);
          },
        },
      );
    } finally {
      progress.stop();
    }
  }
  for (const split of ["train", "val", "test"]) {
    const ids = clips.filter((plan) => plan.split === split).map(({ id }) => `${id}\n`);
    await writeAtomic(join(folder, `${split}.txt`), ids.join(""));
  }
  return { clips, drawn, frames };
}
