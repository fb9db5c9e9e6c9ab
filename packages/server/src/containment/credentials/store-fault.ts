/** A store did not do it. The message never holds a value. */
export class StoreFault extends Error {
  override readonly name = "StoreFault";
}
