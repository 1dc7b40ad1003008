import { createHash } from "node:crypto";
import { join } from "node:path";
import { writeAtomic } from "../base/files.ts";
import { openVideoWriter } from "../media/writer.ts";
import { openCamera } from "./camera.ts";
import type { ClipPlan } from "./plan.ts";
import { FRAME_SIZE, openFace } from "./face.ts";
import { perform } from "./performance.ts";
import { sampleSpeaker, type Speaker } from "./speaker.ts";
import type { Speech, Word } from "./speech.ts";

/** What is known of a clip that was drawn. */
export interface RenderedClip {
  frames: number;
  /** SHA-256 of the sound's samples (32-bit floats) and the frames' bytes, before they are encoded. */
  sha256: string;
}

/** The text file beside a clip, as LRS2 has it. The last column is how surely the speaker is seen speaking. */
export function lrsText(text: string, words: Word[]): string {
  const plain = text.toUpperCase().replace(/[^\p{L}\p{N}' ]/gu, "");
  const rows = words.map(({ word, start, end }) =>
    `${word.toUpperCase()} ${start.toFixed(2)} ${end.toFixed(2)} 9.9`
  );
  return [`Text:  ${plain}`, "Conf:  9", "", "WORD START END ASDSCORE", ...rows, ""].join("\n");
}

/**
 * Draws and encodes clips one after the other into `<folder>/main/<id>.mp4` and `.txt`, keeping the last speaker's face
 * and one running synthesiser.
 */
export function openRenderer(speech: Speech): (plan: ClipPlan, folder: string) => Promise<RenderedClip> {
  let known = "", speaker!: Speaker, paint!: ReturnType<typeof openFace>;
  return async (plan, folder) => {
    const person = `${plan.seed}/${plan.speaker}`;
    if (person !== known) {
      speaker = sampleSpeaker(plan.seed, plan.speaker);
      paint = openFace(speaker.appearance);
      known = person;
    }
    const { audio, words, mouths, poses } = await perform(plan, speaker, speech);
    const expose = openCamera(speaker.camera, { size: FRAME_SIZE, seed: `${plan.seed}/${plan.id}` });
    const hash = createHash("sha256").update(new Uint8Array(audio.buffer));
    const path = join(folder, "main", plan.id), frames = mouths.length;
    const writer = openVideoWriter(`${path}.mp4`, { width: FRAME_SIZE, height: FRAME_SIZE, audio });
    try {
      for (let number = 0; number < frames; number++) {
        const frame = expose(paint(poses[number], mouths[number]), number);
        hash.update(frame);
        await writer.write(frame);
      }
      await writer.close();
    } catch (error) {
      await writer.abort();
      throw error;
    }
    await writeAtomic(`${path}.txt`, lrsText(plan.text, words)); // last: a clip with its text is whole
    return { frames, sha256: hash.digest("hex") };
  };
}
