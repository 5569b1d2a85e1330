/** Lists the routes of the application, and finds handlers that say neither what they require nor that they are public. */
import { type INestApplicationContext, RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { requirementOf } from '../../src/policies/index.js';

export interface RouteGuarding {
  /** `Controller.method`. */
  readonly handler: string;
  readonly guarded: 'public' | 'required' | 'nothing';
  readonly method: string;
  /** All the handler answers, e.g. `/v3/users/:user_id`. */
  readonly paths: readonly string[];
}

/** Every route handler of the application; it must import `DiscoveryModule`. */
export function routeGuarding(app: INestApplicationContext): RouteGuarding[] {
  const reflector = new Reflector();
  const scanner = new MetadataScanner();
  return app
    .get(DiscoveryService, { strict: false })
    .getControllers()
    .flatMap(({ metatype }) => {
      if (typeof metatype !== 'function') return [];
      const prototype = metatype.prototype as Record<string, (...parameters: unknown[]) => unknown>;
      return scanner.getAllMethodNames(prototype).flatMap((name) => {
        const handler = prototype[name];
        if (handler === undefined || !Reflect.hasMetadata(METHOD_METADATA, handler)) return [];
        const found = requirementOf(reflector, { getHandler: () => handler, getClass: () => metatype as never });
        const guarded = found === null ? 'nothing' : found === 'public' ? 'public' : 'required';
        const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod];
        const paths = pathsOf(metatype).flatMap((base) => pathsOf(handler).map((path) => join(base, path)));
        return [{ handler: `${metatype.name}.${name}`, guarded, method, paths }] as const;
      });
    });
}

function pathsOf(target: object): string[] {
  return [(Reflect.getMetadata(PATH_METADATA, target) as string | string[] | undefined) ?? ''].flat();
}

function join(...parts: readonly string[]): string {
  return `/${parts
    .flatMap((part) => part.split('/'))
    .filter((segment) => segment !== '')
    .join('/')}`;
}
