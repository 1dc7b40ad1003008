"""Writes audio.safetensors: a made signal with its mel spectrogram and MFCC by the reference libraries.

Run from anywhere, in an environment with
    librosa==0.10.2.post1  python_speech_features==0.6  safetensors  numpy  scipy
    python tests/goldens/make_audio.py

The mel spectrogram follows Wav2Lip's audio.py. Wav2Lip pins librosa 0.7.0, whose stft pads by reflection;
librosa pads with zeros by default since 0.10, so the mode is named here. MFCC is python_speech_features.mfcc with
its defaults on int16 samples, as SyncNet's evaluation calls it.
"""

import pathlib

import librosa
import numpy as np
import python_speech_features
from safetensors.numpy import save_file
from scipy import signal

RATE = 16000


def made_sound(samples=48123, seed=7):
    """Chirp, noise, digital silence, speech-like bursts and a clipped click: int16 [samples], 16 kHz."""
    random = np.random.default_rng(seed)
    time = np.arange(samples) / RATE
    sound = np.zeros(samples)
    sound += 0.3 * signal.chirp(time, 60, 1.0, 7800, method="logarithmic") * (time < 1.0)
    sound += 0.05 * random.standard_normal(samples) * ((time > 0.8) & (time < 1.3))
    # Bursts of a buzzing voice through two formants, four a second, each with its own pitch.
    for start in (1.6, 1.85, 2.1, 2.35):
        inside = (time >= start) & (time < start + 0.17)
        length = inside.sum()
        buzz = signal.square(2 * np.pi * random.uniform(90, 240) * time[:length], duty=0.1)
        for formant in (random.uniform(300, 800), random.uniform(1200, 2400)):
            buzz = buzz + 2 * signal.lfilter(*signal.iirpeak(formant, 8, fs=RATE), buzz)
        sound[inside] += 0.15 * buzz * np.hanning(length)
    sound[-4000:] += 1e-3 * random.standard_normal(4000)
    sound[44000:44012] = 1.5
    sound[30] = -1.5
    return np.clip(np.round(sound * 32768), -32768, 32767).astype(np.int16)


def mel_spectrogram(samples):
    """Wav2Lip's melspectrogram: int16 [samples] -> float32 [columns, 80] on the +-4 scale."""
    wav = samples.astype(np.float32) / 32768
    emphasised = signal.lfilter([1, -0.97], [1], wav)
    spectrum = librosa.stft(emphasised, n_fft=800, hop_length=200, win_length=800, pad_mode="reflect")
    basis = librosa.filters.mel(sr=RATE, n_fft=800, n_mels=80, fmin=55, fmax=7600)
    decibels = 20 * np.log10(np.maximum(1e-5, basis @ np.abs(spectrum))) - 20
    scaled = np.clip(8 * (decibels + 100) / 100 - 4, -4, 4)
    return np.ascontiguousarray(scaled.T, dtype=np.float32)


def main():
    tensors = {}
    whole = made_sound()
    # The short one is hardly longer than the reflected padding: both edges fall into one window.
    for name, samples in {"sound": whole, "short": whole[2000:2450].copy()}.items():
        tensors[f"{name}/samples"] = samples
        tensors[f"{name}/mel"] = mel_spectrogram(samples)
        tensors[f"{name}/mfcc"] = python_speech_features.mfcc(samples, RATE).astype(np.float32)
    versions = {"librosa": librosa.__version__, "python_speech_features": "0.6", "numpy": np.__version__}
    save_file(tensors, str(pathlib.Path(__file__).with_name("audio.safetensors")), metadata=versions)
    for name, tensor in tensors.items():
        print(name, tensor.dtype, tensor.shape, float(tensor.min()), float(tensor.max()))


main()
