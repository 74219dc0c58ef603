import { quoteGo } from "../go/quote.ts";

// Kubernetes' rules for keys and values of labels, with its words.
const NAME = /^(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const CHARACTERS =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

/** What is wrong with the key of a label, or undefined. */
export function checkLabelKey(key: string): string | undefined {
  const problems: string[] = [];
  const parts = key.split("/");
  if (parts.length > 2) {
    problems.push(
      `a qualified name ${CHARACTERS} (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is ` +
        "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
    );
    return invalid("<nil>", key, problems);
  }
  const [prefix, name = ""] = parts.length === 2 ? parts : [undefined, key];
  if (prefix === "") problems.push("prefix part must be non-empty");
  else if (prefix !== undefined) {
    if (prefix.length > 253) problems.push("prefix part must be no more than 253 bytes");
    if (!SUBDOMAIN.test(prefix)) {
      problems.push(
        "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must " +
          "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
          "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
      );
    }
  }
  if (name === "") problems.push("name part must be non-empty");
  else if (name.length > 63) problems.push("name part must be no more than 63 bytes");
  if (!NAME.test(name)) {
    problems.push(
      `name part ${CHARACTERS} (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is ` +
        "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    );
  }
  return problems.length === 0 ? undefined : invalid("<nil>", key, problems);
}

/** What is wrong with a value for the label `key`, or undefined. The empty value is good. */
export function checkLabelValue(key: string, index: number, value: string): string | undefined {
  const problems: string[] = [];
  if (value.length > 63) problems.push("must be no more than 63 bytes");
  if (value !== "" && !NAME.test(value)) {
    problems.push(
      `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end ` +
        "with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is " +
        "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    );
  }
  return problems.length === 0 ? undefined : invalid(`values[${index}][${key}]`, value, problems);
}

function invalid(field: string, value: string, problems: readonly string[]): string {
  return `${field}: Invalid value: ${quoteGo(value)}: ${problems.join("; ")}`;
}
