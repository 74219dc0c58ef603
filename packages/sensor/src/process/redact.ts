const HIDDEN = "***";

// What a value is called when it should not be seen: in `NAME=value`, `--name value`, `"name": "value"`.
// Names and addresses have bounds, so that the time is linear in the text whatever is in it.
const NAMES =
  "[\\w.-]{0,40}?(?:passw(?:or)?d|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|auth[_-]?key)[\\w.-]{0,40}";
const ASSIGNED = new RegExp(
  `((?:^|[\\s"'?&;,{(-])${NAMES}["']?\\s*[=:]\\s*["']?)([^\\s"'&;,})]{1,4096})`,
  "gi",
);
const FLAG = new RegExp(`^--?${NAMES}$`, "i");
// Authorization headers, and passwords in addresses: scheme://user:password@host.
const HEADER = /((?:bearer|basic|token)\s+)([\w.~+/=-]{8,4096})/gi;
const ADDRESS = /(\b[a-z][a-z\d+.-]{0,20}:\/\/[^\s:/@]{0,64}:)([^\s@]{1,256})(@)/gi;
// Keys that are known by their form: of AWS, GitHub, GitLab, Slack, Google, and JSON web tokens.
const FORMS =
  /\b(?:AKIA|ASIA)[A-Z\d]{16}\b|\bgh[pousr]_[A-Za-z\d]{36,}\b|\bglpat-[\w-]{20,}|\bxox[abprs]-[\w-]{10,}|\bAIza[\w-]{35}|\beyJ[\w-]{8,1000}\.eyJ[\w-]{8,3000}\.[\w-]{1,1000}/g;

// Most texts hold nothing of the kind: one look decides that.
const SUSPECT =
  /pass|secret|token|key|credential|bearer|basic|:\/\/|AKIA|ASIA|gh[pousr]_|glpat|xox|AIza|eyJ/i;

/** A text with the secrets in it replaced: passwords, tokens, keys, headers, credentials of clouds. */
export function redact(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return text
    .replace(ASSIGNED, `$1${HIDDEN}`)
    .replace(HEADER, `$1${HIDDEN}`)
    .replace(ADDRESS, `$1${HIDDEN}$3`)
    .replace(FORMS, HIDDEN);
}

/** The same for arguments, where a flag and its value may be two: `--password x`. */
export function redactArguments(args: readonly string[]): readonly string[] {
  if (!args.some((one) => SUSPECT.test(one))) return args;
  return args.map((one, index) => {
    const before = args[index - 1] ?? "";
    return FLAG.test(before) && !one.startsWith("-") ? HIDDEN : redact(one);
  });
}
