import { patched, setHandler } from '@temporalio/workflow';
import { failureText } from '../failureText.ts';
import { complaint } from '../invalidInput.ts';
import type { PurgeControl } from './control.ts';
import * as messages from './messages.ts';
import type { PurgeRun } from './purgeRun.ts';

/** Binds a purge's updates, signals and query to what they do. */
export function listen(run: PurgeRun): void {
  const { control } = run;
  const progress = () => run.progress();
  const { descriptions, paceComplaint } = messages;
  const pauseComplaint = (request: unknown) => messages.pauseComplaint(request, Date.now());
  // The details are drawn again: the ledger's position is known only when nothing is in flight.
  const draw = () => run.draw();
  const pause = (request: messages.PauseRequest) => control.pause(request).then(draw);
  const takeHold = () => control.takeHold().then(draw);
  setHandler(messages.progress, progress, { description: descriptions.progress });
  setHandler(messages.pauseUpdate, (request) => pause(request).then(progress), {
    description: descriptions.pause,
    validator: (request) => refuse(pauseComplaint(request)),
  });
  setHandler(messages.resumeUpdate, () => control.resume().then(progress), { description: descriptions.resume });
  setHandler(messages.holdChangedUpdate, () => takeHold().then(progress), { description: descriptions.holdChanged });
  setHandler(
    messages.setPaceUpdate,
    (request) => {
      control.setPace(request);
      return progress();
    },
    { description: descriptions.setPace, validator: (request) => refuse(paceComplaint(request)) },
  );
  setHandler(
    messages.pauseSignal,
    (request) => tolerate(control, 'pause', pauseComplaint(request), () => pause(request)),
    { description: descriptions.pause },
  );
  setHandler(messages.resumeSignal, () => tolerate(control, 'resume', undefined, () => control.resume()), {
    description: descriptions.resume,
  });
  setHandler(
    messages.holdChangedSignal,
    // In a history of code that didn't know the signal yet, it did nothing.
    () => tolerate(control, 'holdChanged', undefined, () => (patched('holdChanged') ? takeHold() : undefined)),
    { description: descriptions.holdChanged },
  );
  setHandler(
    messages.setPaceSignal,
    (request) => tolerate(control, 'setPace', paceComplaint(request), () => control.setPace(request)),
    { description: descriptions.setPace },
  );
  setHandler(
    messages.extendCutoff,
    (cutoff, policyHash) => {
      const found = complaint({ cutoff }, { cutoff: 'day' }, '"2026-11-21"');
      return tolerate(control, 'extendCutoff', found, () => control.extend(cutoff, policyHash));
    },
    { description: descriptions.extendCutoff },
  );
}

function refuse(found: string | undefined): void {
  if (found) throw new TypeError(found);
}

/** Keeps and shows a signal that makes no sense. If its handler threw, the workflow task would fail again and again. */
async function tolerate(
  control: PurgeControl,
  name: string,
  found: string | undefined,
  work: () => Promise<void> | void,
): Promise<void> {
  try {
    if (found) control.reject(name, found);
    else await work();
  } catch (error) {
    control.reject(name, failureText(error));
  }
}
