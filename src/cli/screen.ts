/** Whether the output is a terminal, its width, and whether colour is wanted. */
export function screen(): { tty: boolean; width: number; colour: boolean } {
  const tty = process.stdout.isTTY === true;
  return { tty, width: tty ? process.stdout.columns : 200, colour: !process.env.NO_COLOR };
}
