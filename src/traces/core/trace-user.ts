/** The `user` of a trace: an object in newer shapes, JSON text of one in v1, trace files and LTS, now and then any other string. */
import { holdsNul, inspectJson, isJsonObject, isMissing, type JsonObject, parseJson } from './json-value.js';

export interface TraceUser {
  /** What is kept: JSON text of the object, or the string as it came. */
  readonly text: string | null;
  /** Null where the user is missing or not an object: then nobody is named. */
  readonly object: JsonObject | null;
  /** Whether reading `text` would give `object` again; not so where the sender's own text is kept. */
  readonly isRead: boolean;
  /** What is wrong with it, to follow the field's name, else null. */
  readonly fault: string | null;
}

const NOBODY: TraceUser = { text: null, object: null, isRead: false, fault: null };

/**
 * @param source the member's own text in the record, asked for only where the parsed value would lose digits
 * @param mayHoldNul whether the record spells a NUL anywhere; spares the search in all others
 */
export function readUser(value: unknown, source: () => string, mayHoldNul: boolean): TraceUser {
  if (isMissing(value)) return NOBODY;
  if (typeof value === 'string') {
    const parsed = value.includes('{') ? parseJson(value) : undefined;
    if (isJsonObject(parsed)) return ofObject(parsed, () => value, mayHoldNul);
    return { ...NOBODY, text: value, fault: mayHoldNul && value.includes('\0') ? 'holds a NUL character' : null };
  }
  if (!isJsonObject(value)) return { ...NOBODY, fault: 'is neither an object nor a string' };
  return ofObject(value, (inexact) => (inexact ? source() : JSON.stringify(value)), mayHoldNul);
}

function ofObject(object: JsonObject, text: (inexact: boolean) => string, mayHoldNul: boolean): TraceUser {
  const trait = inspectJson(object);
  if (trait === 'too_deep') return { ...NOBODY, fault: 'is nested too deeply' };
  const fault = mayHoldNul && holdsNul(object) ? 'holds a NUL character' : null;
  return { text: text(trait === 'inexact'), object, isRead: trait === 'plain', fault };
}

/** `user.domain.id` as sent, whatever its type. */
export function userDomainId(user: TraceUser): unknown {
  const domain = user.object?.['domain'];
  return isJsonObject(domain) ? domain['id'] : undefined;
}

/** `user.id`, where it names somebody of the domain: one whose own domain is another, is nobody here. */
export function actorIdOf(user: TraceUser, domainId: string): string | null {
  const id = user.object?.['id'];
  const userDomain = userDomainId(user);
  const isOfDomain = isMissing(userDomain) || userDomain === domainId;
  return typeof id === 'string' && id !== '' && isOfDomain ? id : null;
}

/** As {@link actorIdOf}, from what is kept of the user. */
export function actorIdIn(text: string, domainId: string): string | null {
  return actorIdOf(
    readUser(text, () => text, true),
    domainId,
  );
}

/** `user.name`, else `user.user_name`, which means the same; as sent, with the member it came from. */
export function userNameMember(user: TraceUser): readonly ['user.name' | 'user.user_name', unknown] {
  const name = user.object?.['name'];
  return isMissing(name) ? ['user.user_name', user.object?.['user_name']] : ['user.name', name];
}
