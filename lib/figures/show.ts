import { SAMPLE_RATE } from "../base/shapes.ts";
import { wavBytes } from "../media/audio.ts";

/** What a notebook shows as the value of a cell. */
export interface Shown {
  [key: symbol]: () => Record<string, string>;
}

const shown = (bundle: Record<string, string>): Shown => ({ [Symbol.for("Jupyter.display")]: () => bundle });

/** Bytes in base64, in pieces that fit a call's arguments. */
function base64(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
  }
  return btoa(text);
}

const escapeHtml = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
const labelled = (label: string, html: string) => (label ? `<div>${escapeHtml(label)}</div>` : "") + html;

/** HTML as it stands: the caller escapes what comes from files. */
export function showHtml(html: string): Shown {
  return shown({ "text/html": html, "text/plain": "[HTML]" });
}

/** A PNG; `width` in page pixels halves an image that was drawn at twice its size for sharpness. */
export function showPng(png: Uint8Array, { width }: { width?: number } = {}): Shown {
  const data = base64(png);
  const html = width && `<img width="${width}" src="data:image/png;base64,${data}">`;
  return shown({ ...(html ? { "text/html": html } : { "image/png": data }), "text/plain": "[picture]" });
}

/** An mp4 that plays inside the notebook: its bytes, or a file's path. Keep it short: it is stored in the notebook. */
export async function showVideo(
  video: string | Uint8Array,
  { width = 320, label = "" }: { width?: number; label?: string } = {},
): Promise<Shown> {
  const data = base64(typeof video === "string" ? await Deno.readFile(video) : video);
  const tag = `<video controls loop width="${width}" src="data:video/mp4;base64,${data}"></video>`;
  return shown({ "text/html": labelled(label, tag), "text/plain": `[video ${label}]` });
}

/** Mono sound in [-1, 1] with a play button. */
export function showAudio(
  audio: Float32Array,
  { sampleRate = SAMPLE_RATE, label = "" }: { sampleRate?: number; label?: string } = {},
): Shown {
  const tag = `<audio controls src="data:audio/wav;base64,${base64(wavBytes(audio, sampleRate))}"></audio>`;
  return shown({ "text/html": labelled(label, tag), "text/plain": `[sound ${label}]` });
}
