import { KitError } from "../base/errors.ts";
import {
  FACE_BYTES,
  FACE_SIZE,
  FRAME_RATE,
  MEL_BANDS,
  SAMPLES_A_FRAME,
  SYNC_FRAMES,
} from "../base/shapes.ts";
import { cropFace } from "../media/face_crop.ts";
import { followFace } from "../media/face_video.ts";
import { decodeAudio, decodeFrames } from "../media/decode.ts";
import { probe } from "../media/probe.ts";
import { melSpectrogram, melStart } from "../media/mel.ts";
import { windowsOf } from "./windows.ts";
import { levelOf, SILENCE_DB } from "../media/audio.ts";

/** So many frames left out are worth a note: half a second. */
const NOTED_FRAMES = FRAME_RATE / 2;
/** Windows of one part. The mel start of frame f + 5 k is that of f + 16 k, so parts begin at multiples of 5 frames. */
const PART = 250;

/** Faces and sound of a stretch of video: what sync windows are cut from. */
export interface FaceAudio {
  /** RGB crops, [frames, 96, 96, 3] bytes. */
  faces: Uint8Array;
  /** [columns, 80] on the +-4 scale, column 0 at the start of frame 0. */
  mel: Float32Array;
  columns: number;
  frames: number;
}

/** A part of a video: the windows of sync that start in it, from frame `first` of the video on. */
export interface VideoPart extends FaceAudio {
  first: number;
  /** Windows: one starts at each of the frames 0 to windows - 1 of the part. */
  windows: number;
}

/** Any video, seen as preparing sees it: the speaker's face in 96 x 96 crops, and the sound that goes with them. */
export interface SpeakerVideo {
  source: string;
  /** Frames at 25 frames/s in which the face is there and sound is heard, from frame `firstFrame` of the video on. */
  frames: number;
  firstFrame: number;
  /** Starts of windows of 5 frames and 16 mel columns. */
  windows: number;
  /** 16 kHz mono, in time with the frames. */
  audio: Float32Array;
  mel: Float32Array;
  columns: number;
  /** Inner-lip gap and mouth width over the face's height, [frames, 2], interpolated between looks. */
  mouth: Float32Array;
  detectionRate: number;
  /** What was left out, in words. */
  notes: string[];
  /** The crops, one at a time: the video is read once more. */
  crops(): AsyncGenerator<Uint8Array>;
}

/**
 * Opens a video as preparing would, without writing anything: its face is followed and its sound read; the crops are
 * streamed on demand. Throws KitError when the video cannot be read, is silent or without sound, has no face that can
 * be followed, or holds fewer than `fewestWindows` windows.
 */
export async function openSpeakerVideo(
  source: string,
  { fewestWindows = 1 }: { fewestWindows?: number } = {},
): Promise<SpeakerVideo> {
  const { video, audio } = await probe(source);
  if (!video) throw new KitError(`${source} has no video`, "Give a film that shows a face");
  if (!audio) throw new KitError(`${source} has no sound`, "Give a film in which somebody is heard speaking");
  const whole = await decodeAudio(source);
  if (whole.length === 0 || levelOf(whole) < SILENCE_DB) {
    throw new KitError(`The sound of ${source} is silent`, "Give a film in which somebody is heard speaking");
  }
  const face = await followFace(source);
  const [firstFrame, lastSeen] = face.seen;
  const end = Math.min(lastSeen + 1, Math.floor(whole.length / SAMPLES_A_FRAME));
  const frames = Math.max(0, end - firstFrame);
  const sound = whole.slice(firstFrame * SAMPLES_A_FRAME, (firstFrame + frames) * SAMPLES_A_FRAME);
  const mel = melSpectrogram(sound), columns = mel.length / MEL_BANDS;
  const windows = windowsOf(frames, columns);
  if (windows < fewestWindows) {
    const needed = fewestWindows + SYNC_FRAMES - 1;
    throw new KitError(
      `${source} shows and sounds a face for ${frames} frames (${
        (frames / FRAME_RATE).toFixed(2)
      } s), ${needed} are needed`,
      `Give a film of ${(needed / FRAME_RATE).toFixed(1)} s or more`,
    );
  }
  const notes: string[] = [];
  if (face.frames - frames > NOTED_FRAMES) {
    notes.push(`frames ${firstFrame} to ${end - 1} of ${face.frames}: the others have no face or no sound`);
  }
  return {
    source,
    frames,
    firstFrame,
    windows,
    audio: sound,
    mel,
    columns,
    mouth: face.mouth.slice(2 * firstFrame, 2 * end),
    detectionRate: face.detectionRate,
    notes,
    async *crops() {
      let position = 0;
      for await (const frame of decodeFrames(source)) {
        const at = position++;
        if (at < firstFrame) continue;
        yield cropFace(frame, face.width, face.height, face.boxes.subarray(4 * at, 4 * at + 4), FACE_SIZE);
        if (at === end - 1) return;
      }
      throw new KitError(`${source} gave fewer frames when read again`, "Copy or convert it, it is damaged");
    },
  };
}

/** The video in parts of 250 windows, read one after the other: however long it is, one part is in memory. */
export async function* videoParts(video: SpeakerVideo): AsyncGenerator<VideoPart> {
  const shared = SYNC_FRAMES - 1;
  const held = new Uint8Array((PART + shared) * FACE_BYTES);
  let first = 0, count = 0;
  const part = (): VideoPart => {
    const mel = video.mel.subarray(melStart(first) * MEL_BANDS);
    const windows = Math.min(PART, video.windows - first);
    return {
      first,
      windows,
      frames: count,
      faces: held.slice(0, count * FACE_BYTES),
      mel,
      columns: mel.length / MEL_BANDS,
    };
  };
  for await (const crop of video.crops()) {
    held.set(crop, count++ * FACE_BYTES);
    if (count < PART + shared) continue;
    yield part();
    // The last windows of a part reach into the next one's frames.
    held.copyWithin(0, PART * FACE_BYTES);
    [first, count] = [first + PART, shared];
  }
  if (first < video.windows) yield part();
}
