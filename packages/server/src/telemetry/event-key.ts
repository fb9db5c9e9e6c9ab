/** @returns what makes a repeat recognisable; neither part holds a line feed */
export function keyOf(id: string, time: string): string {
  return `${id}\n${time}`;
}
