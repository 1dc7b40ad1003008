/**
 * Sizes of the signal, each with its one name. They are those of Wav2Lip (github.com/Rudrabha/Wav2Lip, hparams.py),
 * which the paper keeps to.
 */

/** Frames a second of all video in the kit. */
export const FRAME_RATE = 25;
/** Samples a second of all audio in the kit, which is mono. */
export const SAMPLE_RATE = 16000;
/** Samples of audio that go with one frame: 640. */
export const SAMPLES_A_FRAME = SAMPLE_RATE / FRAME_RATE;

/** Bands of the mel spectrogram. */
export const MEL_BANDS = 80;
/** Columns of the mel spectrogram a second. */
export const MEL_RATE = 80;
/** Samples from one mel column to the next: 200. */
export const MEL_HOP = SAMPLE_RATE / MEL_RATE;

/** Frames a sync window. */
export const SYNC_FRAMES = 5;
/** Mel columns of the window that goes with five frames (0.2 s). */
export const MEL_WINDOW = 16;
/** Values of a mel window [80, 16]. */
export const MEL_SIZE = MEL_BANDS * MEL_WINDOW;

/** Pixels along each side of a face crop. */
export const FACE_SIZE = 96;
/** Rows of a crop's lower half, which holds the mouth: 48. */
export const HALF_FACE = FACE_SIZE / 2;
/** Bytes of an RGB crop [96, 96, 3]. */
export const FACE_BYTES = FACE_SIZE * FACE_SIZE * 3;
/** Values of a sync window's lower halves [48, 96, 15], the frames one after the other on the channels. */
export const LOWER_SIZE = HALF_FACE * FACE_SIZE * 3 * SYNC_FRAMES;

/** Where the mouth lies in a crop, in pixels: lips, and the skin that moves with them. */
export const MOUTH_REGION = { top: 50, left: 26, height: 30, width: 44 };
