/** What columns of a training's log are called where a person reads them. */
const SERIES: Record<string, string> = {
  "train/loss": "training batches",
  "val/loss": "held-out clips",
  "train/in_sync": "in sync, training batches",
  "train/off_sync": "off sync, training batches",
  "val/in_sync": "in sync, held-out clips",
  "val/off_sync": "off sync, held-out clips",
  "val/auc": "held-out AUC",
  "train/gradient_norm": "norm of the gradients",
  "train/rate": "learning rate",
  "time/data_share": "share of the time waiting for data",
  "train/l1": "L1, training batches",
  "val/l1": "L1, held-out clips",
  "val/mouth_l1": "L1 of the mouth, held-out clips",
  "train/e_sync": "E_sync, training batches",
  "val/e_sync": "E_sync, held-out clips",
  "train/sync_weight": "λ₂, weight of E_sync",
  "train/d_loss": "loss of the discriminator's turn",
  "train/d_real": "real pairs in sync",
  "train/d_generated": "drawn lips and their sound",
};

/** The words for a column of a log; other names stay as they are. */
export const seriesName = (column: string): string => SERIES[column] ?? column;
