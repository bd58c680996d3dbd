import { copiedDay, failedOver } from '../support/aurora.ts';
import { survives } from '../support/auroraCrash.ts';
import { killed, stopped, twice, unanswered } from '../support/faultMatrix.ts';

/** A share of the steps, `SEDIMENT_PARTS=6`: every sixth, from one on that the seed chooses. */
const every = Number(process.env.SEDIMENT_PARTS ?? 1);
/** Milliseconds. */
const hours = 2 * 3_600_000;

survives(
  'every step',
  [
    ['dies', killed, every],
    ['dies and had its parts copied', killed, every, copiedDay],
    ['loses the answer', unanswered, every],
    ['is stopped, outlived by its retry and goes on', stopped, every],
    ['meets another of the same activity', twice, every],
    ['sees the writer fail over', failedOver, every],
  ],
  hours,
);
