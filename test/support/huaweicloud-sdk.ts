/** Keeps the official SDK from what it does besides: a file in the home folder, and failing requests, signed, on the console. */
import os from 'node:os';
import { Logger4jInstance } from '@huaweicloud/huaweicloud-sdk-core/logger/log4jLogger.js';

/** Until `jest.restoreAllMocks`. */
export function tameSdk(): void {
  Logger4jInstance.level = 'off';
  // There is no such folder, nor may one be made: the SDK then does without.
  jest.spyOn(os, 'homedir').mockReturnValue('/dev/null');
}
