/** A terminal that nobody has given a size, as of `docker exec -t`, says that it has 0 columns. */
const unsized = 80;

/** Whether the output is a terminal, its width, and whether colour is wanted. */
export function screen(): { tty: boolean; width: number; colour: boolean } {
  const tty = process.stdout.isTTY === true;
  return { tty, width: tty ? process.stdout.columns || unsized : 200, colour: !process.env.NO_COLOR };
}
