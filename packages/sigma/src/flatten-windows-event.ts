type Fields = Record<string, unknown>;

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Turns a Windows event in the JSON form of evtx readers, `{Event: {System, EventData | UserData}}`, into the flat fields
 * that Sigma rules name: `EventID`, `Channel`, `Provider_Name`, and every field of the event's data.
 *
 * @returns undefined for a record of another shape
 */
export function flattenWindowsEvent(record: unknown): Readonly<Record<string, unknown>> | undefined {
  const event = isMap(record) ? record["Event"] : undefined;
  if (!isMap(event) || !isMap(event["System"])) return undefined;
  const fields: Fields = {};
  addUserData(event["UserData"], fields);
  addData(event["EventData"], fields);
  // what the system says of an event counts before what the event says of itself
  for (const [name, value] of Object.entries(event["System"])) addElement(name, value, fields);
  return fields;
}

/** XML attributes stand beside their element as `Element_Attribute`, its text under its own name. */
function addElement(name: string, value: unknown, fields: Fields): void {
  if (!isMap(value)) {
    put(fields, name, value);
    return;
  }
  const { "#attributes": attributes, "#text": text, ...children } = value;
  if (text !== undefined) put(fields, name, text);
  if (isMap(attributes)) for (const [key, one] of Object.entries(attributes)) put(fields, `${name}_${key}`, one);
  for (const [key, child] of Object.entries(children)) put(fields, `${name}_${key}`, child);
}

function addData(data: unknown, fields: Fields): void {
  if (!isMap(data)) return;
  for (const [name, value] of Object.entries(data)) {
    if (name === "#attributes") continue;
    if (name === "Data") addNamed(value, fields);
    else put(fields, name, textOf(value));
  }
}

/** `<Data Name="x">v</Data>` elements, where the reader did not turn them into `x: v` itself. */
function addNamed(value: unknown, fields: Fields): void {
  const unnamed: unknown[] = [];
  for (const item of Array.isArray(value) ? value : [value]) {
    const attributes = isMap(item) ? item["#attributes"] : undefined;
    const name = isMap(attributes) ? attributes["Name"] : undefined;
    if (typeof name === "string") put(fields, name, textOf(item));
    else unnamed.push(textOf(item));
  }
  if (unnamed.length > 0) put(fields, "Data", unnamed.length === 1 ? unnamed[0] : unnamed);
}

/** One element of the provider's own, with the fields inside it. */
function addUserData(data: unknown, fields: Fields): void {
  if (!isMap(data)) return;
  for (const element of Object.values(data)) addData(element, fields);
}

const textOf = (value: unknown): unknown => (isMap(value) && "#text" in value ? value["#text"] : value);

/** `__proto__` and the like are fields as any other. */
function put(fields: Fields, name: string, value: unknown): void {
  Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true });
}
