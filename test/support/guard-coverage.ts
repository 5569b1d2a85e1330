/** Finds route handlers that say neither what they require nor that they are public. */
import type { INestApplicationContext } from '@nestjs/common';
import { METHOD_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { requirementOf } from '../../src/policies/index.js';

export interface RouteGuarding {
  /** `Controller.method`. */
  readonly handler: string;
  readonly guarded: 'public' | 'required' | 'nothing';
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
        return [{ handler: `${metatype.name}.${name}`, guarded }] as const;
      });
    });
}
