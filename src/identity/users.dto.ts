/**
 * The wire shapes of users: keystone's `/v3/users` and Huawei's `/v3.0/OS-USER/users` (OTC API reference, user management).
 * Members that this service does not use (`pwd_status`, `xuser_id` …) are ignored, as keystone does.
 */
import { z } from 'zod';
import type { Problem } from '../kernel/errors.js';
import type { RequestUrl } from '../platform/http/request-url.js';
import { linksSchema, listLinks, resourceLinks, selfSchema } from './iam-links.dto.js';
import { filterFlag, filterText, recordText } from './identity-fields.dto.js';
import type { User } from './user.entity.js';
import type { NewUser, UserChange } from './users.service.js';

const name = () =>
  z
    .string()
    .regex(
      /^[A-Za-z_.-][A-Za-z0-9 _.-]{0,63}$/,
      'must be 1 to 64 letters, digits, blanks, "-", "_" or ".", and begin with neither a digit nor a blank',
    );
const description = () => recordText(255, 0);
const password = () => recordText(1_024, 0);
/** Before the `@` at most 64 octets (RFC 5321 §4.5.3.1.1). */
const email = () =>
  z.union([
    z.literal(''),
    z
      .email('must be an address')
      .max(255)
      .regex(/^[^@]{1,64}@/, 'must be an address'),
  ]);
const areacode = () => z.string().regex(/^(?:\+?\d{1,8})?$/, 'must be the digits of a country code, e.g. 0086');
const phone = () => z.string().regex(/^\d{0,32}$/, 'must have at most 32 digits');

export const userPathSchema = z.object({ user_id: recordText(64) });
export type UserPath = z.infer<typeof userPathSchema>;

export const listUsersSchema = z.object({ domain_id: filterText(), name: filterText(), enabled: filterFlag() });
export type ListUsers = z.infer<typeof listUsersSchema>;

const keystoneFields = {
  domain_id: recordText(64, 0).optional(),
  password: password().optional(),
  enabled: z.boolean().optional(),
  description: description().optional(),
};
export const createUserSchema = z.object({ user: z.object({ ...keystoneFields, name: name() }) });
export const updateUserSchema = z.object({ user: z.object({ ...keystoneFields, name: name().optional() }) });
export type CreateUserBody = z.infer<typeof createUserSchema>;
export type UpdateUserBody = z.infer<typeof updateUserSchema>;

const osUserFields = {
  password: password().optional(),
  email: email().optional(),
  areacode: areacode().optional(),
  phone: phone().optional(),
  enabled: z.boolean().optional(),
  access_mode: z.enum(['default', 'programmatic', 'console']).optional(),
  description: description().optional(),
  is_administrator: z
    .boolean()
    .optional()
    .meta({ description: 'Of this service: whether the user administers its domain.' }),
};
type Phone = { readonly areacode?: string | undefined; readonly phone?: string | undefined };
const bothOrNeither = ({ areacode: code = '', phone: number = '' }: Phone) => (code === '') === (number === '');
const TOGETHER = { message: 'must be set together with phone', path: ['areacode'] };

const osUser = z.object({ ...osUserFields, name: name(), domain_id: recordText(64, 0).optional() });
const osUserChange = z.object({ ...osUserFields, name: name().optional() });
export const createOsUserSchema = z.object({ user: osUser.refine(bothOrNeither, TOGETHER) });
export const updateOsUserSchema = z.object({ user: osUserChange.refine(bothOrNeither, TOGETHER) });
export type CreateOsUserBody = z.infer<typeof createOsUserSchema>;
export type UpdateOsUserBody = z.infer<typeof updateOsUserSchema>;

export const userInfoSchema = z.object({
  user: z
    .object({
      email: email().optional(),
      mobile: z
        .string()
        .regex(/^(?:\+?\d{1,8}-\d{1,32})?$/, 'must be COUNTRY-NUMBER, e.g. 0086-123456789')
        .optional(),
    })
    .refine((user) => user.email !== undefined || user.mobile !== undefined, 'needs email or mobile'),
});
export type UserInfoBody = z.infer<typeof userInfoSchema>;

export const changePasswordSchema = z.object({
  user: z.object({ password: password(), original_password: password() }),
});
export type ChangePasswordBody = z.infer<typeof changePasswordSchema>;

const CODES: Readonly<Record<string, string>> = {
  name: '1101',
  email: '1102',
  phone: '1104',
  mobile: '1104',
  areacode: '1106',
  description: '1117',
  access_mode: '1120',
};

