/** What can be said of a document, in the shape of `/v5/policies/validate` (domain/iam.md §1.4), with the code that 1.1 knows it by. */
import { type JsonNode, nodeAt, type Span, spanOf } from './json-text.js';

/** An error keeps a document from being written; the others are advice. */
export type FindingType = 'error' | 'security_warning' | 'warning' | 'suggestion';
export type Path = readonly (string | number)[];

export interface Finding {
  readonly type: FindingType;
  /** In the words of the 5.0 validator. */
  readonly issue: string;
  /** `IAM.1035`; null where the table has none. */
  readonly code: string | null;
  readonly details: string;
  readonly path: Path;
  readonly span: Span;
}

/** What each code of the table says of a document, in the words of the 5.0 validator. */
const ISSUES = {
  1020: 'JSON_SYNTAX_ERROR',
  1021: 'POLICY_SIZE_EXCEEDED',
  1024: 'INVALID_VERSION',
  1025: 'INVALID_POLICY_ELEMENT',
  1026: 'INVALID_VERSION',
  1027: 'MISSING_STATEMENT',
  1028: 'INVALID_STATEMENT_COUNT',
  1029: 'INVALID_EFFECT',
  1030: 'MISSING_ACTION',
  1031: 'UNSUPPORTED_ELEMENT_COMBINATION',
  1032: 'UNSUPPORTED_ELEMENT_COMBINATION',
  1033: 'INVALID_ACTION_COUNT',
  1034: 'INVALID_ACTION',
  1035: 'INVALID_ACTION',
  1037: 'INVALID_RESOURCE_COUNT',
  1038: 'INVALID_RESOURCE',
  1039: 'INVALID_POLICY_ELEMENT',
  1040: 'INVALID_RESOURCE_COUNT',
  1041: 'INVALID_RESOURCE',
  1042: 'INVALID_RESOURCE',
  1043: 'INVALID_RESOURCE',
  1044: 'INVALID_RESOURCE',
  1045: 'INVALID_RESOURCE',
  1046: 'INVALID_RESOURCE',
  1047: 'INVALID_RESOURCE',
  1048: 'INVALID_RESOURCE',
  1049: 'DATA_TYPE_MISMATCH',
  1050: 'INVALID_CONDITION_COUNT',
  1051: 'MISSING_CONDITION_KEY',
  1052: 'INVALID_CONDITION_KEY',
  1053: 'DATA_TYPE_MISMATCH',
  1054: 'INVALID_CONDITION_COUNT',
  1055: 'INVALID_CONDITION_OPERATOR',
  1056: 'INVALID_CONDITION_VALUE',
  1057: 'INVALID_CONDITION_VALUE',
  1058: 'INVALID_DEPENDS_COUNT',
  1060: 'DATA_TYPE_MISMATCH',
} as const;

export type ProblemCode = keyof typeof ISSUES;
/** Faults that the table of 1.1 has no code for. */
export type ProblemIssue =
  'INVALID_POLICY_ELEMENT' | 'UNSUPPORTED_PRINCIPAL' | 'DATA_TYPE_MISMATCH' | 'DUPLICATE_KEY' | 'UNIQUE_SIDS_REQUIRED' | 'UNSUPPORTED_ELEMENT_COMBINATION'; // prettier-ignore

/** Collects every problem of one document. */
export class Problems {
  readonly found: Finding[] = [];

  constructor(
    private readonly text: string,
    private readonly root: JsonNode,
  ) {}

  add(kind: ProblemCode | ProblemIssue, path: Path, details: string): void {
    const numbered = typeof kind === 'number';
    const span = spanOf(this.text, nodeAt(this.root, path));
    const code = numbered ? `IAM.${kind}` : null;
    this.found.push({ type: 'error', issue: numbered ? ISSUES[kind] : kind, code, details, path, span });
  }
}

/** `Statement[0].Action[1]`. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}
