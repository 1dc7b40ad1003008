/** What a corpus of drawn speakers holds, before anything is drawn. */
import { type Random, randomStream } from "../base/random.ts";
import type { Split } from "../dataset/manifest.ts";
import { sampleSpeaker } from "./speaker.ts";

/** Speakers, how many of them are kept for validation and for testing, and clips of each: of those, and of the others. */
const SIZES = {
  /** For tests: half a minute of video. */
  tiny: { speakers: 4, val: 1, test: 1, heldOutClips: 2, trainClips: 2 },
  /**
   * For notebooks on a CPU: about twelve minutes. More are held out than LRS2's lists do: two speakers decide nothing. The
   * others are many with two clips each, since what is learnt of few faces does not carry over to new ones.
   */
  small: { speakers: 85, val: 3, test: 8, heldOutClips: 4, trainClips: 2 },
  /** Over an hour; 95, 2 and 3 % of the speakers, as LRS2's lists have it of clips. */
  large: { speakers: 100, val: 2, test: 3, heldOutClips: 11, trainClips: 11 },
};
export type CorpusSize = keyof typeof SIZES;
export const CORPUS_SIZES = Object.keys(SIZES) as CorpusSize[];

/** A sentence of so many words or fewer shares its clip with another if both have no more than `MOST_WORDS`: 4 s. */
const SHORT_WORDS = 7, MOST_WORDS = 15;

/** One clip to be drawn. */
export interface ClipPlan {
  seed: number;
  speaker: number;
  /** "s01/00001": folder and file name, as in LRS2's lists. */
  id: string;
  /** One sentence, or two of which one is short. */
  text: string;
  /** That of the speaker: nobody is in two of them. */
  split: Split;
}

/** The committed sentences, one a line. */
export async function readSentences(): Promise<string[]> {
  const text = await Deno.readTextFile(new URL("../../data/sentences.txt", import.meta.url));
  return text.split("\n").filter((line) => line.trim());
}

/** Deals the sentences into the texts of clips, each sentence once: short ones find a partner first. */
function clipTexts(sentences: string[], { shuffle }: Random): string[] {
  const wordsIn = (text: string) => text.split(" ").length, texts: string[] = [];
  const short = (text: string) => wordsIn(text) <= SHORT_WORDS, deck = shuffle(sentences);
  const left = [...deck.filter(short), ...deck.filter((text) => !short(text))];
  while (left.length > 0) {
    const text = left.shift()!;
    const partner = short(text)
      ? left.findLastIndex((other) => wordsIn(text) + wordsIn(other) <= MOST_WORDS)
      : -1;
    texts.push(partner < 0 ? text : `${text} ${left.splice(partner, 1)[0]}`);
  }
  return shuffle(texts);
}

/** Deals whole speakers; those held out alternate between high and low voices. */
function splitsOf(seed: number, { speakers, val, test }: (typeof SIZES)[CorpusSize]): Split[] {
  const order = randomStream(seed, "splits").shuffle(
    Array.from({ length: speakers }, (_, speaker) => speaker),
  );
  const high = order.filter((speaker) => sampleSpeaker(seed, speaker).appearance.feminine > 0.5);
  const low = order.filter((speaker) => !high.includes(speaker));
  const heldOut = high.flatMap((speaker, i) => i < low.length ? [speaker, low[i]] : [speaker]);
  const splits = new Array<Split>(speakers).fill("train");
  heldOut.slice(0, test).forEach((speaker) => splits[speaker] = "test");
  heldOut.slice(test, test + val).forEach((speaker) => splits[speaker] = "val");
  return splits;
}

/** Which clips a corpus has: a pure function of size and seed. Sentences repeat only once all were said. */
export async function planCorpus({ size, seed }: { size: CorpusSize; seed: number }): Promise<ClipPlan[]> {
  const { speakers, heldOutClips, trainClips } = SIZES[size], splits = splitsOf(seed, SIZES[size]);
  const sentences = await readSentences(), plans: ClipPlan[] = [];
  const folderOf = (speaker: number) =>
    `s${`${speaker + 1}`.padStart(Math.max(2, `${speakers}`.length), "0")}`;
  let deck: string[] = [];
  for (let speaker = 0; speaker < speakers; speaker++) {
    const clips = splits[speaker] === "train" ? trainClips : heldOutClips;
    for (let clip = 0; clip < clips; clip++) {
      if (deck.length === 0) deck = clipTexts(sentences, randomStream(seed, "sentences", plans.length));
      const id = `${folderOf(speaker)}/${`${clip + 1}`.padStart(5, "0")}`;
      plans.push({ seed, speaker, id, text: deck.shift()!, split: splits[speaker] });
    }
  }
  return plans;
}
