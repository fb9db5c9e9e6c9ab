import type { RedactionCategory } from "@firebreak/protocol";

/** What the value under a name is: `api_key`, `dbPassword`, `date-of-birth`. */
export type NamedCategory = Exclude<RedactionCategory, "IP" | "CUSTOM">;

const PASSWORDS = new Set(["password", "passwd", "passphrase", "passcode", "pwd", "pass", "passwort", "contraseña"]);
const KEYS = new Set([
  "secret",
  "token",
  "apikey",
  "accesskey",
  "secretkey",
  "privatekey",
  "accountkey",
  "authkey",
  "credential",
  "credentials",
  "authorization",
  "cookie",
  "jwt",
  "mnemonic",
]);
/** A `key` is a secret only behind one of these. */
const KEY_KINDS = new Set([
  "access",
  "account",
  "admin",
  "api",
  "auth",
  "deploy",
  "encryption",
  "license",
  "master",
  "private",
  "secret",
  "service",
  "shared",
  "signing",
  "ssh",
  "storage",
  "subscription",
  "webhook",
]);
/** With one of these a name tells about a secret and does not hold one: `password_length`, `token_type`. */
const ABOUT = new Set(
  "age attempts budget count counts created enabled env expired expires expiry field file hash id ids length limit list manager max min mode name path policy prompt public required reset needed request rotation rule source state status type url usage used uses valid version".split(
    " ",
  ),
);
const PERSONAL: readonly (readonly [NamedCategory, ReadonlySet<string>])[] = [
  ["SSN", new Set(["ssn", "socialsecurity", "socialsecuritynumber"])],
  ["CC", new Set(["cardnumber", "creditcard", "creditcardnumber", "ccnumber", "pan"])],
  ["BANK", new Set(["iban", "accountnumber", "bankaccount", "bankaccountnumber", "routingnumber", "sortcode"])],
  ["DOB", new Set(["dob", "dateofbirth", "birthdate", "birthday", "geburtsdatum"])],
  ["PHONE", new Set(["phone", "phonenumber", "telephone", "mobile", "mobilephone", "mobilenumber", "cellphone"])],
  [
    "ADDR",
    new Set(["streetaddress", "homeaddress", "billingaddress", "shippingaddress", "postaladdress", "mailingaddress"]),
  ],
  [
    "NAME",
    new Set([
      "fullname",
      "firstname",
      "lastname",
      "surname",
      "givenname",
      "familyname",
      "maidenname",
      "customername",
      "patientname",
      "cardholdername",
      "cardholder",
    ]),
  ],
  [
    "USER",
    new Set(
      "userid username userlogin login loginname accountid customerid customernumber employeeid employeenumber patientid memberid personid benutzername benutzerid".split(
        " ",
      ),
    ),
  ],
  [
    "LOC",
    new Set(
      "latitude longitude lat lng lon latlng latlon geolocation geo gps gpscoordinates coordinates location homelocation lastlocation city zip zipcode postcode postalcode".split(
        " ",
      ),
    ),
  ],
];

const known = new Map<string, NamedCategory | null>();
const KNOWN_MAX = 4096;
const NAME_CHARACTERS_MAX = 80;

/** @returns what a value under this name is, or null when the name does not tell; names come again, so answers are kept */
export function classifyName(name: string): NamedCategory | null {
  const before = known.get(name);
  if (before !== undefined) return before;
  const category = name.length > NAME_CHARACTERS_MAX ? null : judgeName(name);
  if (known.size >= KNOWN_MAX) known.clear();
  if (name.length <= NAME_CHARACTERS_MAX) known.set(name, category);
  return category;
}

function judgeName(name: string): NamedCategory | null {
  const words = name
    .replaceAll(/([a-z\d])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-zà-ÿ\d]+/)
    .filter(Boolean);
  const whole = words.join("");
  for (const [category, names] of PERSONAL) if (names.has(whole)) return category;
  if (words.some((word) => ABOUT.has(word))) return null;
  if (words.some((word) => PASSWORDS.has(word) || /pass(?:word|wd|phrase)$/.test(word))) return "PWD";
  const isKey = words.some((word, at) => {
    if (KEYS.has(word) || /(?:api|access|secret|private)key$/.test(word)) return true;
    return word === "key" && KEY_KINDS.has(words[at - 1] ?? "");
  });
  return isKey || /(?:[a-z]token|[a-z]secret)$/.test(words.at(-1) ?? "") ? "KEY" : null;
}