/** The code of `/v3.0/OS-USER` for the first fault of a body. */
export function osUserCode([first]: readonly Problem[]): string {
  if (first?.message === 'is required') return '1100';
  return CODES[first?.path.split('.').at(-1) ?? ''] ?? 'IAM.0011';
}

type AnyUserBody = (CreateUserBody | UpdateUserBody | CreateOsUserBody | UpdateOsUserBody)['user'];

export function userChange(body: AnyUserBody & Record<string, unknown>): UserChange {
  const given: z.infer<typeof osUserChange> = body;
  return {
    name: given.name,
    enabled: given.enabled,
    description: given.description,
    email: given.email,
    areacode: given.areacode,
    phone: given.phone,
    accessMode: given.access_mode,
    isAdministrator: given.is_administrator,
    // Empty: none, which leaves it as it is.
    password: given.password === '' ? undefined : given.password,
  };
}

export function newUser(body: (CreateUserBody | CreateOsUserBody)['user']): NewUser {
  return { ...userChange(body), name: body.name };
}

export function infoChange({ user: { email: address, mobile } }: UserInfoBody): UserChange {
  if (mobile === undefined) return { email: address };
  const [code = '', number = ''] = mobile.split('-');
  return { email: address, areacode: code, phone: number };
}

const keystoneUser = z.object({
  id: z.string(),
  name: z.string(),
  domain_id: z.string(),
  description: z.string(),
  enabled: z.boolean(),
  password_expires_at: z.null().meta({ description: 'Passwords do not expire.' }),
  pwd_status: z.boolean(),
  access_mode: z.string(),
  links: linksSchema,
});
export const userAnswerSchema = z.object({ user: keystoneUser });
export const userListSchema = z.object({ users: z.array(keystoneUser), links: linksSchema });
export type UserAnswer = z.infer<typeof userAnswerSchema>;
export type UserListAnswer = z.infer<typeof userListSchema>;

export function renderUser(user: User, url: RequestUrl): UserAnswer['user'] {
  const { id, name: userName, domainId, description: text, enabled, accessMode } = user;
  return {
    id,
    name: userName,
    domain_id: domainId,
    description: text,
    enabled,
    password_expires_at: null,
    pwd_status: false,
    access_mode: accessMode,
    links: resourceLinks(url, `/v3/users/${id}`),
  };
}

export function renderUsers(users: readonly User[], url: RequestUrl): UserListAnswer {
  return { users: users.map((user) => renderUser(user, url)), links: listLinks(url) };
}

/** `2020-07-08 02:19:03.0`, UTC; null stays null. */
function userTime(at: Date | null): string | null {
  return at === null ? null : `${at.toISOString().slice(0, 19).replace('T', ' ')}.0`;
}

const time = () => z.string().nullable().meta({ description: '`2020-07-08 02:19:03.0`, UTC.' });
const osUserView = z.object({
  id: z.string(),
  name: z.string(),
  domain_id: z.string(),
  description: z.string(),
  enabled: z.boolean(),
  access_mode: z.string(),
  areacode: z.string(),
  phone: z.string(),
  email: z.string(),
  pwd_status: z.boolean(),
  xuser_id: z.string(),
  xuser_type: z.string(),
  is_domain_owner: z.boolean().meta({ description: 'Whether the user administers its domain.' }),
  create_time: time(),
  update_time: time(),
  last_login_time: time(),
  pwd_create_time: time(),
  links: selfSchema,
});
export const osUserAnswerSchema = z.object({ user: osUserView });
export type OsUserAnswer = z.infer<typeof osUserAnswerSchema>;

export function renderOsUser(user: User, { base }: RequestUrl): OsUserAnswer['user'] {
  return {
    id: user.id,
    name: user.name,
    domain_id: user.domainId,
    description: user.description,
    enabled: user.enabled,
    access_mode: user.accessMode,
    areacode: user.areacode,
    phone: user.phone,
    email: user.email,
    pwd_status: false,
    xuser_id: '',
    xuser_type: '',
    is_domain_owner: user.isAdministrator,
    create_time: userTime(user.createdAt),
    update_time: userTime(user.updatedAt),
    last_login_time: userTime(user.lastLoginAt),
    pwd_create_time: userTime(user.passwordHash === null ? null : user.passwordChangedAt),
    links: { self: `${base}/v3.0/OS-USER/users/${user.id}` },
  };
}
