import { copiedDay, failedOver } from '../../support/aurora.ts';
import { survives } from '../../support/auroraCrash.ts';
import { killed, stopped } from '../../support/faultMatrix.ts';

/** Milliseconds; a machine that does much else takes far longer than the half minute on two free cores. */
const sampled = 600_000;

survives(
  'a sample of its steps',
  [
    ['dies', killed, 24],
    ['dies and had its parts copied', killed, 24, copiedDay],
    ['is stopped, outlived by its retry and goes on', stopped, 48],
    ['sees the writer fail over', failedOver, 32],
  ],
  sampled,
);
