/** One line of the paper's tables: scores on LRS2, LSE by the official SyncNet, as printed. */
export interface PaperRow {
  system: string;
  lseD: number;
  lseC: number;
  fid: number;
}

/** Table 1, the ablation of the discriminator. */
export const TABLE_1: readonly PaperRow[] = [
  { system: "w/o LSTM & CBAM", lseD: 6.723, lseC: 6.802, fid: 4.387 },
  { system: "w/o LSTM", lseD: 6.537, lseC: 7.081, fid: 4.456 },
  { system: "w/o CBAM", lseD: 6.552, lseC: 7.111, fid: 4.449 },
  { system: "Ours", lseD: 6.207, lseC: 7.455, fid: 4.806 },
];

/** Table 2, the comparison with other systems. The Wav2Lip row equals the one Wav2Lip itself published. */
export const TABLE_2: readonly PaperRow[] = [
  { system: "Speech2Vid", lseD: 14.23, lseC: 1.587, fid: 12.32 },
  { system: "LipGAN", lseD: 10.33, lseC: 3.199, fid: 4.861 },
  { system: "Wav2Lip", lseD: 6.386, lseC: 7.789, fid: 4.887 },
  { system: "Ours", lseD: 6.207, lseC: 7.455, fid: 4.806 },
];
