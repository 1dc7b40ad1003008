import { faceDescriptors } from "./crop_networks.ts";

/** The network whose features the Frechet distance compares. */
export interface FeatureNetwork {
  /** Name in tables; "FID" only of pytorch-fid's Inception. */
  name: string;
  /** Features of RGB crops [96, 96, 3]: [n] of [d]. */
  features(crops: Uint8Array[]): Promise<Float32Array[]>;
}

/** Every so many frames one gives features: images side by side in time are nearly the same. */
export const FEATURE_EVERY = 5;

/**
 * The default: face-api's descriptor network, which ships with the kit, is the same for everybody and was trained by
 * nobody who is compared. On 427 crops of the embedded corpus its distance rises with blur of the mouth: 0.04, 0.25 and
 * 0.67 of the features' variance at 1, 2 and 4 pixels, where two samples of the real frames are 0.01 apart, and another
 * person's mouth costs 0.29. It was made to know people: it sees less of the mouth than of the face, and its figures are
 * no FID.
 */
export const FACE_FEATURES: FeatureNetwork = {
  name: "face descriptors (face-api, 128 numbers) of 96x96 crops",
  features: faceDescriptors,
};
